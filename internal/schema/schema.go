package schema

// Schema is a whole database. Tables are in an order in which they can be made:
// what is referred to comes first, where references have no circle; of equals by
// name. Equal input gives byte-equal JSON: it holds no times and no random ids.
type Schema struct {
	Name   string `json:"name"` // an identifier
	Domain string `json:"domain,omitempty"`
	// Judged says who has looked beyond the data: "nobody", "model" or "scripted";
	// "pending" where a model is still to be asked.
	Judged string  `json:"judged"`
	Tables []Table `json:"tables"`
	// Suspected are references that the data speaks for, but not enough to
	// constrain it.
	Suspected []ForeignKey `json:"suspected"`
	Notes     []Note       `json:"notes"`
	// Questions are for whoever knows the domain, at most three.
	Questions []string `json:"questions"`
}

// Who has judged a schema.
const (
	JudgedNobody   = "nobody"
	JudgedModel    = "model"
	JudgedScripted = "scripted"
	JudgedPending  = "pending"
)

// Role is what a table is for.
type Role string

// The roles.
const (
	RoleEntity    Role = "entity"
	RoleJunction  Role = "junction"  // joins two others, many to many
	RoleLookup    Role = "lookup"    // names of codes
	RoleSatellite Role = "satellite" // more columns of another table's rows
	RoleChild     Role = "child"     // rows nested in another's
)

// Table is one table.
type Table struct {
	ID      string   `json:"id"`   // the evidence's, or N1, N2 … for a new one
	Name    string   `json:"name"` // an identifier in snake_case
	Role    Role     `json:"role"`
	Purpose string   `json:"purpose,omitempty"`
	From    From     `json:"from"`
	Columns []Column `json:"columns"`
	// PrimaryKey is nil where the data has none.
	PrimaryKey  *Key         `json:"primary_key"`
	Unique      []Key        `json:"unique"`
	ForeignKeys []ForeignKey `json:"foreign_keys"`
	Mark        Mark         `json:"mark"`
}

// From is where the rows of a table come from.
type From struct {
	Table string `json:"table"` // id of the evidence's table; empty: it starts empty
	// Distinct says that equal rows are loaded once: the table was split off.
	Distinct bool `json:"distinct,omitempty"`
	// Dependency is the id of the dependency that it was split off by.
	Dependency string `json:"dependency,omitempty"`
	// Group is the id of the group whose columns became rows, and List that of the
	// column whose parts did; empty for none.
	Group string `json:"group,omitempty"`
	List  string `json:"list,omitempty"`
}

// Column is one column.
type Column struct {
	ID   string `json:"id"`   // the evidence's, or that of the new table with a number
	Name string `json:"name"` // an identifier in snake_case, unique in its table
	Type Type   `json:"type"`
	// Nullable says that rows may have no value.
	Nullable bool `json:"nullable"`
	// From is the id of the evidence's column that the values are from; empty:
	// Value says.
	From string `json:"from,omitempty"`
	// Value is how values are made without a column of their own.
	Value Value `json:"value,omitempty"`
	// Format is how the cells are read where it was said to be other than measured, and
	// Nulls are texts of cells that stand for null beside those that were measured.
	Format  string   `json:"format,omitempty"`
	Nulls   []string `json:"nulls,omitempty"`
	Meaning string   `json:"meaning,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Mark    Mark     `json:"mark"`
}

// Value is how a column's values are made of more than one cell, or of none.
type Value string

// The ways to make values.
const (
	ValueNumber Value = "number" // of the row in its file, from 1
	ValueLabel  Value = "label"  // what tells the columns of From.Group apart
	ValueCell   Value = "cell"   // the cell of the label's column
	ValuePart   Value = "part"   // one part of the cell of From.List
)

// Type is a column's type, apart from any dialect.
type Type struct {
	Kind string `json:"kind"` // evidence.Type in text form
	// Precision and Scale are of decimals, Length of texts: the longest value that
	// was seen, 0 when none was.
	Precision int `json:"precision,omitempty"`
	Scale     int `json:"scale,omitempty"`
	Length    int `json:"length,omitempty"`
	Bytes     int `json:"bytes,omitempty"` // of integers: 4 or 8
}

// Key is a primary or unique key.
type Key struct {
	Columns []string `json:"columns"` // names
	Mark    Mark     `json:"mark"`
}

// ForeignKey refers from columns of one table to a key of another.
type ForeignKey struct {
	ID         string   `json:"id"`      // the inclusion's, or X1 … for what was added
	Table      string   `json:"table"`   // name
	Columns    []string `json:"columns"` // names
	RefTable   string   `json:"ref_table"`
	RefColumns []string `json:"ref_columns"`
	Mark       Mark     `json:"mark"`
}

// Note is something that whoever reads the schema should know.
type Note struct {
	About string `json:"about"` // an id
	Kind  string `json:"kind"`
	Text  string `json:"text"`
}

// Judgement is the line that every artefact of the schema carries: who has looked
// at it beyond the data.
func (s *Schema) Judgement() string {
	switch s.Judged {
	case JudgedModel:
		return "Judged by a language model where the data leaves open; see the report."
	case JudgedScripted:
		return "SCRIPTED - answers of an emulator's script were merged as if a model had given them."
	case JudgedPending:
		return "MODEL REVIEW PENDING - no language model judged this schema yet; names and relations come from data and rules."
	}
	return "OFFLINE - no language model judged this schema; names and relations come from data and rules."
}
