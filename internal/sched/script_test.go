package sched

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

var update = flag.Bool("update", false, "rewrite the expected part of testdata/*.txt")

// TestScripts runs every testdata/*.txt: a script, a line of dashes, and what
// comes of it. A script is made of these lines, and of comments after #:
//
//	limits requests=2 tokens=60000 jitter=250ms
//	order fifo | runs        how calls are ordered
//	idle 5m                  how long a run keeps its precedence
//	async                    reservations are answered by "answer" alone
//	0s call NAME key=value…  a call arrives
//	0s cancel NAME
//	0s answer                the outstanding reservation is answered
//	0s ahead key=value…      what would be served before such a call
//	5m end                   time stops
//
// A call's keys: class, tenant, weight, run, calls (of the run), begun, inferred,
// within (deadline), tokens, takes, throttled (how often), failing (how often),
// backoff.
func TestScripts(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("scripts: %d, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			script, want, _ := strings.Cut(string(raw), "\n----\n")
			got := play(t, script)
			if *update {
				if err := os.WriteFile(path, []byte(script+"\n----\n"+got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
}

// player reads a script.
type player struct {
	opts   Options
	async  bool
	jitter time.Duration
	limits []quota.Limit
	rig    *rig
	names  map[string]*job
	until  int64
}

func play(t *testing.T, script string) string {
	t.Helper()
	p := &player{names: map[string]*job{}, until: math.MaxInt64}
	for i, line := range strings.Split(script, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if err := p.line(fields); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
	}
	p.start().run(p.until)
	if err := p.rig.s.check(); err != nil {
		t.Fatal(err)
	}
	return p.rig.log.String() + "\n" + p.table()
}

func (p *player) line(f []string) error {
	switch f[0] {
	case "limits":
		return p.limit(f[1:])
	case "order":
		if f[1] == "fifo" {
			p.opts.Order = OrderFIFO
		}
		return nil
	case "idle":
		d, err := time.ParseDuration(f[1])
		p.opts.RunIdle = d
		return err
	case "async":
		p.async = true
		return nil
	}
	d, err := time.ParseDuration(f[0])
	if err != nil {
		return err
	}
	return p.event(int64(d), f[1], f[2:])
}

func (p *player) limit(f []string) error {
	for _, kv := range f {
		k, v, _ := strings.Cut(kv, "=")
		if k == "jitter" {
			d, err := time.ParseDuration(v)
			if err != nil {
				return err
			}
			p.jitter = d
			continue
		}
		kind, ok := map[string]quota.Kind{"requests": quota.RequestsPerMinute, "tokens": quota.TokensPerMinute}[k]
		n, err := strconv.ParseInt(v, 10, 64)
		if !ok || err != nil {
			return fmt.Errorf("limit %q: %w", kv, err)
		}
		p.limits = append(p.limits, quota.Limit{Kind: kind, Amount: n})
	}
	return nil
}

func (p *player) start() *rig {
	if p.rig == nil {
		p.rig = newRig(p.opts, p.jitter, p.limits...)
		p.rig.async, p.rig.log = p.async, &strings.Builder{}
	}
	return p.rig
}

func (p *player) event(at int64, verb string, f []string) error {
	r := p.start()
	switch verb {
	case "call":
		j, err := parseJob(f[1:], at)
		if err != nil {
			return err
		}
		j.name = f[0]
		p.names[j.name] = j
		r.at(at, func() { r.enqueue(j) })
	case "ahead":
		j, err := parseJob(f, at)
		if err != nil {
			return err
		}
		r.at(at, func() {
			w := r.s.Ahead(j.spec)
			r.say("ahead of %s: %d calls, %d tokens", strings.Join(f, " "), w.Calls, w.Tokens)
		})
	case "cancel":
		r.at(at, func() { r.cancel(p.names[f[0]]) })
	case "answer":
		r.at(at, r.answer)
	case "end":
		p.until = at
	default:
		return fmt.Errorf("unknown verb %q", verb)
	}
	return nil
}

func parseJob(f []string, at int64) (*job, error) {
	j := &job{spec: Spec{Class: llm.ClassStandard}, takes: int64(time.Second)}
	var tokens int64 = 100
	for _, kv := range f {
		k, v, _ := strings.Cut(kv, "=")
		n, _ := strconv.ParseInt(v, 10, 64)
		d, _ := time.ParseDuration(v)
		switch k {
		case "class":
			j.spec.Class, _ = llm.ParseClass(v)
		case "tenant":
			j.spec.Tenant = uint32(n)
		case "weight":
			j.spec.Weight = n
		case "run":
			j.spec.Run = uint64(n)
		case "calls":
			j.spec.RunCalls = int32(n)
		case "begun":
			j.spec.Begun = true
		case "inferred":
			j.spec.Ordinary = true
		case "within":
			j.spec.Deadline = time.Unix(0, epoch+at+int64(d))
		case "tokens":
			tokens = n
		case "takes":
			j.takes = int64(d)
		case "throttled":
			j.throttled = int(n)
		case "failing":
			j.failing = int(n)
		case "backoff":
			j.backoff = int64(d)
		default:
			return nil, fmt.Errorf("unknown key %q", k)
		}
	}
	j.charges = quota.Charges{Tokens: quota.Charge{Hold: tokens, Forecast: tokens}}
	j.spec.Tokens = tokens
	return j, nil
}

// table lists what became of each call.
func (p *player) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %8s %8s %8s  %s\n", "call", "arrived", "started", "ended", "fate")
	for _, j := range p.rig.calls {
		started, ended := "-", "-"
		if n := len(j.starts); n > 0 {
			started = fmt.Sprintf("%.2f", float64(j.starts[n-1])/1e9)
		}
		if j.ended >= 0 {
			ended = fmt.Sprintf("%.2f", float64(j.ended)/1e9)
		}
		fmt.Fprintf(&b, "%-8s %8.2f %8s %8s  %s\n", j.name, float64(j.arrived)/1e9, started, ended, j.fate)
	}
	return b.String()
}
