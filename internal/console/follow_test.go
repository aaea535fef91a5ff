package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/console/live"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
)

// event is one that was read.
type event struct{ id, name, data string }

// read reads the next event, or says that there is none.
func read(r *bufio.Reader) (e event, ok bool) {
	for {
		line, err := r.ReadString('\n')
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch {
		case err != nil:
			return e, false
		case name == "id":
			e.id = value
		case name == "event":
			e.name = value
		case name == "data":
			e.data = value
		case name == "" && value == "" && e.name != "":
			return e, true
		}
	}
}

func TestEventsAreSentAsTheyCome(t *testing.T) {
	t.Parallel()
	limits := limit.NewMemory(limit.Options{Source: source})
	limits.Pool(geo("a"))
	w := live.New(live.Options{Limits: limits})
	server := httptest.NewServer(New(Options{Limits: limits, Live: w}))
	defer server.Close()
	resp, err := server.Client().Get(server.URL + LivePath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" || resp.StatusCode != http.StatusOK || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d, %s, %v", resp.StatusCode, got, resp.Header)
	}
	body := bufio.NewReader(resp.Body)
	first, _ := read(body)
	var o Overview
	if err := json.Unmarshal([]byte(first.data), &o); err != nil || first.name != EventOverview || first.id != "1" || len(o.Limits) != 3 {
		t.Fatalf("at first %+v, %v; want an overview", first, err)
	}
	w.Record(&ledger.Entry{ID: "c_1", Outcome: ledger.OK})
	w.Adopted()
	seen := map[string]event{}
	for seen[EventCall].name == "" || seen[EventQuotas].name == "" || seen[EventOverview].name == "" {
		e, ok := read(body)
		if !ok {
			t.Fatalf("the stream ended after %+v", seen)
		}
		seen[e.name] = e
	}
	var call Call
	if err := json.Unmarshal([]byte(seen[EventCall].data), &call); err != nil || call.ID != "c_1" {
		t.Errorf("call %+v, %v", seen[EventCall], err)
	}
	w.End()
	for {
		if _, ok := read(body); !ok {
			break
		}
	}
}

func TestEventsAreSelected(t *testing.T) {
	t.Parallel()
	c := setup(t, Options{})
	for target, status := range map[string]int{LivePath + "?events=calls": 400, LivePath + "?events=": 400, LivePath + "?event=call": 400} {
		if got := ask(c, "GET", target, "localhost"); got.Code != status || !strings.Contains(got.Header().Get("Content-Type"), "problem") {
			t.Errorf("%s: %d %s, want %d", target, got.Code, got.Body, status)
		}
	}
	if got := ask(c, "HEAD", LivePath, "localhost"); got.Code != 405 || got.Header().Get("Allow") != "GET" {
		t.Errorf("HEAD: %d, Allow %s", got.Code, got.Header().Get("Allow"))
	}
}

// follow follows events in a bubble for a while, and counts them.
func follow(t *testing.T, c *Console, target string, until time.Duration) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), until)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	seen := map[string]int{"comments": strings.Count(w.Body.String(), "\n: still here\n")}
	body := bufio.NewReader(strings.NewReader(w.Body.String()))
	for e, ok := read(body); ok; e, ok = read(body) {
		seen[e.name]++
		if e.name == EventSkipped {
			var s Skipped
			if err := json.Unmarshal([]byte(e.data), &s); err != nil {
				t.Fatal(err)
			}
			seen["skipped calls"] += int(s.Calls)
		}
	}
	return seen
}

func TestBurstsAreCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := limit.NewMemory(limit.Options{Source: source})
		w := live.New(live.Options{Limits: limits})
		c := New(Options{Limits: limits, Live: w})
		go func() {
			for range 20_000 {
				time.Sleep(time.Millisecond)
				w.Record(&ledger.Entry{Outcome: ledger.OK})
			}
		}()
		calls := follow(t, c, LivePath+"?events=call", 10050*time.Millisecond)
		if calls[EventCall] > 500 || calls[EventCall] < 490 || calls[EventCall]+calls["skipped calls"] < 9900 || calls[EventOverview] != 0 || calls["comments"] != 1 {
			t.Errorf("%v in ten seconds, want 50 calls a second, the others skipped, a comment and no overview", calls)
		}
		if all := follow(t, c, LivePath+"?events=overview,quotas", 10050*time.Millisecond); all[EventOverview] != 11 || all[EventCall]+all[EventSkipped] != 0 {
			t.Errorf("%v, want 11 overviews and no call", all)
		}
	})
}

// stuck is a connection whose reader does not read.
type stuck struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (s *stuck) SetWriteDeadline(t time.Time) error {
	s.deadline = t
	return nil
}

func (s *stuck) Write([]byte) (int, error) {
	time.Sleep(time.Until(s.deadline))
	return 0, os.ErrDeadlineExceeded
}

func TestWhoDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := limit.NewMemory(limit.Options{Source: source})
		w := live.New(live.Options{Limits: limits})
		c := New(Options{Limits: limits, Live: w})
		r := httptest.NewRequest(http.MethodGet, LivePath, http.NoBody)
		r.Host = "localhost"
		began, done := time.Now(), make(chan struct{})
		go func() {
			defer close(done)
			c.ServeHTTP(&stuck{ResponseRecorder: httptest.NewRecorder()}, r)
		}()
		synctest.Wait()
		for range 10_000 {
			w.Record(&ledger.Entry{}) // in no time, or the bubble's clock would have moved
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("recording took %v beside a reader that does not read", took)
		}
		<-done
		if took := time.Since(began); took != writePatience {
			t.Errorf("it was cut off after %v, want %v", took, writePatience)
		}
		if n := c.readers.Load(); n != 0 {
			t.Errorf("%d readers are counted when none is left", n)
		}
	})
}

func TestReadersAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := setup(t, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		get := func() *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(ctx, http.MethodGet, LivePath, http.NoBody)
			r.Host = "localhost"
			w := httptest.NewRecorder()
			c.ServeHTTP(w, r)
			return w
		}
		for range mostReaders {
			go get()
		}
		synctest.Wait()
		if got := get(); got.Code != http.StatusServiceUnavailable {
			t.Errorf("one reader too many: %d %s", got.Code, got.Body)
		}
		cancel()
		synctest.Wait()
		if n := c.readers.Load(); n != 0 {
			t.Errorf("%d readers are counted when all have left", n)
		}
	})
}

// BenchmarkRecordWithTenants is the way of calls of 10,000 tenants.
func BenchmarkRecordWithTenants(b *testing.B) {
	w := live.New(live.Options{Limits: limit.NewMemory(limit.Options{})})
	entries := make([]ledger.Entry, 10_000)
	for i := range entries {
		entries[i] = ledger.Entry{Tenant: llm.Tenant(fmt.Sprint(i)), Time: time.Now(), Attempts: 1}
	}
	for i := 0; b.Loop(); i++ {
		w.Record(&entries[i%len(entries)])
	}
}
