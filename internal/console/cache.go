package console

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// The paths of the cache.
const (
	CachePath = "/api/v1/cache"
	PurgePath = "/api/v1/cache/purge"
)

// Cache is what the cache of answers holds and saves.
type Cache struct {
	// Mode is off where there is none.
	Mode string `json:"mode"`
	// Memory and Disk are what is kept now; Disk is null where nothing is.
	Memory CacheTier  `json:"memory"`
	Disk   *CacheTier `json:"disk"`
	// Unwritten are answers that the disk did not take, since the gateway started.
	Unwritten uint64 `json:"unwritten"`
	// Since is from when on the sums are, null: from the first call on.
	Since *time.Time `json:"since"`
	// Hits are calls that were answered from what was kept, Joined with another one
	// under way; Misses took part and were made.
	Hits     int64    `json:"hits"`
	Joined   int64    `json:"joined"`
	Misses   int64    `json:"misses"`
	HitShare *float64 `json:"hit_share"` // of all three; null where there are none
	// SavedTokens is what hits and joined calls would have used, SavedUSD what they
	// would have cost, as far as that is known.
	SavedTokens int64   `json:"saved_tokens"`
	SavedUSD    float64 `json:"saved_usd"`
}

// CacheTier is what one tier holds.
type CacheTier struct {
	Answers int   `json:"answers"`
	Bytes   int64 `json:"bytes"`
}

// Purged is what was removed from the cache.
type Purged struct {
	Answers int `json:"answers"`
}

type cacheInput struct {
	Since  time.Time   `query:"since" doc:"Sums of the day (UTC) of this time on; without it of all days."`
	Tenant llm.Tenant  `query:"tenant" doc:"Sums of this tenant's calls alone."`
	Model  llm.ModelID `query:"model" doc:"Sums of calls to this model, named without geography, alone."`
}

type cacheAnswer struct{ Body Cache }

type purgeInput struct {
	Tenant llm.Tenant `query:"tenant" doc:"Answers to this tenant's calls."`
	Model  string     `query:"model" doc:"Answers of this model, as it was called or without geography."`
	Key    string     `query:"key" doc:"The answer of this key, in hexadecimal: an answer's header x-headgate-cache-key has it." pattern:"^[0-9a-f]{64}$" patternDescription:"64 hexadecimal digits"`
	Before time.Time  `query:"before" doc:"Answers that were kept before this time."`
	All    bool       `query:"all" doc:"All of them, where nothing else selects."`
}

type purgeAnswer struct{ Body Purged }

// caches registers what there is about the cache.
func (c *Console) caches(api *API) {
	Register(api, Operation{
		ID: "show-cache", Method: http.MethodGet, Path: CachePath, Role: RoleRead, Tag: "cache",
		Summary: "What the cache of answers holds, and what it saves",
	}, func(ctx context.Context, in *cacheInput) (*cacheAnswer, error) {
		out, err := c.cached(ctx, *in)
		return &cacheAnswer{out}, err
	})
	Register(api, Operation{
		ID: "purge-cache", Method: http.MethodPost, Path: PurgePath, Role: RoleOperate, Tag: "cache",
		Summary:     "Removes answers from the cache",
		Description: "Those that match all that is given. The body is not read.",
	}, func(ctx context.Context, in *purgeInput) (*purgeAnswer, error) {
		n, err := c.purge(ctx, in)
		return &purgeAnswer{Purged{n}}, err
	})
}

func (c *Console) cached(ctx context.Context, in cacheInput) (Cache, error) {
	out := Cache{Mode: string(cache.Off)}
	if !in.Since.IsZero() {
		out.Since = &in.Since
	}
	if kept := c.opts.Cache; kept != nil {
		out.Mode = string(kept.Rules().Mode)
		s, err := kept.Stats(ctx)
		if err != nil {
			return out, err
		}
		out.Memory, out.Unwritten = CacheTier{s.Answers, s.Bytes}, s.Dropped
		if kept.OnDisk() {
			out.Disk = &CacheTier{s.StoredAnswers, s.StoredBytes}
		}
	}
	l, err := c.ledger()
	if err != nil {
		return out, err
	}
	saved, err := l.Savings(ctx, ledger.SavingQuery{Since: in.Since, Tenant: in.Tenant, Model: in.Model})
	if err != nil {
		return out, err
	}
	out.Hits, out.Joined, out.Misses, out.SavedTokens, out.SavedUSD = saved.Hits, saved.Joined, saved.Misses, saved.Tokens, float64(saved.Cost)/1e9
	if all := saved.Hits + saved.Joined + saved.Misses; all > 0 {
		share := float64(saved.Hits+saved.Joined) / float64(all)
		out.HitShare = &share
	}
	return out, nil
}

func (c *Console) purge(ctx context.Context, in *purgeInput) (int, error) {
	s := cache.Selection{Tenant: in.Tenant, Model: in.Model, Before: in.Before}
	if in.Key != "" {
		key, err := hex.DecodeString(in.Key)
		if err != nil || len(key) != len(s.Key) {
			return 0, &Problem{Status: http.StatusBadRequest, Parameter: "key", Detail: "A key is 64 hexadecimal digits."}
		}
		copy(s.Key[:], key)
	}
	switch all := s == (cache.Selection{}); {
	case all != in.All:
		return 0, &Problem{Status: http.StatusBadRequest, Detail: "Say what to remove by tenant, model, key or before, or all=true alone for everything."}
	case c.opts.Cache == nil:
		return 0, &Problem{Status: http.StatusConflict, Detail: "There is no cache: cache.mode is off."}
	}
	return c.opts.Cache.Purge(ctx, s)
}
