// Command soak puts a steady load of many tenants and runs on a gateway for a while,
// with its API being read meanwhile, and writes down whether its memory stays flat,
// its pages quick and its metrics bounded: bench/soak.md and a chart.
//
// Gateway and emulator are processes of their own (headgate serve and headgate
// emulator, built from this tree), so that what is measured is the gateway alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	length  time.Duration
	rate    int
	tenants int
	warm    time.Duration
	// quick leaves memory out of what decides: a short soak has not settled.
	quick bool
	out   string
}

// errMissed says that a target was missed: all was measured.
var errMissed = errors.New("a target was missed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/soak: error:", err)
		os.Exit(1)
	}
}

func parse() (options, error) {
	var o options
	flag.DurationVar(&o.length, "for", 10*time.Minute, "how long the load lasts")
	flag.IntVar(&o.rate, "rate", 500, "requests a second")
	flag.IntVar(&o.tenants, "tenants", 10_000, "how many tenants they are of")
	flag.DurationVar(&o.warm, "warm-up", 0, "what is left out of the verdict (default: a quarter of -for)")
	flag.BoolVar(&o.quick, "quick", false, "memory decides nothing, as a short soak has not settled")
	flag.StringVar(&o.out, "out", filepath.Join("bench", "soak.md"), "where the report is written, with its chart in charts beside it; empty: nowhere")
	flag.Parse()
	if o.warm == 0 {
		o.warm = o.length / 4
	}
	if flag.NArg() > 0 || o.rate < 1 || o.tenants < 1 || o.length < 30*time.Second || o.warm > o.length/2 {
		return o, errors.New("-for takes 30s or more, -warm-up at most half of it, -rate and -tenants 1 or more")
	}
	return o, nil
}

// run measures everything, prints the report, and writes it down whole.
func run(ctx context.Context) error {
	o, err := parse()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "headgate-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(os.Stderr, "soak: %d requests a second for %s\n", o.rate, o.length)
	r, err := measure(ctx, o, dir)
	if err != nil {
		return err
	}
	fmt.Print(r.page())
	if o.out != "" {
		if err := r.write(o.out); err != nil {
			return err
		}
	}
	if !r.met() {
		return errMissed
	}
	return nil
}

// measure starts the parts, loads them, reads them, and takes the samples.
func measure(ctx context.Context, o options, dir string) (*report, error) {
	p, err := start(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	loading, cancel := context.WithTimeout(ctx, o.length)
	defer cancel()
	begun := time.Now()
	l, pages, ear := newLoad(p.gateway, o), newPages(p.gateway), newListener(p.gateway)
	ended := make(chan struct{}, 3)
	for _, part := range []func(context.Context){l.run, pages.run, ear.run} {
		go func() {
			part(loading)
			ended <- struct{}{}
		}()
	}
	samples, err := sample(loading, p, begun)
	cancel()
	for range 3 {
		<-ended
	}
	if err == nil {
		err = errors.Join(ctx.Err(), l.failure(), pages.failure(), ear.failure())
	}
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, p.said())
	}
	return &report{options: o, load: l.figures(), pages: pages.figures(), heard: ear.figures(), samples: samples}, nil
}
