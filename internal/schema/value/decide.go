package value

import "github.com/headgate/headgate/internal/schema/evidence"

// Counts is how many cells of a column have each form, and what their styles and
// digits come to.
type Counts struct {
	Forms       [Forms]int64
	Style       Style
	Whole, Frac int // the most digits before and after the point of numbers
}

// Add counts a cell n times.
func (c *Counts) Add(cell Cell, n int64) {
	c.Forms[cell.Form] += n
	c.Style |= cell.Style
	c.Whole = max(c.Whole, int(cell.Whole))
	c.Frac = max(c.Frac, int(cell.Frac))
}

// Values is how many cells there are that are not blank.
func (c *Counts) Values() int64 {
	var n int64
	for f := 1; f < Forms; f++ {
		n += c.Forms[f]
	}
	return n
}

// Decision is the type of a column.
type Decision struct {
	Type      evidence.Type
	Format    string
	Ambiguous bool // the format is a guess between day and month
	set       set
	count     int64
}

// Has says whether cells of a form are of the type.
func (d Decision) Has(f Form) bool { return d.set.has(f) }

// PointZero says whether all cells are whole numbers with .0 after them: how programs
// that know no null among integers write integers.
func (c *Counts) PointZero() bool { return c.Forms[Zero] > 0 && c.Forms[Zero] == c.Values() }

// OfAll is the decision for cells of all forms: Has says yes to each.
func (d Decision) OfAll() Decision {
	d.set = everything()
	return d
}

// everything is all forms but blanks.
func everything() set { return set{^uint64(0) &^ 1, ^uint64(0)} }

// Count is how many cells are of the type.
func (d Decision) Count() int64 { return d.count }

// set is a set of forms.
type set [2]uint64

func of(forms ...Form) set {
	var s set
	for _, f := range forms {
		s[f/64] |= 1 << (f % 64)
	}
	return s
}

func (s set) has(f Form) bool { return s[f/64]>>(f%64)&1 == 1 }

func (s set) with(t set) set { return set{s[0] | t[0], s[1] | t[1]} }

func (c *Counts) sum(s set) int64 {
	var n int64
	for f := range Forms {
		if s.has(Form(f)) {
			n += c.Forms[f]
		}
	}
	return n
}

// Decide gives the narrowest type that all cells but blank ones fit; text when none
// does, unknown when there are no cells.
func Decide(c *Counts) Decision {
	total := c.Values()
	if total == 0 {
		return Decision{Type: evidence.TypeUnknown}
	}
	for _, d := range candidates(c) {
		if d.count == total && !d.spoken() {
			return d
		}
	}
	d := Decision{Type: evidence.TypeText, count: total}
	d.set = everything()
	return d
}

// spoken says whether it is a date as people say it, such as January 2, 2006.
// Programs write dates in digits: what has it so is a text to those who made it. It
// converts all the same, and is a rung, for whoever knows better.
func (d Decision) spoken() bool { return d.set == of(DateWords) || d.set == of(DateUS) }

// Rungs are the types that some cells fit, and not all, narrow ones first: of types
// that fit equally many, the narrowest alone. Dates in words are one even where all
// cells are such.
func Rungs(c *Counts) []evidence.Rung {
	total := c.Values()
	rungs := []evidence.Rung{}
	last := int64(-1)
	for _, d := range candidates(c) {
		if d.count == 0 || d.count == total && !d.spoken() || d.count == last {
			continue
		}
		last = d.count
		rungs = append(rungs, evidence.Rung{Type: d.Type, Format: d.Format, Count: d.count})
	}
	return rungs
}
