package profile_test

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/sample"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// benchScale is how large the measured file is: 1 is about 470 MB in 6,000,000 rows
// of ten columns. HEADGATE_PROFILE_SCALE changes it.
func benchScale(b *testing.B) float64 {
	b.Helper()
	if s, err := strconv.ParseFloat(os.Getenv("HEADGATE_PROFILE_SCALE"), 64); err == nil {
		return s
	}
	return 0.25
}

func benchFile(b *testing.B) (path string, size int64) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "order_lines.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(sample.Write(f, "order_lines", benchScale(b), 1), f.Close()); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return path, info.Size()
}

// BenchmarkProfile measures one table: all of what Run does, types and values with
// keys, dependencies and inclusions. Peak memory is that of the whole process.
func BenchmarkProfile(b *testing.B) {
	path, size := benchFile(b)
	b.SetBytes(size)
	for b.Loop() {
		set, err := tabular.Open(b.Context(), []string{path}, tabular.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := profile.Run(b.Context(), set.Tables, profile.Options{TempDir: b.TempDir()}); err != nil {
			b.Fatal(err)
		}
		set.Close()
	}
	b.ReportMetric(peak(), "MB-peak")
}

// BenchmarkEncodingCSV reads the same file and does nothing with it.
func BenchmarkEncodingCSV(b *testing.B) {
	path, size := benchFile(b)
	b.SetBytes(size)
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		r := csv.NewReader(f)
		r.ReuseRecord = true
		for {
			if _, err = r.Read(); err != nil {
				break
			}
		}
		f.Close()
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}

// BenchmarkOthers has sqlite3 and DuckDB read the same file, where they are there.
func BenchmarkOthers(b *testing.B) {
	for name, args := range map[string][]string{
		"sqlite3": {":memory:", ".import --csv FILE t"},
		"duckdb":  {"-c", "SUMMARIZE SELECT * FROM read_csv('FILE')"},
	} {
		b.Run(name, func(b *testing.B) {
			if _, err := exec.LookPath(name); err != nil {
				b.Skip("not on PATH")
			}
			path, size := benchFile(b)
			b.SetBytes(size)
			for b.Loop() {
				var filled []string
				for _, a := range args {
					filled = append(filled, strings.ReplaceAll(a, "FILE", path))
				}
				if out, err := exec.Command(name, filled...).CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
}

// peak is the most memory that this process has had, in megabytes; 0 where the
// system does not say.
func peak() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
