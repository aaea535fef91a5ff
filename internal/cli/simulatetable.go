package cli

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/headgate/headgate/internal/sim"
)

// simulationTable writes the rows, medians over seeds, and what they come to.
func simulationTable(s *screen, rows []sim.Summary) {
	columns := []column{
		{title: "Policy"},
		{title: "Law", spare: 4},
		{title: "Load", right: true, spare: 3},
		{title: "Runs", right: true},
		{title: "On time", right: true},
		{title: "Mean", right: true},
		{title: "p95", right: true, spare: 1},
		{title: "429s", right: true},
		{title: "Calls", right: true, spare: 2},
		{title: "Quota", right: true},
		{title: "Bound", right: true, spare: 5},
		{title: "Wasted", right: true},
	}
	cells := make([][]string, 0, len(rows))
	for _, r := range rows {
		cells = append(cells, []string{
			string(r.Policy), r.Law, load(r.Load),
			thousands(whole(r.RunsFinished.Median)) + "/" + thousands(whole(r.RunsOffered.Median)),
			percent(r.OnTime.Median), spell(r.RunMean.Median), spell(r.RunP95.Median),
			thousands(whole(r.Throttles.Median)), "×" + strconv.FormatFloat(r.Amplification.Median, 'f', 2, 64),
			share(r.QuotaUsed.Median), share(r.Bound.Median), percent(r.Wasted.Median),
		})
	}
	s.table(columns, cells)
	if text := gain(rows); text != "" {
		s.line("\n%s", lipgloss.Wrap(text, textWidth, ""))
	}
}

func whole(v float64) int64 { return int64(math.Round(v)) }

func load(v float64) string {
	if v == 0 {
		return "-"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func percent(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) + " %" }

// share is percent, or a dash where nothing was measured.
func share(v float64) string {
	if v == 0 {
		return "-"
	}
	return percent(v)
}

// spell writes a time in seconds to the precision that people act on.
func spell(s float64) string {
	if s == 0 {
		return "-"
	}
	return duration(time.Duration(s * float64(time.Second)))
}

// gain says in a sentence what Headgate changes against the best way without
// it, under the last law and load that has both, which is named when there are
// several.
func gain(rows []sim.Summary) string {
	for _, ours := range slices.Backward(rows) {
		if ours.Policy != sim.Headgate {
			continue
		}
		best, found := sim.Summary{}, false
		for _, r := range rows {
			if !r.Policy.Direct() || r.Law != ours.Law || r.Load != ours.Load {
				continue
			}
			if !found || r.OnTime.Median > best.OnTime.Median || r.OnTime.Median == best.OnTime.Median && r.RunsFinished.Median > best.RunsFinished.Median {
				best, found = r, true
			}
		}
		if !found {
			continue
		}
		text := compare(ours, best)
		if first := rows[0]; first.Law != ours.Law || first.Load != ours.Load {
			text = fmt.Sprintf("At load %s, limits as %s: %s", load(ours.Load), ours.Law, text)
		}
		return text
	}
	return ""
}

func compare(ours, other sim.Summary) string {
	timed := late(ours) || late(other)
	return fmt.Sprintf("Through Headgate %s, with %s throttled calls. Without it, at best (%s), %s, with %s throttled calls; %s of the tokens go into runs that do not finish.",
		outcome(ours, timed), thousands(whole(ours.Throttles.Median)),
		other.Policy, outcome(other, timed), thousands(whole(other.Throttles.Median)), percent(other.Wasted.Median))
}

// late reports whether runs finished that were too late.
func late(r sim.Summary) bool {
	return whole(r.OnTime.Median*r.RunsOffered.Median) < whole(r.RunsFinished.Median)
}

// outcome is how a row's runs end; timed counts those that are on time.
func outcome(r sim.Summary, timed bool) string {
	finished, how := whole(r.RunsFinished.Median), "finish"
	if timed {
		finished, how = whole(r.OnTime.Median*r.RunsOffered.Median), "finish on time"
	}
	text := fmt.Sprintf("%s of %s runs %s", thousands(finished), thousands(whole(r.RunsOffered.Median)), how)
	if r.RunMean.Median > 0 {
		text += ", after " + spell(r.RunMean.Median) + " on average"
	}
	return text
}
