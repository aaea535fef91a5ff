package config

import "slices"

// Scaled is c with its durations divided by the time scale: what engines are
// given. Dividing happens once; Scaled of a scaled configuration is itself.
// Limits keep their amounts: the windows that they count over are divided by
// who keeps the limits, with c.TimeScale. What people read is the unscaled
// configuration.
func (c Config) Scaled() Config {
	if c.scaled || c.TimeScale <= 1 {
		return c
	}
	c.scaled = true
	c.Queue.MaxWait = c.scale(c.Queue.MaxWait)
	c.Quotas.Accounting.RefundDelay = c.scale(c.Quotas.Accounting.RefundDelay)
	c.Quotas.Refresh = c.scale(c.Quotas.Refresh)
	c.Quotas.RefreshOpen = c.scale(c.Quotas.RefreshOpen)
	c.Keep.For = c.scale(c.Keep.For)
	c.Cache.TTL, c.Cache.Stale = c.scale(c.Cache.TTL), c.scale(c.Cache.Stale)
	c.Cache.Rules = slices.Clone(c.Cache.Rules)
	for i, r := range c.Cache.Rules {
		c.Cache.Rules[i].TTL, c.Cache.Rules[i].Stale = c.scale(r.TTL), c.scale(r.Stale)
	}
	c.Drain.Delay = c.scale(c.Drain.Delay)
	c.Drain.Timeout = c.scale(c.Drain.Timeout)
	c.Retry.Schedule = slices.Clone(c.Retry.Schedule)
	for i, d := range c.Retry.Schedule {
		c.Retry.Schedule[i] = c.scale(d)
	}
	c.Tenants = slices.Clone(c.Tenants)
	for i, t := range c.Tenants {
		c.Tenants[i].MaxWait = c.scale(t.MaxWait)
	}
	return c
}

func (c Config) scale(d Duration) Duration { return Duration(float64(d) / c.TimeScale) }
