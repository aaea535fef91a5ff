package tabular

import (
	"bytes"
	"context"
)

// lookSize is how much of a file tells its format.
const lookSize = 8 << 10

// content adds the tables of a blob, by what its first bytes say.
func (f *finder) content(ctx context.Context, b *blob) error {
	head, err := b.head(ctx, lookSize)
	if err != nil {
		return err
	}
	if len(head) == 0 {
		f.skip(b.source, "is empty: there is nothing to make a table of.")
		return nil
	}
	if len(head) == 1 {
		f.skip(b.source, "has one byte: that is no table.")
		return nil
	}
	if what, cure := Foreign(head); what != "" {
		f.skip(b.source, "is "+what+", not a table: "+cure)
		return nil
	}
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return f.gz(ctx, b)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return f.zipped(ctx, b)
	case bytes.HasPrefix(head, []byte("PAR1")):
		return f.parquet(ctx, b)
	case looksJSON(head) || claimsJSON(b.name):
		return f.json(ctx, b)
	}
	return f.csv(ctx, b)
}

// Foreign names the format of a file that holds no table that is read here, and
// what to do about it; empty when it may be one.
func Foreign(head []byte) (what, cure string) {
	const export = "export its tables as CSV."
	for _, m := range []struct{ magic, what, cure string }{
		{"SQLite format 3\x00", "a SQLite database", export},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Office file", "open it, and save it as xlsx without a password, or as CSV."},
		{"%PDF-", "a PDF", "export what its tables were made from."},
		{"\x89PNG", "a picture", "name data files."},
		{"\xff\xd8\xff", "a picture", "name data files."},
		{"GIF8", "a picture", "name data files."},
		{"\x7fELF", "a program", "name data files."},
		{"BZh", "packed with bzip2", "unpack it, or pack it with gzip."},
		{"\xfd7zXZ\x00", "packed with xz", "unpack it, or pack it with gzip."},
		{"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it, or pack it with gzip."},
		{"7z\xbc\xaf\x27\x1c", "packed with 7-Zip", "unpack it, or pack it as zip."},
		{"Rar!\x1a\x07", "packed with RAR", "unpack it, or pack it as zip."},
		{"ARROW1", "an Arrow file", "write it as Parquet or CSV."},
		{"FEA1", "a Feather file", "write it as Parquet or CSV."},
		{"ORC", "an ORC file", "write it as Parquet or CSV."},
		{"Obj\x01", "an Avro file", "write it as Parquet or JSON lines."},
		{"{\\rtf", "a text document", export},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) && (m.magic != "ORC" || bytes.IndexByte(head, 0) >= 0) {
			return m.what, m.cure
		}
	}
	start := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, tag := range []string{"<!doctype html", "<html", "<?xml", "<svg", "<table"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return "HTML or XML", "write its rows as CSV or JSON."
		}
	}
	if !packed(head) && looksBinary(head) {
		return "binary", "export its tables as CSV or JSON."
	}
	return "", ""
}

// looksBinary says that bytes are no text in any encoding: controls, and many zeros that
// are not those of UTF-16.
func looksBinary(head []byte) bool {
	if e := detectEncoding([][]byte{head}); e.name == encodingUTF16LE || e.name == encodingUTF16BE {
		return false
	}
	controls, zeros := 0, 0
	for _, c := range head {
		if c == 0 {
			zeros++ // some writers pad cells with them: they are left out of texts
			continue
		}
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b && (c < 0x1c || c > 0x1f) && c != 1 && c != 2 {
			controls++
		}
	}
	return controls > len(head)/100+1 || zeros > len(head)/8+1
}

// packed says that a file is of a format that is read here though it is binary.
func packed(head []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "PK\x05\x06", "\x1f\x8b", "PAR1"} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}
