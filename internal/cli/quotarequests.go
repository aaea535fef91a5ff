package cli

import (
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/llm"
)

// requestRow is a request for a higher quota, as quota requests lists it.
type requestRow struct {
	Account llm.AccountID         `json:"account"`
	Region  llm.Region            `json:"region"`
	ID      string                `json:"id"`
	CaseID  string                `json:"case_id"` // empty without one
	Code    string                `json:"code"`
	Name    string                `json:"name"`
	Limit   string                `json:"limit"`
	Pool    llm.Pool              `json:"pool"`
	Desired float64               `json:"desired"`
	Applied *float64              `json:"applied"` // null where AWS does not tell
	Default *float64              `json:"default"`
	Status  account.RequestStatus `json:"status"`
	Open    bool                  `json:"open"`
	Created time.Time             `json:"created"`
	Updated time.Time             `json:"updated"`
	// Source is aws, or cache where AWS could not be asked; AsOf is from when.
	Source string    `json:"source"`
	AsOf   time.Time `json:"as_of"`
}

func newQuotaRequestsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "requests",
		Short: "Requests for more, and how far they are",
		Long: "Every request for a higher quota of Bedrock in the Region, open ones first.\n" +
			"Where AWS cannot be asked, those that it was last heard to have.",
		Example: `headgate quota requests
headgate quota requests --open -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir")
	open := cmd.Flags().Bool("open", false, "only those that are not decided yet")
	region := cmd.Flags().String("region", "", "the source Region (default: as configured)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := openDesk(cmd.Context(), a, set, llm.Region(*region))
		if err != nil {
			return err
		}
		defer d.close(a)
		rows := d.rows(*open)
		if len(rows) == 0 {
			a.say("no requests match")
		}
		return out.print(a, rows, func(s *screen) { requestTable(s, rows) })
	}
	return cmd
}

// rows are the requests that the desk knows of, open ones first, then the newest.
func (d *desk) rows(open bool) []requestRow {
	rows := []requestRow{}
	source, asOf := "aws", d.snap.At
	if d.stale != nil {
		source = "cache"
	}
	for _, m := range d.snap.Missing {
		if m.Part == "requests" {
			source, asOf = "cache", m.AsOf
		}
	}
	for _, r := range d.snap.Requests {
		if open && !r.Status.Open() {
			continue
		}
		row := requestRow{
			Account: d.snap.Account, Region: d.snap.Region, ID: r.ID, CaseID: r.CaseID, Code: r.Code, Name: r.Name, Desired: r.Desired,
			Status: r.Status, Open: r.Status.Open(), Created: r.Created, Updated: r.Updated, Source: source, AsOf: asOf,
		}
		if q, ok := d.snap.Quota(r.Code); ok {
			row.Limit, row.Pool, row.Applied, row.Default = q.Limit, q.Pool, q.Applied, q.Default
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(x, y requestRow) int {
		switch {
		case x.Open == y.Open:
			return y.Created.Compare(x.Created)
		case x.Open:
			return -1
		}
		return 1
	})
	return rows
}

func requestTable(s *screen, rows []requestRow) {
	if len(rows) == 0 {
		return
	}
	cells := make([][]string, len(rows))
	for i, r := range rows {
		cells[i] = []string{
			string(r.Status), r.Code, dash(r.Name), figure(&r.Desired), figure(r.Applied), age(s.today, &r.Created, 1), dash(r.CaseID), r.ID,
		}
	}
	s.table([]column{
		{title: "Status"},
		{title: "Code"},
		{title: "Name", spare: 2},
		{title: "Asked", right: true},
		{title: "Applied", right: true},
		{title: "Age", right: true, spare: 1},
		{title: "Case"},
		{title: "Request"},
	}, cells)
}
