package tracecontext_test

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/wire/tracecontext"
)

const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		want   string // empty: ignored
	}{
		{good, good},
		{" " + good + " ", good},
		{strings.TrimSuffix(good, "1") + "0", strings.TrimSuffix(good, "1") + "0"},
		{strings.TrimSuffix(good, "01") + "ff", good},
		{"01" + good[2:] + "-later", good},
		{"", ""},
		{good + "-more", ""},
		{"ff" + good[2:], ""},
		{strings.ToUpper(good), ""},
		{strings.Replace(good, "4bf92f3577b34da6a3ce929d0e0e4736", strings.Repeat("0", 32), 1), ""},
		{strings.Replace(good, "00f067aa0ba902b7", strings.Repeat("0", 16), 1), ""},
		{strings.Replace(good, "00f067aa0ba902b7", "00f067aa0ba902bx", 1), ""},
		{good[:54], ""},
	} {
		got, ok := tracecontext.Parse(c.header)
		if ok != (c.want != "") || ok && got.String() != c.want || !ok && !got.IsZero() {
			t.Errorf("Parse(%q) = %v, %t; want %q", c.header, got, ok, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add("01" + good[2:] + "-x")
	f.Fuzz(func(t *testing.T, header string) {
		c, ok := tracecontext.Parse(header)
		if !ok {
			return
		}
		if id := c.String()[3:35]; !strings.Contains(header, "-"+id+"-") {
			t.Errorf("%q is read as of trace %s", header, id)
		}
		if again, ok := tracecontext.Parse(c.String()); !ok || again != c {
			t.Errorf("%q is read as %v, and that as %v", header, c, again)
		}
	})
}
