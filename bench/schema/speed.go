package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/schema/sample"
)

// roleVariable makes this program the one that is measured: each reader is a process
// of its own, so that its peak of memory is its own.
const roleVariable = "HEADGATE_BENCH_SCHEMA_ROLE"

// rowsAtOne is how many rows the sample's order lines have at scale 1, on average.
const rowsAtOne = 6_000_000

// reader is one way to read the file.
type reader struct {
	name, does string
	command    func(ctx context.Context, path string) *exec.Cmd
}

func readers() []reader {
	self := func(role string) func(context.Context, string) *exec.Cmd {
		return func(ctx context.Context, path string) *exec.Cmd {
			c := exec.CommandContext(ctx, os.Args[0], path) //nolint:gosec // this program
			c.Env = append(os.Environ(), roleVariable+"="+role)
			return c
		}
	}
	other := func(name string, args ...string) func(context.Context, string) *exec.Cmd {
		return func(ctx context.Context, path string) *exec.Cmd {
			filled := make([]string, len(args))
			for i, a := range args {
				filled[i] = strings.ReplaceAll(a, "FILE", path)
			}
			return exec.CommandContext(ctx, name, filled...) //nolint:gosec // two known programs
		}
	}
	return []reader{
		{"headgate", "types, values, keys, dependencies, inclusions", self("profile")},
		{"encoding/csv", "reads cells, nothing else", self("csv")},
		{"sqlite3", ".import into memory, no types", other("sqlite3", ":memory:", ".import --csv FILE t")},
		{"duckdb", "SUMMARIZE", other("duckdb", "-c", "SUMMARIZE SELECT * FROM read_csv('FILE')")},
	}
}

// speed measures how long each reader takes for one large file.
func speed(ctx context.Context, p *page, rows int64) (err error) {
	dir, err := os.MkdirTemp("", "bench-schema-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "order_lines.csv")
	size, err := write(path, float64(rows)/rowsAtOne)
	if err != nil {
		return err
	}
	busy := load()
	var table [][]string
	for _, r := range readers() {
		c := r.command(ctx, path)
		if c.Err != nil {
			table = append(table, []string{r.name, r.does, "not on PATH", "", "", ""})
			continue
		}
		fmt.Fprintln(os.Stderr, "reading with", r.name)
		begun := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", r.name, err, out)
		}
		took := time.Since(begun)
		table = append(table, []string{r.name, r.does, fmt.Sprintf("%.1f", took.Seconds()), fmt.Sprintf("%.1f", (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()), fmt.Sprintf("%.0f", float64(size)/1e6/took.Seconds()), fmt.Sprintf("%.0f", peak(c.ProcessState))})
	}
	p.table(fmt.Sprintf("Speed: about %d rows of 10 columns, %.0f MB of CSV", rows, float64(size)/1e6),
		[]string{"program", "does", "seconds:", "of a processor:", "MB/s:", "peak MB:"}, table)
	if busy != "" {
		p.line("")
		p.line("Load average of the machine before: %s. What else it does takes from MB/s, and little from the seconds of a processor.", busy)
	}
	return nil
}

// load is the machine's load average; empty where the system does not say.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil || len(strings.Fields(string(data))) == 0 {
		return ""
	}
	return strings.Fields(string(data))[0]
}

// write writes the sample, and says how large it is.
func write(path string, scale float64) (int64, error) {
	f, err := os.Create(path) //nolint:gosec // in a folder of our own
	if err != nil {
		return 0, err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(sample.Write(b, "order_lines", scale, 1), b.Flush(), f.Close()); err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// play is this program as one of the readers.
func play(role, path string) error {
	if role == "profile" {
		_, err := measure(context.Background(), path)
		return err
	}
	f, err := os.Open(path) //nolint:gosec // the file that was made
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
