package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/emulator/cloudwatch"
	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/emulator/servicequotas"
	"github.com/headgate/headgate/internal/emulator/speech"
)

// Emulator is an Amazon Bedrock. It is safe for concurrent use, and starts and
// keeps nothing that would have to be closed.
type Emulator struct {
	config   Config
	models   *foundation.Table
	speaker  *speech.Speaker
	accounts []*account
	door     *door
	faults   *faults
	watch    *cloudwatch.Service
	asked    *servicequotas.Service
}

// New makes an emulator. It reports everything that is wrong with the
// configuration at once.
func New(c Config) (*Emulator, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	e := &Emulator{config: c, models: foundation.New(), speaker: speech.NewSpeaker(), faults: newFaults(c.Seed, c.TimeScale)}
	r := rules{
		minute: scaled(time.Minute, c.TimeScale), day: scaled(24*time.Hour, c.TimeScale),
		scale: c.TimeScale, seed: c.Seed, accounting: c.Accounting,
	}
	e.watch = cloudwatch.New(cloudwatch.Config{
		Minute: r.minute, Now: c.Now, NoRateLimits: c.CloudWatch.NoRateLimits, OlderCacheNames: c.CloudWatch.OlderCacheNames,
	})
	r.watch = e.watch
	e.asked = servicequotas.New(c.ServiceQuotas.at(r.minute, c.TimeScale, c.Now))
	for _, a := range c.Accounts {
		a, err := a.furnished()
		if err != nil {
			return nil, fmt.Errorf("emulator: %w", err)
		}
		e.accounts = append(e.accounts, newAccount(a, r, c.Now()))
	}
	e.door = newDoor(c.Region, e.accounts)
	e.faults.set(c.Faults)
	return e, nil
}

// Handler answers every service of the emulator, and its control paths below
// /emulator/, which ask for no credentials.
func (e *Emulator) Handler() http.Handler { return http.HandlerFunc(e.serve) }

// Stats is what happened since the start or the last Reset.
func (e *Emulator) Stats() Stats {
	s := Stats{TimeScale: e.config.TimeScale, Accounts: []AccountStats{}}
	now := e.config.Now()
	e.asked.Advance(now)
	for _, a := range e.accounts {
		s.Accounts = append(s.Accounts, a.snapshot(now))
	}
	return s
}

// SetQuota replaces the account's quota of the same model, path and Region, or
// adds one. It holds at once; what was spent stays spent. An empty account
// means the only one.
func (e *Emulator) SetQuota(account string, q Quota) error {
	a, err := e.account(account)
	if err != nil {
		return err
	}
	if err := q.validate(); err != nil {
		return fmt.Errorf("quota: %w", err)
	}
	e.asked.Between(func(now time.Time) { a.setQuota(now, q) })
	return nil
}

// SetTokensPerDay changes the account's quota over all models; nil takes it
// away. An empty account means the only one.
func (e *Emulator) SetTokensPerDay(account string, tokens *int64) error {
	a, err := e.account(account)
	if err != nil {
		return err
	}
	if err := validateDay(tokens); err != nil {
		return fmt.Errorf("account_%w", err)
	}
	e.asked.Between(func(now time.Time) { a.setDay(now, func(d *dayTerms) { d.tokens = tokens }) })
	return nil
}

// SetDayLaw changes how the account's quota over all models counts. Weights may
// be nil. An empty account means the only one.
func (e *Emulator) SetDayLaw(account string, law DayLaw, weights *Weights) error {
	a, err := e.account(account)
	if err != nil {
		return err
	}
	if err := validateWeights(law, weights); err != nil {
		return fmt.Errorf("account_day_weights: %w", err)
	}
	e.asked.Between(func(now time.Time) { a.setDay(now, func(d *dayTerms) { d.law, d.weights = law, weights }) })
	return nil
}

// SetIncreases replaces, by quota code, how increase requests go that do not go
// as all others, open ones included.
func (e *Emulator) SetIncreases(increases map[string]Increase) error {
	if err := validateIncreases(increases); err != nil {
		return fmt.Errorf("increases: %w", err)
	}
	e.asked.SetCourses(e.config.ServiceQuotas.courses(increases, e.config.TimeScale))
	return nil
}

// SetRates replaces how many requests a second operations of Service Quotas take
// that do not have AWS's rate; see ServiceQuotas.Rates.
func (e *Emulator) SetRates(rates map[string]float64) error {
	if err := validateRates(rates); err != nil {
		return fmt.Errorf("rates: %w", err)
	}
	e.asked.SetRates(rates)
	return nil
}

// SetFaults replaces the faults.
func (e *Emulator) SetFaults(list []Fault) error {
	if err := validateFaults(list); err != nil {
		return err
	}
	e.faults.set(list)
	return nil
}

// Reset forgets what happened, metrics and alarms and what is cached, refills every limit, and
// puts quotas and faults back to what New was given.
func (e *Emulator) Reset() {
	e.watch.Reset()
	e.asked.Reset()
	for _, a := range e.accounts {
		a.reset(e.config.Now())
	}
	e.faults.set(e.config.Faults)
}

func (e *Emulator) account(id string) (*account, error) {
	if id == "" && len(e.accounts) == 1 {
		return e.accounts[0], nil
	}
	i := slices.IndexFunc(e.accounts, func(a *account) bool { return a.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("account: there is no account %q", id)
	}
	return e.accounts[i], nil
}
