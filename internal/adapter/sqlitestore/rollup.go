package sqlitestore

import (
	"strconv"
	"strings"
	"time"
)

// level is what roll-ups are of, as in the column level.
type level int

const (
	levelAll    level = iota // all tenants
	levelTenant              // each tenant
	levelLone                // each tenant's calls of no run
)

// steps are those that a level has, the largest first.
func (l level) steps() []int64 {
	if l == levelAll {
		return []int64{stepDay, stepQuarter, stepMinute}
	}
	return []int64{stepDay, stepQuarter}
}

// levelOf is the level at which sums by what is by tenant, or of one, are found.
func levelOf(tenants bool, tenant string) level {
	if tenants || tenant != "" {
		return levelTenant
	}
	return levelAll
}

// rolled is a sum over calls.
type rolled struct {
	level         level
	spans         []span
	tenant, model string // of which; empty is any
	// keys are what rows have in common, in the columns of dims and, for the second at
	// which a call came or its roll-up begins, the word AT.
	keys []string
	// sums are columns that are summed up. Prices adds the oldest and the newest price.
	sums   []string
	prices bool
}

// query is the sums by the keys, named k1 and so on, and what its parameters are. Each
// span is summed up by itself, and then all of them: rows that pass from one select to
// another cost more than those that are summed up where they lie.
func (r *rolled) query() (string, []any) {
	var (
		parts []string
		args  []any
	)
	for _, sp := range r.spans {
		text, of := r.part(sp)
		parts = append(parts, text)
		args = append(args, of...)
	}
	if len(parts) == 0 { // no time at all
		text, of := r.part(span{stepDay, 0, 0})
		parts, args = []string{text}, of
	}
	columns := make([]string, 0, len(r.keys)+len(r.sums)+2)
	for i := range r.keys {
		columns = append(columns, "k"+strconv.Itoa(i+1))
	}
	for _, s := range r.sums {
		columns = append(columns, "sum("+s+") AS "+s)
	}
	columns = append(columns, r.priceColumns()...)
	return "SELECT " + strings.Join(columns, ", ") + " FROM (" + strings.Join(parts, " UNION ALL ") + ")" + r.grouping(), args
}

func (r *rolled) priceColumns() []string {
	if !r.prices {
		return nil
	}
	return []string{"coalesce(min(nullif(prices_from, '')), '') AS prices_from", "coalesce(max(prices_to), '') AS prices_to"}
}

// grouping groups by the keys. Without keys nothing is grouped but what is there.
func (r *rolled) grouping() string {
	names := []string{}
	for i := range r.keys {
		names = append(names, strconv.Itoa(i+1))
	}
	if len(names) == 0 {
		return " HAVING count(*) > 0"
	}
	return " GROUP BY " + strings.Join(names, ", ")
}

// part sums up one span.
func (r *rolled) part(sp span) (string, []any) {
	from, at, start, unit := "dims CROSS JOIN rollups ON dim = id", "start", "start", int64(time.Second)
	var w where
	if sp.step == stepCall {
		from, at, start, unit = "call_sums", "arrived / 1000000000", "arrived", 1
		if r.level == levelLone {
			w.add("lone")
		}
	} else {
		w.add("whole = ?", r.level == levelAll)
		w.add("level = ?", int64(r.level))
		w.add("step = ?", sp.step)
	}
	if sp.from != never {
		w.add(start+" >= ?", sp.from/unit)
	}
	if sp.to != always {
		w.add(start+" < ?", sp.to/unit)
	}
	w.equal("tenant", r.tenant)
	if r.model != "" {
		w.add("(model_id = ? OR model = ?)", r.model, r.model)
	}
	columns := make([]string, 0, len(r.keys)+len(r.sums)+2)
	for i, k := range r.keys {
		columns = append(columns, strings.ReplaceAll(k, "AT", at)+" AS k"+strconv.Itoa(i+1))
	}
	for _, s := range r.sums {
		columns = append(columns, "sum("+s+") AS "+s)
	}
	columns = append(columns, r.priceColumns()...)
	return "SELECT " + strings.Join(columns, ", ") + " FROM " + from + w.String() + r.grouping(), w.args
}
