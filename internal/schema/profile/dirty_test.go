package profile_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema/evidence"
)

// words lists dependencies by name: "a->b", "a,b->c".
func words(t *evidence.Table) []string {
	names := map[string]string{}
	for _, c := range t.Columns {
		names[c.ID] = c.Name
	}
	join := func(ids []string) string {
		var list []string
		for _, id := range ids {
			list = append(list, names[id])
		}
		return strings.Join(list, ",")
	}
	var found []string
	for _, d := range t.Dependencies {
		for _, to := range d.Dependents {
			found = append(found, join(d.Determinant)+"->"+names[to])
		}
	}
	return found
}

func TestDependenciesOfRealTables(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(schemadata(t), "dirty", "raha")
	for file, want := range map[string][]string{
		"beers_clean":    {"brewery_id->brewery-name", "brewery_id->city", "brewery_id->state"},
		"beers_dirty":    {"brewery_id->brewery_name", "brewery_id->city", "brewery_id->state"},
		"hospital_clean": {"ProviderNumber->HospitalName", "ProviderNumber->Address1", "ProviderNumber->City", "ProviderNumber->PhoneNumber", "ProviderNumber->HospitalOwner", "MeasureCode->MeasureName", "MeasureCode->Condition", "ZipCode->City", "City->CountyName"},
		"hospital_dirty": {"provider_number->name", "measure_code->measure_name", "measure_code->condition"},
		"flights_clean":  {"flight->sched_dep_time", "flight->act_dep_time", "flight->sched_arr_time", "flight->act_arr_time"},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			ev := run(t, filepath.Join(dir, file+".csv"))
			found := words(&ev.Tables[0])
			for _, w := range want {
				if !slices.Contains(found, w) {
					t.Errorf("%s is not found; %d are: %v", w, len(found), found)
				}
			}
			t.Logf("%d found: %v", len(found), found)
		})
	}
	ev := run(t, filepath.Join(dir, "flights_dirty.csv"))
	if found := words(&ev.Tables[0]); len(found) > 0 {
		t.Errorf("flights_dirty has dependencies %v, want none", found)
	}
}

func TestTypesOfDirtyFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(schemadata(t), "dirty")
	for _, c := range []struct {
		file, column string
		typ          evidence.Type
		format       string
	}{
		{"uk_gov/HMRC_spending_over_25000_for_September_2018.csv", "Date", "date", "02/01/2006"},
		{"uk_gov/HMRC_spending_over_25000_for_September_2018.csv", "Amount", "decimal", "thousands"},
		{"uk_gov/moj-aramis-data-march-11.csv", "DATE", "date", "02-Jan-06"},
		{"uk_gov/moj-aramis-data-march-11.csv", "AMOUNT", "decimal", "money"},
		{"raha/beers_dirty.csv", "abv", "decimal", "percent"},
		{"raha/beers_dirty.csv", "ibu", "integer", ""},
		{"raha/flights_clean.csv", "sched_dep_time", "time", "3:04 PM"},
		{"horror/mixedGLB.csv", "Jun", "integer", ""},
		{"uk_gov/newcastle_invoices_june_2015.csv", "Internal Ref", "integer", ""},
		{"uk_gov/newcastle_invoices_june_2015.csv", "Total", "float", ""},
		{"uk_gov/wakefield_pcard_2018q2.csv", "TransNo", "date", "02/01/2006"},
		{"uk_gov/wakefield_pcard_2018q2.csv", "Seq No", "integer", ""},
		{"uk_gov/wakefield_pcard_2018q2.csv", "Net Amount", "decimal", "thousands"},
	} {
		t.Run(c.file+" "+c.column, func(t *testing.T) {
			t.Parallel()
			ev := run(t, filepath.Join(dir, c.file))
			for _, got := range ev.Tables[0].Columns {
				if strings.TrimSpace(got.Name) != c.column {
					continue
				}
				if got.Type != c.typ || got.Format != c.format {
					t.Errorf("%s is %s %q, %v, want %s %q", c.column, got.Type, got.Format, got.Rungs, c.typ, c.format)
				}
				return
			}
			t.Errorf("no column %s", c.column)
		})
	}
}
