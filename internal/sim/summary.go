package sim

import "slices"

// Stat is a figure over several seeds.
type Stat struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// Summary is the results of one policy under one law at one load, over seeds.
type Summary struct {
	Scenario string  `json:"scenario"`
	Policy   Policy  `json:"policy"`
	Law      string  `json:"law"`
	Load     float64 `json:"load"`
	Seeds    int     `json:"seeds"`

	QuotaUsed      Stat `json:"quota_used"`
	Bound          Stat `json:"quota_bound"`
	UsedOverall    Stat `json:"used_overall"`
	Throttles      Stat `json:"throttles"`
	ThrottlesWarm  Stat `json:"throttles_warm"`
	Amplification  Stat `json:"amplification"`
	CallsOffered   Stat `json:"calls_offered"`
	RunsOffered    Stat `json:"runs_offered"`
	RunsFinished   Stat `json:"runs_finished"`
	OnTime         Stat `json:"on_time"`
	OnTimeAdmitted Stat `json:"on_time_admitted"`
	OnTimeBound    Stat `json:"on_time_bound"`
	RunMean        Stat `json:"run_mean_s"`
	RunP95         Stat `json:"run_p95_s"`
	CriticalPath   Stat `json:"critical_path_s"`
	Wasted         Stat `json:"wasted"`
	Jain           Stat `json:"jain"`
	Gap            Stat `json:"service_gap"`
	Honest         Stat `json:"returns_admitted"`
	FalseRefusals  Stat `json:"false_refusals"`
	EstimateP50    Stat `json:"estimate_error_p50"`
	EstimateP90    Stat `json:"estimate_error_p90"`
}

// Summarise puts the results that differ in nothing but their seed together, in
// the order in which they come first.
func Summarise(results []Result) []Summary {
	type key struct {
		scenario string
		policy   Policy
		law      string
		load     float64
	}
	groups := map[key][]Result{}
	var order []key
	for _, r := range results {
		k := key{r.Scenario, r.Policy, r.Law, r.Load}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	summaries := make([]Summary, 0, len(order))
	for _, k := range order {
		s := Summary{Scenario: k.scenario, Policy: k.policy, Law: k.law, Load: k.load}
		s.of(groups[k])
		summaries = append(summaries, s)
	}
	return summaries
}

func (s *Summary) of(group []Result) {
	stat := func(value func(*Result) float64) Stat {
		values := make([]float64, len(group))
		for i := range group {
			values[i] = value(&group[i])
		}
		slices.Sort(values)
		n := len(values)
		return Stat{Median: (values[(n-1)/2] + values[n/2]) / 2, Min: values[0], Max: values[n-1]}
	}
	s.Seeds = len(group)
	s.QuotaUsed = stat(func(r *Result) float64 { return r.QuotaUsed })
	s.Bound = stat(func(r *Result) float64 { return r.Bound })
	s.UsedOverall = stat(func(r *Result) float64 { return r.UsedOverall })
	s.Throttles = stat(func(r *Result) float64 { return float64(r.Throttles) })
	s.ThrottlesWarm = stat(func(r *Result) float64 { return float64(r.ThrottlesWarm) })
	s.Amplification = stat(func(r *Result) float64 { return r.Amplification })
	s.CallsOffered = stat(func(r *Result) float64 { return float64(r.CallsOffered) })
	s.RunsOffered = stat(func(r *Result) float64 { return float64(r.RunsOffered) })
	s.RunsFinished = stat(func(r *Result) float64 { return float64(r.RunsFinished) })
	s.OnTime = stat(func(r *Result) float64 { return r.OnTime })
	s.OnTimeAdmitted = stat(func(r *Result) float64 { return r.OnTimeAdmitted })
	s.OnTimeBound = stat(func(r *Result) float64 { return r.OnTimeBound })
	s.RunMean = stat(func(r *Result) float64 { return r.RunMean })
	s.RunP95 = stat(func(r *Result) float64 { return r.RunP95 })
	s.CriticalPath = stat(func(r *Result) float64 { return r.CriticalPath })
	s.Wasted = stat(func(r *Result) float64 { return r.Wasted })
	s.Jain = stat(func(r *Result) float64 { return r.Jain })
	s.Gap = stat(func(r *Result) float64 { return r.Gap })
	s.Honest = stat(func(r *Result) float64 { return r.Honest })
	s.FalseRefusals = stat(func(r *Result) float64 { return r.FalseRefusals })
	s.EstimateP50 = stat(func(r *Result) float64 { return r.EstimateP50 })
	s.EstimateP90 = stat(func(r *Result) float64 { return r.EstimateP90 })
}
