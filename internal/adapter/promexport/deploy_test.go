package promexport_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/headgate/headgate/internal/adapter/promexport"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/limit"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/quota"
)

// served is every series name that there is, with its labels: those of a gateway
// with every kind of limit and a call of every kind.
func served(t *testing.T) (families map[string]*dto.MetricFamily, labels map[string][]string) {
	t.Helper()
	m := limit.NewMemory(limit.Options{Source: func(p llm.Pool) limit.Limits {
		l := limit.Limits{Pool: p, Provenance: limit.Configured, Account: []quota.Limit{{Kind: quota.AccountTokensPerDay, Amount: 5}}}
		for _, k := range []quota.Kind{quota.RequestsPerMinute, quota.TokensPerMinute, quota.InputTokensPerMinute, quota.OutputTokensPerMinute, quota.TokensPerDay} {
			l.Limits = append(l.Limits, quota.Limit{Kind: k, Amount: 10})
		}
		return l
	}})
	m.Pool(haiku())
	e := promexport.New(promexport.Options{Limits: m, Ledger: func() ledger.Stats { return ledger.Stats{} }, Discovery: asked{time.Now()}, Traces: func() promexport.Traces { return promexport.Traces{} }})
	e.Record(entry())
	families, labels = scrape(t, e, expfmt.TypeTextPlain), map[string][]string{}
	for name, f := range families {
		all := []string{"job", "instance"} // Prometheus adds these
		for _, l := range f.GetMetric()[0].GetLabel() {
			all = append(all, l.GetName())
		}
		if f.GetType() != dto.MetricType_HISTOGRAM {
			labels[name] = all
			continue
		}
		labels[name+"_bucket"] = append(slices.Clone(all), "le")
		labels[name+"_sum"], labels[name+"_count"] = all, all
	}
	return families, labels
}

var (
	metricName = regexp.MustCompile(`\b(?:headgate|go|process)(?:_[a-z0-9]+)+\b|\bheadgate:[a-z0-9_:]+`)
	selector   = regexp.MustCompile(`([a-z0-9_:]*)\{([^}]*)\}`)
	labelName  = regexp.MustCompile(`([a-z_]+) ?(?:=~|!~|!=|=)"`)
	grouping   = regexp.MustCompile(`(?:by|ignoring|on) \(([^)]*)\)`)
)

// checkQuery fails when a query asks for a name or a label that there is not. It is
// no parser of PromQL: promtool is, where there is one.
func checkQuery(t *testing.T, where, query string, labels map[string][]string) {
	t.Helper()
	names := metricName.FindAllString(query, -1)
	if len(names) == 0 && !strings.Contains(query, "__name__") {
		t.Errorf("%s asks for nothing of Headgate: %s", where, query)
	}
	known := map[string]bool{"le": true, "__name__": true}
	for _, name := range names {
		if strings.HasSuffix(name, "_.+") {
			continue
		}
		if _, ok := labels[name]; !ok && !strings.Contains(query, "__name__") {
			t.Errorf("%s asks for %s, which is not served", where, name)
		}
		for _, l := range labels[name] {
			known[l] = true
		}
	}
	for _, s := range selector.FindAllStringSubmatch(query, -1) {
		for _, l := range labelName.FindAllStringSubmatch(s[2], -1) {
			if of, ok := labels[s[1]]; ok && !slices.Contains(of, l[1]) {
				t.Errorf("%s: %s has no label %s", where, s[1], l[1])
			}
		}
	}
	for _, g := range grouping.FindAllStringSubmatch(query, -1) {
		for l := range strings.SplitSeq(g[1], ",") {
			if !known[strings.TrimSpace(l)] {
				t.Errorf("%s groups by %s, which nothing in %q has", where, l, query)
			}
		}
	}
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(query, pair[:1]) != strings.Count(query, pair[1:]) {
			t.Errorf("%s: %s do not match in %q", where, pair, query)
		}
	}
}

type ruleFile struct {
	Groups []struct {
		Name     string `yaml:"name"`
		Interval string `yaml:"interval"`
		Rules    []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Record      string            `yaml:"record"`
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// TestRulesAskForWhatThereIs: each rule of deploy/prometheus stands on metrics and
// labels that are served, and each alert says what to do.
func TestRulesAskForWhatThereIs(t *testing.T) {
	t.Parallel()
	_, labels := served(t)
	var file ruleFile
	if err := yaml.UnmarshalWithOptions(read(t, "deploy/prometheus/rules.yaml"), &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	seen, alerts := map[string]bool{}, 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			name := cmp.Or(r.Record, r.Alert)
			if seen[name] || name == "" || r.Record != "" && r.Alert != "" {
				t.Errorf("rule %q is there twice, or is none", name)
			}
			seen[name] = true
			checkQuery(t, name, r.Expr, labels)
			if r.Record != "" {
				labels[r.Record] = labelsOf(r.Expr, labels)
				continue
			}
			alerts++
			checkAlert(t, r)
			for _, l := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(r.Annotations["summary"]+r.Annotations["description"], -1) {
				if !slices.Contains(labelsOf(r.Expr, labels), l[1]) && !strings.Contains(r.Expr, "__name__") {
					t.Errorf("%s tells of label %s, which its expression does not have", name, l[1])
				}
			}
		}
	}
	if alerts < 10 {
		t.Errorf("there are %d alerts, want at least those of the conventions", alerts)
	}
}

// labelsOf are those that a query's answer has: what it groups by, or else what its
// metrics have.
func labelsOf(query string, labels map[string][]string) (out []string) {
	if g := regexp.MustCompile(`by \(([^)]*)\)`).FindStringSubmatch(query); g != nil {
		for l := range strings.SplitSeq(g[1], ",") {
			out = append(out, strings.TrimSpace(l))
		}
		return out
	}
	for _, name := range metricName.FindAllString(query, -1) {
		out = append(out, labels[name]...)
	}
	return out
}

func checkAlert(t *testing.T, r rule) {
	t.Helper()
	if !regexp.MustCompile(`^Headgate[A-Z][A-Za-z]+$`).MatchString(r.Alert) {
		t.Errorf("alert %q is not named HeadgateLikeThis", r.Alert)
	}
	if !slices.Contains([]string{"info", "warning", "critical"}, r.Labels["severity"]) {
		t.Errorf("%s is of severity %q", r.Alert, r.Labels["severity"])
	}
	if d, err := time.ParseDuration(r.For); err != nil || d <= 0 {
		t.Errorf("%s fires after %q", r.Alert, r.For)
	}
	for _, a := range []string{"summary", "description", "runbook"} {
		if len(r.Annotations[a]) < 15 {
			t.Errorf("%s has no %s", r.Alert, a)
		}
	}
}

// TestRulesAsPrometheusReadsThem runs where promtool is on the PATH.
func TestRulesAsPrometheusReadsThem(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool on the PATH")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, tool, "check", "rules", filepath.Join(root, "deploy/prometheus/rules.yaml")).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

type dashboard struct {
	Title, UID    string
	SchemaVersion int
	Templating    struct {
		List []struct{ Name, Type, Definition string }
	}
	Panels []panel
}

type panel struct {
	ID                       int
	Type, Title, Description string
	Datasource               struct{ UID string }
	GridPos                  struct{ H, W, X, Y int }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []struct {
		RefID, Expr string
		Datasource  struct{ UID string }
	}
}

// TestTheDashboardAsksForWhatThereIs: deploy/grafana has the structure that Grafana
// imports, overlaps nowhere, names no data source, and asks for what is served.
func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	t.Parallel()
	_, labels := served(t)
	var rules ruleFile
	if err := yaml.Unmarshal(read(t, "deploy/prometheus/rules.yaml"), &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			labels[r.Record] = labelsOf(r.Expr, labels)
		}
	}
	delete(labels, "")
	var d dashboard
	if err := json.Unmarshal(read(t, "deploy/grafana/dashboard.json"), &d); err != nil {
		t.Fatal(err)
	}
	if d.Title == "" || d.UID == "" || d.SchemaVersion < 36 || len(d.Templating.List) == 0 || d.Templating.List[0].Type != "datasource" {
		t.Errorf("the dashboard lacks a title, a uid, a schema version or the variable of the data source")
	}
	for _, v := range d.Templating.List[1:] {
		checkQuery(t, "variable "+v.Name, v.Definition, labels)
	}
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 || p.GridPos.W < 1 || p.GridPos.H < 1 {
			t.Errorf("panel %q: its id %d is taken, or it is out of the grid", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("panels %q and %q overlap", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if p.Type != "row" {
			checkPanel(t, p, labels)
		}
	}
}

func checkPanel(t *testing.T, p panel, labels map[string][]string) {
	t.Helper()
	if !slices.Contains([]string{"timeseries", "stat", "bargauge"}, p.Type) || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
		t.Errorf("panel %q of type %s lacks a description, a unit or a query", p.Title, p.Type)
	}
	refs := map[string]bool{}
	for _, q := range p.Targets {
		if refs[q.RefID] || q.Datasource.UID != "${datasource}" {
			t.Errorf("panel %q: query %q is there twice, or is of data source %q", p.Title, q.RefID, q.Datasource.UID)
		}
		refs[q.RefID] = true
		checkQuery(t, "panel "+p.Title, q.Expr, labels)
	}
}

// TestEveryMetricIsDocumented: docs/metrics.md lists each metric with its type, and
// no other.
func TestEveryMetricIsDocumented(t *testing.T) {
	t.Parallel()
	families, _ := served(t)
	doc := string(read(t, "docs/metrics.md"))
	for name, f := range families {
		if strings.HasPrefix(name, "headgate_") && !strings.Contains(doc, "| `"+name+"` | "+strings.ToLower(f.GetType().String())+" |") {
			t.Errorf("docs/metrics.md does not list %s, a %v: %s", name, f.GetType(), f.GetHelp())
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(headgate_[a-z_]+)`").FindAllStringSubmatch(doc, -1) {
		if families[row[1]] == nil {
			t.Errorf("docs/metrics.md lists %s, which is not served", row[1])
		}
	}
}

// root is the repository's.
const root = "../../.."

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
}
