package account

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// Listed is one row of a list of Service Quotas, as it came.
type Listed struct {
	Code, Name string
	Value      float64
	Adjustable bool
}

// limitAccountDay is the limit of all models of an account together.
const limitAccountDay = "account_tokens_per_day"

// Merge joins the applied values and the defaults of one account and Region,
// which owner names, by code, and says of each row what draws on it. Rows are
// sorted by code. A row that only defaults has keeps Applied nil: Service Quotas
// does not list an applied value that it cannot tell. Of rows with the same code
// the last counts; rows without a code are left out.
//
// The catalog's codes go before names. Rows that it knows as replaced (Until) are
// matched but have no Limit, as rows that pace nothing, unless the account still has
// an applied value of them. A label that is not that
// of exactly one model is not matched: nothing is guessed.
func Merge(owner llm.Pool, applied, defaults []Listed, cat *catalog.Catalog) []Quota {
	rows := make(map[string]Quota, max(len(applied), len(defaults)))
	for _, l := range defaults {
		rows[l.Code] = Quota{Code: l.Code, Name: l.Name, Default: &l.Value, Adjustable: l.Adjustable}
	}
	for _, l := range applied {
		rows[l.Code] = Quota{Code: l.Code, Name: l.Name, Applied: &l.Value, Default: rows[l.Code].Default, Adjustable: l.Adjustable}
	}
	delete(rows, "")

	m := newMatcher(cat)
	merged := make([]Quota, 0, len(rows))
	for _, q := range rows {
		q.Pool = llm.Pool{Account: owner.Account, Region: owner.Region}
		m.match(&q)
		merged = append(merged, q)
	}
	slices.SortFunc(merged, func(a, b Quota) int { return strings.Compare(a.Code, b.Code) })
	return merged
}

// matcher knows the codes and the labels of a catalog.
type matcher struct {
	codes  map[string]catalog.Quota
	labels map[string]llm.ModelID // normalised; "" for one that several models have
}

func newMatcher(cat *catalog.Catalog) matcher {
	m := matcher{codes: map[string]catalog.Quota{}, labels: map[string]llm.ModelID{}}
	for _, row := range cat.AllQuotas() {
		if row.Code != "" {
			m.codes[row.Code] = row
		}
	}
	for _, model := range cat.Models() {
		for _, label := range []string{model.QuotaLabel, model.Name} {
			m.learn(plain(label), model.ID)
		}
	}
	return m
}

func (m matcher) learn(label string, model llm.ModelID) {
	if label == "" {
		return
	}
	if other, known := m.labels[label]; known && other != model {
		model = ""
	}
	m.labels[label] = model
}

func (m matcher) match(q *Quota) {
	if row, ok := m.codes[q.Code]; ok {
		q.Match, q.Variant = MatchCode, row.Variant
		q.Pool.Model, q.Pool.Path = row.Model, row.Path
		switch {
		case !row.Until.IsZero() && q.Applied == nil || row.Kind == catalog.RequestsPerSecond:
		case row.Model != "":
			q.Limit = string(row.Kind)
		case row.Kind == catalog.TokensPerDay:
			q.Limit = limitAccountDay
		}
		return
	}
	n, ok := parseName(q.Name)
	if !ok {
		q.Match = MatchOther
		return
	}
	model := m.labels[plain(n.label)]
	if model == "" {
		q.Match = MatchNone
		return
	}
	q.Match, q.Limit, q.Variant = MatchLabel, string(n.kind), n.variant
	q.Pool.Model, q.Pool.Path = model, n.path
}
