package tabular

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/headgate/headgate/internal/fault"
)

// blob is a file's content that can be read as often as asked: a plain file, or
// what is packed in one.
type blob struct {
	source string // for people
	name   string // of the file inside, for its endings
	path   string // of the file on disk
	info   os.FileInfo
	size   int64 // of the file on disk
	time   time.Time
	unpack unpackFunc // nil: the file itself is the content
	o      Options
}

// unpackFunc opens what is packed in a file. packed says how many bytes of the file
// belong to what was read of it so far.
type unpackFunc func(f *os.File) (r io.Reader, packed func() int64, err error)

// newBlob looks at a regular file.
func newBlob(source, name, path string, o Options) (*blob, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &blob{source: source, name: name, path: path, info: info, size: info.Size(), time: info.ModTime(), o: o}, nil
}

// plain says that the file on disk is the content, so that it can be read anywhere.
func (b *blob) plain() bool { return b.unpack == nil }

// open reads the content from its beginning. Close the result.
func (b *blob) open(ctx context.Context) (io.ReadCloser, error) {
	f, err := os.Open(b.path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "open "+b.source, err)
	}
	s := &stream{ctx: ctx, blob: b, file: f, r: f, packed: func() int64 { return 0 }}
	if b.unpack == nil {
		return s, nil
	}
	if s.r, s.packed, err = b.unpack(f); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Invalid, "unpack "+b.source, err), f.Close())
	}
	return s, nil
}

// unchanged is an error when the file is not what it was when Open looked at it.
func (b *blob) unchanged() error {
	info, err := os.Stat(b.path)
	switch {
	case err != nil:
		return fault.Wrap(fault.Invalid, "look at "+b.source+" again", err)
	case info.Size() != b.size:
		return fault.New(fault.Invalid, "%s changed while it was read: it had %d bytes and has %d now. Run again when nothing writes to it.", b.source, b.size, info.Size())
	case !info.ModTime().Equal(b.time):
		return fault.New(fault.Invalid, "%s changed while it was read: it was written to at %s. Run again when nothing writes to it.", b.source, info.ModTime().Format(time.RFC3339))
	}
	return nil
}

// head returns the first bytes of the content, at most n.
func (b *blob) head(ctx context.Context, n int64) ([]byte, error) {
	r, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, n))
}

// The sizes of the samples from which the form of a file is found.
const (
	headSize = 128 << 10
	partSize = 64 << 10
)

// samples returns the head of the content and, of a plain file, parts of its middle
// and its end: 256 KiB at most.
func (b *blob) samples(ctx context.Context) ([][]byte, error) {
	head, err := b.head(ctx, headSize)
	if err != nil || !b.plain() || b.size < headSize+2*partSize {
		if err == nil && b.plain() && b.size > headSize {
			head, err = b.head(ctx, b.size)
		}
		return [][]byte{head}, err
	}
	samples := [][]byte{head}
	f, err := os.Open(b.path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, "open "+b.source, err)
	}
	defer f.Close()
	for _, at := range []int64{(headSize + b.size - 2*partSize) / 2, b.size - partSize} {
		part := make([]byte, partSize)
		n, err := f.ReadAt(part, at&^1) // even: characters may have two bytes
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fault.Wrap(fault.Invalid, "read "+b.source, err)
		}
		samples = append(samples, part[:n])
	}
	return samples, nil
}

// stream is an open blob. It ends with an error when its context is done, and when
// it grows beyond its bounds.
type stream struct {
	ctx    context.Context //nolint:containedctx // a reader's calls carry none
	blob   *blob
	file   *os.File
	r      io.Reader
	packed func() int64
	got    int64
}

// bombFrom is where the ratio begins to count: small files may well be all alike.
const bombFrom = 64 << 20

func (s *stream) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.got += int64(n)
	if s.blob.unpack != nil {
		if bomb := s.bounded(); bomb != nil {
			return n, bomb
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			// Readers above take this for the end of a last, short piece: they must not.
			err = errors.New("it ends in the middle")
		}
		if err != nil && !errors.Is(err, io.EOF) {
			err = fault.Wrap(fault.Invalid, "unpack "+s.blob.source+", which is damaged: make it anew", err)
		}
	}
	return n, err
}

func (s *stream) bounded() error {
	o := s.blob.o
	if s.got > o.MaxUnpacked {
		return fault.New(fault.Invalid, "%s unpacks to more than %d MiB: unpack it yourself, and name what is in it.", s.blob.source, o.MaxUnpacked>>20)
	}
	if packed := s.packed(); s.got > bombFrom && packed > 0 && s.got/packed > o.MaxRatio {
		return fault.New(fault.Invalid, "%s unpacks to more than %d times its size, as only a zip bomb does: unpack it yourself if you trust it, and name what is in it.", s.blob.source, o.MaxRatio)
	}
	return nil
}

func (s *stream) Close() error { return s.file.Close() }

// gunzip opens a gz file, with all the members that it may have.
func gunzip(f *os.File) (r io.Reader, packed func() int64, err error) {
	c := &counter{r: f}
	z, err := gzip.NewReader(c)
	return z, func() int64 { return c.n }, err
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
