package arch

import (
	"go/ast"
	"go/scanner"
	"go/token"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// maxLines is how many lines with code a file may have. Longer ones hold more
// than one noun.
const maxLines = 800

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		if n := codeLines(f.Text); n > maxLines {
			t.Errorf("%s has %d lines of code, more than %d: one noun per file, split it", f.Path, n, maxLines)
		}
	}
}

// codeLines counts the lines that hold a token other than a comment.
func codeLines(text string) int {
	fset := token.NewFileSet()
	source := fset.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(source, []byte(text), nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue
		}
		first := source.Line(pos)
		for i := range strings.Count(lit, "\n") + 1 {
			lines[first+i] = true
		}
	}
}

func TestCodeLines(t *testing.T) {
	t.Parallel()
	text := "// a comment\npackage a\n\nvar s = `one\ntwo`\n// end\n"
	if got, want := codeLines(text), 3; got != want {
		t.Errorf("codeLines = %d, want %d", got, want)
	}
}

func TestNothingRunsBeforeMain(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		for _, decl := range f.AST.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function: wire by hand, in internal/daemon, where a reader finds it", f.Path)
			}
		}
	}
}

func TestBlankImportsAreFew(t *testing.T) {
	t.Parallel()
	allowed := map[string]string{
		"embed":              "",
		"modernc.org/sqlite": "internal/adapter/sqlitestore",
		// the values of literals, which the parser leaves to whoever imports it
		"github.com/pingcap/tidb/pkg/parser/test_driver": "internal/adapter/mysqlcheck",
	}
	for _, f := range goFiles(t) {
		for i, spec := range f.AST.Imports {
			if spec.Name == nil || spec.Name.Name != "_" {
				continue
			}
			imported := f.imports()[i]
			if dir, ok := allowed[imported]; !ok || !strings.HasPrefix(f.Dir, dir) {
				t.Errorf("%s imports %s for its side effects: registration hides what the program is made of", f.Path, imported)
			}
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.Test {
			continue
		}
		documented[f.Dir] = documented[f.Dir] || f.AST.Doc.Text() != ""
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment: say what the package is for, what it promises and what it does not do", dir)
		}
	}
}

func TestNoFolderIsEmpty(t *testing.T) {
	t.Parallel()
	code, seen := map[string]bool{}, map[string]bool{}
	walk(t, func(rel string, _ []byte) {
		rest, ok := strings.CutPrefix(rel, "internal/")
		if !ok {
			return
		}
		noun, _, _ := strings.Cut(rest, "/")
		seen[noun] = true
		if path.Ext(rel) == ".go" && !strings.HasSuffix(rel, "_test.go") {
			code[noun] = true
		}
	})
	for noun := range seen {
		if !code[noun] {
			t.Errorf("internal/%s holds no code: a package appears when there is code for it", noun)
		}
	}
}

func TestPackageNamesSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "std").Output()
	if err != nil {
		t.Fatalf("go list std: %v", err)
	}
	var standard []string
	for p := range strings.FieldsSeq(string(out)) {
		if !strings.HasPrefix(p, "vendor/") && !strings.Contains("/"+p+"/", "/internal/") {
			standard = append(standard, path.Base(p))
		}
	}
	if !slices.Contains(standard, "http") {
		t.Fatalf("go list std named %d packages and not net/http", len(standard))
	}
	vague := []string{"util", "utils", "common", "helper", "helpers", "base", "types", "models", "misc", "shared", "lib"}
	for _, f := range goFiles(t) {
		name := strings.TrimSuffix(f.AST.Name.Name, "_test")
		if slices.Contains(vague, name) {
			t.Errorf("%s: package %s is named for nothing in the system: use once, keep it local; three times, it has a real name", f.Path, name)
		}
		if slices.Contains(standard, name) {
			t.Errorf("%s: package %s is named like one of the standard library: a reader has to guess which is meant", f.Path, name)
		}
		if name != "main" && path.Base(f.Dir) != name && f.Dir != "." {
			t.Errorf("%s: package %s is not named like its folder", f.Path, name)
		}
	}
}

func TestArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	var page string
	packages := map[string]bool{}
	walk(t, func(rel string, text []byte) {
		if rel == "docs/architecture.md" {
			page = string(text)
		}
		dir, ok := strings.CutPrefix(path.Dir(rel), "internal/")
		if !ok || path.Ext(rel) != ".go" {
			return
		}
		parts := strings.SplitN(dir, "/", 3)
		name := parts[0]
		if name == "adapter" && len(parts) > 1 {
			name += "/" + parts[1]
		}
		packages[name] = true
	})
	for name := range packages {
		if !strings.Contains(page, "| `"+name+"` |") {
			t.Errorf("docs/architecture.md does not list internal/%s: its table of packages is how a reader finds them", name)
		}
	}
	for row := range strings.Lines(page) {
		cells := strings.Split(row, "|")
		if len(cells) < 4 || !strings.HasPrefix(strings.TrimSpace(cells[2]), "`") {
			continue
		}
		if name := strings.Trim(cells[2], " `"); !packages[name] {
			t.Errorf("docs/architecture.md lists %s, which is not in internal", name)
		}
	}
}
