package value

import (
	"testing"

	"github.com/headgate/headgate/internal/schema/evidence"
)

func TestColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		cells  []string
		typ    evidence.Type
		format string
		want   string // what the first cell converts to
	}{
		{"integers", []string{"1", "-2", "+3", "0"}, "integer", "", "1"},
		{"zeros and ones are integers", []string{"0", "1", "1"}, "integer", "", "0"},
		{"codes", []string{"007", "123"}, "text", "", "007"},
		{"digits too many for a number", []string{"1234567890123456789"}, "text", "", "1234567890123456789"},
		{"telephone numbers", []string{"+442071234567", "+442071234568"}, "text", "", "+442071234567"},
		{"telephone numbers with spaces", []string{"(555) 123-4567", "555-1234"}, "text", "", "(555) 123-4567"},
		{"decimals", []string{"1.5", "2", "-.25"}, "decimal", "", "1.5"},
		{"a point without digits", []string{".5", "5."}, "decimal", "", "0.5"},
		{"floats", []string{"9.09495E-13", "1.5"}, "float", "", "9.09495E-13"},
		{"long decimals", []string{"0.12345678901234567890", "1.5"}, "float", "", "0.12345678901234567890"},
		{"thousands", []string{"1,234", "12", "1,234,567"}, "integer", "thousands", "1234"},
		{"thousands with decimals", []string{"1,234.50", "12"}, "decimal", "thousands", "1234.50"},
		{"thousands by dots", []string{"1.234.567", "1.234"}, "integer", "thousands_dot", "1234567"},
		{"thousands by dots, decimal comma", []string{"1.234,5", "1.234"}, "decimal", "thousands_dot", "1234.5"},
		{"thousands by spaces", []string{"1 234", "1 234 567"}, "integer", "thousands_space", "1234"},
		{"thousands by no-break spaces", []string{"1 234,5", "12"}, "decimal", "thousands_space_comma", "1234.5"},
		{"decimal commas", []string{"1,5", "2", "1,234"}, "decimal", "comma", "1.5"},
		{"three digits after a point are decimals", []string{"1.234", "2.345"}, "decimal", "", "1.234"},
		{"percents", []string{"12.5%", "3 %", "0"}, "decimal", "percent", "12.5"},
		{"money", []string{"£1,234.50", "$ 5", "(3.00)", "-£2.00", "4"}, "decimal", "money", "1234.50"},
		{"negative money", []string{"($1,234.50)", "$5"}, "decimal", "money", "-1234.50"},
		{"money by code", []string{"USD 1,234.50", "5 EUR"}, "decimal", "money", "1234.50"},
		{"European money", []string{"1.234,50 €", "€ 5"}, "decimal", "money_comma", "1234.50"},
		{"booleans", []string{"TRUE", "false"}, "boolean", "", "true"},
		{"yes and no", []string{"Yes", "no"}, "boolean", "bool:yes/no", "true"},
		{"letters", []string{"Y", "N"}, "boolean", "bool:Y/N", "true"},
		{"a letter without its half", []string{"F", "F"}, "text", "", "F"},
		{"small letters of one half", []string{"t", "t"}, "boolean", "bool:t/f", "true"},
		{"sexes", []string{"M", "F"}, "text", "", "M"},
		{"ISO dates", []string{"2020-02-29", "2020-1-5"}, "date", "", "2020-02-29"},
		{"days first", []string{"02/01/2020", "13/01/2020"}, "date", "02/01/2006", "2020-01-02"},
		{"months first", []string{"2/1/2020", "1/13/2020"}, "date", "1/2/2006", "2020-02-01"},
		{"both at once are no dates", []string{"13/01/2020", "01/13/2020"}, "text", "", "13/01/2020"},
		{"short years", []string{"13-01-98", "02-01-05"}, "date", "02-01-06", "1998-01-13"},
		{"dots", []string{"13.01.1998"}, "date", "02.01.2006", "1998-01-13"},
		{"names of months", []string{"31-Mar-11", "01-Apr-11"}, "date", "02-Jan-06", "2011-03-31"},
		{"dates in words", []string{"January 2, 2006", "March 31, 2011"}, "text", "", "January 2, 2006"},
		{"no such day", []string{"2021-02-29"}, "text", "", "2021-02-29"},
		{"timestamps", []string{"2020-01-02 03:04:05", "2020-01-02T03:04:05.678"}, "timestamp", "", "2020-01-02 03:04:05"},
		{"timestamps with a zone", []string{"2020-01-01T00:30:00+01:00", "2020-01-02T03:04:05Z"}, "timestamp_tz", "", "2019-12-31 23:30:00+00:00"},
		{"timestamps, months first", []string{"12/31/2019 1:05 PM", "1/2/2020 12:00 AM"}, "timestamp", "1/2/2006 3:04 PM", "2019-12-31 13:05:00"},
		{"times", []string{"18:00", "7:30:15"}, "time", "", "18:00:00"},
		{"times with dots", []string{"18.00.00", "10.11.12"}, "time", "15.04.05", "18:00:00"},
		{"half days", []string{"6:05 PM", "12:00 am"}, "time", "3:04 PM", "18:05:00"},
		{"half days with dots", []string{"10:15 a.m.", "12:05 P.M."}, "time", "3:04 PM", "10:15:00"},
		{"long percents", []string{"0.059000000000000004%", "0.05%"}, "decimal", "percent", "0.059000000000000004"},
		{"UUIDs", []string{"6F9619FF-8B86-D011-B42D-00CF4FC964FF"}, "uuid", "", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"},
		{"JSON", []string{`{"a": 1}`, `[1, 2]`}, "json", "", `{"a": 1}`},
		{"addresses of machines", []string{"10.11.12.13"}, "text", "", "10.11.12.13"},
		{"spaces around", []string{" 5 ", "6"}, "integer", "", "5"},
		{"blanks", []string{"5", "", "  "}, "integer", "", "5"},
		{"nothing", []string{"", " "}, "unknown", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var counts Counts
			for _, cell := range c.cells {
				counts.Add(Classify([]byte(cell)), 1)
			}
			d := Decide(&counts)
			if d.Type != c.typ || d.Format != c.format {
				t.Fatalf("Decide(%q) = %s %q, want %s %q", c.cells, d.Type, d.Format, c.typ, c.format)
			}
			got, ok := Convert(c.cells[0], d.Type, d.Format)
			if !ok || got != c.want {
				t.Errorf("Convert(%q, %s, %q) = %q, %v, want %q", c.cells[0], d.Type, d.Format, got, ok, c.want)
			}
		})
	}
}

func TestAmbiguousDates(t *testing.T) {
	t.Parallel()
	var counts Counts
	counts.Add(Classify([]byte("01/02/2020")), 3)
	if d := Decide(&counts); d.Type != "date" || !d.Ambiguous {
		t.Errorf("Decide = %+v, want an ambiguous date", d)
	}
	counts.Add(Classify([]byte("13/02/2020")), 1)
	if d := Decide(&counts); d.Format != "02/01/2006" || d.Ambiguous {
		t.Errorf("Decide = %+v, want days first, for sure", d)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"NA": true, "*****": true, "--": true, "...": true, `\N`: true, "-5": false, ".5": false, "-a-": false, "Nav": false, "*******": false, "": false} {
		if got := IsToken([]byte(text)); got != want {
			t.Errorf("IsToken(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestRungs(t *testing.T) {
	t.Parallel()
	var counts Counts
	counts.Add(Classify([]byte("13/02/2020")), 10)
	counts.Add(Classify([]byte("43905")), 3)
	counts.Add(Classify([]byte("?!")), 1)
	got := Rungs(&counts)
	if len(got) != 2 || got[0].Type != "integer" || got[0].Count != 3 || got[1].Type != "date" || got[1].Count != 10 {
		t.Errorf("Rungs = %+v, want 3 integers and 10 dates", got)
	}
}

// TestDatesInWords: they are a text, which can be made a date.
func TestDatesInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, format string }{{"March 1, 1963", "January 2, 2006"}, {"1 March 1963", "2 January 2006"}} {
		var counts Counts
		counts.Add(Classify([]byte(c.text)), 2)
		rungs := Rungs(&counts)
		if len(rungs) != 1 || rungs[0].Type != "date" || rungs[0].Count != 2 || rungs[0].Format != c.format {
			t.Errorf("Rungs of %q = %+v, want dates of %q", c.text, rungs, c.format)
			continue
		}
		if got, ok := Convert(c.text, rungs[0].Type, rungs[0].Format); got != "1963-03-01" || !ok {
			t.Errorf("Convert(%q) = %q, %v, want 1963-03-01", c.text, got, ok)
		}
	}
}

func TestClassifyAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations of the process
	cells := [][]byte{[]byte("12"), []byte("1,234.5"), []byte("2020-01-02 03:04:05"), []byte("a text of some length"), []byte("$5.00"), []byte("1e5")}
	if n := testing.AllocsPerRun(100, func() {
		for _, c := range cells {
			Classify(c)
		}
	}); n > 0 {
		t.Errorf("Classify allocates %v times", n)
	}
}

// FuzzConvert: whatever was counted for a type converts to it, and what came out of
// a conversion has the plain form of the type.
func FuzzConvert(f *testing.F) {
	for _, s := range []string{"1", "1.234", "1,234", "(5)", "-$1,2", "12.5%", "1.234,5 €", "01/02/2020", "2/13/20 1:05 pm", "10.11.12", "2020-01-02T03:04:05.6+01:00", "5.", "kr 5.", "1 234", "2 Jan 2006", "Jan 2, 2006"} {
		f.Add(s, "7")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var counts Counts
		counts.Add(Classify([]byte(a)), 1)
		counts.Add(Classify([]byte(b)), 1)
		for _, d := range append(candidates(&counts), Decide(&counts)) {
			for _, s := range []string{a, b} {
				form := Classify([]byte(s)).Form
				if form == Blank || !d.Has(form) {
					continue
				}
				out, ok := Convert(s, d.Type, d.Format)
				if !ok {
					t.Fatalf("%q of form %d is counted as %s %q and does not convert", s, form, d.Type, d.Format)
				}
				if again, ok := Convert(out, d.Type, ""); (d.Type == "integer" || d.Type == "decimal" || d.Type == "date") && len(out) <= 15 && (!ok || again != out) {
					t.Fatalf("%q converts to %q, and that to %q, %v", s, out, again, ok)
				}
			}
		}
	})
}
