package catalog_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden holds blocks of a line "source id" and the lines that it resolves to.
const golden = "testdata/resolve.golden"

func TestResolveGolden(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, applications)
	var out strings.Builder
	for scan := bufio.NewScanner(strings.NewReader(string(data))); scan.Scan(); {
		line := scan.Text()
		if strings.HasPrefix(line, "#") || line == "" {
			out.WriteString(line + "\n")
			continue
		}
		source, id, ok := strings.Cut(line, " ")
		if !ok || source == "" {
			continue // a line of an answer
		}
		out.WriteString(line + "\n" + describe(c.Resolve(id, llm.Region(source))))
	}
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(data), out.String()); diff != "" && !*update {
		t.Errorf("resolutions (-golden +got), rewrite with -update:\n%s", diff)
	}
}

func describe(t catalog.Target, err error) string {
	if err != nil {
		return fmt.Sprintf(" error %s: %s\n", fault.KindOf(err), fault.Message(err))
	}
	text := fmt.Sprintf(" %s %s", t.Path, t.Model)
	for _, part := range [][2]string{{"geo", t.Geo}, {"region", string(t.Region)}, {"account", string(t.Account)}, {"variant", t.Variant}} {
		if part[1] != "" {
			text += " " + part[0] + "=" + part[1]
		}
	}
	if !t.Known {
		text += " unknown"
	}
	for _, w := range t.Warnings {
		text += "\n warning: " + w
	}
	return text + "\n"
}

var applications = catalog.Document{Name: "mine.yaml", Data: []byte(`
application_profiles:
- {arn: "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/mapped000001", copy_from: eu.anthropic.claude-haiku-4-5-20251001-v1:0}
`)}

func TestEveryKnownIDResolves(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, m := range c.Models() {
		got, err := c.Resolve(string(m.ID), "us-east-1")
		if err != nil || got.Model != m.ID || got.Path != llm.PathOnDemand || !got.Known || got.Region != "us-east-1" {
			t.Errorf("Resolve(%s) = %+v, %v", m.ID, got, err)
		}
	}
	for _, p := range c.Profiles() {
		for _, id := range []string{p.ID, "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/" + p.ID} {
			got, err := c.Resolve(id, "eu-west-1")
			if err != nil || got.Model != p.Model || got.Path != p.Path || got.Geo != p.Geo || !got.Known {
				t.Errorf("Resolve(%s) = %+v, %v", id, got, err)
			}
		}
	}
}

// One slip of the finger in the name of a known model is never taken for a model
// that Headgate merely does not know.
func TestSlipsAreCaught(t *testing.T) {
	t.Parallel()
	c := load(t)
	id := "us.anthropic.claude-haiku-4-5-20251001-v1:0"
	name := strings.Index(id, "claude")
	for i := name; i < strings.Index(id, "-4-5"); i++ {
		for _, wrong := range []string{id[:i] + id[i+1:], id[:i] + "x" + id[i+1:], id[:i] + "x" + id[i:], id[:i] + id[i+1:i+2] + id[i:i+1] + id[i+2:]} {
			if wrong == id || strings.Contains(wrong, "-4x-5") {
				continue
			}
			_, err := c.Resolve(wrong, "us-east-1")
			if fault.KindOf(err) != fault.NotFound || !strings.Contains(fault.Message(err), "did you mean "+id) {
				t.Errorf("Resolve(%s): %v", wrong, err)
			}
		}
	}
}

func TestTargetPool(t *testing.T) {
	t.Parallel()
	c := load(t)
	own, _ := c.Resolve("us."+string(haiku45), "us-east-1")
	if got := own.Pool("999988887777").String(); got != "999988887777/us-east-1/"+string(haiku45)+"/geo" {
		t.Errorf("pool %s", got)
	}
	foreign, _ := c.Resolve("arn:aws:bedrock:us-west-2:111122223333:inference-profile/us."+string(haiku45), "us-east-1")
	if got := foreign.Pool("999988887777"); got.Account != "111122223333" || got.Region != "us-west-2" {
		t.Errorf("pool %s", got)
	}
}

func TestResolveExactIDsAllocatesNothing(t *testing.T) {
	c := load(t) // not parallel: allocations of others would count
	if n := testing.AllocsPerRun(100, func() { _, _ = c.Resolve("us."+string(haiku45), "us-east-1") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestResolveConcurrently(t *testing.T) {
	t.Parallel()
	c := load(t, applications)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, id := range []string{string(haiku45), "anthropic.claude-hiku-4-5", "mapped000001", "vendor.model-v1:0"} {
				target, _ := c.Resolve(id, "us-east-1")
				_ = append(target.Warnings, "mine")
			}
		})
	}
	group.Wait()
}

func FuzzResolve(f *testing.F) {
	for _, id := range []string{
		"", "us.", "a.b", "x.y[1m]", string(haiku45), "us." + string(haiku45) + ":0:200k", "..%2F", "a//b", "\x00",
		"arn:", "arn:aws:bedrock:::", "arn:aws:bedrock:us-east-1::foundation-model/" + string(haiku45),
		"arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdef123456", "abcdef123456",
		"anthropic.claude-3-5-haiku-20241022:0", "99999999999999999999.9999999999999999999999",
		strings.Repeat("a.", 1024), strings.Repeat("9", 2049),
	} {
		f.Add(id)
	}
	c := load(f)
	f.Fuzz(func(t *testing.T, id string) {
		target, err := c.Resolve(id, "us-east-1")
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) || e.Kind != fault.Invalid && e.Kind != fault.NotFound || e.Message == "" {
				t.Fatalf("Resolve(%q): %v is not a message for a client", id, err)
			}
			if len(e.Message) > 2000 || strings.ContainsFunc(e.Message, func(r rune) bool { return r < ' ' }) {
				t.Fatalf("Resolve(%q): message of %d bytes: %q", id, len(e.Message), e.Message)
			}
			return
		}
		if target.Model == "" || !target.Path.Valid() || target.Region == "" {
			t.Fatalf("Resolve(%q) = %+v", id, target)
		}
		if strings.Contains(string(target.Model), "..") || strings.ContainsAny(string(target.Model), " \x00\n%") || len(target.Model) > 2048 {
			t.Fatalf("Resolve(%q): model %q", id, target.Model)
		}
		if _, known := c.Model(target.Model); known != target.Known {
			t.Fatalf("Resolve(%q): known %t, the catalog says %t", id, target.Known, known)
		}
		if !target.Known && len(target.Warnings) == 0 {
			t.Fatalf("Resolve(%q): an unknown model without a warning", id)
		}
	})
}
