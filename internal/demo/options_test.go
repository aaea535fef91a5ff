package demo

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*Options)
		want   string // what the error speaks of; empty: none
	}{
		{"defaults", func(*Options) {}, ""},
		{"the most", func(o *Options) { o.Agents, o.RequestsPerMinute, o.TimeScale = 50, 100, 600 }, ""},
		{"the least", func(o *Options) { o.Agents, o.Calls, o.RequestsPerMinute, o.TimeScale = 1, 1, 1, 1 }, ""},
		{"no agents", func(o *Options) { o.Agents = 0 }, "--agents"},
		{"a crowd", func(o *Options) { o.Agents = 51 }, "--agents"},
		{"no calls", func(o *Options) { o.Calls = 0 }, "calls"},
		{"calls without a step", func(o *Options) { o.Calls = 7 }, "calls"},
		{"no quota", func(o *Options) { o.RequestsPerMinute = 0 }, "--requests-per-minute"},
		{"more quota than can be shown", func(o *Options) { o.RequestsPerMinute = 101 }, "--requests-per-minute"},
		{"slower than a clock", func(o *Options) { o.TimeScale = 0.5 }, "--time-scale"},
		{"faster than timers", func(o *Options) { o.TimeScale = 601 }, "--time-scale"},
		{"no number", func(o *Options) { o.TimeScale = math.NaN() }, "--time-scale"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := DefaultOptions()
			tt.change(&o)
			err := o.Validate()
			if tt.want == "" {
				if err != nil {
					t.Errorf("Validate(%+v) = %v, want nil", o, err)
				}
				return
			}
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate(%+v) = %v, want an invalid %s", o, err, tt.want)
			}
		})
	}
}

func TestMaxWaitOutlastsTheWork(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		agents, perMinute int
		want              time.Duration
	}{
		{10, 2, 60 * time.Minute},
		{1, 100, 60 * time.Minute},
		{50, 2, 300 * time.Minute},
		{11, 1, 132 * time.Minute},
	} {
		o := DefaultOptions()
		o.Agents, o.RequestsPerMinute = tt.agents, tt.perMinute
		if got := o.maxWait(); got != tt.want {
			t.Errorf("%d agents at %d a minute: maxWait = %v, want %v", tt.agents, tt.perMinute, got, tt.want)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                             "0:00",
		59500 * time.Millisecond:      "1:00",
		12*time.Minute + time.Second:  "12:01",
		125*time.Minute + time.Second: "125:01",
	} {
		if got := clock(d); got != want {
			t.Errorf("clock(%v) = %q, want %q", d, got, want)
		}
	}
}
