package workshop

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

// Upload is a file that is sent.
type Upload struct {
	Name string
	Body io.Reader
}

// TooLargeError says that uploads have more bytes than they may.
type TooLargeError struct{}

// Error says so.
func (TooLargeError) Error() string { return "the uploads are too large" }

// Submission takes the files of a schema in, before it is ordered. Call Order once,
// or Discard.
type Submission struct {
	w     *Workshop
	id    string
	files []File
	left  int64 // bytes that may still come
}

// Submit begins a submission of at most so many bytes in all. An error of kind
// Throttled says that too many wait.
func (w *Workshop) Submit(most int64) (*Submission, error) {
	w.mu.Lock()
	closing := w.closing
	waiting := 0
	for _, j := range w.jobs {
		if j.State == Waiting {
			waiting++
		}
	}
	w.mu.Unlock()
	switch {
	case closing:
		return nil, fault.New(fault.Throttled, "the gateway ends: send it to the next one")
	case waiting >= w.opts.Queue:
		return nil, fault.New(fault.Throttled, "%d schemas wait already: try again when some are done", waiting)
	}
	s := &Submission{w: w, id: "s_" + strings.ToLower(rand.Text()[:20]), left: most}
	for _, dir := range []string{s.id, s.id + "/in"} {
		if err := w.root.Mkdir(dir, 0o700); err != nil {
			return nil, fault.Wrap(fault.Internal, "make a folder for uploads", err)
		}
	}
	return s, nil
}

// Add takes a file in, under a name of its own that is no path. Whether it holds a
// table is for who reads it. Past the bytes that may come the error is a
// TooLargeError.
func (s *Submission) Add(u Upload) error {
	if why := badName(u.Name); why != "" {
		return fault.New(fault.Invalid, "the name of a file %s", why)
	}
	if slices.ContainsFunc(s.files, func(f File) bool { return strings.EqualFold(f.Name, u.Name) }) {
		return fault.New(fault.Invalid, "two files have the name %q", u.Name)
	}
	n, err := s.w.copied(s.id+"/in/"+u.Name, u.Body, s.left)
	if err != nil {
		return err
	}
	s.left -= n
	s.files = append(s.files, File{Name: u.Name, Bytes: n})
	return nil
}

// badName says what is wrong with a name as that of a file; empty when nothing is.
func badName(name string) string {
	switch {
	case name == "":
		return "is missing"
	case len(name) > 200:
		return "has more than 200 bytes"
	case strings.ContainsAny(name, `/\:`):
		return "is a path: a name alone is wanted"
	case strings.HasPrefix(name, "."):
		return "begins with a dot"
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }):
		return "has signs that cannot be shown"
	}
	return ""
}

// Files are those that were taken in.
func (s *Submission) Files() []File { return slices.Clone(s.files) }

// Discard removes what was taken in.
func (s *Submission) Discard() { s.w.remove(s.id) }

// Order has the schema made when it is its turn.
func (s *Submission) Order(o Order) (Job, error) {
	w := s.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing {
		w.remove(s.id)
		return Job{}, fault.New(fault.Throttled, "the gateway ends: send it to the next one")
	}
	j := newJob(Job{
		ID: s.id, State: Waiting, Order: o, Inputs: append([]File{}, s.files...), Created: time.Now().UTC(), Steps: []Step{}, Files: []File{}, Version: 1,
	})
	w.jobs[j.ID] = j
	w.saveLocked(j)
	select {
	case w.work <- struct{}{}:
	default: // whoever is free looks before it waits
	}
	return w.seenLocked(j), nil
}

// seenLocked is a job as it is now, for others to keep.
func (w *Workshop) seenLocked(j *job) Job {
	seen := j.Job
	seen.Steps, seen.Files, seen.Inputs = slices.Clone(j.Steps), slices.Clone(j.Files), slices.Clone(j.Inputs)
	for _, o := range w.jobs {
		if j.State == Waiting && o != j && (o.State == Running || o.State == Waiting && o.Created.Before(j.Created)) {
			seen.Ahead++
		}
	}
	return seen
}

// Jobs are all that there are, the newest first.
func (w *Workshop) Jobs() []Job {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]Job, 0, len(w.jobs))
	for _, j := range w.jobs {
		all = append(all, w.seenLocked(j))
	}
	slices.SortFunc(all, func(a, b Job) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) })
	return all
}

// Job is one of them. The channel is closed at its next change.
func (w *Workshop) Job(id string) (_ Job, changed <-chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	j := w.jobs[id]
	if j == nil {
		return Job{}, nil, noJob()
	}
	return w.seenLocked(j), j.changed, nil
}

func noJob() error {
	return fault.New(fault.NotFound, "there is no such schema: it was never ordered, was deleted, or has expired")
}

// Delete cancels what is being made and removes all that there is of it. It returns
// when that is done; when ctx ends before, it is done all the same.
func (w *Workshop) Delete(ctx context.Context, id string) error {
	w.mu.Lock()
	j := w.jobs[id]
	if j == nil {
		w.mu.Unlock()
		return noJob()
	}
	j.deleted = true
	switch j.State {
	case Running:
		j.cancel()
	case Waiting:
		w.endLocked(j, Cancelled, "it was cancelled")
	default:
		w.removeLocked(j)
	}
	w.mu.Unlock()
	select {
	case <-j.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
