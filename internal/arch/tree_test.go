package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is the module path that our own imports begin with.
const module = "github.com/headgate/headgate"

// file is one Go file of the tree.
type file struct {
	// Path is relative to the root, with forward slashes.
	Path string
	// Dir is the folder of Path: the package without the module's name.
	Dir  string
	Test bool
	AST  *ast.File
	Fset *token.FileSet
	Text string
}

// imports lists the import paths of f in the order of the source.
func (f file) imports() []string {
	paths := make([]string, 0, len(f.AST.Imports))
	for _, spec := range f.AST.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// root is the folder that holds go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("the root of the module is not where these tests look for it: %v", err)
	}
	return dir
}

// skipped reports whether a folder holds nothing that these rules are about:
// other people's code, build output, or what version control does not keep.
func skipped(name string) bool {
	return slices.Contains([]string{"node_modules", "bin", "dist", "__pycache__"}, name) ||
		(strings.HasPrefix(name, ".") && name != "." && name != ".ci" && name != ".github")
}

// goFiles parses every Go file of the tree, sorted by path.
func goFiles(t *testing.T) []file {
	t.Helper()
	fset := token.NewFileSet()
	var files []file
	walk(t, func(rel string, text []byte) {
		if path.Ext(rel) != ".go" {
			return
		}
		tree, err := parser.ParseFile(fset, rel, text, parser.ParseComments)
		if err != nil {
			t.Errorf("%s does not parse: %v", rel, err)
			return
		}
		files = append(files, file{
			Path: rel,
			Dir:  path.Dir(rel),
			Test: strings.HasSuffix(rel, "_test.go"),
			AST:  tree,
			Fset: fset,
			Text: string(text),
		})
	})
	if len(files) == 0 {
		t.Fatal("no Go files found: these tests would pass whatever the tree holds")
	}
	return files
}

// walk calls visit with every regular file of the tree.
func walk(t *testing.T, visit func(rel string, text []byte)) {
	t.Helper()
	tree := os.DirFS(root(t))
	err := fs.WalkDir(tree, ".", func(rel string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case !d.Type().IsRegular(), rel == ".git": // a file in a linked work tree
			return nil
		}
		text, err := fs.ReadFile(tree, rel)
		if err != nil {
			return err
		}
		visit(rel, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
