package planner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// plan makes a plan of one file.
func plan(t *testing.T, name, text string) *schema.Schema {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := tabular.Open(t.Context(), []string{file}, tabular.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	ev, err := profile.Run(t.Context(), set.Tables, profile.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return planner.Make(ev, "test").Schema
}

// TestOnlyWhatIdentifiesIsSplitOff: a brewery by its id, but not the state of a city,
// which is noted, and nothing where each comes but once or twice.
func TestOnlyWhatIdentifiesIsSplitOff(t *testing.T) {
	t.Parallel()
	beers := func(n, breweries int) string {
		var b strings.Builder
		b.WriteString("beer_id,beer,brewery_id,brewery_name,city,state\n")
		for i := range n {
			w := i * 7 % breweries
			fmt.Fprintf(&b, "%d,Beer %d,%d,Brewery %d,City %d,State %d\n", i+1, i, 500+w, w, w%11, w%11%3)
		}
		return b.String()
	}
	s := plan(t, "beers.csv", beers(200, 30))
	brewery := s.Table("brewery")
	if brewery == nil || brewery.From.Dependency == "" || len(brewery.Columns) != 4 || s.Table("beers").Column("brewery_name") != nil {
		t.Fatalf("the breweries were not split off: %+v", s.Tables)
	}
	if brewery.Mark.Provenance != schema.FromRule || !strings.Contains(brewery.Mark.Why, "brewery_id determines brewery_name, city, state in all rows") {
		t.Errorf("the reason is %+v", brewery.Mark)
	}
	noted := false
	for _, n := range s.Notes {
		noted = noted || strings.HasSuffix(n.Text, "city determines state in all rows")
	}
	if !noted || len(s.Tables) != 2 {
		t.Errorf("%d tables, notes %+v; want two, and a note of the city", len(s.Tables), s.Notes)
	}
	if s := plan(t, "beers.csv", beers(60, 30)); len(s.Tables) != 1 {
		t.Errorf("what comes twice each was split off: %d tables", len(s.Tables))
	}
}
