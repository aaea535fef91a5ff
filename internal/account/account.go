// Package account is what AWS says of an account: the quotas that Service
// Quotas lists, the requests for more of them, and the models and profiles that
// Bedrock offers it.
//
// It holds values and the functions over them: it asks nobody. What was asked,
// when, and what could not be is in a Snapshot, so that whoever shows a figure
// can say how old it is and what is missing beside it.
package account

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Snapshot is what an account had in one source Region when it was asked.
type Snapshot struct {
	Account llm.AccountID `json:"account"`
	Region  llm.Region    `json:"region"`
	// At is when the asking ended. Parts that could not be asked for are those of
	// the snapshot before, and named in Missing with their own age.
	At time.Time `json:"at"`
	// Quotas are sorted by code.
	Quotas []Quota `json:"quotas"`
	// Requests for more, newest first, closed ones included.
	Requests []Request `json:"requests"`
	Profiles []Profile `json:"profiles"`
	Models   []Model   `json:"models"`
	// Missing is what could not be asked for; nil when everything could.
	Missing []Missing `json:"missing,omitempty"`
}

// Missing is a part of a snapshot that AWS did not give.
type Missing struct {
	// Part is what is missing in a word: quotas, defaults, requests, profiles,
	// models.
	Part string `json:"part"`
	// Action is the IAM action that it needs, such as
	// "servicequotas:ListServiceQuotas".
	Action string `json:"action"`
	// Denied says that it is a permission that is missing, not an answer.
	Denied bool   `json:"denied"`
	Reason string `json:"reason"` // the error in words, without any secret
	// AsOf is from when the part is that the snapshot has instead; zero: it has
	// none.
	AsOf time.Time `json:"as_of,omitzero"`
}

// Quota finds the row of a code.
func (s *Snapshot) Quota(code string) (Quota, bool) {
	for _, q := range s.Quotas {
		if q.Code == code {
			return q, true
		}
	}
	return Quota{}, false
}

// Open finds the request for a quota that is not decided yet.
func (s *Snapshot) Open(code string) (Request, bool) {
	for _, r := range s.Requests {
		if r.Code == code && r.Status.Open() {
			return r, true
		}
	}
	return Request{}, false
}

// AnyOpen reports whether any request is not decided yet.
func (s *Snapshot) AnyOpen() bool {
	for _, r := range s.Requests {
		if r.Status.Open() {
			return true
		}
	}
	return false
}

// settling is how long after an approval its value may take to come.
const settling = time.Hour

// Unsettled reports whether a quota is about to change: a request is not decided
// yet, or one was approved in the hour before now and its value has not come.
func (s *Snapshot) Unsettled(now time.Time) bool {
	for _, r := range s.Requests {
		if r.Status.Open() {
			return true
		}
		if r.Status != StatusApproved || now.Sub(r.Updated) > settling {
			continue
		}
		q, ok := s.Quota(r.Code)
		if v, told := q.Value(); ok && told && v < r.Desired {
			return true
		}
	}
	return false
}

// Profile is an inference profile that the account can call from the Region.
type Profile struct {
	ID          string `json:"id"`
	ARN         string `json:"arn"`
	Name        string `json:"name"`
	Application bool   `json:"application"` // made by the account, not by AWS
	Active      bool   `json:"active"`
	// Models are the ARNs of the models that it routes to.
	Models []string `json:"models"`
}

// Model is a foundation model as Bedrock lists it in the Region.
type Model struct {
	ID       llm.ModelID `json:"id"`
	Name     string      `json:"name"`
	OnDemand bool        `json:"on_demand"` // callable by its bare id
	Legacy   bool        `json:"legacy"`
	// EndOfLife is zero where AWS names none.
	EndOfLife time.Time `json:"end_of_life,omitzero"`
}
