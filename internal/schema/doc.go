// Package schema is the canonical form of a database schema that was made from
// files: tables, keys and references, each with where it is from and how sure that
// is, and with how its rows are loaded.
//
// It holds values and the functions over them. The packages below it make one:
// tabular reads files, profile measures them into evidence, planner makes a schema
// from evidence alone, judge asks a model what evidence cannot know, edit applies
// its answers, ddl writes it in a dialect, diagram draws it, and agent runs them
// all.
package schema
