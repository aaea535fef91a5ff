package workshop

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema/agent"
)

// jobFile is where a job is in its folder.
const jobFile = "job.json"

// path is a path of the job as the system has it.
func (w *Workshop) path(id, name string) string { return filepath.Join(w.opts.Dir, id, name) }

// relative is a text without the paths of this machine.
func (w *Workshop) relative(id, text string) string {
	return string(w.relativeBytes(id, []byte(text)))
}

func (w *Workshop) relativeBytes(id string, text []byte) []byte {
	sep := string(filepath.Separator)
	for _, dir := range []string{w.path(id, "in"), w.path(id, "out")} {
		text = bytes.ReplaceAll(text, []byte(dir+sep), nil)
		text = bytes.ReplaceAll(text, []byte(dir), []byte("."))
	}
	return text
}

// saveLocked writes a job down, without its report, which is a result.
func (w *Workshop) saveLocked(j *job) {
	kept := j.Job
	kept.Report = nil
	data, err := json.Marshal(kept)
	if err == nil {
		err = w.root.WriteFile(j.ID+"/"+jobFile, data, 0o600)
	}
	if err != nil {
		w.opts.Logger.Warn("what becomes of a schema cannot be written down", slog.String("schema", j.ID), slog.Any("error", err))
	}
}

func (w *Workshop) remove(name string) {
	if err := w.root.RemoveAll(name); err != nil {
		w.opts.Logger.Warn("files of a schema cannot be removed", slog.String("schema", path.Dir(name)), slog.Any("error", err))
	}
}

// removeLocked removes a job that is not running, once.
func (w *Workshop) removeLocked(j *job) {
	if w.jobs[j.ID] != j {
		return
	}
	delete(w.jobs, j.ID)
	w.remove(j.ID)
	close(j.gone)
	w.changeLocked(j)
	w.changedLocked()
}

// sweep removes what has expired.
func (w *Workshop) sweep(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sweepLocked(now)
}

func (w *Workshop) sweepLocked(now time.Time) {
	var ended []*job
	for _, j := range w.jobs {
		if j.State.Ended() {
			ended = append(ended, j)
		}
	}
	slices.SortFunc(ended, func(a, b *job) int { return cmp.Or(b.Ended.Compare(*a.Ended), cmp.Compare(a.ID, b.ID)) })
	for i, j := range ended {
		if i >= w.opts.Keep || !j.Expires.After(now) {
			w.removeLocked(j)
		}
	}
}

// load finds what an earlier process left.
func (w *Workshop) load() error {
	entries, err := fs.ReadDir(w.root.FS(), ".")
	if err != nil {
		return fault.Wrap(fault.Invalid, "read the folder of schemas", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range entries {
		var j Job
		data, err := w.root.ReadFile(e.Name() + "/" + jobFile)
		if err != nil || json.Unmarshal(data, &j) != nil || j.ID != e.Name() {
			w.remove(e.Name()) // an upload that was never ordered
			continue
		}
		j.Version = 1
		n := newJob(j)
		w.jobs[j.ID] = n
		if !j.State.Ended() {
			w.endLocked(n, Interrupted, "the gateway ended before it was done: send the files again")
			continue
		}
		if j.State == Done {
			n.Files = w.results(j.ID)
			n.Report = w.report(j.ID)
		}
	}
	w.sweepLocked(time.Now())
	return nil
}

func (w *Workshop) report(id string) *agent.Report {
	data, err := w.root.ReadFile(id + "/out/report.json")
	var r agent.Report
	if err != nil || json.Unmarshal(data, &r) != nil {
		return nil
	}
	return &r
}

// finish takes this machine's paths out of the results, and lists them.
func (w *Workshop) finish(j *job) error {
	for _, internal := range []string{"run.json", "evidence.json", "calls"} {
		w.remove(j.ID + "/out/" + internal) // they are for going on with a run, and hold samples
	}
	for _, f := range w.results(j.ID) {
		if strings.HasSuffix(f.Name, ".csv") {
			continue // rows are as they came
		}
		data, err := w.root.ReadFile(j.ID + "/" + f.path)
		if err != nil {
			return fault.Wrap(fault.Internal, "read a result", err)
		}
		if clean := w.relativeBytes(j.ID, data); !bytes.Equal(clean, data) {
			if err := w.root.WriteFile(j.ID+"/"+f.path, clean, 0o600); err != nil {
				return fault.Wrap(fault.Internal, "write a result", err)
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	j.Files, j.Report = w.results(j.ID), w.report(j.ID)
	return nil
}

// results are the files that may be fetched: a folder's name is part of a file's.
func (w *Workshop) results(id string) []File {
	files := []File{}
	err := fs.WalkDir(w.root.FS(), id+"/out", func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		below := strings.TrimPrefix(at, id+"/")
		name := strings.ReplaceAll(strings.TrimPrefix(below, "out/"), "/", "-")
		files = append(files, File{Name: name, Bytes: info.Size(), Type: mediaType(name), path: below})
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.opts.Logger.Warn("results of a schema cannot be listed", slog.String("schema", id), slog.Any("error", err))
	}
	return files
}

func mediaType(name string) string {
	switch path.Ext(name) {
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".md":
		return "text/markdown; charset=utf-8"
	}
	return "text/plain; charset=utf-8"
}

// Open opens a result of a schema by its name. The caller closes it.
func (w *Workshop) Open(id, name string) (*os.File, File, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	j := w.jobs[id]
	if j == nil {
		return nil, File{}, noJob()
	}
	i := slices.IndexFunc(j.Files, func(f File) bool { return f.Name == name })
	if i < 0 {
		return nil, File{}, fault.New(fault.NotFound, "the schema has no such file: files of GET /api/v1/schemas/%s has their names", id)
	}
	file, err := w.root.Open(id + "/" + j.Files[i].path)
	if err != nil {
		return nil, File{}, fault.Wrap(fault.Internal, "open a result", err)
	}
	return file, j.Files[i], nil
}
