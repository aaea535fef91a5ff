package emulator

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/emulator/servicequotas"
	"github.com/headgate/headgate/internal/llm"
)

// serviceQuotas answers a request for Service Quotas.
func (v *visit) serviceQuotas(ctx context.Context) error {
	body, err := readBody(v.w, v.r)
	if err == nil {
		v.acct, v.region, err = v.e.door.enter(v.r, body, signedQuotas, v.e.config.Now())
	}
	if err != nil {
		servicequotas.Refuse(v.w, refusal.From(err))
		return nil
	}
	v.e.asked.Serve(v.w, v.r, body, v.acct.caller(v.region), func(operation string) error {
		return v.permit(ctx, signedQuotas+":"+operation)
	})
	return nil
}

func (a *account) caller(region llm.Region) servicequotas.Caller {
	return servicequotas.Caller{ID: a.ID, Region: region, Account: published{a}}
}

// published is an account as Service Quotas sees it.
type published struct{ *account }

// amountOf is the place of a limit in a quota; nil when a quota has none such.
func (q *Quota) amountOf(k catalog.QuotaKind) **int64 {
	switch k {
	case catalog.RequestsPerMinute:
		return &q.RequestsPerMinute
	case catalog.TokensPerMinute:
		return &q.TokensPerMinute
	case catalog.TokensPerDay:
		return &q.TokensPerDay
	case catalog.InputTokensPerMinute, catalog.OutputTokensPerMinute, catalog.RequestsPerSecond:
	}
	return nil
}

func (p published) pool(l servicequotas.Limit) llm.Pool {
	return llm.Pool{Account: llm.AccountID(p.ID), Region: l.Region, Model: l.Model, Path: l.Path}
}

// Enforced is the published amount of a limit: what is hidden does not show.
func (p published) Enforced(l servicequotas.Limit) (int64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.Model == "" {
		if p.day.tokens == nil || l.Kind != catalog.TokensPerDay {
			return 0, false
		}
		return *p.day.tokens, true
	}
	t := p.termsLocked(p.pool(l))
	if t == nil {
		return 0, false
	}
	amount := t.amountOf(l.Kind)
	if amount == nil || *amount == nil {
		return 0, false
	}
	return **amount, true
}

// Enforce gives the limit's pool a quota of its own that differs from the one
// that held in nothing but the amount. The day over all models is the same in
// all Regions.
func (p published) Enforce(at time.Time, l servicequotas.Limit, amount int64) {
	if l.Model == "" {
		p.setDay(at, func(d *dayTerms) { d.tokens = &amount })
		return
	}
	p.grant(at, p.pool(l), l.Kind, amount)
}

// codeIn is a row of Service Quotas in a Region.
type codeIn struct {
	region llm.Region
	code   string
}

// Applied is the value that a row without a limit was given.
func (p published) Applied(region llm.Region, code string) (float64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.values[codeIn{region, code}]
	return v, ok
}

// Apply gives a row without a limit a value.
func (p published) Apply(region llm.Region, code string, value float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.values[codeIn{region, code}] = value
}

// Default is what the account was configured to see.
func (p published) Default(code string) (float64, bool) {
	v, ok := p.Defaults[code]
	return v, ok
}
