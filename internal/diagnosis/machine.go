package diagnosis

import (
	"fmt"
	"strings"
	"time"
)

// clocks compares them with AWS's, which signatures are judged by
// (docs.aws.amazon.com/IAM, reference_sigv-troubleshooting: five minutes).
func clocks(f *Facts) []Finding {
	const warn, refused = time.Minute, 5 * time.Minute
	var out []Finding
	for _, c := range f.Clocks {
		off, way := c.Skew, "behind"
		if off < 0 {
			off, way = -off, "ahead of"
		}
		if off < warn {
			continue
		}
		found := Finding{
			Severity: Warning, ID: "clock.skew", About: c.Of,
			Evidence: fmt.Sprintf("the clock of %s is %s %s AWS's", c.Of, span(off), way),
			Why:      "AWS refuses signatures that are more than five minutes off, and minutes of quota are counted wrong",
			Mend:     "sudo timedatectl set-ntp true",
		}
		if off > refused {
			found.Severity = Error
			found.Why = "AWS refuses signatures that are more than five minutes off"
		}
		out = append(out, found)
	}
	return out
}

// server looks at the gateway itself.
func server(f *Facts) []Finding {
	g := f.Gateway
	switch {
	case g.URL == "":
		return nil
	case g.Other:
		return []Finding{{
			Severity: Error, ID: "gateway.not_ours", About: g.URL,
			Evidence: "something answers there, but not as a gateway of this version does",
			Why:      "another program has the address, or the gateway is of another version",
			Mend:     "headgate doctor --server http://127.0.0.1:8080",
		}}
	case g.Refused != "":
		return []Finding{{
			Severity: Warning, ID: "gateway.refuses", About: g.URL,
			Evidence: g.Refused,
			Why:      "what the gateway has learned and has waiting is not known here: give a token by HEADGATE_TOKEN",
			Mend:     "headgate token create --name doctor",
		}}
	case !g.Running:
		return []Finding{{
			Severity: Warning, ID: "gateway.down", About: g.URL,
			Evidence: "no gateway answers",
			Why:      "calls are not paced: those sent to the address fail, and those sent to AWS itself are throttled",
			Mend:     "headgate serve",
		}}
	case g.Version != g.Ours:
		return []Finding{{
			Severity: Info, ID: "gateway.other_version", About: g.URL,
			Evidence: fmt.Sprintf("the gateway is of version %s, this is %s", orUnknown(g.Version), orUnknown(g.Ours)),
			Why:      "what they say may differ: restart the gateway with the version that is installed",
			Mend:     "headgate version",
		}}
	}
	return nil
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// firstRound is how long after the gateway's start AWS may take to tell everything:
// some fifteen pages at its rates, and throttles that are waited out.
const firstRound = 15 * time.Second

// stale looks for a gateway that does not hear of the account any more.
func stale(f *Facts) []Finding {
	if f.Refresh <= 0 || !f.Gateway.Running {
		return nil
	}
	var out []Finding
	age := f.Now.Sub(f.Kept.At)
	switch {
	case f.Kept.At.IsZero() && f.Failed.At.IsZero() && f.Gateway.Up > 0 && f.Gateway.Up < firstRound:
		out = append(out, Finding{
			Severity: Info, ID: "discovery.starting", Evidence: "the gateway has just started, and AWS has not yet told it the account's quotas",
			Why:  "it paces by the configuration, or by AWS's defaults, until AWS has",
			Mend: "headgate doctor",
		})
	case f.Kept.At.IsZero():
		out = append(out, Finding{
			Severity: Warning, ID: "discovery.never", Evidence: "the gateway runs, and AWS has never told it the account's quotas",
			Why:  "it paces by the configuration, or by AWS's defaults, which may be far above what the account has",
			Mend: "headgate iam print --for quota",
		})
	case age > 2*f.Refresh:
		out = append(out, Finding{
			Severity: Warning, ID: "discovery.stale", Evidence: fmt.Sprintf("the gateway last heard of the account's quotas %s ago, and asks every %s", span(age), span(f.Refresh)),
			Why:  "a quota that was raised or lowered since is not in force",
			Mend: "headgate iam print --for quota",
		})
	}
	if !f.Failed.At.IsZero() {
		out = append(out, Finding{
			Severity: Warning, ID: "discovery.failed", Evidence: fmt.Sprintf("since %s: %s", f.Failed.At.UTC().Format(time.DateTime), f.Failed.Text),
			Why:  "the gateway goes on by what it knows; a raised quota is not adopted",
			Mend: "headgate iam print --for quota",
		})
	}
	return out
}

// storage looks at the data folder, its disk and its database.
func storage(f *Facts) []Finding {
	const (
		mebibyte = 1 << 20
		little   = 1024 * mebibyte
		least    = 100 * mebibyte
	)
	d := f.Folder
	var out []Finding
	if d.Unwritable != "" {
		out = append(out, Finding{
			Severity: Error, ID: "data.unwritable", About: d.Path, Evidence: d.Unwritable,
			Why:  "a gateway keeps its limits and its record there, and does not start without",
			Mend: "sudo chown -R \"$(id -un)\" " + quoted(d.Path),
		})
	}
	if d.Database != "" {
		out = append(out, Finding{
			Severity: Error, ID: "data.database", About: d.Path, Evidence: d.Database,
			Why:  "a gateway does not start with it, and what was recorded cannot be read",
			Mend: "mv " + quoted(d.Path) + " " + quoted(strings.TrimRight(d.Path, "/")+".damaged"),
		})
	}
	if d.Size > 0 && d.Free < little {
		found := Finding{
			Severity: Warning, ID: "data.disk", About: d.Path,
			Evidence: fmt.Sprintf("%s MiB of %s MiB are free", figure(d.Free/mebibyte), figure(d.Size/mebibyte)),
			Why:      "without room calls are served, but not recorded, and after a restart limits are not known",
			Mend:     "du -xh " + quoted(d.Path) + " | sort -h | tail",
		}
		if d.Free < least {
			found.Severity = Error
		}
		out = append(out, found)
	}
	return out
}

// loop looks for a gateway that calls itself.
func loop(f *Facts) []Finding {
	u := f.Upstream
	for _, listen := range u.Listen {
		if u.Host == "" || !sameAddress(u.Host, listen) {
			continue
		}
		mend := "headgate config show"
		if strings.HasPrefix(u.Setting, "AWS_") {
			mend = "unset " + u.Setting
		}
		found := Finding{
			Severity: Error, ID: "upstream.loop", About: u.Setting,
			Evidence: fmt.Sprintf("the upstream's address %s is that on which the gateway listens (%s)", u.Host, listen),
			Why:      "a gateway that is started so calls itself, and refuses every call; the setting is for the programs that call it, not for the gateway",
			Mend:     mend,
		}
		if f.Gateway.Running && mend != "headgate config show" {
			found.Severity = Warning // this shell is that of a program which calls the gateway
			found.Why = "the gateway that runs was started elsewhere; one that is started from this shell calls itself, and refuses every call"
		}
		return []Finding{found}
	}
	return nil
}

// sameAddress reports whether two addresses host:port reach the same listener of
// this machine.
func sameAddress(a, b string) bool {
	i, j := strings.LastIndexByte(a, ':'), strings.LastIndexByte(b, ':')
	return i >= 0 && j >= 0 && a[i:] == b[j:] && isHere(a[:i]) && isHere(b[:j])
}

func isHere(host string) bool {
	switch strings.ToLower(strings.Trim(host, "[]")) {
	case "", "localhost", "::1", "0.0.0.0", "::":
		return true
	}
	return strings.HasPrefix(host, "127.")
}
