// Package evidence is what was measured of the files that a schema is made from:
// every row counted, nothing assumed, nothing sampled unless it says so.
//
// It holds values. Package profile fills them in, the planner and the judge read
// them. Everything has a short id, by which a schema names its reasons: T1 for a
// table, T1.3 for its third column, K1 for a key, F1 for an inclusion, D1 for a
// dependency, G1 for a group of repeated columns. Ids count from 1 in the order of
// the lists, which are sorted, so that equal input gives equal evidence.
package evidence
