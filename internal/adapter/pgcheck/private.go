package pgcheck

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/verify"
)

// Private is a PostgreSQL server of this process's own, of the programs that are
// installed on the machine: in a temporary folder, reached by a socket in it and by
// no port, and gone with its folder when Run ends. Where there is none, or it does
// not start, schemas are parsed, and the result says why. It is safe for concurrent
// use.
type Private struct {
	tempDir string
	ready   chan struct{} // closed when server and why are known
	server  Server
	why     string // there is no server
}

var _ verify.Engine = (*Private)(nil)

// NewPrivate is a server that Run will start, in tempDir; empty: the system's. The
// path of a socket must be short, so tempDir should be.
func NewPrivate(tempDir string) *Private {
	return &Private{tempDir: tempDir, ready: make(chan struct{})}
}

// Run starts the server, which takes about a second, and stops it and removes all
// of it when ctx ends. What a crash left of earlier ones goes first. It must be
// called once. That there is no server is no error.
func (p *Private) Run(ctx context.Context) error {
	l, err := launch(ctx, p.tempDir)
	switch {
	case ctx.Err() != nil:
		p.why = "the run was broken off"
	case err != nil:
		p.why = fault.Message(err)
	default:
		p.server.DSN = l.dsn()
	}
	close(p.ready)
	if l == nil {
		return nil
	}
	select {
	case <-ctx.Done():
	case <-l.exited: // trials will say so
	}
	return l.stop()
}

// Try waits for the server and makes the schema in it. See verify.Engine.
func (p *Private) Try(ctx context.Context, s *schema.Schema, rows verify.Rows) (verify.Result, error) {
	select {
	case <-p.ready:
	case <-ctx.Done():
		return verify.Result{}, ctx.Err()
	}
	if p.why == "" {
		return p.server.Try(ctx, s, rows)
	}
	r, err := Parser{}.Try(ctx, s, rows)
	r.Why = p.why
	return r, err
}

// programs finds initdb and postgres, on the path or where Debian keeps them.
func programs() (initdb, postgres string, err error) {
	var dirs []string
	if found, err := exec.LookPath("postgres"); err == nil {
		if found, err = filepath.EvalSymlinks(found); err == nil {
			dirs = append(dirs, filepath.Dir(found))
		}
	}
	kept, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", "", fault.Wrap(fault.Internal, "look for PostgreSQL", err)
	}
	slices.Reverse(kept) // the newest first
	for _, dir := range append(dirs, kept...) {
		initdb, errI := exec.LookPath(filepath.Join(dir, "initdb"))
		postgres, errP := exec.LookPath(filepath.Join(dir, "postgres"))
		if errI == nil && errP == nil {
			return initdb, postgres, nil
		}
	}
	return "", "", fault.New(fault.NotFound, "no PostgreSQL is installed here: give the address of a server, or install postgresql")
}
