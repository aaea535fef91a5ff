package planner

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	l := newLexicon([]string{"country", "order_details", "Employees"})
	for name, want := range map[string]string{
		"countrycode": "country code", "CountryID": "country id", "employeeid": "employee id", "OrderDetailID": "order detail id",
		"categories": "category", "addresses": "address", "statuses": "status", "campuses": "campus", "houses": "house", "people": "person",
		"status": "status", "gas": "gas", "series": "series", "boxes": "box", "deptno": "deptno", "custid": "cust id", "valid": "valid", "paid": "paid",
	} {
		if got := strings.Join(l.words(name), " "); got != want {
			t.Errorf("the words of %s are %q, want %q", name, got, want)
		}
	}
}

func TestAbbreviations(t *testing.T) {
	t.Parallel()
	for _, yes := range []string{"dept department", "cust customer", "emp employee", "qty quantity", "mgr manager", "org organization"} {
		if short, long, _ := strings.Cut(yes, " "); !abbreviates(short, long) {
			t.Errorf("%s does not abbreviate %s", short, long)
		}
	}
	for _, no := range []string{"d department", "department department", "event even", "tin train", "rate rental", "ship shop"} {
		if short, long, _ := strings.Cut(no, " "); abbreviates(short, long) {
			t.Errorf("%s abbreviates %s", short, long)
		}
	}
}
