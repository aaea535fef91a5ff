package dispatch

import (
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

func TestFillLabels(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, value string
		scale       float64
		want        func(*Labels)
	}{
		{"x-headgate-class", "interactive", 1, func(l *Labels) { l.Class = llm.ClassInteractive }},
		{"X-Headgate-Class", " batch ", 1, func(l *Labels) { l.Class = llm.ClassBatch }},
		{"headgate.tenant", "team a", 1, func(l *Labels) { l.Tenant = "team a" }},
		{"run", "r-1", 1, func(l *Labels) { l.Run = "r-1" }},
		{"x-headgate-run-calls", "6", 1, func(l *Labels) { l.RunCalls = 6 }},
		{"headgate.deadline", "90", 60, func(l *Labels) { l.Deadline = 1500 * time.Millisecond }},
		{"x-headgate-deadline", "0.5", 0, func(l *Labels) { l.Deadline = 500 * time.Millisecond }},
		{"x-headgate-deadline", "1e-300", 1, func(l *Labels) { l.Deadline = 1 }},
		{"x-headgate-run-deadline", "600", 60, func(l *Labels) { l.RunDeadline = 10 * time.Second }},
		{"headgate.run-deadline", " 90 ", 1, func(l *Labels) { l.RunDeadline = 90 * time.Second }},
		{"x-headgate-cache", "off", 1, func(l *Labels) { l.Cache = "off" }},
		{"x-headgate-hop", "whatever", 1, func(*Labels) {}},
		{"headgate.Class", "batch", 1, func(*Labels) {}}, // metadata keys have a case
	} {
		got, want := NewLabels(), NewLabels()
		tc.want(&want)
		err := got.Fill(tc.name, tc.value, tc.scale)
		got.given = 0
		if err != nil || got != want {
			t.Errorf("Fill(%q, %q, %v) = %+v, %v; want %+v", tc.name, tc.value, tc.scale, got, err, want)
		}
	}
}

func TestFillRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, value, want string }{
		{"x-headgate-class", "urgent", "interactive, standard or batch"},
		{"x-headgate-class", "", "interactive, standard or batch"},
		{"headgate.tenant", "", "printable ASCII"},
		{"headgate.tenant", "a\nb", "printable ASCII"},
		{"headgate.run", strings.Repeat("x", 129), "1 to 128"},
		{"x-headgate-run", "ünder", "printable ASCII"},
		{"x-headgate-run-calls", "0", "from 1"},
		{"x-headgate-run-calls", "1.5", "whole number"},
		{"x-headgate-run-calls", "99999999999999999999", "to 1000000"},
		{"x-headgate-deadline", "0", "above 0"},
		{"x-headgate-deadline", "-1", "above 0"},
		{"x-headgate-deadline", "NaN", "number of seconds"},
		{"x-headgate-deadline", "Inf", "at most 604800"},
		{"x-headgate-deadline", "604801", "at most 604800"},
		{"x-headgate-deadline", "10s", "number of seconds"},
		{"x-headgate-run-deadline", "0", "above 0"},
		{"headgate.run-deadline", "-5", "above 0"},
		{"headgate.run-deadline", "NaN", "number of seconds"},
		{"x-headgate-run-deadline", "604801", "at most 604800"},
		{"x-headgate-run-deadline", "5m", "number of seconds"},
		{"x-headgate-run-deadline", "", "number of seconds"},
		{"x-headgate-cache", "on", "use, refresh or off"},
	} {
		l := NewLabels()
		err := l.Fill(tc.name, tc.value, 1)
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("Fill(%q, %q) = %v, want an invalid label", tc.name, tc.value, err)
			continue
		}
		if m := fault.Message(err); !strings.Contains(m, tc.name) || !strings.Contains(m, tc.want) {
			t.Errorf("Fill(%q, %q) says %q, want the name and %q", tc.name, tc.value, m, tc.want)
		}
		if l != NewLabels() {
			t.Errorf("Fill(%q, %q) changed the labels to %+v", tc.name, tc.value, l)
		}
	}
}

func TestFirstLabelWins(t *testing.T) {
	t.Parallel()
	l := NewLabels()
	l.Infer("trace")
	if l.Run != "trace" || !l.Inferred {
		t.Errorf("after Infer: run %q, inferred %t", l.Run, l.Inferred)
	}
	for _, fill := range [][2]string{
		{"x-headgate-class", "standard"},
		{"headgate.class", "batch"},
		{"headgate.run", "stated"},
		{"run", "later"},
	} {
		if err := l.Fill(fill[0], fill[1], 1); err != nil {
			t.Fatalf("Fill(%q, %q): %v", fill[0], fill[1], err)
		}
	}
	l.Infer("another")
	if l.Class != llm.ClassStandard || l.Run != "stated" || l.Inferred {
		t.Errorf("labels = %+v, want the standard class and the run that was stated first", l)
	}
}

func TestDenyTenant(t *testing.T) {
	t.Parallel()
	l := NewLabels()
	l.DenyTenant()
	if err := l.Fill("headgate.tenant", "a", 1); fault.KindOf(err) != fault.Denied || l.Tenant != "" {
		t.Errorf("Fill = %v, tenant %q; want it denied", err, l.Tenant)
	}
}

func FuzzFillLabels(f *testing.F) {
	f.Add("x-headgate-class", "batch", 1.0)
	f.Add("headgate.deadline", "1e9", 60.0)
	f.Add("x-headgate-run-deadline", "1e-9", 1e300)
	f.Add("x-headgate-run-calls", "-3", 0.0)
	f.Add("x-headgate-tenant", "\x00", -1.0)
	f.Fuzz(func(t *testing.T, name, value string, scale float64) {
		l := NewLabels()
		err := l.Fill(name, value, scale)
		switch {
		case err != nil && (l != NewLabels() || fault.Message(err) == ""):
			t.Errorf("Fill(%q, %q) = %v and %+v", name, value, err, l)
		case l.Deadline < 0 || l.RunDeadline < 0 || l.RunCalls < 0 || len(l.Tenant) > maxLabelBytes || len(l.Run) > maxLabelBytes:
			t.Errorf("Fill(%q, %q, %v) = %+v, out of bounds", name, value, scale, l)
		case strings.ContainsFunc(string(l.Tenant)+string(l.Run), func(r rune) bool { return r < ' ' || r > '~' }):
			t.Errorf("Fill(%q, %q) let %q, %q through", name, value, l.Tenant, l.Run)
		}
	})
}
