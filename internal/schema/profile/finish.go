package profile

import (
	"math"
	"strings"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/value"
)

// maxTop is how many frequent values are listed.
const maxTop = 5

// finish makes evidence of what was measured, and keeps the values that references
// are looked for in.
func (c *column) finish(name string, rows int64, s *sample) (evidence.Column, error) {
	if c.dict != nil {
		for _, it := range c.dict.items {
			c.counts.Forms[it.form] += int64(it.count)
		}
	} else if err := c.many.settle(); err != nil {
		return evidence.Column{}, err
	}
	e := evidence.Column{
		Name: name, Nulls: c.nulls, Blanks: c.blanks, Length: c.length, NullTokens: []evidence.Value{}, Sentinels: []evidence.Value{},
		LeadingZeros: c.counts.Forms[value.Code] > 0,
	}
	d := value.Decide(&c.counts)
	words := c.nullTokens(&e, d)
	if len(words) > 0 {
		for _, w := range words {
			c.counts.Add(value.Cell{Form: value.Text}, w.Count)
			e.Length = max(e.Length, len(w.Text))
		}
		d = value.Decide(&c.counts)
	}
	if d.Type == evidence.TypeUnknown && c.blanks > 0 {
		d.Type = evidence.TypeText // of nothing but empty texts
	}
	if c.counts.PointZero() && e.Nulls+e.Blanks > 0 {
		d.Type, d.Format = evidence.TypeInteger, value.FormatZero
	}
	e.Type, e.Format, e.Ambiguous = d.Type, d.Format, d.Ambiguous
	e.Rungs = value.Rungs(&c.counts)
	if d.Type == evidence.TypeDecimal {
		e.Precision, e.Scale = max(c.counts.Whole+c.counts.Frac, 1), c.counts.Frac
	}
	c.distinct(&e, words)
	c.top(&e, words)
	c.ends(&e, d)
	if d.Type == evidence.TypeInteger && d.Format == "" {
		e.Increasing = c.grows()
	}
	c.sentinels(&e)
	c.remember(&e)
	if e.Top == nil {
		e.Top = []evidence.Value{}
		c.wanted = c.frequent(rows, s)
	}
	c.keep(&e, words)
	return e, c.spill.failed()
}

// keep makes the set of the values, where it is known and may be of use, and lets go
// of the rest.
func (c *column) keep(e *evidence.Column, words []evidence.Value) {
	useful := family(*e) != ""
	switch c.pointZero = e.Format == value.FormatZero; {
	case c.pointZero: // read again without the .0
		c.drop()
		c.sketch = &sketch{}
	case c.dict != nil && useful:
		records := make([]record, 0, len(c.dict.items)+len(words)+1)
		for _, it := range c.dict.items {
			records = append(records, record{it.hash, uint64(it.count)})
		}
		records = append(records, c.wordRecords(e, words)...)
		c.values = setOf(c.spill, records)
		c.sketch = c.values.sketch()
	case c.dict == nil && useful:
		c.sketch = &c.many.sketch
		if c.values = c.many.values; c.values != nil {
			c.values.rest()
		}
	case c.dict == nil:
		c.many.doubled()
	}
	if c.dict != nil {
		c.dict.release()
	}
	c.dict, c.many = nil, nil
}

// wordRecords are tokens that are values here, and blanks if they are.
func (c *column) wordRecords(e *evidence.Column, words []evidence.Value) []record {
	var list []record
	for _, w := range words {
		list = append(list, record{hashOf([]byte(w.Text)), uint64(w.Count)}) //nolint:gosec // not negative
	}
	if e.Type == evidence.TypeText && c.blanks > 0 {
		list = append(list, record{blank, uint64(c.blanks)})
	}
	return list
}

// nullTokens decides which tokens stand for null, and returns those that are words.
func (c *column) nullTokens(e *evidence.Column, d value.Decision) (words []evidence.Value) {
	narrow := d.Type != evidence.TypeText && d.Type != evidence.TypeUnknown
	for text, n := range c.tokens {
		v := evidence.Value{Text: text, Count: n}
		if value.Strong(text) || narrow {
			e.NullTokens = append(e.NullTokens, v)
			e.Nulls += n
			continue
		}
		words = append(words, v)
	}
	sortValues(e.NullTokens)
	sortValues(words)
	return words
}

// distinct counts the values, blank ones of a text and words among them.
func (c *column) distinct(e *evidence.Column, words []evidence.Value) {
	once := true
	switch {
	case c.dict != nil:
		e.Distinct = int64(len(c.dict.items))
		for _, it := range c.dict.items {
			once = once && it.count == 1
		}
	case c.many.values != nil:
		e.Distinct = c.counts.Values()
		for _, w := range words {
			e.Distinct -= w.Count
		}
	default:
		once = false
		e.Distinct = c.many.hll.estimate()
	}
	for _, w := range words {
		e.Distinct++
		once = once && w.Count == 1
	}
	if e.Type == evidence.TypeText && c.blanks > 0 {
		e.Distinct++
		once = once && c.blanks == 1
	}
	e.Exact = e.Distinct <= maxExact || once
	e.Unique = once && e.Distinct > 0
}

// top lists the most frequent values.
func (c *column) top(e *evidence.Column, words []evidence.Value) {
	e.Top = append([]evidence.Value{}, words...)
	if e.Type == evidence.TypeText && c.blanks > 0 {
		e.Top = append(e.Top, evidence.Value{Text: "", Count: c.blanks})
	}
	if c.dict == nil || c.dict.texts == nil {
		e.Top = nil
		return
	}
	for i, it := range c.dict.items {
		e.Top = append(e.Top, evidence.Value{Text: string(c.dict.texts[i]), Count: int64(it.count)})
	}
	sortValues(e.Top)
	e.Top = append([]evidence.Value{}, e.Top[:min(len(e.Top), maxTop)]...)
}

// ends are the least and the greatest value in the order of the type.
func (c *column) ends(e *evidence.Column, d value.Decision) {
	switch d.Type {
	case evidence.TypeText:
		e.Min, e.Max = string(c.least), string(c.most)
		for word := range c.tokens {
			if value.Strong(word) {
				continue
			}
			if !c.seen || word < e.Min {
				e.Min = word
			}
			if word > e.Max {
				e.Max = word
			}
		}
	case evidence.TypeUUID:
		e.Min, e.Max = string(c.least), string(c.most)
	case evidence.TypeInteger, evidence.TypeDecimal, evidence.TypeFloat:
		c.numberEnds(e, d)
	case evidence.TypeDate, evidence.TypeTimestamp, evidence.TypeTimestampTZ, evidence.TypeTime:
		c.dateEnds(e, d)
	default: // no order
	}
}

func (c *column) numberEnds(e *evidence.Column, d value.Decision) {
	least, most := math.Inf(1), math.Inf(-1)
	for f, x := range c.extremes {
		form := value.Form(f)
		if x == nil || !d.Has(form) {
			continue
		}
		if n := number(value.Cell{Form: form, Key: x.min}); n < least {
			least, e.Min = n, string(x.least)
		}
		if n := number(value.Cell{Form: form, Key: x.max}); n > most {
			most, e.Max = n, string(x.most)
		}
	}
}

// dateEnds compares what the texts convert to: that sorts as time goes.
func (c *column) dateEnds(e *evidence.Column, d value.Decision) {
	least, most := "", ""
	take := func(text []byte) {
		at, ok := value.Convert(string(text), d.Type, d.Format)
		if !ok {
			return
		}
		if least == "" || at < least {
			least, e.Min = at, string(text)
		}
		if most == "" || at > most {
			most, e.Max = at, string(text)
		}
	}
	for f, x := range c.extremes {
		if x == nil || !d.Has(value.Form(f)) {
			continue
		}
		for _, text := range [][]byte{x.least, x.most, x.altLeast, x.altMo} {
			take(text)
		}
	}
}

// sentinels finds a number at an end that looks as if it stood for none: a negative
// one among positive ones, or nines far above all others, more than once.
func (c *column) sentinels(e *evidence.Column) {
	switch e.Type {
	case evidence.TypeInteger, evidence.TypeDecimal, evidence.TypeFloat:
	default:
		return
	}
	t := &c.tails
	c.countTails()
	low, next := t.low[0], t.low[1]
	if low.number < 0 && next.number >= 0 && !math.IsInf(next.number, 0) && low.count >= 2 && odd(-low.number) {
		e.Sentinels = append(e.Sentinels, evidence.Value{Text: string(low.text), Count: low.count})
	}
	high, before := t.high[0], t.high[1]
	bottom := low.number
	if len(e.Sentinels) > 0 {
		bottom = next.number
	}
	if high.number > 9 && nines(high.number) && high.count >= 2 && !math.IsInf(before.number, 0) && high.number-before.number > 2*(before.number-bottom) {
		e.Sentinels = append(e.Sentinels, evidence.Value{Text: string(high.text), Count: high.count})
	}
}

// countTails takes from the dict how often the numbers at the ends occur.
func (c *column) countTails() {
	if c.dict == nil {
		return
	}
	for _, end := range []*tail{&c.tails.low[0], &c.tails.high[0]} {
		if it := c.dict.find(hashOf(end.text)); it != nil {
			end.count = int64(it.count)
		}
	}
}

// odd numbers are those that people write for none: 1, nines, whole hundreds.
func odd(n float64) bool { return n == 1 || nines(n) || n >= 100 && math.Mod(n, 100) == 0 }

func nines(n float64) bool {
	return n >= 9 && n == math.Trunc(n) && n < 1e15 && strings.Trim(trimFloat(n), "9") == ""
}
