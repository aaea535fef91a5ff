package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/price"
)

// estimateTable writes a line for each row, and what they are of.
func estimateTable(s *screen, r estimateReport) {
	n := len(r.Rows)
	perRun, perDay, perMonth := make([]*int64, n), make([]*int64, n), make([]*int64, n)
	for i, row := range r.Rows {
		perRun[i], perDay[i], perMonth[i] = row.Run, row.Day, row.Month
	}
	runCells, dayCells, monthCells := money(perRun), money(perDay), money(perMonth)
	rows := make([][]string, 0, n)
	for i, row := range r.Rows {
		rows = append(rows, []string{
			thousands(row.RunsPerDay), string(row.Path), string(row.Mode),
			thousands(row.PerDay.Total() - row.PerDay.Output), thousands(row.PerDay.Output),
			runCells[i], dayCells[i], monthCells[i], saved(row),
		})
	}
	s.table([]column{
		{title: "Runs/day", right: true},
		{title: "Path"},
		{title: "Mode"},
		{title: "Input/day", right: true, spare: 2},
		{title: "Output/day", right: true, spare: 1},
		{title: "Per run", right: true},
		{title: "Per day", right: true},
		{title: "Per month", right: true},
		{title: "Saves", right: true, spare: 3},
	}, rows)
	s.line("")
	s.fields(
		[2]string{"model", string(r.Model)},
		[2]string{"run", fmt.Sprintf("%s, %s tokens in and %s out", calls(r.CallsPerRun), thousands(r.Input), thousands(r.Output))},
		[2]string{"month", count(int(r.Days), "day")},
		[2]string{"prices", pricesOf(r)},
	)
}

// saved is what part of the standard mode's cost a row saves.
func saved(row estimateRow) string {
	if row.Mode == price.Standard || row.Day == nil {
		return "-"
	}
	standard := float64(*row.Day) + float64(*row.SavedPerDay)
	if standard == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(*row.SavedPerDay)/standard)
}

// pricesOf is where the prices of a report come from and of which day they are.
func pricesOf(r estimateReport) string {
	var from []string
	for _, row := range r.Rows {
		if row.PriceSource == "" {
			continue
		}
		text := "of " + cmp.Or(row.PriceAsOf, "an unknown day") + ", " + cmp.Or(string(row.PriceRegion), "us-east") + ", from " + row.PriceSource
		if !slices.Contains(from, text) {
			from = append(from, text)
		}
	}
	if len(from) == 0 {
		return "none is known"
	}
	return strings.Join(from, "; ")
}

// span is the sentence below a table: which time it is of, and which prices.
func span(q ledger.CostQuery, r console.Costs) string {
	text := "All calls"
	if !q.Since.IsZero() {
		text = "Calls since " + zoned(q.Since)
	}
	if !q.Until.IsZero() {
		text += " and before " + zoned(q.Until)
	}
	if q.By == ledger.CostByDay {
		text += "; days begin at midnight, " + r.Zone
	}
	if from, to := r.Total.PricesFrom, r.Total.PricesTo; from != "" {
		text += "; prices of " + from
		if from != to {
			text += " to " + to
		}
	}
	return text + "."
}

// costTable writes the rows and their total. On a terminal each row has a bar.
func costTable(s *screen, r console.Costs) {
	all := slices.Concat(r.Rows, []console.Cost{r.Total})
	amounts := make([]*int64, len(all))
	var most int64
	for i, row := range all {
		amounts[i] = row.NanoUSD
		if row.NanoUSD != nil && i < len(r.Rows) {
			most = max(most, *row.NanoUSD)
		}
	}
	cells := money(amounts)
	columns := []column{{title: title(string(r.By))}}
	if r.By == ledger.CostByRun {
		columns = append(columns, column{title: "Tenant", spare: 3})
	}
	columns = append(columns,
		column{title: "Calls", right: true},
		column{title: "Input", right: true, spare: 2},
		column{title: "Output", right: true, spare: 1},
		column{title: "Cache read", right: true, spare: 6},
		column{title: "Cache write", right: true, spare: 5},
		column{title: "Unpriced", right: true, spare: 4},
		column{title: "Cost", right: true})
	if s.tty {
		columns = append(columns, column{title: "", spare: 7})
	}
	rows := make([][]string, 0, len(all))
	for i, c := range all {
		names := []string{dash(cmp.Or(c.Day, c.Model, string(c.Run), string(c.Tenant)))}
		if r.By == ledger.CostByRun {
			names = []string{dash(string(c.Run)), string(c.Tenant)}
		}
		if i == len(r.Rows) {
			names[0] = "total"
		}
		if !c.Complete && c.NanoUSD != nil {
			cells[i] += "+"
		}
		row := slices.Concat(names, []string{
			thousands(c.Calls), thousands(c.Usage.Input), thousands(c.Usage.Output),
			thousands(c.Usage.CacheRead), thousands(c.Usage.CacheWrite), thousands(c.Unpriced), cells[i],
		})
		if s.tty {
			bar := ""
			if c.NanoUSD != nil && i < len(r.Rows) {
				bar = gauge(*c.NanoUSD, most)
			}
			row = append(row, bar)
		}
		rows = append(rows, row)
	}
	s.table(columns, rows)
}

// title is a word as the head of a column.
func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
