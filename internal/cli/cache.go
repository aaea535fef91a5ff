package cli

import (
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/console"
)

func newCacheCommand(a *app) *cobra.Command {
	return newGroup("cache", "Kept answers: what they save, and their removal",
		newCacheStatsCommand(a), newCachePurgeCommand(a))
}

func newCacheStatsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "What the cache holds, and what it saves",
		Long: "Shows how many answers a running gateway keeps, how many calls were answered\n" +
			"by them or with another call under way, and what that has saved.",
		Example: `headgate cache stats
headgate cache stats --since 7d --tenant search -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir", "listen", "admin_listen")
	srv := newServer(cmd, set)
	var since, tenant, model string
	f := cmd.Flags()
	f.StringVar(&since, "since", "", "sums of the days (UTC) from this long ago (7d) or this\nday on (default: all)")
	f.StringVar(&tenant, "tenant", "", "only this tenant's calls")
	f.StringVar(&model, "model", "", "only calls to this model, named without geography")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q := url.Values{}
		if since != "" {
			at, err := parseDay(since, time.Now())
			if err != nil {
				return usageError("for example --since 7d, or --since 2026-11-01", "--since: %s", err)
			}
			q.Set("since", at.UTC().Format(time.RFC3339))
		}
		setNonEmpty(q, "tenant", tenant)
		setNonEmpty(q, "model", model)
		at, err := srv.remote(a)
		if err != nil {
			return err
		}
		var c console.Cache
		if err := at.client().Get(cmd.Context(), console.CachePath, q, &c); err != nil {
			return advised(err)
		}
		return out.print(a, c, func(s *screen) { cacheFields(s, c) })
	}
	return cmd
}

func cacheFields(s *screen, c console.Cache) {
	fields := [][2]string{{"mode", c.Mode}}
	if c.Mode != "off" {
		fields = append(fields, [2]string{"in memory", tier(&c.Memory)}, [2]string{"on disk", tier(c.Disk)})
	}
	share := ""
	if c.HitShare != nil {
		share = fmt.Sprintf(" (%.1f %% of those that took part)", 100**c.HitShare)
	}
	fields = append(fields,
		[2]string{"hits", thousands(c.Hits)}, [2]string{"joined", thousands(c.Joined) + share}, [2]string{"made", thousands(c.Misses)},
		[2]string{"saved", thousands(c.SavedTokens) + " tokens, " + dollars(int64(c.SavedUSD*1e9))})
	if c.Unwritten > 0 {
		fields = append(fields, [2]string{"not on disk", thousands(int64(c.Unwritten)) + " answers, which the disk did not take"}) //nolint:gosec // a count
	}
	s.fields(fields...)
}

func tier(t *console.CacheTier) string {
	if t == nil {
		return "none"
	}
	return fmt.Sprintf("%s, %s", count(t.Answers, "answer"), bytesText(t.Bytes))
}

// bytesText writes bytes for people.
func bytesText(n int64) string {
	const unit = 1 << 10
	switch {
	case n < unit:
		return count(int(n), "byte")
	case n < unit*unit:
		return fmt.Sprintf("%.1f KiB", float64(n)/unit)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/unit/unit)
}

func setNonEmpty(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func newCachePurgeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Remove answers from the cache",
		Long: "Removes the answers that match all that is given from the cache of a running\n" +
			"gateway; its calls are then made anew. Where no gateway runs, remove cache.db\n" +
			"from the data folder.",
		Example: `headgate cache purge --tenant search
headgate cache purge --model amazon.nova-lite-v1:0 --before 1d
headgate cache purge --all`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir", "listen", "admin_listen")
	srv := newServer(cmd, set)
	var tenant, model, key, before string
	var all bool
	f := cmd.Flags()
	f.StringVar(&tenant, "tenant", "", "answers to this tenant's calls")
	f.StringVar(&model, "model", "", "answers of this model, as it was called or without\ngeography")
	f.StringVar(&key, "key", "", "the answer whose header x-headgate-cache-key this is")
	f.StringVar(&before, "before", "", "answers kept longer ago than this (1d), or before this day\nor time")
	f.BoolVar(&all, "all", false, "all of them")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		q := url.Values{}
		setNonEmpty(q, "tenant", tenant)
		setNonEmpty(q, "model", model)
		setNonEmpty(q, "key", key)
		if before != "" {
			at, err := parseInstant(before, time.Now())
			if err != nil {
				return usageError("for example --before 1d, or --before 2026-11-01", "--before: %s", err)
			}
			q.Set("before", at.UTC().Format(time.RFC3339))
		}
		switch {
		case len(q) == 0 && !all:
			return usageError("name a --tenant, a --model, a --key or --before, or give --all", "nothing says which answers to remove")
		case len(q) > 0 && all:
			return usageError("leave --all out, or give it alone", "--all is everything, the rest selects")
		case all:
			q.Set("all", "true")
		}
		at, err := srv.remote(a)
		if err != nil {
			return err
		}
		var p console.Purged
		if err := at.client().Post(cmd.Context(), console.PurgePath, q, &p); err != nil {
			return advised(err)
		}
		return out.print(a, p, func(s *screen) { s.line("%s removed", count(p.Answers, "answer")) })
	}
	return cmd
}
