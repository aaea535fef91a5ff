package ledgertest

import (
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/explain"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// busy are calls of one pool that come close together and wait for each other.
func busy() []ledger.Entry {
	var out []ledger.Entry
	for n := range 24 {
		e := Sample(n)
		e.ID = llm.CallID(fmt.Sprintf("busy-%02d", n))
		e.Class = llm.Class(n % llm.Classes)
		e.Queued = time.Duration(n*7%11) * time.Second
		e.Latency = e.Queued + 3*time.Second
		e.Run = llm.RunID(fmt.Sprintf("run-%d", n/6))
		e.Settled, e.Hold = int64(100+n), int64(1000+n)
		if n%5 == 0 {
			e.Tenant = "billing"
		}
		switch n {
		case 7:
			e.Pool.Path = llm.PathGlobal
		case 9:
			e.Attempts, e.Outcome, e.Queued = 0, ledger.Refused, 0
		case 11:
			e.Attempts, e.Outcome, e.Run = 0, ledger.Cancelled, ""
		}
		out = append(out, e)
	}
	return out
}

func (c check) around() {
	t, s := c.t, c.store
	mem := &Memory{}
	mustAppend(t, s, busy()...)
	mustAppend(t, mem, busy()...)
	some := false
	for _, e := range busy() {
		for _, scale := range []float64{0, 1, 20} {
			want, _ := mem.Around(t.Context(), e, scale)
			got, err := s.Around(t.Context(), e, scale)
			if err != nil {
				t.Fatalf("Around(%s, %g): %v", e.ID, scale, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Around(%s, %g) (-want +got):\n%s", e.ID, scale, diff)
			}
			some = some || want.Urgent.Calls > 0 && want.Run.Calls > 0 && want.Running.Calls > 0
		}
	}
	if !some {
		t.Error("no call had others around it: the check checks nothing")
	}
}

func (c check) explanation() {
	t, s := c.t, c.store
	mustAppend(t, s, busy()...)
	e, told, err := ledger.Explain(t.Context(), s, "busy-08", 1)
	if err != nil || e.ID != "busy-08" || told.Summary == "" {
		t.Fatalf("Explain(busy-08) = %s, %+v, %v, want words about it", e.ID, told, err)
	}
	what := map[string]bool{}
	for _, step := range told.Steps {
		what[step.What] = true
	}
	if !what[explain.Arrived] || !what[explain.Routed] || !what[explain.Queued] || !what[explain.Settled] {
		t.Errorf("Explain(busy-08) has the steps %v, want arrived, routed, queued and settled", what)
	}
	if _, _, err := ledger.Explain(t.Context(), s, "none", 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("Explain(none) error = %v, want not_found", err)
	}
}
