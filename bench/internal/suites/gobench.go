package suites

import (
	"fmt"
	"strconv"
	"strings"
)

// measured is one line of what `go test -bench` prints.
type measured struct {
	// Name is the benchmark's, without "Benchmark" and the number of processors.
	Name string
	// Values are by unit: ns/op, B/op, allocs/op and those of its own.
	Values map[string]float64
}

// parseBenchmarks reads the output of `go test -bench`. Lines of other kinds
// are skipped; a line that begins like a benchmark's result and is none is an
// error, as is output without any result.
func parseBenchmarks(out string) ([]measured, error) {
	var all []measured
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		if _, err := strconv.ParseInt(fields[1], 10, 64); err != nil || len(fields)%2 != 0 {
			return nil, fmt.Errorf("not a benchmark's result: %q", strings.TrimSpace(line))
		}
		m := measured{Name: plainName(fields[0]), Values: map[string]float64{}}
		for i := 2; i < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("not a benchmark's result: %q: %w", strings.TrimSpace(line), err)
			}
			m.Values[fields[i+1]] = v
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no benchmark's result in %q", strings.TrimSpace(out))
	}
	return all, nil
}

// plainName strips what testing adds: BenchmarkPick/10_waiting-2 is
// Pick/10_waiting. The number of processors is not there when it is one.
func plainName(name string) string {
	name = strings.TrimPrefix(name, "Benchmark")
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		if _, err := strconv.Atoi(name[i+1:]); err == nil {
			return name[:i]
		}
	}
	return name
}
