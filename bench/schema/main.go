// Command schema measures the schema agent without a model and writes what it found
// to bench/schema.md: how good schemas of databases are that declare theirs, how
// messy files are read, and how fast and in how little memory a large file is
// profiled. What is not on this machine is left out, and said to be.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, role+":", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/schema: error:", err)
		os.Exit(1)
	}
}

// run measures everything and writes the page, whole or not at all.
func run(ctx context.Context) error {
	rows := flag.Int64("rows", 10_000_000, "rows of the file that is profiled")
	out := flag.String("out", filepath.Join("bench", "schema.md"), "where the tables are written")
	flag.Parse()
	p := newPage()
	if dir := schemadata(); dir == "" {
		p.line("Databases: skipped, there are none: HEADGATE_SCHEMADATA names no folder and ../shared/schemadata is not there.")
	} else {
		if err := databases(ctx, p, dir); err != nil {
			return err
		}
		if err := dirty(ctx, p, filepath.Join(dir, "dirty")); err != nil {
			return err
		}
	}
	if err := speed(ctx, p, *rows); err != nil {
		return err
	}
	if err := os.WriteFile(*out+".part", []byte(p.String()), 0o600); err != nil {
		return err
	}
	if err := os.Rename(*out+".part", *out); err != nil {
		return err
	}
	fmt.Println("wrote", *out)
	return nil
}

// schemadata is the folder of databases with their declared schemas; empty for none.
func schemadata() string {
	for _, dir := range []string{os.Getenv("HEADGATE_SCHEMADATA"), filepath.Join("..", "shared", "schemadata"), filepath.Join("..", "..", "shared", "schemadata")} {
		if _, err := os.Stat(filepath.Join(dir, "spider_en")); strings.TrimSpace(dir) != "" && err == nil { //nolint:gosec // the folder that the user names
			return dir
		}
	}
	return ""
}
