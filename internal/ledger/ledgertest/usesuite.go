package ledgertest

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// used are calls of two pools and two tenants over four minutes; one never went
// upstream.
func used() []ledger.Entry {
	var out []ledger.Entry
	for n := range 12 {
		e := Sample(20 * n)
		e.ID = llm.CallID(fmt.Sprintf("used-%02d", n))
		e.Queued = time.Duration(n) * time.Second
		e.Body = uint64(n % 5)
		e.Run = llm.RunID(fmt.Sprintf("run-%d", n/3))
		if n%4 == 0 {
			e.Pool.Path, e.ModelID = llm.PathGlobal, "global.anthropic.claude-haiku-4-5-20251001-v1:0"
			e.MaxTokens = ledger.UnsetTokens
		}
		if n%3 == 0 {
			e.Tenant, e.Outcome, e.Usage.Output = "billing", ledger.Throttled, 100*int64(n)
		}
		if n == 7 {
			e.Attempts = 0
		}
		out = append(out, e)
	}
	return out
}

func (c check) intervals() {
	t, s := c.t, c.store
	mustAppend(t, s, used()...)
	mem := &Memory{}
	mustAppend(t, mem, used()...)
	start := Sample(0).Time
	for _, q := range []ledger.UseQuery{
		{},
		{Since: start.Add(61 * time.Second)},
		{Since: start.Add(time.Minute), Until: start.Add(2 * time.Minute), Width: time.Second},
		{Since: start.Add(time.Hour)},
	} {
		want, _ := mem.Intervals(t.Context(), q)
		got, err := s.Intervals(t.Context(), q)
		if err != nil {
			t.Fatalf("Intervals(%+v): %v", q, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Intervals(%+v) (-want +got):\n%s", q, diff)
		}
	}
	all, err := s.Intervals(t.Context(), ledger.UseQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var calls, settled int64
	for _, i := range all {
		calls += i.Calls
		settled += i.Settled
		if i.Start.Second() != 0 {
			t.Errorf("an interval of a minute begins at %v", i.Start)
		}
	}
	if calls != 11 || settled != 11*9500 {
		t.Errorf("%d calls and %d quota tokens, want 11 and %d: one call never went upstream", calls, settled, 11*9500)
	}
	if _, err := s.Intervals(t.Context(), ledger.UseQuery{Width: -1}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a negative width: %v, want invalid", err)
	}
}

func (c check) routes() {
	t, s := c.t, c.store
	mustAppend(t, s, used()...)
	mem := &Memory{}
	mustAppend(t, mem, used()...)
	for _, q := range []ledger.UseQuery{{}, {Since: Sample(90).Time}, {Until: Sample(90).Time}} {
		want, _ := mem.Routes(t.Context(), q)
		got, err := s.Routes(t.Context(), q)
		if err != nil {
			t.Fatalf("Routes(%+v): %v", q, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Routes(%+v) (-want +got):\n%s", q, diff)
		}
	}
	// search on the geo path: calls 1, 2, 5, 10, 11 (7 never went upstream), with
	// bodies 1, 2, 0 (none), 0, 1: one repeats.
	all, err := s.Routes(t.Context(), ledger.UseQuery{})
	if err != nil || len(all) != 4 {
		t.Fatalf("%d routes, %v, want 4", len(all), err)
	}
	if r := all[0]; r.Calls != 5 || r.Repeats != 1 || r.Runs != 3 || r.Unset != 0 || r.MaxTokens != 5*4096 || r.ClientAttempts != 5 {
		t.Errorf("the busiest route is %+v", r)
	}
}

// happened are events, two of each of three codes.
func happened() []ledger.Event {
	var out []ledger.Event
	for n := range 6 {
		out = append(out, ledger.Event{
			Time: Sample(n).Time, Kind: []ledger.EventKind{ledger.EventQuotaChanged, ledger.EventRequestFiled}[n%2],
			Account: "111122223333", Region: []llm.Region{"us-east-1", "eu-west-1"}[n/3], Code: fmt.Sprintf("L-%d", n%3), Text: "it's \"so\"",
		})
	}
	out[2].Data = json.RawMessage(`{"from":2,"to":20}`)
	return out
}

func record(t *testing.T, s ledger.Events) []ledger.Event {
	t.Helper()
	events := happened()
	for i := range events {
		id, err := s.RecordEvent(t.Context(), events[i])
		if err != nil {
			t.Fatalf("RecordEvent: %v", err)
		}
		events[i].ID = id
	}
	return events
}

func (c check) events() {
	t, s := c.t, c.store
	want := record(t, s)
	got, err := s.Events(t.Context(), ledger.EventQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Events() (-want +got):\n%s", diff)
	}
	for i := range want[1:] {
		if want[i].ID >= want[i+1].ID {
			t.Errorf("ids are not ascending: %d, then %d", want[i].ID, want[i+1].ID)
		}
	}
}

// noticedTwice: whoever asks AWS notices the same changes.
func (c check) noticedTwice() {
	t, s := c.t, c.store
	event := func(kind ledger.EventKind, region llm.Region, data string) ledger.Event {
		return ledger.Event{Time: Sample(0).Time, Kind: kind, Account: "111122223333", Region: region, Code: "L-1", Text: data, Data: json.RawMessage(data)}
	}
	var last int64
	for i, tt := range []struct {
		event ledger.Event
		once  bool
	}{
		{event(ledger.EventRequestStatus, "us-east-1", `{"what":"request_status","request":"a","from":"","to":"PENDING"}`), false},
		{event(ledger.EventRequestStatus, "us-east-1", `{"what":"request_status","request":"a","from":"PENDING","to":"APPROVED"}`), false},
		{event(ledger.EventRequestStatus, "us-east-1", `{"what":"request_status","request":"a","from":"CASE_OPENED","to":"APPROVED"}`), true},
		{event(ledger.EventRequestStatus, "us-east-1", `{"what":"request_status","request":"a","from":"","to":"PENDING"}`), true},
		{event(ledger.EventRequestStatus, "us-east-1", `{"what":"request_status","request":"b","from":"","to":"PENDING"}`), false},
		{event(ledger.EventRequestStatus, "eu-west-1", `{"what":"request_status","request":"a","from":"","to":"PENDING"}`), false},
		{event(ledger.EventRequestFiled, "us-east-1", `{"request":"a","to":"PENDING"}`), false},
		{event(ledger.EventRequestFiled, "us-east-1", `{"request":"a","to":"PENDING"}`), false}, // whoever files does it once

		{event(ledger.EventQuotaChanged, "us-east-1", `{"what":"applied","from":"2","to":"20"}`), false},
		{event(ledger.EventQuotaChanged, "us-east-1", `{"what":"default","from":"2","to":"20"}`), false},
		{event(ledger.EventQuotaChanged, "us-east-1", `{"what":"applied","from":"2","to":"20"}`), true},
		{event(ledger.EventQuotaChanged, "us-east-1", `{"what":"applied","from":"20","to":"2"}`), false},
		{event(ledger.EventQuotaChanged, "us-east-1", `{"what":"applied","from":"2","to":"20"}`), false}, // again, and it is so
		{event(ledger.EventQuotaChanged, "us-east-1", `{"what":"gone","from":"20","to":""}`), false},
		{event(ledger.EventQuotaChanged, "us-east-1", `{"what":"new","from":"","to":"20"}`), false},
		{event(ledger.EventQuotaChanged, "us-east-1", `{"what":"new","from":"","to":"20"}`), true},
	} {
		id, err := s.RecordEvent(t.Context(), tt.event)
		if err != nil {
			t.Fatal(err)
		}
		if once := id <= last; once != tt.once {
			t.Errorf("event %d, %s: known already: %t, want %t", i, tt.event.Data, once, tt.once)
		}
		last = max(last, id)
	}
	if all, err := s.Events(t.Context(), ledger.EventQuery{}); err != nil || len(all) != 12 {
		t.Errorf("%d events, %v, want 12", len(all), err)
	}
}

func (c check) eventQueries() {
	t, s := c.t, c.store
	all := record(t, s)
	for _, tt := range []struct {
		q    ledger.EventQuery
		want []int
	}{
		{ledger.EventQuery{Limit: 2}, []int{4, 5}},
		{ledger.EventQuery{After: all[1].ID, Limit: 2}, []int{2, 3}},
		{ledger.EventQuery{Since: all[4].Time}, []int{4, 5}},
		{ledger.EventQuery{Before: all[4].ID, Limit: 2}, []int{2, 3}},
		{ledger.EventQuery{Since: all[1].Time, Before: all[4].ID, Limit: 2}, []int{2, 3}},
		{ledger.EventQuery{Before: all[0].ID}, nil},
		{ledger.EventQuery{Until: all[1].Time}, []int{0}},
		{ledger.EventQuery{Kind: ledger.EventRequestFiled}, []int{1, 3, 5}},
		{ledger.EventQuery{Code: "L-1"}, []int{1, 4}},
		{ledger.EventQuery{Region: "eu-west-1", Code: "L-0"}, []int{3}},
		{ledger.EventQuery{Account: "444455556666"}, nil},
	} {
		got, err := s.Events(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var want []ledger.Event
		for _, i := range tt.want {
			want = append(want, all[i])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Events(%+v) (-want +got):\n%s", tt.q, diff)
		}
	}
	if _, err := s.Events(t.Context(), ledger.EventQuery{Limit: ledger.MaxLimit + 1}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("too large a limit: %v, want invalid", err)
	}
}
