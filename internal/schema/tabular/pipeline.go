package tabular

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/headgate/headgate/internal/fault"
)

// chunkSize is how much of a stream one worker gets at a time.
const chunkSize = 512 << 10

// chunk is a piece of a stream that holds whole records.
type chunk struct {
	text   []byte // the worker's own, to its capacity
	offset int64  // of text in the stream
	// before gets the numbers of rows in all chunks before, as soon as they are
	// known; after is where this chunk's worker passes on the sums.
	before <-chan counts
	after  chan<- counts
}

// maxLevels is how many tables deep rows may be nested.
const maxLevels = 8

// counts are numbers of rows: of the table at each level of nesting, the outermost
// first.
type counts [maxLevels]int64

// numbers waits for the numbers of the chunk's first rows. It cannot wait for ever:
// chunks are handed out in order, and the worker with the earliest has it.
func (c *chunk) numbers(ctx context.Context) (counts, error) {
	select {
	case n := <-c.before:
		return n, nil
	case <-ctx.Done():
		return counts{}, ctx.Err()
	}
}

// pipeline cuts r into chunks and lets workers read them. work must send to after
// once, unless it returns an error. Memory is bounded by two chunks a worker and
// the longest record.
func pipeline(ctx context.Context, r io.Reader, s splitter, workers int, work func(ctx context.Context, worker int, c *chunk) error) error {
	return pipelineOf(ctx, r, s, workers, chunkSize, work)
}

func pipelineOf(ctx context.Context, r io.Reader, s splitter, workers, size int, work func(ctx context.Context, worker int, c *chunk) error) error {
	g, ctx := errgroup.WithContext(ctx)
	spare := make(chan []byte, 2*workers)
	for range cap(spare) {
		spare <- nil
	}
	chunks := make(chan *chunk, workers)
	g.Go(func() error {
		defer close(chunks)
		return feed(ctx, r, s, size, spare, chunks)
	})
	for worker := range workers {
		g.Go(func() error {
			for c := range chunks {
				if err := work(ctx, worker, c); err != nil {
					return err
				}
				spare <- c.text[:0] // never blocks: it came from there
			}
			return nil
		})
	}
	return g.Wait()
}

// feed cuts the stream and hands out the chunks in order.
func feed(ctx context.Context, r io.Reader, s splitter, size int, spare <-chan []byte, chunks chan<- *chunk) error {
	var (
		left   []byte // not cut off yet
		offset int64
		before = make(chan counts, 1)
	)
	before <- counts{}
	for eof := false; !eof; {
		var text []byte
		select {
		case text = <-spare:
		case <-ctx.Done():
			return ctx.Err()
		}
		text = append(text[:0], left...)
		n := 0
		for n == 0 && !eof {
			var err error
			if text, err = more(r, text, max(size, len(text))); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			eof = err != nil
			if n = s.cut(text, eof); n == 0 && len(text) > maxRow {
				return fault.New(fault.Invalid, "The record at byte %d is longer than %d MiB: this is no table of rows, or the line ends between them are missing.", offset, maxRow>>20)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		left = append(left[:0], text[n:]...)
		after := make(chan counts, 1)
		select {
		case chunks <- &chunk{text: text[:n], offset: offset, before: before, after: after}:
		case <-ctx.Done():
			return ctx.Err()
		}
		before, offset = after, offset+int64(n)
	}
	return nil
}

// more appends n bytes of r to text, or what there is and io.EOF.
func more(r io.Reader, text []byte, n int) ([]byte, error) {
	from := len(text)
	if cap(text) < from+n {
		text = append(make([]byte, 0, from+n+n/8), text...)
	}
	got, err := io.ReadFull(r, text[from:from+n])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return text[:from+got], err
}
