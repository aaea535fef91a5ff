package promexport

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/headgate/headgate/internal/adapt"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// state reads what is under way and known, each time that it is asked.
type state struct {
	opts  Options
	names *names
	desc  descriptions
}

// descriptions of what a state tells. limits and uses are by kind of limit, so that
// the unit is in the name.
type descriptions struct {
	limits, uses                        map[quota.Kind]*prometheus.Desc
	usedRatio, effectiveRatio, blocked  *prometheus.Desc
	waiting, running, held, bytes, runs *prometheus.Desc
	unpaced                             *prometheus.Desc
	written, dropped, pending           *prometheus.Desc
	age, failures, missing              *prometheus.Desc
	sent, lost, skipped                 *prometheus.Desc
}

func kinds() []quota.Kind {
	return []quota.Kind{
		quota.RequestsPerMinute, quota.TokensPerMinute, quota.InputTokensPerMinute, quota.OutputTokensPerMinute, quota.TokensPerDay, quota.AccountTokensPerDay,
	}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+"_"+name, help, labels, nil)
}

func newState(o Options, n *names) *state {
	pool := func(more ...string) []string { return append([]string{"region", "model", "path"}, more...) }
	ofLimit := func(more ...string) []string { return append([]string{"account", "region", "model", "path"}, more...) }
	d := descriptions{
		limits: map[quota.Kind]*prometheus.Desc{}, uses: map[quota.Kind]*prometheus.Desc{},
		usedRatio:      describe("quota_used_ratio", "The part of a limit, as calls are paced by it, that counts as used now.", ofLimit("limit")...),
		effectiveRatio: describe("quota_effective_ratio", "The part of a limit, as AWS applies it or as it was configured, that calls are paced by.", ofLimit("limit")...),
		blocked:        describe("quota_blocked_seconds", "How long a throttle of Bedrock's still holds a limit.", ofLimit("limit")...),
		waiting:        describe("requests_waiting", "Calls that wait for their turn or for a retry.", pool("class")...),
		running:        describe("requests_running", "Calls that are at Bedrock.", pool("class")...),
		held:           describe("hold_tokens", "Tokens of the quota that Bedrock has set aside for running calls.", pool("class")...),
		bytes:          describe("queue_bytes", "Size of the bodies of the calls that wait."),
		runs:           describe("runs_in_progress", "Runs that have begun and made a call lately."),
		unpaced:        describe("pools_without_limits", "Pools that were called and of which no limit is known: their calls wait for nothing."),
		written:        describe("ledger_entries_written_total", "Calls written to the ledger."),
		dropped:        describe("ledger_entries_dropped_total", "Calls that the ledger could not take: they are counted here and nowhere else in it."),
		pending:        describe("ledger_entries_pending", "Calls that wait to be written to the ledger."),
		age:            describe("discovery_age_seconds", "How long ago AWS last said what the account's quotas are."),
		failures:       describe("discovery_failures_total", "Rounds of discovery that got nothing."),
		sent:           describe("traces_sent_total", "Calls whose trace the collector has taken."),
		lost:           describe("traces_dropped_total", "Calls whose trace was lost: the queue was full, or the collector refused it or did not answer."),
		skipped:        describe("traces_skipped_total", "Calls whose trace was left out by sampling."),
		missing:        describe("discovery_missing_parts", "Parts of the latest round that AWS did not answer, such as for want of a permission."),
	}
	for _, k := range kinds() {
		d.limits[k] = describe("quota_limit_"+k.String(), "A limit: as AWS applies it or as it was configured (applied), and as calls are paced by it (effective).", ofLimit("amount")...)
		d.uses[k] = describe("quota_used_"+k.String(), "What of a limit counts as used now: holds and settlements, or starts.", ofLimit()...)
	}
	return &state{opts: o, names: n, desc: d}
}

// Describe sends nothing: what there is depends on what is configured, and the
// registry checks each answer.
func (s *state) Describe(chan<- *prometheus.Desc) {}

// Collect tells all of it.
func (s *state) Collect(out chan<- prometheus.Metric) {
	s.collectActivity(out) // first: who is called has a label from then on
	s.collectLimits(out)
	if l := s.opts.Ledger; l != nil {
		stats := l()
		out <- prometheus.MustNewConstMetric(s.desc.written, prometheus.CounterValue, float64(stats.Written))
		out <- prometheus.MustNewConstMetric(s.desc.dropped, prometheus.CounterValue, float64(stats.Dropped))
		out <- prometheus.MustNewConstMetric(s.desc.pending, prometheus.GaugeValue, float64(stats.Pending))
	}
	if t := s.opts.Traces; t != nil {
		counts := t()
		out <- prometheus.MustNewConstMetric(s.desc.sent, prometheus.CounterValue, float64(counts.Sent))
		out <- prometheus.MustNewConstMetric(s.desc.lost, prometheus.CounterValue, float64(counts.Dropped))
		out <- prometheus.MustNewConstMetric(s.desc.skipped, prometheus.CounterValue, float64(counts.Skipped))
	}
	if d := s.opts.Discovery; d != nil {
		latest := d.Latest()
		out <- prometheus.MustNewConstMetric(s.desc.failures, prometheus.CounterValue, float64(d.Failures()))
		if !latest.At.IsZero() {
			out <- prometheus.MustNewConstMetric(s.desc.age, prometheus.GaugeValue, time.Since(latest.At).Seconds())
			out <- prometheus.MustNewConstMetric(s.desc.missing, prometheus.GaugeValue, float64(len(latest.Missing)))
		}
	}
}

// collectActivity adds up what is under way by label.
func (s *state) collectActivity(out chan<- prometheus.Metric) {
	type sum struct {
		waiting, running int
		held             int64
	}
	sums := map[seriesKey]sum{}
	for _, a := range s.opts.Activity() {
		at, _ := s.names.pool(a.Pool)
		v := sums[seriesKey{at, a.Class}]
		v.waiting, v.running, v.held = v.waiting+a.Waiting, v.running+a.Running, v.held+a.Held
		sums[seriesKey{at, a.Class}] = v
	}
	for _, p := range s.opts.Limits.Pools() { // what nobody waits for is told too
		at, own := s.names.seen(p.ID)
		if !own {
			continue
		}
		for class := range llm.Class(llm.Classes) {
			key := seriesKey{at, class}
			if _, busy := sums[key]; !busy {
				sums[key] = sum{}
			}
		}
	}
	for key, v := range sums {
		labels := key.pool.values(key.class.String())
		out <- prometheus.MustNewConstMetric(s.desc.waiting, prometheus.GaugeValue, float64(v.waiting), labels...)
		out <- prometheus.MustNewConstMetric(s.desc.running, prometheus.GaugeValue, float64(v.running), labels...)
		out <- prometheus.MustNewConstMetric(s.desc.held, prometheus.GaugeValue, float64(v.held), labels...)
	}
	out <- prometheus.MustNewConstMetric(s.desc.bytes, prometheus.GaugeValue, float64(s.opts.WaitingBytes()))
	out <- prometheus.MustNewConstMetric(s.desc.runs, prometheus.GaugeValue, float64(s.opts.Runs()))
}

// limitKey is one limit's labels.
type limitKey struct {
	account string
	at      place
	kind    quota.Kind
}

// collectLimits tells the limits of the pools that were called or are configured, and
// of their accounts, each once. What AWS offers besides, dozens of models, is for
// `headgate quota list`.
func (s *state) collectLimits(out chan<- prometheus.Metric) {
	told, unpaced := map[limitKey]bool{}, 0
	for _, p := range s.opts.Limits.Pools() {
		at, own := s.names.seen(p.ID)
		switch p.Provenance() {
		case limit.Configured:
			at, own = s.names.pool(p.ID)
		case limit.Unlimited:
			unpaced++
		case limit.Discovered, limit.Default:
		}
		beliefs := map[quota.Kind]adapt.Belief{}
		for _, b := range p.Beliefs() {
			beliefs[b.Kind] = b
		}
		for _, st := range p.Status() {
			key := limitKey{string(p.ID.Account), at, st.Kind}
			if st.Kind == quota.AccountTokensPerDay {
				key.at = place{string(p.ID.Region), all, all}
			} else if !own {
				continue
			}
			if told[key] {
				continue
			}
			told[key] = true
			effective := st.Amount
			if b, learned := beliefs[st.Kind]; learned {
				effective = b.Effective
			}
			s.collectLimit(out, key, st, effective)
		}
	}
	out <- prometheus.MustNewConstMetric(s.desc.unpaced, prometheus.GaugeValue, float64(unpaced))
}

func (s *state) collectLimit(out chan<- prometheus.Metric, key limitKey, st quota.Status, effective int64) {
	labels := append([]string{key.account}, key.at.values()...)
	with := func(more string) []string { return append(labels[:4:4], more) }
	gauge := func(d *prometheus.Desc, v float64, labels []string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(s.desc.limits[st.Kind], float64(st.Amount), with("applied"))
	gauge(s.desc.limits[st.Kind], float64(effective), with("effective"))
	gauge(s.desc.uses[st.Kind], float64(st.Used), labels)
	name := st.Kind.String()
	used := 1.0 // of a quota of zero nothing is left
	if effective > 0 {
		used = float64(st.Used) / float64(effective)
	}
	gauge(s.desc.usedRatio, used, with(name))
	if st.Amount > 0 {
		gauge(s.desc.effectiveRatio, float64(effective)/float64(st.Amount), with(name))
	}
	blocked := 0.0
	if !st.Blocked.IsZero() {
		blocked = max(0, time.Until(st.Blocked).Seconds())
	}
	gauge(s.desc.blocked, blocked, with(name))
}
