package tabular

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/headgate/headgate/internal/fault"
)

// openPipe opens a named pipe, which waits for somebody who writes to it, or for ctx
// to end.
func openPipe(ctx context.Context, path string) (*os.File, error) {
	type opened struct {
		pipe *os.File
		err  error
	}
	done := make(chan opened, 1)
	go func() {
		pipe, err := os.Open(path) //nolint:gosec // the user names the file
		done <- opened{pipe, err}
	}()
	select {
	case o := <-done:
		return o.pipe, fault.Wrap(fault.Invalid, "open "+path, o.err)
	case <-ctx.Done():
	}
	// A pipe that somebody opens for writing is open for reading as well: so the one
	// who waits wakes up.
	writer, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the user names the file
	if err != nil {
		return nil, ctx.Err() // the pipe is gone
	}
	o := <-done
	err = errors.Join(ctx.Err(), writer.Close())
	if o.err == nil {
		err = errors.Join(err, o.pipe.Close())
	}
	return nil, err
}

// contextReader ends when its context is done, also where a read waits for a
// terminal or a pipe that stays silent. Such a read is left alone: nothing ends it
// but more input, the closing of the pipe or the end of the program.
type contextReader struct {
	ctx context.Context //nolint:containedctx // a reader's calls carry none
	r   io.Reader
	buf []byte
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.buf == nil {
		c.buf = make([]byte, 64<<10)
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	buf := c.buf[:min(len(p), len(c.buf))] // not p, which is the caller's again after we returned
	go func() {
		n, err := c.r.Read(buf)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		return copy(p, buf[:r.n]), r.err
	case <-c.ctx.Done():
		return 0, c.ctx.Err()
	}
}
