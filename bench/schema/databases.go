package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/schema/eval"
)

// databases scores the schema of every database that declares its own.
func databases(ctx context.Context, p *page, dir string) error {
	engines, err := daemon.OpenSchemaEngines(ctx, nil, daemon.SchemaServers{None: true})
	if err != nil {
		return err
	}
	o := eval.Options{Engine: engines.List[0], Progress: func(name string, done, of int) {
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", done+1, of, name)
	}}
	var named eval.Figures
	var sets []eval.Set
	names := []string{"chinook", "northwind", "sakila", "oracle_hr"}
	for _, name := range names {
		e, err := eval.Run(ctx, filepath.Join(dir, name), o)
		if err != nil {
			return err
		}
		sets = append(sets, e.Sets...)
		n := float64(len(names))
		named.Visible += e.Mean.Visible / n
		named.Keys += e.Mean.Keys / n
		named.Types += e.Mean.Types / n
	}
	spider, err := eval.Run(ctx, filepath.Join(dir, "spider_en"), o)
	if err != nil {
		return err
	}
	sets = append(sets, spider.Sets...)
	loaded := 0
	for _, s := range sets {
		if s.Loaded {
			loaded++
		}
	}
	gate := func(set, what string, got, want float64) []string {
		return []string{set, what, share(got), share(want), yes(got >= want)}
	}
	p.table("Gates", []string{"databases", "measure", "measured:", "gate:", "holds"}, [][]string{
		gate("four named, mean", "F1 of visible references", named.Visible, 0.90),
		gate("four named, mean", "primary keys", named.Keys, 0.95),
		gate("four named, mean", "types", named.Types, 0.99),
		gate("spider_en, pooled", "F1 of visible references", spider.Pooled.Visible, 0.90),
		gate("spider_en, pooled", "precision of references", spider.Pooled.Precision, 0.93),
		gate("spider_en, pooled", "primary keys", spider.Pooled.Keys, 0.93),
		gate("spider_en, pooled", "types", spider.Pooled.Types, 0.95),
		gate("all", "made in SQLite, every row loaded", float64(loaded)/float64(len(sets)), 1),
	})
	rows := make([][]string, 0, len(sets))
	for _, s := range sets {
		rows = append(rows, []string{s.Name, share(s.Precision), share(s.Recall), share(s.F1), share(s.Visible), share(s.Keys), share(s.Types), yes(s.Loaded), fmt.Sprintf("%.2f", s.Seconds)})
	}
	p.table("Databases", []string{"database", "FK precision:", "recall:", "F1:", "F1 visible:", "keys:", "types:", "loaded", "seconds:"}, rows)
	return nil
}
