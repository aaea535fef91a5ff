package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// place is one account and Region whose quotas are listed.
type place struct {
	profile string     // of the AWS configuration; empty: as configured
	region  llm.Region // empty: all that are known; where AWS is asked, as configured

	account llm.AccountID // found out by asking; empty: whichever is known
	asked   bool          // AWS has answered now
	here    bool          // what is wrong is here: AWS was not asked
	err     error         // why AWS could not be asked
}

// name is the place as a line about it begins.
func (p *place) name() string {
	var words []string
	for _, w := range []string{p.profile, string(p.region)} {
		if w != "" {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return "the account"
	}
	return strings.Join(words, " in ")
}

// has reports whether a pool is in the place.
func (p *place) has(pool llm.Pool) bool {
	return (p.region == "" || p.region == pool.Region) && (p.account == "" || pool.Account == "" || p.account == pool.Account)
}

// places are every Region with every profile.
func places(profiles []string, regions []llm.Region) []*place {
	if len(profiles) == 0 {
		profiles = []string{""}
	}
	if len(regions) == 0 {
		regions = []llm.Region{""}
	}
	var out []*place
	for _, profile := range profiles {
		for _, region := range regions {
			out = append(out, &place{profile: profile, region: region})
		}
	}
	return out
}

// askAWS hears what AWS says of each place, side by side: of all with refresh, else
// of those of which nothing is remembered. What fails is in the place.
func (a *app) askAWS(ctx context.Context, cfg config.Config, all []*place, refresh bool) {
	var asking sync.WaitGroup
	var mu sync.Mutex // held to write to standard error
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(a.err, "headgate: "+format+"\n", args...)
	}
	opened := map[*place]*daemon.Account{}
	for _, p := range all {
		mine := cfg
		if p.profile != "" {
			mine.Upstream.Profile = p.profile
		}
		if p.region != "" {
			mine.Upstream.Region = p.region
		}
		// One after the other: the first one may make the data folder.
		if opened[p], p.err = daemon.OpenAccount(ctx, mine, p.region, slog.New(slog.DiscardHandler)); p.err == nil {
			if p.region = opened[p].Region; p.profile == "" && (refresh || opened[p].Latest().At.IsZero()) {
				say(askingWords, p.name()) // in the order of the flags
			}
			asking.Go(func() { p.ask(ctx, opened[p], refresh, say) })
		} else {
			p.here = true
		}
	}
	asking.Wait()
	for _, p := range all {
		if from := opened[p]; from != nil {
			p.err = cmp.Or(p.err, from.Close()) // the first error tells
		}
	}
}

const askingWords = "asking AWS for the quotas of %s …"

// ask hears what AWS says of one place.
func (p *place) ask(ctx context.Context, from *daemon.Account, refresh bool, say func(string, ...any)) {
	known := from.Latest()
	if p.profile != "" {
		// Whose the credentials are cannot be told by the name of a profile.
		if p.account, p.err = from.AWS.Identity(ctx, from.Region); p.err != nil {
			return
		}
		known, _ = from.Remembered(p.account)
	}
	if !refresh && !known.At.IsZero() {
		p.account = known.Account
		return
	}
	if p.profile != "" {
		say(askingWords, p.name())
	}
	var snap account.Snapshot
	if snap, p.err = from.Refresh(ctx); p.err == nil {
		p.account, p.asked = snap.Account, true
		say("AWS lists %s quotas of account %s in %s", thousands(int64(len(snap.Quotas))), snap.Account, snap.Region)
	}
}

// unaskable words why AWS could not be asked, with the cure.
func (p *place) unaskable() error {
	if errors.Is(p.err, context.Canceled) {
		return p.err
	}
	if p.here {
		return fmt.Errorf("%s: AWS cannot be asked: %w", p.name(), p.err)
	}
	kind := fault.KindOf(p.err)
	err := fault.New(kind, "%s: AWS cannot be asked: %s", p.name(), fault.Message(p.err))
	if kind == fault.Denied {
		return withHint(err, "`headgate iam print --for quota` prints the policy that it takes; `aws sts get-caller-identity` says whose credentials these are")
	}
	return withHint(err, "try again later: quotas in the configuration (quotas.pools) are used until AWS answers")
}

// sayMissing says what AWS did not tell of an account.
func (a *app) sayMissing(snap *account.Snapshot) {
	for _, m := range snap.Missing {
		instead := "there is nothing in its place"
		switch {
		case !m.AsOf.IsZero():
			instead = "what is shown is from " + instant(m.AsOf)
		case m.Part == "quotas":
			instead = "AWS's defaults are shown, and the account may have less"
		}
		why := m.Reason
		if m.Denied {
			why = "AWS refused " + m.Action + " (`headgate iam print --for quota` prints the policy)"
		}
		a.warn(fmt.Sprintf("%s in %s lacks its %s: %s; %s", snap.Account, snap.Region, m.Part, strings.TrimSuffix(why, "."), instead))
	}
}
