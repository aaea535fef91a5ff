// Package tabular finds the tables in what a user gives and reads their rows: CSV
// in any dialect and encoding, packed or not, alone or in a folder.
//
// Open looks at samples and decides how each table is read. Table.Scan then reads
// all rows, streaming, in bounded memory, as often as asked: whoever measures takes
// several passes. Texts come as they are written, in UTF-8, with the difference
// between an empty cell and an empty text in quotes kept; what they mean is the
// matter of package value. What is no table is refused with the reason, and a file
// that changes while it is read ends the scan with an error.
//
// The package writes nothing but spooled copies of streams below
// Options.TempDir, under names of its own.
package tabular
