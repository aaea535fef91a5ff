// Package eval measures how good schemas are: it makes one of each database below a
// folder that has its declared schema beside it, and compares.
package eval

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/rows"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/truth"
	"github.com/headgate/headgate/internal/schema/verify"
)

// TruthFile is the name of a declared schema.
const TruthFile = "ground_truth.json"

// Evaluation is how good the schemas of all sets are.
type Evaluation struct {
	Sets []Set `json:"sets"` // by name
	// Mean are the means over the sets, each counting once.
	Mean Figures `json:"mean"`
	// Pooled are the figures over the counts of all sets together.
	Pooled Figures `json:"pooled"`
}

// Set is one database.
type Set struct {
	Name string `json:"name"` // its folder, below the one that was given
	Figures
	// Executed says that an engine made the schema, Loaded that it took every row.
	Executed bool    `json:"executed"`
	Loaded   bool    `json:"loaded"`
	Seconds  float64 `json:"seconds"`
	// Missed is what was declared and not found, Wrong what was found and is not
	// declared.
	Missed []string `json:"missed"`
	Wrong  []string `json:"wrong"`

	score truth.Score
}

// Figures are shares from 0 to 1.
type Figures struct {
	Precision float64 `json:"fk_precision"`
	Recall    float64 `json:"fk_recall"`
	F1        float64 `json:"fk_f1"`
	// Visible is F1 over the references that rows show.
	Visible float64 `json:"fk_f1_visible"`
	Keys    float64 `json:"pk_accuracy"`
	Types   float64 `json:"type_accuracy"`
}

// Options are how to evaluate.
type Options struct {
	Engine   verify.Engine // makes and loads each schema
	TempDir  string
	Workers  int
	Progress func(name string, done, of int) // may be nil
}

// Run evaluates every database below dir.
func Run(ctx context.Context, dir string, o Options) (*Evaluation, error) {
	var dirs []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Name() == TruthFile {
			dirs = append(dirs, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		return nil, &fault.Error{Kind: fault.NotFound, Message: dir + " cannot be read", Err: err}
	}
	if len(dirs) == 0 {
		return nil, fault.New(fault.NotFound, "no folder below %s has a %s beside its files", dir, TruthFile)
	}
	out := &Evaluation{}
	var all truth.Score
	for i, d := range dirs {
		name, err := filepath.Rel(dir, d)
		if err != nil || name == "." {
			name = filepath.Base(d)
		}
		if o.Progress != nil {
			o.Progress(name, i, len(dirs))
		}
		s, err := one(ctx, d, o)
		if err != nil {
			return nil, fault.Wrap(fault.KindOf(err), "evaluate "+name, err)
		}
		s.Name = filepath.ToSlash(name)
		out.Sets = append(out.Sets, *s)
		all.References.Add(s.score.References)
		all.Visible.Add(s.score.Visible)
		all.Keys.Add(s.score.Keys)
		all.Types.Add(s.score.Types)
	}
	out.Pooled = figures(&all)
	n := float64(len(out.Sets))
	for _, s := range out.Sets {
		out.Mean.Precision += s.Precision / n
		out.Mean.Recall += s.Recall / n
		out.Mean.F1 += s.F1 / n
		out.Mean.Visible += s.Visible / n
		out.Mean.Keys += s.Keys / n
		out.Mean.Types += s.Types / n
	}
	return out, nil
}

func figures(s *truth.Score) Figures {
	return Figures{
		Precision: s.References.Precision(), Recall: s.References.Recall(), F1: s.References.F1(), Visible: s.Visible.F1(),
		Keys: s.Keys.Recall(), Types: s.Types.Recall(),
	}
}

// one evaluates one folder.
func one(ctx context.Context, dir string, o Options) (_ *Set, err error) {
	begun := time.Now()
	data, err := os.ReadFile(filepath.Join(dir, TruthFile)) //nolint:gosec // below the folder that the user names
	if err != nil {
		return nil, fault.Wrap(fault.NotFound, "read "+TruthFile, err)
	}
	declared, err := truth.Read(data)
	if err != nil {
		return nil, err
	}
	inputs, err := files(dir)
	if err != nil {
		return nil, err
	}
	set, err := tabular.Open(ctx, inputs, tabular.Options{TempDir: o.TempDir})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, set.Close()) }()
	ev, err := profile.Run(ctx, set.Tables, profile.Options{TempDir: o.TempDir, Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	s := planner.Make(ev, filepath.Base(dir)).Schema
	out := &Set{score: truth.Compare(declared, s, values(ev))}
	out.Figures, out.Missed, out.Wrong = figures(&out.score), listed(out.score.Missed), listed(out.score.Wrong)
	source, err := rows.New(set.Tables, ev)
	if err != nil {
		return nil, err
	}
	res, err := o.Engine.Try(ctx, s, source)
	if err != nil {
		return nil, err
	}
	out.Executed, out.Loaded = res.Executed, res.Executed && res.Held() && whole(s, ev, &res)
	out.Seconds = time.Since(begun).Seconds()
	return out, nil
}

// whole reports whether every row of the files was loaded.
func whole(s *schema.Schema, ev *evidence.Evidence, res *verify.Result) bool {
	for _, t := range ev.Tables {
		i := slices.IndexFunc(s.Tables, func(o schema.Table) bool { return o.ID == t.ID })
		if i < 0 || res.Loaded[s.Tables[i].Name] != t.Rows {
			return false
		}
	}
	return true
}

// files are the data of a folder.
func files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fault.Wrap(fault.NotFound, "read "+dir, err)
	}
	var out []string
	for _, e := range entries {
		name := e.Name()
		if e.Type().IsRegular() && name != TruthFile && !strings.HasPrefix(name, ".") && filepath.Ext(name) != ".txt" && filepath.Ext(name) != ".md" {
			out = append(out, filepath.Join(dir, name))
		}
	}
	return out, nil
}

// values says of columns whether they have any, and whether all are whole numbers.
func values(ev *evidence.Evidence) func(table, column string) (some, whole bool) {
	type place struct{ table, column string }
	type what struct{ some, whole bool }
	of := map[place]what{}
	for _, t := range ev.Tables {
		for _, c := range t.Columns {
			of[place{t.Name, c.Name}] = what{c.Nulls+c.Blanks < t.Rows, c.Type == evidence.TypeInteger}
		}
	}
	return func(table, column string) (some, whole bool) {
		w := of[place{table, column}]
		return w.some, w.whole
	}
}

func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
