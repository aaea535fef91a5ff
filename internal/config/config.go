// Package config is the configuration of the headgate binary: what can be set,
// its defaults, how it is read and what makes it wrong.
//
// A value comes from a flag, else from a HEADGATE_* variable, else from
// headgate.yaml, else from [Default]. Reading is strict: an unknown key, a
// value of the wrong form and an impossible limit are problems with the key's
// path and the place where it was set, and all of them are reported at once.
//
// The package opens the one file that it is told to and nothing else; it does
// not resolve Regions, credentials or models.
package config

import (
	"github.com/headgate/headgate/internal/llm"
)

// Config is everything that can be configured. Keys in files, flags and
// variables are the json names below. The zero value is not usable: start from
// [Default] or [Load]. A Config is a plain value; whoever copies it shares its
// slices and must not change them.
type Config struct {
	Listen      string   `json:"listen"              jsonschema:"address of the data plane, host:port; anything but loopback needs insecure"`
	AdminListen string   `json:"admin_listen"        jsonschema:"address of the API (/api/v1), of /metrics and of the probes; empty: the same as listen"`
	DataDir     string   `json:"data_dir"            jsonschema:"folder of the SQLite database and of run folders, made when it is missing"`
	Insecure    bool     `json:"insecure"            jsonschema:"allow addresses that other machines can reach: nothing asks who calls Bedrock through them"`
	TimeScale   float64  `json:"time_scale"          jsonschema:"how many times faster than real time waits and limits run; for demonstrations and tests"`
	Upstream    Upstream `json:"upstream"            jsonschema:"where calls are sent"`
	Quotas      Quotas   `json:"quotas"              jsonschema:"what the account may use"`
	Queue       Queue    `json:"queue"               jsonschema:"how calls wait"`
	Retry       Retry    `json:"retry"               jsonschema:"what follows a failure of the upstream that is no quota throttle"`
	Tenants     []Tenant `json:"tenants"             jsonschema:"tenants that differ from the default one"`
	Keep        Keep     `json:"keep"                jsonschema:"answers kept for clients that left and come again"`
	Cache       Cache    `json:"cache"               jsonschema:"answers kept for repeats of their calls, which then cost nothing"`
	BodyLimit   ByteSize `json:"body_limit"          jsonschema:"largest request body"`
	Drain       Drain    `json:"drain"               jsonschema:"how the gateway stops"`
	Ledger      Ledger   `json:"ledger"              jsonschema:"how long the record of calls is kept"`
	Catalog     []string `json:"catalog"             jsonschema:"files that override the built-in catalog of models, in order"`
	Metrics     Metrics  `json:"metrics"             jsonschema:"where the gateway's own metrics are published"`
	Traces      Traces   `json:"traces"              jsonschema:"where a trace of each call is sent"`
	Schemas     Schemas  `json:"schemas"             jsonschema:"schemas that are made for the API"`

	// scaled remembers that Scaled has divided the durations, so that doing it
	// again changes nothing.
	scaled bool
}

// UpstreamKind is what answers the calls.
type UpstreamKind string

// The kinds of upstream.
const (
	UpstreamAWS      UpstreamKind = "aws"
	UpstreamEmulator UpstreamKind = "emulator"
)

// Upstream is where calls are sent. Credentials are never configured here: they
// come from the AWS SDK's standard chain.
type Upstream struct {
	Kind        UpstreamKind `json:"kind"                jsonschema:"aws or emulator"`
	Region      llm.Region   `json:"region"              jsonschema:"source Region; empty: the one of the AWS configuration in use"`
	Profile     string       `json:"profile"             jsonschema:"profile of the AWS configuration files; empty: the default chain"`
	EndpointURL string       `json:"endpoint_url"        jsonschema:"overrides the service's address; empty: the standard one (kind emulator: http://127.0.0.1:4580)"`
}

// QuotaSource is where limits come from.
type QuotaSource string

// The sources of limits.
const (
	QuotasDiscover QuotaSource = "discover"
	QuotasStatic   QuotaSource = "static"
	// QuotasBoth discovers; what is configured overrides it.
	QuotasBoth QuotaSource = "discover+static"
)

// Quotas is what the account may use.
type Quotas struct {
	Source QuotaSource `json:"source"              jsonschema:"discover, static, or discover+static (static overrides)"`
	// Refresh is how often AWS is asked again, RefreshOpen how often while a
	// request for more is not decided.
	Refresh     Duration   `json:"refresh"             jsonschema:"how often the account's quotas are discovered again"`
	RefreshOpen Duration   `json:"refresh_open"        jsonschema:"how often while a request for more is open"`
	Pools       []Pool     `json:"pools"               jsonschema:"limits of one account, Region, model and path"`
	Accounts    []Account  `json:"accounts"            jsonschema:"limits of an account over all its models"`
	Learn       Learn      `json:"learn"               jsonschema:"trials: learn from throttles, and risk one now and then where it pays; throttles: learn from those that come; off"`
	Accounting  Accounting `json:"accounting"          jsonschema:"variants of what Bedrock sets aside when a call is admitted"`
	Notify      Notify     `json:"notify"              jsonschema:"who is told of each step of a request for more"`
}

// Notify is a program elsewhere that is told of each step of a request for a higher
// quota, by a signed webhook.
type Notify struct {
	URL string `json:"url" jsonschema:"https address of a Standard Webhooks receiver; empty: nobody is told"`
	// SecretEnv names the variable, so that the secret is in no file and is not
	// shown.
	SecretEnv string `json:"secret_env" jsonschema:"variable of the environment with the secret that signs it: 24 to 64 bytes in base64"`
}

// Pool is the configured limits of one pool. A nil limit is no limit of that
// kind; 0 is a quota of zero.
type Pool struct {
	Account               llm.AccountID `json:"account"                          jsonschema:"twelve digits; empty: the account of the credentials"`
	Region                llm.Region    `json:"region"                           jsonschema:"source Region; empty: upstream.region"`
	Model                 llm.ModelID   `json:"model"                            jsonschema:"model id without geography"`
	Path                  llm.Path      `json:"path"                             jsonschema:"on-demand, geo, global or mantle"`
	RequestsPerMinute     *int64        `json:"requests_per_minute,omitempty"    jsonschema:"absent: no such limit; 0: no quota"`
	TokensPerMinute       *int64        `json:"tokens_per_minute,omitempty"      jsonschema:"absent: no such limit; 0: no quota"`
	TokensPerDay          *int64        `json:"tokens_per_day,omitempty"         jsonschema:"absent: no such limit; 0: no quota"`
	InputTokensPerMinute  *int64        `json:"input_tokens_per_minute,omitempty"  jsonschema:"mantle only; absent: no such limit; 0: no quota"`
	OutputTokensPerMinute *int64        `json:"output_tokens_per_minute,omitempty" jsonschema:"mantle only; absent: no such limit; 0: no quota"`
}

// ID is the pool that the limits belong to.
func (p Pool) ID() llm.Pool {
	return llm.Pool{Account: p.Account, Region: p.Region, Model: p.Model, Path: p.Path}
}

// QuotaUnit is what an account's daily limit counts.
type QuotaUnit string

// The units of an account's daily limit.
const (
	UnitTokens QuotaUnit = "tokens"
	UnitPriced QuotaUnit = "priced"
)

// Account is the configured limit of an account and Region over all models.
type Account struct {
	ID           llm.AccountID `json:"id"                       jsonschema:"twelve digits; empty: the account of the credentials"`
	Region       llm.Region    `json:"region"                   jsonschema:"source Region; empty: upstream.region"`
	TokensPerDay *int64        `json:"tokens_per_day,omitempty" jsonschema:"absent: no such limit; 0: no quota"`
	Unit         QuotaUnit     `json:"unit"                     jsonschema:"tokens, or priced: tokens weighted by their price"`
}

// Accounting selects among the variants of Bedrock's admission rule. The zero
// value is the documented rule: input + cache writes + max_tokens
// (docs.aws.amazon.com/bedrock, userguide/quotas-token-burndown).
type Accounting struct {
	ReserveCacheRead  bool     `json:"reserve_cache_read"  jsonschema:"count cache reads at admission"`
	ReserveBurndown   bool     `json:"reserve_burndown"    jsonschema:"multiply max_tokens by the burndown rate at admission"`
	MinReservedOutput int64    `json:"min_reserved_output" jsonschema:"least output tokens set aside at admission"`
	RefundDelay       Duration `json:"refund_delay"      jsonschema:"how long after a call's end the rest of what it held comes back"`
	ChargeRejected    bool     `json:"charge_rejected"   jsonschema:"count a throttled call as a request"`
}

// Learn is what may be done to learn how Bedrock enforces the quotas.
type Learn string

// The ways to learn.
const (
	// LearnTrials tries, when it pays, what may cost a throttle that no client sees.
	LearnTrials Learn = "trials"
	// LearnThrottles draws conclusions from throttles that come anyway.
	LearnThrottles Learn = "throttles"
	// LearnOff keeps to what is configured.
	LearnOff Learn = "off"
)

// Order is the rule by which waiting calls are served.
type Order string

// The orders.
const (
	// OrderRuns serves calls of runs that have begun before new runs.
	OrderRuns Order = "runs"
	// OrderFIFO serves calls as they came.
	OrderFIFO Order = "fifo"
)

// Queue bounds the calls that wait.
type Queue struct {
	MaxWait  Duration `json:"max_wait"  jsonschema:"longest wait before an answer is refused"`
	MaxDepth int      `json:"max_depth" jsonschema:"most calls that wait"`
	MaxBytes ByteSize `json:"max_bytes" jsonschema:"most bytes of bodies that wait"`
	Order    Order    `json:"order"     jsonschema:"runs: begun runs first; fifo: as they come"`
}

// Jitter is how retry delays are spread.
type Jitter string

// The jitters.
const (
	// JitterFull draws each delay uniformly from zero to its entry in the schedule.
	JitterFull Jitter = "full"
	// JitterNone keeps to the schedule.
	JitterNone Jitter = "none"
)

// Retry is the schedule after upstream failures that are no quota throttle.
type Retry struct {
	Schedule []Duration `json:"schedule" jsonschema:"the delay before each retry; empty: no retries"`
	Jitter   Jitter     `json:"jitter"   jsonschema:"full: each delay is drawn from zero to its entry; none"`
}

// Tenant is a tenant that differs from the default one.
type Tenant struct {
	Name    llm.Tenant `json:"name"     jsonschema:"as in the header x-headgate-tenant"`
	Weight  int        `json:"weight"   jsonschema:"share of the quota relative to other tenants; default 1"`
	MaxWait Duration   `json:"max_wait" jsonschema:"longest wait of this tenant's calls; 0: queue.max_wait"`
}

// Keep bounds the answers that are kept for clients that left before them.
type Keep struct {
	Bytes ByteSize `json:"bytes" jsonschema:"most bytes of kept answers; 0 keeps none"`
	For   Duration `json:"for"   jsonschema:"how long an answer is kept; 0 keeps none"`
}

// Ledger bounds the record of calls. Its sums outlive the calls.
type Ledger struct {
	Keep     Duration `json:"keep"      jsonschema:"how long calls are kept, in real time; 0: as long as there is room"`
	MaxBytes ByteSize `json:"max_bytes" jsonschema:"most bytes of the database before the oldest calls are dropped; 0: no bound"`
}

// Drain is how the gateway stops.
type Drain struct {
	Delay   Duration `json:"delay"   jsonschema:"time between reporting not ready and taking no more calls: what a load balancer needs to notice"`
	Timeout Duration `json:"timeout" jsonschema:"time that calls under way have to end"`
}

// MetricsSink is how metrics come to CloudWatch.
type MetricsSink string

// The ways to CloudWatch.
const (
	MetricsOff MetricsSink = "off"
	// MetricsPut calls PutMetricData each minute.
	MetricsPut MetricsSink = "put"
	// MetricsEMF writes lines of the Embedded Metric Format.
	MetricsEMF MetricsSink = "emf"
)

// Metrics is what is published of the gateway, in the namespace Headgate, and who
// may read the same at /metrics.
type Metrics struct {
	CloudWatch MetricsSink `json:"cloudwatch" jsonschema:"off; put: PutMetricData each minute; emf: lines of the Embedded Metric Format for what ships logs to CloudWatch"`
	EMFFile    string      `json:"emf_file"   jsonschema:"file that the lines of emf are added to; empty: standard output"`
	Public     bool        `json:"public"     jsonschema:"let everybody read /metrics, also where a token is asked for: for a Prometheus that cannot send one"`
}

// Schemas bounds what is taken in and kept of schemas that are made for the API.
type Schemas struct {
	UploadLimit ByteSize `json:"upload_limit" jsonschema:"most bytes of the files of one schema"`
	Keep        int      `json:"keep"         jsonschema:"how many are kept when they have ended"`
	KeepFor     Duration `json:"keep_for"     jsonschema:"how long they are kept, in real time"`
}
