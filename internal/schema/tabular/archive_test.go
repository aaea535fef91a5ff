package tabular_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// zipOf packs texts under names, in order.
func zipOf(t *testing.T, members ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		m, err := w.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(m, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOpenZip(t *testing.T) {
	t.Parallel()
	inner := zipOf(t, "x.csv", "a,b\n1,2\n")
	path := write(t, "shop.zip", zipOf(t,
		"orders.csv", "id,total\n1,2\n", "in/customers.json", `[{"id":1}]`, "../../evil.csv", "e,f\n1,2\n",
		"logo.png", "\x89PNG", "nested.zip", inner, "__MACOSX/._x", "x", "in/", "", "empty.csv", "", "packed.csv.gz", gz(t, "a,b\n1,2\n")))
	set := open(t, path)
	if diff := cmp.Diff("customers: id\n1\nevil: e|f\n1|2\norders: id|total\n1|2", show(t, set)); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	if got, want := set.Tables[2].Source, path+": orders.csv"; got != want {
		t.Errorf("Source = %q, want %q", got, want)
	}
	var skipped []string
	for _, s := range set.Skipped {
		skipped = append(skipped, strings.TrimPrefix(s.Source, path+": ")+" "+strings.SplitAfter(s.Reason, ":")[0])
	}
	want := []string{"empty.csv is empty:", "logo.png is a picture, not a table:", "nested.zip is an archive in an archive:", "packed.csv.gz is packed twice:"}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "..", "evil*")); len(left) > 0 {
		t.Errorf("a member was written to %v", left)
	}
}

func TestZipsThatAreRefused(t *testing.T) {
	t.Parallel()
	bomb := "a,b\n" + strings.Repeat("1,2\n", 20<<20)
	for _, c := range []struct{ name, text, why string }{
		{"damaged", zipOf(t, "a.csv", "a,b\n1,2\n")[:60], "damaged"},
		{"empty", zipOf(t), "is an empty archive"},
		{"document", zipOf(t, "[Content_Types].xml", "", "word/document.xml", "x"), "office document"},
		{"bomb", zipOf(t, "a.csv", bomb), "zip bomb"},
	} {
		_, err := tabular.Open(t.Context(), []string{write(t, "t.zip", c.text)}, tabular.Options{})
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: Open = %v, want Invalid with %q", c.name, err, c.why)
		}
	}
}

// TestBombsEndTheScan: what a packed file claims is not believed.
func TestBombsEndTheScan(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.csv.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(f)
	row := strings.Repeat("1,2\n", 1<<18)
	for range 90 {
		if _, err := io.WriteString(w, row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o   tabular.Options
		why string
	}{{tabular.Options{}, "zip bomb"}, {tabular.Options{MaxUnpacked: 8 << 20}, "more than 8 MiB"}} {
		set, err := tabular.Open(t.Context(), []string{path}, c.o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = set.Tables[0].Scan(t.Context(), 2, func(int, *tabular.Batch) error { return nil })
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.why) || !strings.Contains(err.Error(), path) {
			t.Errorf("Scan = %v, want Invalid with %q and the path", err, c.why)
		}
	}
}
