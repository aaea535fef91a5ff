package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/profile"
	"github.com/headgate/headgate/internal/schema/tabular"
)

// expectation is what is known of a messy file.
type expectation struct {
	Delimiter string `json:"delimiter"`
	Header    *int64 `json:"header_row"`
	Rows      int64  `json:"data_rows"`
}

// dirty reads messy files and compares with what is known of them.
func dirty(ctx context.Context, p *page, dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "EXPECTATIONS.json")) //nolint:gosec // the folder that the user names
	if err != nil {
		p.line("\nMessy files: skipped, %s has no EXPECTATIONS.json.", dir)
		return nil //nolint:nilerr // it is said in the page
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("read EXPECTATIONS.json: %w", err)
	}
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		var want expectation
		if json.Unmarshal(raw[name], &want) != nil || want.Header == nil || want.Delimiter == "" {
			continue // a note, or a file of another kind
		}
		t, err := measure(ctx, filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		types := map[evidence.Type]int{}
		for _, c := range t.Columns {
			types[c.Type]++
		}
		var counts []string
		for _, k := range slices.Sorted(maps.Keys(types)) {
			counts = append(counts, fmt.Sprintf("%d %s", types[k], k))
		}
		rows = append(rows, []string{
			name, yes(t.Read.Delimiter == want.Delimiter), yes(t.Read.Header && t.Read.Preamble == *want.Header),
			fmt.Sprint(t.Rows), known(want.Rows), strings.Join(counts, ", "), fmt.Sprint(len(t.Dependencies)),
		})
	}
	p.table("Messy files", []string{"file", "delimiter right", "header right", "rows:", "known rows:", "types of columns", "dependencies:"}, rows)
	return nil
}

// known is a count that is known, or nothing.
func known(rows int64) string {
	if rows == 0 {
		return ""
	}
	return fmt.Sprint(rows)
}

func measure(ctx context.Context, path string) (_ *evidence.Table, err error) {
	set, err := tabular.Open(ctx, []string{path}, tabular.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, set.Close()) }()
	ev, err := profile.Run(ctx, set.Tables, profile.Options{})
	if err != nil {
		return nil, err
	}
	return &ev.Tables[0], nil
}
