package diagnosis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/llm"
)

const (
	haiku   = llm.ModelID("anthropic.claude-haiku-4-5-20251001-v1:0")
	usHaiku = "us." + string(haiku)
	ours    = llm.AccountID("111122223333")
)

func now() time.Time { return time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC) }

func load(tb testing.TB) *catalog.Catalog {
	tb.Helper()
	cat, err := catalog.Default()
	if err != nil {
		tb.Fatal(err)
	}
	return cat
}

func pool() llm.Pool {
	return llm.Pool{Account: ours, Region: "us-east-1", Model: haiku, Path: llm.PathGeo}
}

func quota(code, limit string, applied, fallback float64) account.Quota {
	return account.Quota{Code: code, Name: "a quota", Pool: pool(), Limit: limit, Applied: &applied, Default: &fallback, Adjustable: true, Match: account.MatchCode}
}

// healthy are facts of which nothing is wrong.
func healthy(tb testing.TB) diagnosis.Facts {
	tb.Helper()
	return healthyWith(load(tb))
}

func healthyWith(cat *catalog.Catalog) diagnosis.Facts {
	return diagnosis.Facts{
		Now: now(), Catalog: cat, Region: "us-east-1", Window: 24 * time.Hour, Attempts: 6, Refresh: 15 * time.Minute,
		Caller: diagnosis.Caller{Account: ours, Source: "EnvConfigCredentials"},
		Snapshot: account.Snapshot{
			Account: ours, Region: "us-east-1", At: now(),
			Quotas:   []account.Quota{quota("L-CCA5DF70", "requests_per_minute", 10_000, 10_000), quota("L-58BE175A", "tokens_per_minute", 5e6, 5e6)},
			Profiles: []account.Profile{{ID: usHaiku, ARN: "arn:aws:bedrock:us-east-1:111122223333:inference-profile/" + usHaiku, Active: true}},
			Models:   []account.Model{{ID: haiku}},
		},
		Kept:       account.Snapshot{Account: ours, Region: "us-east-1", At: now().Add(-time.Minute)},
		Configured: []llm.Pool{pool()},
		Routes: []diagnosis.Route{{
			Pool: pool(), ModelID: usHaiku, Operation: llm.OpConverse, Client: "Boto3/1.43", Calls: 100, MaxTokens: 100_000, MostOutput: 800,
			Usage: llm.Usage{Input: 100_000, Output: 50_000}, ClientAttempts: 3,
		}},
		Clocks:   []diagnosis.Clock{{Of: "this machine", Skew: -2 * time.Second}},
		Gateway:  diagnosis.Gateway{URL: "http://127.0.0.1:8080", Running: true, Version: "v1", Ours: "v1"},
		Folder:   diagnosis.Folder{Path: ".headgate", Free: 1 << 40, Size: 1 << 41},
		Upstream: diagnosis.Upstream{Host: "bedrock-runtime.us-east-1.amazonaws.com:443", Listen: []string{"127.0.0.1:8080"}},
		Everyone: []diagnosis.Everyone{{Pool: pool(), Calls: 102, Tokens: 151_000}},
	}
}

func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	got := diagnosis.Examine(healthy(t))
	want := diagnosis.Report{
		Account: ours, Region: "us-east-1", At: now(), Findings: []diagnosis.Finding{}, Unchecked: []diagnosis.Unchecked{},
		Checked: []diagnosis.Check{
			"credentials", "permissions", "models", "quotas", "requests", "max_tokens", "retries", "clock", "repeats", "others", "throttles", "loop",
			"discovery", "gateway", "data_folder",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// env reads lines as a file of environment variables.
func env(tb testing.TB, lines ...string) *diagnosis.Env {
	tb.Helper()
	return diagnosis.ReadEnv(".env", []byte(strings.Join(lines, "\n")), load(tb))
}

// TestWhatIsWrongIsFound spoils one fact at a time: each must be found, by its id
// and severity, with words in its evidence, and nothing else.
func TestWhatIsWrongIsFound(t *testing.T) {
	t.Parallel()
	type facts = *diagnosis.Facts
	for _, tt := range []struct {
		name  string
		spoil func(facts)
		want  string // severity id about; empty: nothing is found
		says  string // in the evidence, the reason or the command
	}{
		{"no Region", func(f facts) { f.Region, f.Snapshot.Region = "", "" }, "error credentials.no_region", "AWS_REGION=us-east-1"},
		{"no credentials", func(f facts) {
			f.Caller = diagnosis.Caller{Problem: diagnosis.NoCredentials, Reason: "none were found"}
			f.Profile = "my team"
		}, "error credentials.none", "aws configure sso --profile 'my team'"},
		{"expired", func(f facts) { f.Caller.Problem = diagnosis.Expired }, "error credentials.expired EnvConfigCredentials", "aws sso login"},
		{"rejected", func(f facts) { f.Caller.Problem = diagnosis.Rejected }, "error credentials.rejected EnvConfigCredentials", "get-caller-identity"},
		{"another account", func(f facts) {
			other := pool()
			other.Account = "999999999999"
			f.Configured = append(f.Configured, other)
		}, "warning credentials.other_account 999999999999", "those of 111122223333"},

		{"quotas may not be listed", func(f facts) {
			f.Snapshot.Missing = []account.Missing{{Part: "quotas", Action: "servicequotas:ListServiceQuotas", Denied: true, Reason: "no"}}
		}, "error permission.missing servicequotas:ListServiceQuotas", "headgate iam print --for quota"},
		{"profiles may not be listed", func(f facts) {
			f.Snapshot.Missing = []account.Missing{{Part: "profiles", Action: "bedrock:ListInferenceProfiles", Denied: true, Reason: "no"}}
		}, "warning permission.missing bedrock:ListInferenceProfiles", "part of the policy for quota and request"},
		{"a list had no answer", func(f facts) {
			f.Snapshot.Missing = []account.Missing{{Part: "profiles", Action: "bedrock:ListInferenceProfiles", Reason: "no answer"}}
		}, "", ""},
		{"Bedrock denied calls", func(f facts) {
			f.Denials = []diagnosis.Denial{{Operation: llm.OpConverseStream, ModelID: usHaiku, Calls: 3, Last: now().Add(-time.Hour), Message: "not authorized"}}
		}, "error permission.missing bedrock:InvokeModelWithResponseStream on " + usHaiku, "3 calls, the last 60 minutes ago: not authorized"},

		{"a zero quota", func(f facts) { f.Snapshot.Quotas[0] = quota("L-CCA5DF70", "requests_per_minute", 0, 10_000) }, "error quota.zero 111122223333/us-east-1/" + string(haiku) + "/geo requests_per_minute", "Support case"},
		{"below default", func(f facts) { f.Snapshot.Quotas[0] = quota("L-CCA5DF70", "requests_per_minute", 2, 10_000) }, "warning quota.below_default 111122223333/us-east-1/" + string(haiku) + "/geo requests_per_minute", "2 (L-CCA5DF70), 0.02 % of AWS's default of 10,000"},
		{"above default", func(f facts) { f.Snapshot.Quotas[0] = quota("L-CCA5DF70", "requests_per_minute", 20_000, 10_000) }, "", ""},
		{"a quota that paces nothing", func(f facts) { f.Snapshot.Quotas[0] = quota("L-X", "", 0, 10) }, "", ""},
		{"below default, of a model nobody uses", func(f facts) {
			q := quota("L-X", "requests_per_minute", 2, 10)
			q.Pool.Model = "amazon.nova-lite-v1:0"
			f.Snapshot.Quotas = append(f.Snapshot.Quotas, q)
		}, "info quota.below_default models not in use", "1 quota of amazon.nova-lite-v1:0 is below"},
		{"a request is open", func(f facts) {
			f.Snapshot.Requests = []account.Request{{ID: "r", Code: "L-CCA5DF70", Desired: 20_000, Status: account.StatusCaseOpened, Created: now().Add(-72 * time.Hour)}}
		}, "info request.open L-CCA5DF70", "filed 3 days ago"},
		{"a request is open for long", func(f facts) {
			f.Snapshot.Requests = []account.Request{{ID: "r", Code: "L-CCA5DF70", Desired: 20_000, Status: account.StatusPending, Created: now().Add(-600 * time.Hour)}}
		}, "warning request.open L-CCA5DF70", "answer in its Support case"},
		{"a request is decided", func(f facts) {
			f.Snapshot.Requests = []account.Request{{ID: "r", Code: "L-CCA5DF70", Status: account.StatusDenied}}
		}, "", ""},

		{"max_tokens unset", func(f facts) { f.Routes[0].Unset = 40 }, "warning max_tokens.unset " + usHaiku + " converse by Boto3/1.43", "40 of 100 calls"},
		{"max_tokens far above use", func(f facts) { f.Routes[0].MaxTokens = 3_200_000 }, "warning max_tokens.far_above_use " + usHaiku + " converse by Boto3/1.43", "--max-tokens 1600"},
		{"max_tokens above use, of few calls", func(f facts) {
			f.Routes[0].Calls, f.Routes[0].MaxTokens, f.Everyone = 9, 288_000, nil
		}, "", ""},
		{"counting tokens reserves nothing", func(f facts) { f.Routes[0].Unset, f.Routes[0].Operation = 100, llm.OpCountTokens }, "", ""},
		{"a client retries much", func(f facts) { f.Routes[0].ClientAttempts = 10 }, "warning retry.multiplies Boto3/1.43", "one may become 60"},
		{"a client retries as boto3 did", func(f facts) { f.Routes[0].ClientAttempts = 5 }, "info retry.multiplies Boto3/1.43", "5 attempts"},
		{"the clock is off", func(f facts) { f.Clocks[0].Skew = 90 * time.Second }, "warning clock.skew this machine", "90 seconds behind"},
		{"the clock is far off", func(f facts) { f.Clocks[0].Skew = -6 * time.Minute }, "error clock.skew this machine", "6 minutes ahead of"},
		{"repeats of long prompts", func(f facts) {
			f.Routes[0].Repeats, f.Routes[0].Usage.Input = 60, 600_000
			f.Everyone = nil
		}, "warning cache.off " + usHaiku + " converse by Boto3/1.43", "60 %"},
		{"repeats of short prompts", func(f facts) { f.Routes[0].Repeats = 60 }, "info cache.repeats " + usHaiku + " converse by Boto3/1.43", "1,000 input tokens"},
		{"repeats that are read from the cache", func(f facts) { f.Routes[0].Repeats, f.Routes[0].Usage.CacheRead = 60, 5 }, "", ""},
		{"others call too", func(f facts) { f.Everyone[0].Calls = 400 }, "warning others.traffic 111122223333/us-east-1/" + string(haiku) + "/geo", "400 calls, 300 of them not through this gateway"},
		{"only others call", func(f facts) { f.Routes = nil }, "info others.traffic 111122223333/us-east-1/" + string(haiku) + "/geo", "102 of them"},

		{"throttled with room", func(f facts) {
			f.Minutes = []diagnosis.Minute{{Pool: pool(), Attempts: 100, Throttled: 3, Held: 2_000_000}, {Pool: pool(), Attempts: 9_900, Throttled: 3}}
		}, "warning throttle.unexplained 111122223333/us-east-1/" + string(haiku) + "/geo", "3 throttles in 1 minute in which calls through this gateway used at most 40 %"},
		{"throttled without room", func(f facts) {
			f.Minutes = []diagnosis.Minute{{Pool: pool(), Attempts: 9_900, Throttled: 3}}
		}, "", ""},
		{"a learned limit", func(f facts) {
			f.Gateway.Learned = []diagnosis.Learned{{Pool: pool(), Limit: "tokens_per_minute", Applied: 100, Effective: 65, Why: "calls were refused"}}
		}, "info throttle.learned 111122223333/us-east-1/" + string(haiku) + "/geo", "65 of 100"},
		{"the upstream is the gateway", func(f facts) {
			f.Upstream = diagnosis.Upstream{Host: "localhost:8080", Listen: []string{"127.0.0.1:8080"}, Setting: "upstream.endpoint_url"}
		}, "error upstream.loop upstream.endpoint_url", "headgate config show"},
		{"the shell is a client's", func(f facts) {
			f.Upstream = diagnosis.Upstream{Host: "[::1]:8080", Listen: []string{"0.0.0.0:8080"}, Setting: "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"}
		}, "warning upstream.loop AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "unset AWS_ENDPOINT_URL_BEDROCK_RUNTIME"},
		{"another port", func(f facts) { f.Upstream.Host = "127.0.0.1:4580" }, "", ""},
		{"another machine", func(f facts) { f.Upstream.Host = "10.0.0.8:8080" }, "", ""},

		{"discovery is old", func(f facts) { f.Kept.At = now().Add(-31 * time.Minute) }, "warning discovery.stale", "31 minutes ago"},
		{"discovery is old, without a gateway to blame", func(f facts) { f.Kept.At, f.Gateway = now().Add(-time.Hour), diagnosis.Gateway{} }, "", ""},
		{"nothing was discovered", func(f facts) { f.Kept = account.Snapshot{} }, "warning discovery.never", ""},
		{"nothing was discovered yet", func(f facts) { f.Kept, f.Gateway.Up = account.Snapshot{}, 2*time.Second }, "info discovery.starting", "has just started"},
		{"nothing was discovered in time", func(f facts) { f.Kept, f.Gateway.Up = account.Snapshot{}, time.Minute }, "warning discovery.never", ""},
		{"nothing is to be discovered", func(f facts) { f.Kept, f.Refresh = account.Snapshot{}, 0 }, "", ""},
		{"discovery fails", func(f facts) { f.Failed = diagnosis.Failed{At: now(), Text: "AWS cannot be asked"} }, "warning discovery.failed", "since 2026-11-23 06:00:00: AWS cannot be asked"},
		{"no gateway", func(f facts) { f.Gateway.Running = false }, "warning gateway.down http://127.0.0.1:8080", "headgate serve"},
		{"a gateway that wants a token", func(f facts) { f.Gateway.Refused = "This needs a token." }, "warning gateway.refuses http://127.0.0.1:8080", ""},
		{"no gateway of ours", func(f facts) { f.Gateway.Other = true }, "error gateway.not_ours http://127.0.0.1:8080", ""},
		{"another version", func(f facts) { f.Gateway.Version = "" }, "info gateway.other_version http://127.0.0.1:8080", "of version unknown, this is v1"},
		{"a folder of somebody else's", func(f facts) { f.Folder.Unwritable = "permission denied" }, "error data.unwritable .headgate", ""},
		{"a damaged database", func(f facts) { f.Folder.Database = "is damaged" }, "error data.database .headgate", "mv .headgate .headgate.damaged"},
		{"a disk that is full soon", func(f facts) { f.Folder.Free = 200 << 20 }, "warning data.disk .headgate", "200 MiB of 2,097,152 MiB"},
		{"a disk that is full", func(f facts) { f.Folder.Free = 1 << 20 }, "error data.disk .headgate", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := healthy(t)
			tt.spoil(&f)
			expect(t, f, tt.want, tt.says)
		})
	}
}

// expect compares the only finding.
func expect(t *testing.T, f diagnosis.Facts, want, says string) {
	t.Helper()
	var got []string
	text := ""
	for _, found := range diagnosis.Examine(f).Findings {
		got = append(got, strings.TrimSpace(string(found.Severity)+" "+found.ID+" "+found.About))
		text += found.Evidence + "\n" + found.Why + "\n" + found.Mend
		if found.Evidence == "" && found.ID != "credentials.expired" && found.ID != "credentials.rejected" || found.Why == "" || found.Mend == "" {
			t.Errorf("half a finding: %+v", found)
		}
	}
	var only []string
	if want != "" {
		only = []string{want}
	}
	if diff := cmp.Diff(only, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if !strings.Contains(text, says) {
		t.Errorf("no %q in:\n%s", says, text)
	}
}

func TestUncheckedIsNamed(t *testing.T) {
	t.Parallel()
	f := healthy(t)
	f.Unchecked = []diagnosis.Unchecked{{Check: diagnosis.Quotas, Reason: "no answer"}, {Check: diagnosis.Quotas, Reason: "no answer"}, {Check: diagnosis.Clocks, Reason: "no date"}}
	got := diagnosis.Examine(f)
	want := []diagnosis.Unchecked{{Check: diagnosis.Quotas, Reason: "no answer"}, {Check: diagnosis.Clocks, Reason: "no date"}}
	if diff := cmp.Diff(want, got.Unchecked); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, c := range got.Checked {
		if c == diagnosis.Quotas || c == diagnosis.Clocks {
			t.Errorf("%s counts as checked", c)
		}
	}
}

func TestTheGravestComesFirst(t *testing.T) {
	t.Parallel()
	f := healthy(t)
	f.Gateway.Version = "old"
	f.Clocks[0].Skew = 2 * time.Minute
	f.Folder.Unwritable = "no"
	r := diagnosis.Examine(f)
	if len(r.Findings) != 3 || r.Findings[0].Severity != diagnosis.Error || r.Findings[2].Severity != diagnosis.Info || r.Count(diagnosis.Warning) != 1 {
		t.Errorf("%+v", r.Findings)
	}
}
