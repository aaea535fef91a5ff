// Package agent makes a schema of files from beginning to end: it reads and
// measures them, plans, asks a model where there is one, tries the result on
// engines, and leaves all of it in a folder. A run that was broken off goes on
// where it was: no call is made twice.
package agent

import (
	"io"
	"time"

	"github.com/headgate/headgate/internal/schema/ddl"
	"github.com/headgate/headgate/internal/schema/judge"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/verify"
)

// Options say what to make a schema of, and how.
type Options struct {
	// Inputs are files and folders; "-" is Stdin.
	Inputs []string
	Stdin  io.Reader
	// Describe is what the user says that the data is about; may be empty.
	Describe string
	// Name is the schema's; empty: that of the folder of the run.
	Name string
	// Out is the folder of the run.
	Out string
	// Dialects are those that DDL is written in; none: all.
	Dialects []ddl.Dialect
	// Engines try the schema, the first one loads all rows.
	Engines []verify.Engine
	// Caller asks a model; nil: nobody is asked. Model is the one it asks: answers of
	// another one are not taken for its own when a run goes on.
	Caller judge.Caller
	Model  string
	// Together asks two steps in a call where both have something to ask: fewer
	// calls, for when requests are scarce.
	Together bool
	// AcceptScripted merges answers of an emulator's script.
	AcceptScripted bool
	// Resume goes on with the run that is in Out, where its inputs are the same.
	Resume bool
	// NoRows leaves out load/*.csv, a copy of all rows.
	NoRows bool
	// Cost is what a call costs, in nano-dollars; nil, or nil from it: not known.
	Cost func(model, pool string, u judge.Usage) *int64
	// Progress is told what goes on, from one goroutine at a time; may be nil.
	Progress func(Progress)
	// Reading bounds what is read.
	Reading tabular.Options
	// Workers and Memory are those of profile.Options.
	Workers int
	Memory  int64
	Version string // of this program, for the record
}

// Progress is one thing that goes on.
type Progress struct {
	Schema string
	// Step is read, measure, plan, one of the judge's, verify or write.
	Step   string
	Detail string // a few words; may be empty
	// Waited is how long a call waited for its turn, or has so far.
	Waited time.Duration
	// With are other schemas that the call is made for too.
	With []string
	Done bool // the step has ended
}

func (o *Options) tell(p Progress) {
	if o.Progress != nil {
		p.Schema = o.Name
		o.Progress(p)
	}
}
