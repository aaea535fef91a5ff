package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/schema"
)

// record is run.json: of what a run makes a schema.
type record struct {
	Version  string  `json:"version"`
	Name     string  `json:"name"`
	Describe string  `json:"describe"` // its hash
	Inputs   []input `json:"inputs"`
	// Finished says that the run came to its end.
	Finished bool `json:"finished,omitempty"`
}

// input is one file that a run reads.
type input struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // empty for a stream, and for what cannot be read
}

// newRecord reads the inputs once, for their hashes.
func newRecord(ctx context.Context, o Options) (record, error) {
	sum := sha256.Sum256([]byte(o.Describe))
	r := record{Version: o.Version, Name: o.Name, Describe: hex.EncodeToString(sum[:])}
	for _, path := range o.Inputs {
		if path == "-" {
			r.Inputs = append(r.Inputs, input{Path: "-"})
			continue
		}
		files := []string{path}
		if st, err := os.Stat(path); err == nil && st.IsDir() {
			entries, err := os.ReadDir(path)
			if err != nil {
				return r, fault.Wrap(fault.Denied, "read "+path, err)
			}
			files = nil
			for _, e := range entries {
				name := filepath.Join(path, e.Name())
				if st, err := os.Stat(name); err == nil && st.Mode().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
					files = append(files, name)
				}
			}
		}
		for _, name := range files {
			in, err := hashFile(ctx, name)
			if err != nil {
				return r, err
			}
			r.Inputs = append(r.Inputs, in)
		}
	}
	return r, nil
}

func hashFile(ctx context.Context, name string) (input, error) {
	if st, err := os.Stat(name); err != nil || !st.Mode().IsRegular() {
		return input{Path: name}, nil // a pipe cannot be read twice; what is gone is the reader's matter
	}
	f, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return input{Path: name}, nil // the reader says so where it matters
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, reading{ctx, f})
	if err != nil {
		return input{}, fmt.Errorf("read %s: %w", name, err)
	}
	return input{Path: name, Bytes: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// reading stops when its context ends.
type reading struct {
	ctx context.Context //nolint:containedctx // the reader of one call
	r   io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// same reports whether two runs read the same, with the same program. What is said
// about it may differ: calls are told apart by what they ask. What comes in by a
// stream, or cannot be read, is never known to be the same.
func (r record) same(o record) bool {
	stream := slices.ContainsFunc(o.Inputs, func(in input) bool { return in.SHA256 == "" })
	return !stream && r.Version == o.Version && r.Name == o.Name && slices.Equal(r.Inputs, o.Inputs)
}

func clone(s *schema.Schema) *schema.Schema {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // our own type, which always encodes
	}
	var out schema.Schema
	if err := json.Unmarshal(data, &out); err != nil {
		panic(err)
	}
	return &out
}
