// Package profile measures tables: it turns what package tabular reads into
// evidence.
//
// Every row is counted, nothing is sampled, except where dependencies are looked
// for, and what is found there is verified on all rows. Memory is bounded: what
// grows with the data goes to temporary files. Equal input gives equal evidence,
// for any number of workers.
//
// Values are compared by 64-bit hashes of their texts. That two of n different
// values share one has the odds n²/2⁶⁵: for ten million values one in 370,000, in
// which case a column that is unique is taken for one that is not.
package profile
