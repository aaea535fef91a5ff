package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/diagram"
	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/planner"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/rows"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/verify"
)

// Run is one schema on its way. It is for one goroutine. Close it when done.
type Run struct {
	o      Options
	folder *folder
	record record
	set    *tabular.Set
	source *rows.Source
	state  *judge.State
	begun  time.Time
	report Report

	rounds [][]judge.Step
	at     int         // the round that is under way
	open   []*question // its questions; nil before it has begun
	calls  int         // that calls are labelled with
	ended  bool        // the run before came to its end
	failed error       // of what was written before the calls
	unread error       // why no rule reads the description; nil when one does
}

// Generate makes a schema from beginning to end.
func Generate(ctx context.Context, o Options) (_ *Report, err error) {
	r, err := Prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.Judge(ctx); err != nil {
		return nil, err
	}
	return r.Finish(ctx)
}

// Prepare reads and measures the inputs and makes a plan, without any call. Without
// inputs the plan is of the description alone.
func Prepare(ctx context.Context, o Options) (_ *Run, err error) {
	if len(o.Inputs) == 0 && strings.TrimSpace(o.Describe) == "" {
		return nil, fault.New(fault.Invalid, "there are no files to make a schema of, and no description")
	}
	o.Name = cmp.Or(schema.Identifier(cmp.Or(o.Name, filepath.Base(filepath.Clean(o.Out)))), "database")
	if len(o.Dialects) == 0 {
		o.Dialects = ddl.Dialects()
	}
	r := &Run{o: o, begun: time.Now(), rounds: rounds(o.Together)}
	if len(o.Inputs) == 0 {
		return r, r.describe(ctx)
	}
	if err = apart(o.Inputs, o.Out); err != nil {
		return nil, err
	}
	if r.folder, err = openFolder(o.Out); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close(), r.folder.leave())
		}
	}()
	o.tell(Progress{Step: "read"})
	if r.set, err = tabular.Open(ctx, o.Inputs, o.reading()); err != nil {
		return nil, err
	}
	o.tell(Progress{Step: "read", Detail: fmt.Sprintf("%d tables", len(r.set.Tables)), Done: true})
	ev, err := r.measure(ctx)
	if err != nil {
		return nil, err
	}
	if r.source, err = rows.New(r.set.Tables, ev); err != nil {
		return nil, err
	}
	r.state = &judge.State{Evidence: ev, Schema: planner.Make(ev, o.Name).Schema, Description: o.Describe}
	r.report.planned = clone(r.state.Schema)
	o.tell(Progress{Step: "plan", Detail: fmt.Sprintf("%d references, %d more are suspected", references(r.state.Schema), len(r.state.Schema.Suspected)), Done: true})
	return r, nil
}

func (o *Options) reading() tabular.Options {
	t := o.Reading
	t.Stdin = o.Stdin
	return t
}

// measure is the evidence: that of the run before where the inputs are the same.
func (r *Run) measure(ctx context.Context) (*evidence.Evidence, error) {
	now, err := newRecord(ctx, r.o)
	if err != nil {
		return nil, err
	}
	var before record
	var ev evidence.Evidence
	if r.o.Resume && r.folder.read(runFile, &before) && before.same(now) && r.folder.read("evidence.json", &ev) {
		r.record, r.ended = now, before.Finished
		if err := r.folder.json(runFile, now); err != nil {
			return nil, err
		}
		r.o.tell(Progress{Step: "measure", Detail: "the inputs are those of the run before", Done: true})
		return &ev, nil
	}
	if !r.o.Resume || !before.same(now) {
		if err := r.folder.clear("calls"); err != nil {
			return nil, err
		}
	}
	measured, err := profile.Run(ctx, r.set.Tables, profile.Options{
		Workers: r.o.Workers, Memory: r.o.Memory, TempDir: r.o.Reading.TempDir,
		Progress: func(p profile.Progress) {
			r.o.tell(Progress{Step: "measure", Detail: fmt.Sprintf("%s: %s, %d rows", p.Table, p.Step, p.Rows)})
		},
	})
	if err != nil {
		return nil, err
	}
	r.record = now
	if err := r.folder.json(runFile, now); err != nil {
		return nil, err
	}
	if err := r.folder.json("evidence.json", measured); err != nil {
		return nil, err
	}
	var sum int64
	for _, t := range measured.Tables {
		sum += t.Rows
	}
	r.o.tell(Progress{Step: "measure", Detail: fmt.Sprintf("%d rows of %d tables", sum, len(measured.Tables)), Done: true})
	return measured, nil
}

// Finish tries the schema on the engines, mends it, and writes everything.
func (r *Run) Finish(ctx context.Context) (*Report, error) {
	if r.unread != nil && len(r.state.Schema.Tables) == 0 {
		return nil, r.unread // the model has said nothing either
	}
	p, err := r.finish(ctx, r.state.Schema, r.o.tell)
	if err != nil {
		return nil, err
	}
	done := r.record
	done.Finished = true
	return p, r.folder.json(runFile, done)
}

// Pending writes everything as it is now, marked as what a model has still to
// review: the schema can be used until Finish replaces it.
func (r *Run) Pending(ctx context.Context) error {
	s := clone(r.state.Schema)
	s.Judged = schema.JudgedPending
	_, err := r.finish(ctx, s, func(Progress) {})
	return err
}

func (r *Run) finish(ctx context.Context, s *schema.Schema, tell func(Progress)) (*Report, error) {
	tell(Progress{Step: "verify"})
	out, err := verify.Mend(ctx, s, r.source, r.o.Engines)
	if err != nil {
		return nil, err
	}
	for _, res := range out.Results {
		tell(Progress{Step: "verify", Detail: res.Summary(), Done: true})
	}
	s.Order()
	if faults := s.Check(); len(faults) > 0 {
		return nil, fault.New(fault.Internal, "the schema has faults: %s", faults[0].Text)
	}
	tell(Progress{Step: "write"})
	results, err := r.folder.stage()
	if err != nil {
		return nil, err
	}
	p := r.reported(s, out)
	if err := errors.Join(r.write(ctx, results, s, p), results.unstage(r.folder)); err != nil {
		return nil, err
	}
	tell(Progress{Step: "write", Detail: r.o.Out, Done: true})
	return p, nil
}

// write puts all that comes of the run into a folder, and then in its place.
func (r *Run) write(ctx context.Context, results *folder, s *schema.Schema, p *Report) error {
	if err := r.forms(ctx, results, s); err != nil {
		return err
	}
	if err := results.json("report.json", p); err != nil {
		return err
	}
	if err := results.write("report.md", p.markdown(s)); err != nil {
		return err
	}
	return results.commit(r.folder)
}

// forms writes the schema in all its forms.
func (r *Run) forms(ctx context.Context, results *folder, s *schema.Schema) error {
	if err := results.json("schema.json", s); err != nil {
		return err
	}
	for _, d := range r.o.Dialects {
		if err := results.write("ddl/"+string(d)+".sql", ddl.Script(s, d)); err != nil {
			return err
		}
		if r.o.NoRows {
			continue
		}
		if err := results.write("load/"+string(d)+".sql", loadScript(s, d)); err != nil {
			return err
		}
	}
	if err := results.write("er.svg", diagram.SVG(s)); err != nil {
		return err
	}
	if err := results.write("er.mmd", diagram.Mermaid(s)); err != nil {
		return err
	}
	if r.o.NoRows {
		return nil
	}
	for i := range s.Tables {
		t := &s.Tables[i]
		if t.From.Table == "" {
			continue
		}
		if err := results.stream("load/"+t.Name+".csv", func(w io.Writer) error { return writeRows(ctx, w, r.source, t) }); err != nil {
			return err
		}
	}
	return nil
}

// Close frees what the run has open. What it has written stays.
func (r *Run) Close() error {
	if r.set == nil {
		return nil
	}
	return r.set.Close()
}

func references(s *schema.Schema) int {
	n := 0
	for i := range s.Tables {
		n += len(s.Tables[i].ForeignKeys)
	}
	return n
}
