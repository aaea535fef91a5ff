package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type nested struct {
	ID   string   `json:"id"`
	Pool pair     `json:"pool"`
	Tags []string `json:"tags"`
	List []pair   `json:"list"`
	Cost *float64 `json:"cost"`
}

type pair struct {
	A int    `json:"a"`
	B string `json:"b"`
}

func TestCSVHasTheKeysOfJSON(t *testing.T) {
	t.Parallel()
	cost := 0.5
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"none", []nested{}, "id,pool.a,pool.b,tags,list,cost\n"},
		{
			"one",
			nested{ID: `say "x", y`, Pool: pair{1, "<&>"}, Tags: []string{"p", "q"}, List: []pair{{2, "z"}}, Cost: &cost},
			"id,pool.a,pool.b,tags,list,cost\n" + `"say ""x"", y",1,<&>,p q,"[{""a"":2,""b"":""z""}]",0.5` + "\n",
		},
		{"nil", []nested{{}}, "id,pool.a,pool.b,tags,list,cost\n,0,,,,\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			if err := writeCSV(&b, c.v); err != nil {
				t.Fatalf("writeCSV(%+v): %v", c.v, err)
			}
			if diff := cmp.Diff(c.want, b.String()); diff != "" {
				t.Errorf("writeCSV (-want +got):\n%s", diff)
			}
		})
	}
}

func TestYAMLHasTheKeysOfJSONInTheirOrder(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := writeYAML(&b, nested{ID: "x", Tags: []string{}, List: []pair{{1, "yes"}}}); err != nil {
		t.Fatal(err)
	}
	want := "id: x\npool:\n  a: 0\n  b: \"\"\ntags: []\nlist:\n- a: 1\n  b: \"yes\"\ncost: null\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("writeYAML (-want +got):\n%s", diff)
	}
}
