package tabular

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/headgate/headgate/internal/fault"
)

// maxMembers is how many members of an archive are looked at.
const maxMembers = 10000

// gz adds what is packed in a gz file.
func (f *finder) gz(ctx context.Context, b *blob) error {
	if !b.plain() {
		f.skip(b.source, "is packed twice: unpack it once, and name the result.")
		return nil
	}
	inner := *b
	inner.unpack = gunzip
	inner.name = strings.TrimSuffix(b.name, ".gz")
	return f.content(ctx, &inner)
}

// zipped adds what a zip file holds: the sheets of a workbook, or the tables in the
// members of an archive.
func (f *finder) zipped(ctx context.Context, b *blob) error {
	if !b.plain() {
		return f.zippedWithin(ctx, b)
	}
	archive, err := zip.OpenReader(b.path)
	if err != nil {
		return fault.Wrap(fault.Invalid, "open the zip archive, which is damaged: make it anew", err)
	}
	defer archive.Close()
	switch office(archive.File) {
	case "xl":
		return f.xlsx(ctx, b)
	case "":
		return f.members(ctx, b, archive.File)
	}
	f.skip(b.source, "is an office document, not a table: save its tables as xlsx or CSV.")
	return nil
}

// zippedWithin adds the sheets of a workbook that is packed itself. An archive in an
// archive is refused: that is how small files grow beyond all bounds.
func (f *finder) zippedWithin(ctx context.Context, b *blob) error {
	const first = 30 // bytes of a member's header, before its name
	head, err := b.head(ctx, first+64)
	if err != nil {
		return err
	}
	name := string(head[min(first, len(head)):])
	if !slices.ContainsFunc([]string{"[Content_Types].xml", "_rels/", "xl/", "docProps/"}, func(s string) bool { return strings.HasPrefix(name, s) }) {
		f.skip(b.source, "is an archive in an archive: unpack the outer one, and name the result.")
		return nil
	}
	spooled, err := f.unpacked(ctx, b)
	if err != nil {
		return err
	}
	archive, err := zip.OpenReader(spooled.path)
	if err != nil {
		return fault.Wrap(fault.Invalid, "open the zip archive, which is damaged: make it anew", err)
	}
	defer archive.Close()
	if office(archive.File) == "xl" {
		return f.xlsx(ctx, spooled)
	}
	f.skip(b.source, "is an archive in an archive: unpack the outer one, and name the result.")
	return nil
}

// unpacked spools what is packed, for readers that jump about in a file.
func (f *finder) unpacked(ctx context.Context, b *blob) (*blob, error) {
	if b.plain() {
		return b, nil
	}
	r, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	spool, err := f.spool(ctx, b.source, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return newBlob(b.source, b.name, spool, f.o)
}

// office says of which kind an office document is: xl for a workbook, empty when it
// is none.
func office(members []*zip.File) string {
	for _, m := range members {
		switch m.Name {
		case "xl/workbook.xml":
			return "xl"
		case "word/document.xml", "ppt/presentation.xml", "content.xml", "mimetype":
			return "other"
		}
	}
	return ""
}

// members adds the tables of an archive, in the order of their names. Names are for
// people only: nothing is ever written to where they point.
func (f *finder) members(ctx context.Context, b *blob, members []*zip.File) error {
	if len(members) == 0 {
		f.skip(b.source, "is an empty archive: there is nothing to make a table of.")
	}
	if len(members) > maxMembers {
		return fault.New(fault.Invalid, "it has %d members, more than %d: unpack it, and name those that matter", len(members), maxMembers)
	}
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(members[a].Name, members[b].Name) })
	room := f.o.MaxUnpacked
	for _, i := range order {
		m := members[i]
		base := path.Base(m.Name)
		if m.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(m.Name, "__MACOSX/") {
			continue
		}
		source := b.source + ": " + printable(m.Name)
		if why := f.refused(m, room); why != "" {
			f.skip(source, why)
			continue
		}
		room -= int64(m.UncompressedSize64) //nolint:gosec // below room
		inner := *b
		inner.source, inner.name, inner.unpack = source, base, unzip(i, b.size)
		if err := f.content(ctx, &inner); err != nil {
			if ctx.Err() != nil {
				return err
			}
			f.skip(source, "cannot be read: "+reason(err))
		}
	}
	return nil
}

// refused says why a member is not even opened, from what the archive claims; empty
// when it may be. What is read is bounded by what is true: see stream.
func (f *finder) refused(m *zip.File, room int64) string {
	const encrypted = 1
	switch size := m.UncompressedSize64; {
	case m.Flags&encrypted != 0:
		return "is encrypted: unpack it with its password, and name the result."
	case m.Mode()&fs.ModeType != 0:
		return "is a link or a device, not a file."
	case size > uint64(room): //nolint:gosec // room is not negative
		return fmt.Sprintf("unpacks to %d MiB, with what comes before it to more than %d MiB: unpack the archive yourself, and name what is in it.", size>>20, f.o.MaxUnpacked>>20)
	case size > bombFrom && size/max(m.CompressedSize64, 1) > uint64(f.o.MaxRatio): //nolint:gosec // not negative
		return fmt.Sprintf("unpacks to more than %d times its size, as only a zip bomb does: unpack it yourself if you trust it.", f.o.MaxRatio)
	}
	return ""
}

// unzip opens a member of an archive of a size by its number.
func unzip(number int, size int64) unpackFunc {
	return func(f *os.File) (io.Reader, func() int64, error) {
		archive, err := zip.NewReader(f, size)
		if err != nil {
			return nil, nil, err
		}
		if number >= len(archive.File) {
			return nil, nil, fault.New(fault.Invalid, "the archive changed while it was read")
		}
		m := archive.File[number]
		r, err := m.Open()
		packed := int64(min(m.CompressedSize64, uint64(size))) //nolint:gosec // at most size
		return r, func() int64 { return max(packed, 1) }, err
	}
}

// printable takes control characters off a name that somebody else chose.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, name)
}
