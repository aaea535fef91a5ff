package report

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/bench/internal/results"
)

// Highlight is what one block of the project's README shows of a suite: a
// sentence, a chart, a table, in that order.
type Highlight struct {
	// Suite and Metric say which rows.
	Suite, Metric string
	// Where leaves rows out; nil shows all of the metric.
	Where func(results.Row) bool
	// Text stands before the table; it holds no figures.
	Text string
	// Chart is the file of one of the suite's charts; empty shows none.
	Chart string
	// NoTable leaves the chart alone.
	NoTable bool
}

// text is the block's content; empty when there are no rows.
func (h Highlight) text(sections []Section, rows []results.Row, benchPath string) string {
	for _, s := range sections {
		if s.Name != h.Suite {
			continue
		}
		own := where(rows, func(r results.Row) bool { return r.Suite == s.Name })
		shown := where(where(own, ofMetric(h.Metric)), h.Where)
		if len(shown) == 0 {
			return ""
		}
		var parts []string
		if h.Text != "" {
			parts = append(parts, h.Text)
		}
		for _, c := range s.Charts {
			if c.File != h.Chart {
				continue
			}
			if _, ok := c.draw(s, own); ok {
				parts = append(parts, fmt.Sprintf("![%s](%s/charts/%s.svg)", c.Title, benchPath, c.File))
			}
		}
		if !h.NoTable {
			parts = append(parts, caption(s.Metric(h.Metric), shown), strings.TrimSuffix(table(shown), "\n"))
		}
		return strings.Join(parts, "\n\n")
	}
	return ""
}

// fill puts texts between the markers <!-- bench:1 --> and <!-- /bench:1 -->,
// <!-- bench:2 --> and so on. An empty text leaves its block as it is. Markers
// that are missing, twice or in the wrong order are an error.
func fill(readme string, texts []string) (string, error) {
	for i, text := range texts {
		begin, end := fmt.Sprintf("<!-- bench:%d -->", i+1), fmt.Sprintf("<!-- /bench:%d -->", i+1)
		if strings.Count(readme, begin) != 1 || strings.Count(readme, end) != 1 || strings.Index(readme, begin) > strings.Index(readme, end) {
			return "", fmt.Errorf("it needs the lines %s and %s once each, in this order: the report stands between them", begin, end)
		}
		if text == "" {
			continue
		}
		before, rest, _ := strings.Cut(readme, begin)
		_, after, _ := strings.Cut(rest, end)
		readme = before + begin + "\n" + text + "\n" + end + after
	}
	return readme, nil
}
