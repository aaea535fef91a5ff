package agent

import (
	"time"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/verify"
)

// Report is what a run found, doubted and decided.
type Report struct {
	Schema    string `json:"schema"`
	Folder    string `json:"folder"`
	Judged    string `json:"judged"`
	Judgement string `json:"judgement"` // the line that every artefact carries
	Tables    int    `json:"tables"`
	Columns   int    `json:"columns"`
	// References are those that constrain, Suspected those that do not.
	References   int               `json:"references"`
	Suspected    int               `json:"suspected"`
	Rows         int64             `json:"rows"`
	Inputs       []input           `json:"inputs"`
	Skipped      []tabular.Skipped `json:"skipped"`
	Verification []verify.Result   `json:"verification"`
	// GivenUp is what did not hold in an engine.
	GivenUp []verify.Change `json:"given_up"`
	Calls   []Call          `json:"calls"`
	// Judgements are what answers changed, and what was refused.
	Judgements []judge.Change  `json:"judgements"`
	Notes      []evidence.Note `json:"notes"`
	// Unconfirmed are ids of references and keys below certainty that nobody has
	// confirmed.
	Unconfirmed []string `json:"unconfirmed"`
	Totals      Totals   `json:"totals"`

	planned *schema.Schema
}

// Totals are sums over the calls of this run; reused ones count for tokens that were
// saved.
type Totals struct {
	Calls        int           `json:"calls"`  // those that other schemas share too
	Reused       int           `json:"reused"` // steps that were not asked again
	InputTokens  int64         `json:"input_tokens"`
	OutputTokens int64         `json:"output_tokens"`
	CostNano     *int64        `json:"cost_nano_usd"` // nil where a price is not known
	Waited       time.Duration `json:"waited_ns"`
	Took         time.Duration `json:"took_ns"` // of the whole run
}

// sure is the confidence from which on nobody needs to confirm.
const sure = 0.9

// reported is the report of a schema as it is now.
func (r *Run) reported(s *schema.Schema, out verify.Outcome) *Report {
	p := new(r.report)
	p.Schema, p.Folder, p.Judged, p.Judgement = s.Name, r.o.Out, s.Judged, s.Judgement()
	p.Tables, p.References, p.Suspected = len(s.Tables), references(s), len(s.Suspected)
	p.Inputs, p.Skipped, p.Verification, p.GivenUp = r.record.Inputs, r.set.Skipped, out.Results, out.Changes
	p.Columns, p.Rows, p.Notes, p.Unconfirmed = 0, 0, append([]evidence.Note{}, r.set.Notes...), []string{}
	for i := range r.state.Evidence.Tables {
		t := &r.state.Evidence.Tables[i]
		p.Rows += t.Rows
		p.Notes = append(p.Notes, t.Notes...)
	}
	for i := range s.Tables {
		t := &s.Tables[i]
		p.Columns += len(t.Columns)
		if t.PrimaryKey != nil && t.PrimaryKey.Mark.Confidence < sure {
			p.Unconfirmed = append(p.Unconfirmed, t.ID)
		}
		for _, f := range t.ForeignKeys {
			if f.Mark.Confidence < sure && f.Mark.Provenance == schema.FromData {
				p.Unconfirmed = append(p.Unconfirmed, f.ID)
			}
		}
	}
	p.Totals = total(p.Calls)
	p.Totals.Took = time.Since(r.begun)
	p.Skipped, p.GivenUp, p.Calls, p.Judgements = listed(p.Skipped), listed(p.GivenUp), listed(p.Calls), listed(p.Judgements)
	return p
}

// total sums calls up.
func total(calls []Call) Totals {
	var t Totals
	known := true
	var cost int64
	for _, c := range calls {
		if c.Reused {
			t.Reused++
			continue
		}
		t.InputTokens += c.Answer.Usage.Input + c.Answer.Usage.CacheRead + c.Answer.Usage.CacheWrite
		t.OutputTokens += c.Answer.Usage.Output
		if !c.Follows {
			t.Calls++
			t.Waited += c.Answer.Waited
		}
		if c.CostNano == nil {
			known = false
			continue
		}
		cost += *c.CostNano
	}
	if known {
		t.CostNano = &cost
	}
	return t
}

// listed makes no list an empty one, so that JSON has [] and not null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
