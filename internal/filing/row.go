package filing

import (
	"slices"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/llm"
)

// Row is a request for a higher quota, as AWS has it.
type Row struct {
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

// Rows are the requests of a snapshot, open ones first, then the newest; stale says
// that AWS could not be asked now.
func Rows(snap account.Snapshot, stale, open bool) []Row {
	rows := []Row{}
	source, asOf := "aws", snap.At
	if stale {
		source = "cache"
	}
	for _, m := range snap.Missing {
		if m.Part == "requests" {
			source, asOf = "cache", m.AsOf
		}
	}
	for _, r := range snap.Requests {
		if open && !r.Status.Open() {
			continue
		}
		row := Row{
			Account: snap.Account, Region: snap.Region, ID: r.ID, CaseID: r.CaseID, Code: r.Code, Name: r.Name, Desired: r.Desired,
			Status: r.Status, Open: r.Status.Open(), Created: r.Created, Updated: r.Updated, Source: source, AsOf: asOf,
		}
		if q, ok := snap.Quota(r.Code); ok {
			row.Limit, row.Pool, row.Applied, row.Default = q.Limit, q.Pool, q.Applied, q.Default
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(x, y Row) int {
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
