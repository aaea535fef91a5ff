package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/llm"
)

// TestProblems reads whole files and compares what Load says of them, line by
// line.
func TestProblems(t *testing.T) {
	t.Parallel()
	const pool = "quotas: {pools: [{region: us-east-1, model: a.b, path: geo, "
	tests := map[string]struct {
		file string
		env  []string
		want []string
	}{
		"unknown keys, all at once": {
			file: "lisen: x\nqueue:\n  max_waits: 1m\n  max_depth: 5\nmax_bytes: 3\nfrobnicate: 1\n",
			want: []string{
				`headgate.yaml:1:1: lisen: unknown key; did you mean "listen"?`,
				`headgate.yaml:3:3: queue.max_waits: unknown key; did you mean "queue.max_wait"?`,
				`headgate.yaml:5:1: max_bytes: unknown key; did you mean "queue.max_bytes"?`,
				`headgate.yaml:6:1: frobnicate: unknown key; known here: admin_listen, body_limit, cache, catalog, data_dir, drain, insecure, keep, ledger, listen, metrics, queue, quotas, retry, schemas, tenants, time_scale, traces, upstream`,
			},
		},
		"in a list": {
			file: pool + "request_per_minute: 2}]}",
			want: []string{
				`headgate.yaml:1:61: quotas.pools[0].request_per_minute: unknown key; did you mean "quotas.pools[0].requests_per_minute"?`,
				`headgate.yaml:1:19: quotas.pools[0]: has no limit; give one of requests_per_minute, tokens_per_minute, tokens_per_day`,
			},
		},
		"wrong forms": {
			file: "insecure: maybe\ntime_scale: fast\nqueue: 5\ntenants: {name: a}\nlisten: [1]\nretry: {schedule: [2]}\nbody_limit: 5 apples\n",
			want: []string{
				`headgate.yaml:1:11: insecure: must be true or false, not "maybe"`,
				`headgate.yaml:2:13: time_scale: must be a number, not "fast"`,
				`headgate.yaml:3:8: queue: must be a section of keys`,
				`headgate.yaml:4:10: tenants: must be a list`,
				`headgate.yaml:5:9: listen: must be a single value`,
				`headgate.yaml:6:20: retry.schedule[0]: must be a time with its unit, such as 30s or 10m, not "2"`,
				`headgate.yaml:7:13: body_limit: must be a size such as 64MiB or 25MB, not "5 apples"`,
			},
		},
		"metrics": {
			file: "metrics: {cloudwatch: push, emf_file: x}\n",
			want: []string{
				`headgate.yaml:1:23: metrics.cloudwatch: must be off, put or emf, not "push"`,
				`headgate.yaml:1:39: metrics.emf_file: is of metrics.cloudwatch: emf alone`,
			},
		},
		"traces": {
			file: "traces: {to: everybody, endpoint: 'https://key@host', protocol: smoke, headers_env: x-key=secret, sample: 2}\n",
			want: []string{
				`headgate.yaml:1:14: traces.to: must be off, otlp or langsmith, not "everybody"`,
				`headgate.yaml:1:65: traces.protocol: must be http or grpc, not "smoke"`,
				`headgate.yaml:1:107: traces.sample: must be from 0 to 1, not 2`,
				`headgate.yaml:1:85: traces.headers_env: must name a variable, it does not hold the headers themselves`,
				`headgate.yaml:1:35: traces.endpoint: must not hold a user, a password, a query or a fragment: put secrets into traces.headers_env`,
			},
		},
		"negative and duplicate limits": {
			file: `quotas:
  pools:
    - {region: us-east-1, model: a.b, path: geo, requests_per_minute: -1, tokens_per_minute: -5}
    - {region: us-east-1, model: a.b, path: geo, requests_per_minute: 1}
`,
			want: []string{
				`headgate.yaml:3:71: quotas.pools[0].requests_per_minute: must not be negative, it is -1 (leave the key out for no limit)`,
				`headgate.yaml:3:94: quotas.pools[0].tokens_per_minute: must not be negative, it is -5 (leave the key out for no limit)`,
				`headgate.yaml:4:8: quotas.pools[1]: is the same pool as quotas.pools[0] (-/us-east-1/a.b/geo)`,
			},
		},
		"bad names": {
			file: `quotas:
  pools: [{account: 12, region: mars, model: us.anthropic.c, path: warp, requests_per_minute: 1}]
  accounts: [{id: x, tokens_per_day: 0, unit: pounds}, {}]
`,
			want: []string{
				`headgate.yaml:2:21: quotas.pools[0].account: must be an account number of twelve digits in quotes, not "12"`,
				`headgate.yaml:2:33: quotas.pools[0].region: must be a Region such as us-east-1, not "mars"`,
				`headgate.yaml:2:68: quotas.pools[0].path: must be on-demand, geo, global or mantle, not "warp"`,
				`headgate.yaml:2:46: quotas.pools[0].model: must be the model without its geography: model: anthropic.c, path: geo`,
				`headgate.yaml:3:19: quotas.accounts[0].id: must be an account number of twelve digits in quotes, not "x"`,
				`headgate.yaml:3:47: quotas.accounts[0].unit: must be tokens or priced, not "pounds"`,
				`headgate.yaml:3:56: quotas.accounts[1].tokens_per_day: must be given`,
			},
		},
		"addresses and bounds": {
			file: "listen: here\nadmin_listen: 127.0.0.1:99999\ntime_scale: 0.5\nqueue: {max_wait: -1s, max_bytes: 1MB}\ndata_dir: \"\"\n",
			want: []string{
				`headgate.yaml:1:9: listen: must be host:port, such as 127.0.0.1:8080, not "here"`,
				`headgate.yaml:2:15: admin_listen: the port must be a number from 0 to 65535, not "99999"`,
				`headgate.yaml:5:11: data_dir: must name a folder`,
				`headgate.yaml:3:13: time_scale: must be from 1 (real time) to 10000, not 0.5`,
				`headgate.yaml:4:19: queue.max_wait: must not be negative, it is -1s`,
				`headgate.yaml:4:35: queue.max_bytes: must hold one body of body_limit (25MB), it is 1MB`,
			},
		},
		"learning and accounting": {
			file: "quotas: {learn: guess, accounting: {refund_delay: -1s, charge_rejected: often, min_reserved_output: -1}}\n",
			want: []string{
				`headgate.yaml:1:73: quotas.accounting.charge_rejected: must be true or false, not "often"`,
				`headgate.yaml:1:17: quotas.learn: must be trials, throttles or off, not "guess"`,
				`headgate.yaml:1:51: quotas.accounting.refund_delay: must not be negative, it is -1s`,
				`headgate.yaml:1:101: quotas.accounting.min_reserved_output: must not be negative`,
			},
		},
		"a password in the endpoint is not repeated": {
			file: "upstream: {endpoint_url: 'https://me:hunter2@example.com'}\n",
			want: []string{`headgate.yaml:1:26: upstream.endpoint_url: must not hold a user or a password; credentials come from the AWS configuration`},
		},
		"not even when it is no URL": {
			file: "upstream: {endpoint_url: 'https://me:hunter2@[x'}\n",
			want: []string{`headgate.yaml:1:26: upstream.endpoint_url: must be a URL such as https://bedrock-runtime.us-east-1.amazonaws.com`},
		},
		"tenants": {
			file: "tenants: [{name: a}, {name: a, weight: 0}, {weight: 1}]\n",
			want: []string{
				`headgate.yaml:1:29: tenants[1].name: is the same as tenants[0].name`,
				`headgate.yaml:1:40: tenants[1].weight: must be at least 1, it is 0`,
				`headgate.yaml:1:45: tenants[2].name: must be given`,
			},
		},
		"misspelled variable": {
			env:  []string{"HEADGATE_LISTENS=x", "HEADGATE_PORT=tcp://10.0.0.1:80", "HEADGATE_QUEUE_MAX_DEPTH=many"},
			want: []string{`HEADGATE_QUEUE_MAX_DEPTH: queue.max_depth: must be a whole number, not "many"`, `HEADGATE_LISTENS: unknown variable; did you mean HEADGATE_LISTEN?`},
		},
		"key twice": {
			file: "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n",
			want: []string{`headgate.yaml:2:1: mapping key "listen" already defined at [1:1]`},
		},
		"block entries": {
			file: "tenants:\n  - weight: 2\n  - name: a\n    weights: 3\n",
			want: []string{
				`headgate.yaml:4:5: tenants[1].weights: unknown key; did you mean "tenants[1].weight"?`,
				`headgate.yaml:2:5: tenants[0].name: must be given`,
			},
		},
		"a section that merges itself": {
			file: "queue: &q\n  <<: *q\n",
			want: []string{`headgate.yaml:2:3: queue: merges more than 1000 sections, or itself`},
		},
		"an alias to nothing": {
			file: "queue: *q\n",
			want: []string{`headgate.yaml:1:8: no anchor &q`},
		},
		"two documents": {
			file: "insecure: true\n---\ninsecure: false\n",
			want: []string{`headgate.yaml:3:9: a second document; keep one and remove the --- line`},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Load(Options{Dir: write(t, tt.file), Env: tt.env})
			all, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("Load() error = %v, want problems", err)
			}
			var got []string
			for _, p := range all.Problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Load() (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error repeats a password")
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Quotas.Pools = []Pool{
		{Model: "a.b", Path: "geo", RequestsPerMinute: new(int64(0)), TokensPerMinute: new(int64(1999)), TokensPerDay: new(int64(2000))},
		{Model: "a.b", Path: "mantle", TokensPerMinute: new(int64(5000)), InputTokensPerMinute: new(int64(5000))},
	}
	var got []string
	for _, w := range c.Warnings() {
		got = append(got, w.Key)
	}
	want := []string{"quotas.pools[0].requests_per_minute", "quotas.pools[0].tokens_per_minute", "quotas.pools[1].tokens_per_minute"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Warnings() (-want +got):\n%s", diff)
	}
}

func TestExposure(t *testing.T) {
	t.Parallel()
	for address, loopback := range map[string]bool{
		"127.0.0.1:8080": true, "127.9.9.9:1": true, "[::1]:8080": true, "localhost:0": true, "[::ffff:127.0.0.1]:1": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "10.0.0.1:80": false, "example.com:80": false, "nonsense": false,
	} {
		c := Default()
		c.Listen = address
		if err := c.CheckExposure(); (err == nil) != loopback {
			t.Errorf("CheckExposure() of %s = %v, want loopback %v", address, err, loopback)
		}
		c.Insecure = true
		if err := c.CheckExposure(); err != nil {
			t.Errorf("CheckExposure() of %s with insecure = %v, want nil", address, err)
		}
	}
	c := Default()
	c.AdminListen = "0.0.0.0:9090"
	if err := c.CheckExposure(); err == nil || !strings.Contains(err.Error(), "--insecure") {
		t.Errorf("CheckExposure() of the admin address = %v, want a refusal with its cure", err)
	}
}

func TestLimitThatHoldsNoCall(t *testing.T) {
	t.Parallel()
	for amount, bad := range map[int64]bool{0: false, 1: true, 15: true, 16: false} {
		c := Default()
		c.Quotas.Pools = []Pool{{Region: "us-east-1", Model: "anthropic.claude-haiku-4-5-20251001-v1:0", Path: llm.PathGeo, TokensPerMinute: &amount}}
		if got := len(c.Problems()) > 0; got != bad {
			t.Errorf("tokens_per_minute %d: problems %v, want any: %v", amount, c.Problems(), bad)
		}
	}
}
