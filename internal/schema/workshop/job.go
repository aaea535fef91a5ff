package workshop

import (
	"context"
	"time"

	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/ddl"
)

// State is how far a Job is.
type State string

// The states. Those after Running are ends.
const (
	Waiting     State = "waiting" // for others that came before
	Running     State = "running"
	Done        State = "done"
	Failed      State = "failed"
	Cancelled   State = "cancelled"   // somebody took it back; it is gone
	Interrupted State = "interrupted" // the gateway ended
)

// Ended reports whether nothing follows the state.
func (s State) Ended() bool { return s != Waiting && s != Running }

// Order says what is to be made.
type Order struct {
	// Name is the schema's; never empty.
	Name string `json:"name"`
	// Sentence is what the data is about, in somebody's own words; may be empty.
	Sentence string `json:"sentence"`
	// Dialects are those that DDL is written in.
	Dialects []ddl.Dialect `json:"dialects"`
	// Model is the one that is asked what the data leaves open; empty: nobody is.
	Model string `json:"model"`
	// Rows keeps a copy of all rows, to be loaded.
	Rows bool `json:"rows"`
}

// File is an upload or a result.
type File struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
	// Type is its media type; empty of an upload.
	Type string `json:"type,omitempty"`

	path string // below the job's folder
}

// Step is one thing that went on, or does.
type Step struct {
	// Number counts steps from 1; one that goes on is told again under its number.
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	// Step is read, measure, plan, one of the model's, verify or write.
	Step   string `json:"step"`
	Detail string `json:"detail"`
	// Waited is how long a call waited for its turn, or has so far, real time.
	Waited int64 `json:"waited_ms"`
	Done   bool  `json:"done"`

	version int64 // of the job, when it was told
}

// Job is a schema that is to be made, is being made, or was.
type Job struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	Order
	Inputs []File `json:"inputs"`
	// Ahead is how many are made or wait before it.
	Ahead   int        `json:"ahead"`
	Created time.Time  `json:"created"`
	Started *time.Time `json:"started"`
	Ended   *time.Time `json:"ended"`
	// Expires is when it is removed; null before it has ended.
	Expires *time.Time `json:"expires"`
	Steps   []Step     `json:"steps"`
	// Failure is why it did not get done; empty when it did, or may.
	Failure string `json:"failure"`
	// Report is what was found, doubted and decided; null before it is done.
	Report *agent.Report `json:"report"`
	Files  []File        `json:"files"`

	// Version rises with each change.
	Version int64 `json:"-"`
}

// News are the steps after a version.
func (j *Job) News(after int64) []Step {
	var news []Step
	for _, s := range j.Steps {
		if s.version > after {
			news = append(news, s)
		}
	}
	return news
}

// job is a Job with what only the workshop has of it.
type job struct {
	Job

	ctx     context.Context //nolint:containedctx // of a run, from its beginning to its end
	cancel  context.CancelFunc
	deleted bool
	changed chan struct{} // closed at the next change
	gone    chan struct{} // closed when it has been removed
}

func newJob(j Job) *job {
	return &job{Job: j, changed: make(chan struct{}), gone: make(chan struct{})}
}

// mostSteps bounds what is kept of steps: the newest.
const mostSteps = 200

// tell notes a step.
func (w *Workshop) tell(j *job, p agent.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Step{Number: 1, At: time.Now().UTC(), Step: p.Step, Detail: w.relative(j.ID, p.Detail), Waited: p.Waited.Milliseconds(), Done: p.Done}
	if n := len(j.Steps); n > 0 {
		last := &j.Steps[n-1]
		s.Number = last.Number + 1
		if !last.Done { // it goes on, or another one has followed
			s.Number = last.Number
			j.Steps = j.Steps[:n-1]
		}
	}
	if len(j.Steps) >= mostSteps {
		j.Steps = append(j.Steps[:0], j.Steps[1:]...)
	}
	w.changeLocked(j)
	s.version = j.Version
	j.Steps = append(j.Steps, s)
}

// changeLocked tells those who watch a job that it has changed.
func (w *Workshop) changeLocked(j *job) {
	j.Version++
	close(j.changed)
	j.changed = make(chan struct{})
}

// changedLocked tells all who watch one that waits: it may have moved up.
func (w *Workshop) changedLocked() {
	for _, j := range w.jobs {
		if !j.State.Ended() {
			w.changeLocked(j)
		}
	}
}

// endLocked writes an end down, and removes the uploads; all of it where it was
// deleted.
func (w *Workshop) endLocked(j *job, s State, failure string) {
	now := time.Now().UTC()
	j.State, j.Failure, j.Ended, j.Expires = s, failure, &now, new(now.Add(w.opts.KeepFor))
	w.changeLocked(j)
	if j.deleted {
		w.removeLocked(j)
		return
	}
	w.remove(j.ID + "/in")
	if s != Done {
		w.remove(j.ID + "/out")
	}
	w.saveLocked(j)
	w.changedLocked()
	w.sweepLocked(time.Now())
}
