package evidence

// Evidence is all that was measured of one set of inputs.
type Evidence struct {
	Tables []Table `json:"tables"` // by name
	// Inclusions are by table and column of their first, then of their second side.
	Inclusions []Inclusion `json:"inclusions"`
}

// Table is one relation found in the inputs: a file, a sheet, a member of an
// archive, or the nested array of a JSON document.
type Table struct {
	ID   string `json:"id"`
	Name string `json:"name"` // of the file, sheet or array, without folder and endings
	// Source is what was given and what is inside it, such as "shop.zip: orders.csv".
	Source string `json:"source"`
	// Parent is the id of the table whose rows these rows are nested in; empty for
	// none. The first column then refers to it.
	Parent string  `json:"parent,omitempty"`
	Read   Reading `json:"read"`
	// Rows are those of data: no header, no preamble, no blank line.
	Rows    int64    `json:"rows"`
	Columns []Column `json:"columns"` // in the order of the file
	// Keys are minimal: no subset of one is unique. By size, then position.
	Keys []Key `json:"keys"`
	// Dependencies hold in all rows but Error; trivial ones are left out.
	Dependencies []Dependency `json:"dependencies"`
	Groups       []Group      `json:"groups"`
	Notes        []Note       `json:"notes"`
}

// Reading is how a table was read.
type Reading struct {
	Format    string `json:"format"`              // csv, json, jsonl, parquet, xlsx
	Encoding  string `json:"encoding,omitempty"`  // utf-8, utf-16le, utf-16be, windows-1252
	Delimiter string `json:"delimiter,omitempty"` // of csv: one character
	Quote     string `json:"quote,omitempty"`     // of csv: one character; empty: none is used
	// Preamble is how many lines come before the header or, without one, the data.
	Preamble int64 `json:"preamble"`
	Header   bool  `json:"header"` // whether names were read from the file
	// Ragged is how many rows had fewer or more cells than there are columns.
	Ragged int64 `json:"ragged"`
}

// Note is something that whoever reads the report should know.
type Note struct {
	// About is the id of what it is about.
	About string `json:"about"`
	// Kind is a word for programs, such as "renamed" or "ragged".
	Kind string `json:"kind"`
	Text string `json:"text"` // one sentence for people
}

// Key is a set of columns without two equal rows, and without a null.
type Key struct {
	ID      string   `json:"id"`
	Columns []string `json:"columns"` // ids
}

// Inclusion is a column, or several, whose values are those of others, or nearly.
// Rows with a null in From do not count.
type Inclusion struct {
	ID string `json:"id"`
	// From are the ids of the columns whose values are found, To of those in which
	// they are: one each, or as many as a key has.
	From []string `json:"from"`
	To   []string `json:"to"`
	// Coverage is the share of From's distinct values that are in To: 1 when all
	// are; at least 0.95 else.
	Coverage float64 `json:"coverage"`
	// Missing is how many distinct values are not in To, Orphans how many rows have
	// one of them.
	Missing int64 `json:"missing"`
	Orphans int64 `json:"orphans"`
	// Unique says that To is a key.
	Unique bool `json:"unique"`
}

// Dependency is a functional dependency: rows with equal Determinant have equal
// Dependents.
type Dependency struct {
	ID          string   `json:"id"`
	Determinant []string `json:"determinant"` // ids, one or two
	Dependents  []string `json:"dependents"`  // ids
	// Error is g3: the least share of rows with a determinant to leave out so that it holds
	// (Kivinen and Mannila 1995); at most 0.05, and 0.01 with two determinants. Of
	// several dependents the largest.
	Error float64 `json:"error"`
	// Groups is the number of distinct determinants.
	Groups int64 `json:"groups"`
}

// Group is a row of columns that repeat one thing, such as jan to dec or x_1 to x_9.
type Group struct {
	ID      string   `json:"id"`
	Stem    string   `json:"stem"`    // what the names have in common; may be empty
	Columns []string `json:"columns"` // ids, in order
	Labels  []string `json:"labels"`  // what differs, one for each column
	// Kind is "month", "number", "year" or "quarter".
	Kind string `json:"kind"`
}
