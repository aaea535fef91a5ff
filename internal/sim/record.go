package sim

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Record is one call of recorded work: a line of a trace file, in the names of
// its json tags.
type Record struct {
	// At is when it arrived, in seconds from any beginning. The records' own
	// order does not matter.
	At float64 `json:"at"`
	// Run groups dependent calls: each is made when the one before it, by At, is
	// answered. Empty: a run of its own.
	Run    string `json:"run"`
	Tenant string `json:"tenant"` // empty: default
	Class  string `json:"class"`  // empty: standard
	// Model is an id of the catalog. Empty: as the other lines, which must agree.
	Model  string `json:"model"`
	Input  int64  `json:"input_tokens"`
	Bytes  int64  `json:"input_bytes"` // of text; 0: four a token
	Output int64  `json:"output_tokens"`
	// MaxTokens is what it asked for at most; 0: 4,096, or its output.
	MaxTokens int64 `json:"max_tokens"`
	// Think is the time in seconds between the answer to the run's call before
	// and this one. Missing: what At and Takes say of it, or none.
	Think *float64 `json:"think"`
	// Takes is how long its answer took, in seconds. 0: what the scenario's
	// latency makes of its output.
	Takes float64 `json:"takes"`
	// Deadline is the time in seconds that its run has, if it is the run's first.
	Deadline float64 `json:"deadline"`
}

// mostLine bounds a line of a trace file, in bytes, and mostErrors how many
// broken ones are reported.
const (
	mostLine   = 64 << 10
	mostErrors = 20
)

// ParseRecords reads a trace file: a JSON object in each line, empty lines and
// lines that begin with # left out. It reports broken lines with their numbers,
// the first twenty of them. Model says whether a model is known.
func ParseRecords(r io.Reader, model func(string) bool) ([]Record, error) {
	var records []Record
	var broken problems
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), mostLine)
	n := 0
	for lines.Scan() && len(broken) < mostErrors {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		rec, err := parseRecord(line, model)
		if err != nil {
			broken.add(fmt.Sprintf("line %d", n), "%v", err)
			continue
		}
		records = append(records, rec)
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("longer than %d bytes", mostLine)
		}
		broken.add(fmt.Sprintf("line %d", n+1), "%v", err)
	}
	if len(broken) == 0 && len(records) == 0 {
		broken.add("trace", "it has no calls")
	}
	return records, broken.err()
}

func parseRecord(line []byte, model func(string) bool) (Record, error) {
	var rec Record
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&rec); err != nil {
		return rec, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return rec, errors.New("more than one object")
	}
	if rec.Model != "" && model != nil && !model(rec.Model) {
		return rec, fmt.Errorf("model %q is not in the catalog", rec.Model)
	}
	return rec, rec.check()
}

// check says what is wrong with a record.
func (r *Record) check() error {
	for _, t := range [...]struct {
		name  string
		value float64
	}{{"at", r.At}, {"takes", r.Takes}, {"deadline", r.Deadline}, {"think", *orZero(r.Think)}} {
		if !(t.value >= 0 && t.value <= longest.Seconds()) {
			return fmt.Errorf("%s: %v is no time in seconds from 0 to a year", t.name, t.value)
		}
	}
	for _, c := range [...]struct {
		name  string
		value int64
	}{{"input_tokens", r.Input}, {"input_bytes", r.Bytes}, {"output_tokens", r.Output}, {"max_tokens", r.MaxTokens}} {
		if c.value < 0 || c.value > mostTokens {
			return fmt.Errorf("%s: %d is not from 0 to %d", c.name, c.value, int64(mostTokens))
		}
	}
	if _, ok := llm.ParseClass(r.Class); !ok {
		return fmt.Errorf("class: %q is not interactive, standard or batch", r.Class)
	}
	if r.MaxTokens > 0 && r.Output > r.MaxTokens {
		return fmt.Errorf("output_tokens: %d are more than max_tokens %d", r.Output, r.MaxTokens)
	}
	return nil
}

func orZero(v *float64) *float64 {
	if v == nil {
		return new(float64)
	}
	return v
}

// Models lists the models that records name, sorted.
func Models(records []Record) []string {
	var names []string
	for i := range records {
		if m := records[i].Model; m != "" {
			names = append(names, m)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Replay makes a trace of records that were checked. The first call begins at
// 0. What a record leaves out is filled in from the scenario, its answer's time
// with the seed.
func Replay(s Scenario, records []Record, seed uint64) (*Trace, error) {
	if names := Models(records); len(names) > 1 {
		return nil, fault.New(fault.Invalid, "the calls are for %d models (%s), and limits are of one: choose one of them", len(names), strings.Join(names, ", "))
	}
	s = s.withDefaults()
	runs := groupRecords(records)
	t := &Trace{}
	tenants := map[string]int{}
	rng := stream(seed, streamSources)
	begin := runs[0][0].At
	for n, group := range runs {
		first := &group[0]
		name := orElse(first.Tenant, string(llm.DefaultTenant))
		if _, ok := tenants[name]; !ok {
			tenants[name] = len(t.Tenants)
			t.Tenants = append(t.Tenants, Tenant{Name: name, Weight: 1})
		}
		class, _ := llm.ParseClass(first.Class)
		t.Runs = append(t.Runs, Run{
			At: seconds(first.At - begin), First: len(t.Calls), N: len(group), Tenant: tenants[name], Class: class,
			Process: n % s.Processes, Deadline: seconds(first.Deadline),
		})
		for i := range group {
			rec := &group[i]
			c := Call{
				Input: max(1, rec.Input), Output: max(1, rec.Output),
				Bytes: orElse(rec.Bytes, 4*rec.Input), MaxTokens: orElse(rec.MaxTokens, max(4096, rec.Output)),
				Takes: seconds(rec.Takes),
			}
			if rec.Takes == 0 {
				c.Takes = s.Latency.draw(c.Output, rng)
			}
			switch {
			case i == 0:
			case rec.Think != nil:
				c.Think = seconds(*rec.Think)
			default:
				c.Think = max(0, seconds(rec.At-group[i-1].At)-t.Calls[len(t.Calls)-1].Takes)
			}
			t.Calls = append(t.Calls, c)
		}
	}
	return t, nil
}

// groupRecords puts records into runs, each by time, in the order in which they
// begin.
func groupRecords(records []Record) [][]Record {
	type key struct{ tenant, run string }
	at := map[key]int{}
	var groups [][]Record
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b Record) int { return cmp.Compare(a.At, b.At) })
	for _, r := range sorted {
		k := key{r.Tenant, r.Run}
		if i, ok := at[k]; ok && r.Run != "" {
			groups[i] = append(groups[i], r)
			continue
		}
		at[k] = len(groups)
		groups = append(groups, []Record{r})
	}
	return groups
}

// Span is how long a trace's runs take to arrive.
func (t *Trace) Span() time.Duration {
	if len(t.Runs) == 0 {
		return 0
	}
	return t.Runs[len(t.Runs)-1].At
}

// Until is the trace of the runs that begin before an instant.
func (t *Trace) Until(end time.Duration) *Trace {
	n, _ := slices.BinarySearchFunc(t.Runs, end, func(r Run, at time.Duration) int { return cmp.Compare(r.At, at) })
	cut := *t
	cut.Runs = t.Runs[:n]
	if n < len(t.Runs) {
		cut.Calls = t.Calls[:t.Runs[n].First]
	}
	return &cut
}
