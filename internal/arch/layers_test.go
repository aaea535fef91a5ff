package arch

import (
	"slices"
	"strings"
	"testing"
)

// layer is a storey of the house. Arrows between storeys point down only.
type layer struct {
	name string
	// packages are folders below internal; a folder below one of them belongs
	// to the same layer.
	packages []string
	// below names the layers that it may import.
	below []string
	// own says whether its packages may import each other.
	own bool
	// never lists import prefixes that its code (not its tests) may not use; a
	// trailing $ asks for the exact path.
	never []string
	why   string
}

// layers is the table of the whole tree, lowest first. The same lists stand in
// .golangci.yml, which sees files in an editor that do not build yet.
func layers() []layer {
	all := []string{"vocabulary", "core", "engine", "adapter", "face", "composition"}
	return []layer{
		{
			name: "vocabulary", packages: []string{"llm", "fault", "catalog"}, own: true,
			never: []string{"net", "log", "sync$", "context", "database", "github.com/aws"},
			why:   "everything imports the vocabulary, so it must not pull anything in",
		},
		{
			name:     "core",
			packages: []string{"quota", "sched", "pacer", "estimate", "adapt", "account", "alarm", "increase", "price", "advisor", "diagnosis", "explain", "sim", "chart", "wire"},
			below:    all[:1], own: true,
			never: []string{
				"net$", "net/http", "os", "log", "sync", "context", "database",
				"github.com/aws/aws-sdk-go-v2/service", "github.com/aws/aws-sdk-go-v2/config",
			},
			why: "the core is values in, values out: that is what makes it testable in virtual time and usable by the simulator",
		},
		{
			name:     "engine",
			packages: []string{"access", "limit", "lane", "flight", "cache", "jobs", "upstream", "discovery", "filing", "monitor", "counsel", "ledger", "schema", "dispatch"},
			below:    all[:2],
			never:    []string{"database/sql", "github.com/aws"},
			why:      "an engine declares the ports it needs; dispatch alone joins engines",
		},
		{
			name: "adapter", packages: []string{"adapter"}, below: all[:3],
			why: "an adapter joins one foreign dependency to one port and knows no other adapter",
		},
		{
			name: "face", packages: []string{"gateway", "console", "emulator"}, below: all[:3],
			never: []string{"database/sql"},
			why:   "a face turns HTTP into calls of an engine; what it cannot reach it cannot entangle",
		},
		{
			name: "composition", packages: []string{"config", "daemon", "demo", "top", "cli", "arch", "e2e"}, below: all, own: true,
			why: "composition wires the rest in the open",
		},
	}
}

// layerOf finds the layer of a folder such as internal/wire/bedrock, and the
// package of the table that it belongs to (wire).
func layerOf(dir string) (layer, string, bool) {
	rest, ok := strings.CutPrefix(dir, "internal/")
	if !ok {
		return layer{}, "", false
	}
	noun, _, _ := strings.Cut(rest, "/")
	for _, l := range layers() {
		if slices.Contains(l.packages, noun) {
			return l, noun, true
		}
	}
	return layer{}, noun, false
}

func TestEveryPackageHasALayer(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		if !strings.HasPrefix(f.Dir, "internal/") {
			continue
		}
		if _, noun, ok := layerOf(f.Dir); !ok {
			t.Errorf("%s: package %s is in no layer: add it to layers() and to .golangci.yml, so that its imports are checked", f.Path, noun)
		}
	}
}

// TestArrowsPointDown checks our own imports against the table. Tests may reach
// further: they are where parts meet.
func TestArrowsPointDown(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		from, noun, ok := layerOf(f.Dir)
		if !ok || f.Test {
			continue
		}
		for _, imported := range f.imports() {
			dir, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if why := forbidden(from, noun, f.Dir, dir); why != "" {
				t.Errorf("%s imports %s: %s", f.Path, imported, why)
			}
		}
	}
}

// forbidden says why the package noun of a layer, in folder src, may not
// import the folder dst; empty when it may.
func forbidden(from layer, noun, src, dst string) string {
	to, other, ok := layerOf(dst)
	switch {
	case dst == "web":
		if noun == "console" || from.name == "composition" {
			return ""
		}
		return "only the console serves the dashboard"
	case !ok:
		return "only packages below internal may be imported from within"
	case other == noun && noun != "adapter":
		return "" // a package and the folders below it are one noun
	case noun == "adapter" && strings.HasPrefix(dst, src+"/"):
		return ""
	case noun == "emulator" && to.name != "vocabulary":
		return "the emulator is an independent twin: it proves the engines only as long as it shares nothing with them but names"
	case noun == "dispatch" && to.name == "engine":
		return ""
	case noun == "sim" && dst == "internal/emulator/meter":
		return "" // pure arithmetic: the laws of limits are written once, and the simulated upstream is the emulator's
	case to.name == "adapter" && noun != "daemon":
		return "only internal/daemon wires adapters"
	case to.name == from.name && !from.own:
		return from.why
	case to.name != from.name && !slices.Contains(from.below, to.name):
		return "a " + from.name + " package may not import a " + to.name + " package: " + from.why
	}
	return ""
}

// TestTheLibraryStandsOnTheEngines: pace is used without a gateway, so it must
// pull in none of what only a gateway needs.
func TestTheLibraryStandsOnTheEngines(t *testing.T) {
	t.Parallel()
	seen := false
	for _, f := range goFiles(t) {
		if f.Test || !denied("pace", f.Dir) {
			continue
		}
		seen = true
		for _, imported := range f.imports() {
			if dir, ours := strings.CutPrefix(imported, module+"/"); ours && !libraryMay(dir) {
				t.Errorf("%s imports %s: the library stands on limit and lane and on what is below them, on no face, adapter or composition", f.Path, imported)
			}
		}
	}
	if !seen {
		t.Error("there is no code in pace")
	}
	for dir, want := range map[string]bool{
		"pace": true, "internal/llm": true, "internal/wire/bedrock": true, "internal/limit": true, "internal/lane": true,
		"internal/dispatch": false, "internal/ledger": false, "internal/emulator": false, "internal/daemon": false,
		"internal/adapter/sqlitestore": false, "cmd/headgate": false,
	} {
		if got := libraryMay(dir); got != want {
			t.Errorf("libraryMay(%s) = %t, want %t", dir, got, want)
		}
	}
}

// libraryMay says whether pace may import a folder of ours.
func libraryMay(dir string) bool {
	to, noun, ok := layerOf(dir)
	return denied("pace", dir) || ok && (to.name == "vocabulary" || to.name == "core" || noun == "limit" || noun == "lane")
}

func TestLayersKeepTheirHandsOff(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		l, _, ok := layerOf(f.Dir)
		if !ok || f.Test {
			continue
		}
		for _, imported := range f.imports() {
			for _, rule := range l.never {
				if denied(rule, imported) {
					t.Errorf("%s imports %s: never in the %s: %s", f.Path, imported, l.name, l.why)
				}
			}
		}
	}
}

// denied reports whether an import path is one that rule forbids: the path
// itself, or, without a trailing $, anything below it.
func denied(rule, imported string) bool {
	exact, ok := strings.CutSuffix(rule, "$")
	if ok {
		return imported == exact
	}
	return imported == rule || strings.HasPrefix(imported, rule+"/")
}

func TestForeignPackagesHaveOneHome(t *testing.T) {
	t.Parallel()
	homes := []struct {
		prefix string
		dirs   []string
		why    string
	}{
		{"github.com/spf13/cobra", []string{"internal/cli"}, "the command line can be exchanged only while it is in one place"},
		{"charm.land/fang", []string{"internal/cli"}, "the command line can be exchanged only while it is in one place"},
		{"charm.land/bubbletea", []string{"internal/top"}, "what draws on a whole terminal is in one place"},
		{"modernc.org/sqlite", []string{"internal/adapter/sqlitestore", "internal/adapter/sqlitecheck"}, "SQL lives behind the ledger's port, and that of schemas that are tried"},
		{"github.com/wasilibs", []string{"internal/adapter/pgcheck"}, "a schema is tried behind its port"},
		{"github.com/jackc/pgx", []string{"internal/adapter/pgcheck"}, "a schema is tried behind its port"},
		{"github.com/pingcap", []string{"internal/adapter/mysqlcheck"}, "a schema is tried behind its port"},
		{"github.com/go-sql-driver", []string{"internal/adapter/mysqlcheck"}, "a schema is tried behind its port"},
		{"github.com/prometheus", []string{"internal/adapter/promexport"}, "what counts is told in one place"},
		{"go.opentelemetry.io", []string{"internal/adapter/otlptrace"}, "spans are made behind dispatch's port"},
		{"google.golang.org/grpc", []string{"internal/adapter/otlptrace"}, "it comes with OTLP alone"},
		{"github.com/redis", []string{"internal/adapter/redisstore"}, "Redis lives behind the limit port"},
		{"github.com/aws", []string{"internal/adapter", "internal/wire", "internal/emulator", "internal/demo", "bench/internal/live", "pace"}, "only adapters speak to AWS; the codecs and the emulator use its framing and signer; demo, pace and the live bench are its clients"},
		{"github.com/parquet-go", []string{"internal/schema/tabular"}, "formats of files end where rows begin"},
		{"github.com/xuri/excelize", []string{"internal/schema/tabular"}, "formats of files end where rows begin"},
		{"github.com/rogpeppe/go-internal", nil, "a test tool"},
		{"pgregory.net/rapid", nil, "a test tool"},
	}
	for _, f := range goFiles(t) {
		if f.Test || strings.HasSuffix(f.Dir, "test") { // ledgertest and its like are used by tests alone
			continue
		}
		for _, imported := range f.imports() {
			for _, home := range homes {
				if denied(home.prefix, imported) && !slices.ContainsFunc(home.dirs, func(dir string) bool { return denied(dir, f.Dir) }) {
					t.Errorf("%s imports %s, which belongs into %v: %s", f.Path, imported, home.dirs, home.why)
				}
			}
		}
	}
}

// TestTheTable proves the rules on edges that the tree must never have, and on
// ones that it needs.
func TestTheTable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"llm", "fault", true},
		{"llm", "quota", false},
		{"sched", "quota", true},
		{"quota", "limit", false},
		{"wire/bedrock", "wire/eventstream", true},
		{"limit", "quota", true},
		{"limit", "flight", false},
		{"dispatch", "flight", true},
		{"flight", "dispatch", false},
		{"dispatch", "gateway", false},
		{"ledger/ledgertest", "ledger", true},
		{"adapter/sqlitestore", "ledger", true},
		{"adapter/sqlitestore", "adapter/redisstore", false},
		{"adapter/sqlitestore", "config", false},
		{"gateway", "dispatch", true},
		{"gateway", "emulator", false},
		{"gateway", "console", false},
		{"console", "limit", true},
		{"console", "gateway", false},
		{"console", "config", false},
		{"gateway", "adapter/sqlitestore", false},
		{"emulator", "catalog", true},
		{"emulator/law", "emulator", true},
		{"emulator", "quota", false},
		{"emulator/meter", "quota", false},
		{"sim", "emulator/meter", true},
		{"sim", "emulator", false},
		{"sim", "pacer", true},
		{"quota", "emulator/meter", false},
		{"emulator", "wire/bedrock", false},
		{"daemon", "adapter/sqlitestore", true},
		{"cli", "daemon", true},
		{"cli", "adapter/sqlitestore", false},
	} {
		src, dst := "internal/"+c.from, "internal/"+c.to
		from, noun, ok := layerOf(src)
		if !ok {
			t.Fatalf("layerOf(%s): no layer", src)
		}
		if why := forbidden(from, noun, src, dst); (why == "") != c.allowed {
			t.Errorf("forbidden(%s → %s) = %q, want allowed = %t", src, dst, why, c.allowed)
		}
	}
}
