package diagnosis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseEnv(t *testing.T) {
	t.Parallel()
	text := "\xef\xbb\xbf# comment\r\nA=1\r\nexport  B = two words  # not this\r\nC='a # \"b\" \\n'\r\nD=\"x\\n\\\"y\\\" \\$z \\q\" # c\n" +
		"E=\"over\ntwo lines\"\nF=`back`\nG=\nH=a#b\n\n  I=$A\nnothing\n=x\n1A=x\nJ=last"
	found, flaws := parseEnv([]byte(text))
	want := []variable{
		{"A", "1", 2},
		{"B", "two words", 3},
		{"C", `a # "b" \n`, 4},
		{"D", "x\n\"y\" $z \\q", 5},
		{"E", "over\ntwo lines", 6},
		{"F", "back", 8},
		{"G", "", 9},
		{"H", "a#b", 10},
		{"I", "$A", 12},
		{"J", "last", 16},
	}
	if diff := cmp.Diff(want, found, cmp.AllowUnexported(variable{})); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	const none = "is no NAME=value"
	if diff := cmp.Diff([]flaw{{13, none}, {14, none}, {15, none}}, flaws, cmp.AllowUnexported(flaw{})); diff != "" {
		t.Errorf("flaws (-want +got):\n%s", diff)
	}
}

// FuzzParseEnv holds that a quoted value is read as it was written, whatever is
// around it that is closed, and that no text makes the parser run on.
func FuzzParseEnv(f *testing.F) {
	for _, value := range []string{"", "x", "a b", "#", "'", `"`, "\\", "a\nb", "`", "$X", "é", "\\n"} {
		f.Add(value, "A=1\n# c\n")
	}
	f.Fuzz(func(t *testing.T, value, before string) {
		if found, _ := parseEnv([]byte(value)); len(found) > strings.Count(value, "=") {
			t.Fatalf("%d variables in %q", len(found), value)
		}
		_, flaws := parseEnv([]byte(before))
		if len(flaws) > 0 || strings.ContainsAny(value, "\r\x00") || strings.ToValidUTF8(value, "") != value {
			return
		}
		for _, q := range []struct{ quote, text string }{
			{`"`, strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`").Replace(value)},
			{"'", value},
		} {
			if q.quote == "'" && strings.Contains(value, "'") {
				continue
			}
			found, flaws := parseEnv([]byte(before + "\nNAME=" + q.quote + q.text + q.quote + " # end\nB=1"))
			n := len(found)
			if len(flaws) > 0 || n < 2 || found[n-2].value != value || found[n-2].name != "NAME" || found[n-1].value != "1" {
				t.Fatalf("%q in %s after %q: %+v, %+v", value, q.quote, before, found, flaws)
			}
		}
	})
}
