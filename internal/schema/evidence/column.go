package evidence

// Type is what the values of a column are.
type Type string

// The types. A column has the narrowest that all of its values fit.
const (
	TypeUnknown     Type = "unknown" // no value at all
	TypeBoolean     Type = "boolean"
	TypeInteger     Type = "integer"
	TypeDecimal     Type = "decimal" // digits after the point, as written
	TypeFloat       Type = "float"   // with exponents, or too long for a decimal
	TypeDate        Type = "date"
	TypeTimestamp   Type = "timestamp"    // without a zone
	TypeTimestampTZ Type = "timestamp_tz" // with a zone or an offset
	TypeTime        Type = "time"
	TypeUUID        Type = "uuid"
	TypeJSON        Type = "json" // objects and arrays
	TypeBinary      Type = "binary"
	TypeText        Type = "text"
)

// Column is what was measured of one column. Counts are of rows, and are exact.
type Column struct {
	ID   string `json:"id"`
	Name string `json:"name"` // as read, made unique; "col_7" where there was none
	Type Type   `json:"type"`
	// Format is how the values are written, where the type leaves it open: a layout
	// of Go's time package such as "02/01/2006", or money, percent, thousands,
	// comma (as the decimal point), bool:Y/N and the others that package value names.
	// Empty: plain, ISO 8601. Convert of package value reads it.
	Format string `json:"format,omitempty"`
	// Ambiguous says that Format is a guess: no value tells day from month.
	Ambiguous bool `json:"ambiguous,omitempty"`
	// Precision and Scale are of decimals: digits in all, and after the point.
	Precision int `json:"precision,omitempty"`
	Scale     int `json:"scale,omitempty"`
	// Length is that of the longest value, in characters.
	Length int `json:"length"`
	// Rungs says how many values would fit each type that not all of them are of:
	// what the type would be without the others. Dates in words, such as January 2,
	// 2006, are a text with a rung that has them all.
	Rungs []Rung `json:"rungs"`
	// Nulls are rows without a value: empty cells without quotes, and NullTokens.
	Nulls int64 `json:"nulls"`
	// Blanks are cells that are empty in quotes: they are values of a text, and
	// nulls of all else.
	Blanks int64 `json:"blanks"`
	// NullTokens are words that stand for null here, such as NA, by count.
	NullTokens []Value `json:"null_tokens"`
	// Sentinels are numbers that stand for null by their look, such as -200: they
	// count as values.
	Sentinels []Value `json:"sentinels"`
	// Distinct is the number of different values; exact up to 100,000, else an
	// estimate within 2 %, unless the column is unique.
	Distinct int64 `json:"distinct"`
	Exact    bool  `json:"exact"`
	Unique   bool  `json:"unique"` // no value twice, nulls left out
	// Min and Max are by the order of the type; empty where there is none.
	Min string `json:"min"`
	Max string `json:"max"`
	// Top are the most frequent values, at most five, by count and then text. In a
	// column with more than 4,096 different ones only those that a thousandth of the
	// rows have.
	Top []Value `json:"top"`
	// Increasing says that each number is greater than the one before.
	Increasing bool `json:"increasing"`
	// LeadingZeros says that values would lose a zero as numbers: they are a text.
	LeadingZeros bool  `json:"leading_zeros,omitempty"`
	List         *List `json:"list,omitempty"`
}

// Rung is one step of the ladder of types.
type Rung struct {
	Type   Type   `json:"type"`
	Format string `json:"format,omitempty"`
	Count  int64  `json:"count"`
}

// Value is a value with the number of its rows.
type Value struct {
	Text  string `json:"text"`
	Count int64  `json:"count"`
}

// List says that cells hold several values.
type List struct {
	Separator string `json:"separator"`
	// Share is that of the cells with more than one part.
	Share float64 `json:"share"`
	Parts int64   `json:"parts"` // distinct ones
	// In is the id of a column that has all the parts; empty for none.
	In string `json:"in,omitempty"`
}
