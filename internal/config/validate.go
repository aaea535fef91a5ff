package config

import (
	"fmt"
	"math"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// fastest bounds time_scale: a minute's window becomes 6 ms, about what a
// timer and a loopback connection still resolve.
const fastest = 10_000

// Validate is nil or an *Error with every problem of c.
func (c Config) Validate() error { return asError(c.Problems()) }

// Problems lists everything that makes c unusable, each with its key.
func (c Config) Problems() []Problem {
	var v validator
	v.address("listen", c.Listen, true)
	v.address("admin_listen", c.AdminListen, false)
	v.that(c.DataDir != "", "data_dir", "must name a folder")
	v.that(c.TimeScale >= 1 && c.TimeScale <= fastest, "time_scale", "must be from 1 (real time) to %d, not %v", fastest, c.TimeScale)
	v.upstream(c.Upstream)
	v.quotas(c.Quotas)
	v.queue(c.Queue, c.BodyLimit)
	oneOf(&v, "retry.jitter", c.Retry.Jitter, JitterFull, JitterNone)
	for i, d := range c.Retry.Schedule {
		v.duration(index("retry.schedule", i), d)
	}
	v.tenants(c.Tenants)
	v.that(c.Keep.Bytes >= 0, "keep.bytes", "must not be negative")
	v.duration("keep.for", c.Keep.For)
	v.cache(c.Cache)
	v.that(c.BodyLimit > 0, "body_limit", "must be more than 0")
	v.duration("drain.delay", c.Drain.Delay)
	v.duration("drain.timeout", c.Drain.Timeout)
	v.duration("ledger.keep", c.Ledger.Keep)
	v.that(c.Ledger.Keep == 0 || c.Ledger.Keep >= Duration(time.Hour), "ledger.keep", "must be 0 (as long as there is room) or at least 1h, not %s", c.Ledger.Keep)
	v.that(c.Ledger.MaxBytes == 0 || c.Ledger.MaxBytes >= 16*mebibyte, "ledger.max_bytes", "must be 0 (no bound) or at least 16MiB, not %s", c.Ledger.MaxBytes)
	for i, file := range c.Catalog {
		v.that(file != "", index("catalog", i), "must name a file")
	}
	oneOf(&v, "metrics.cloudwatch", c.Metrics.CloudWatch, MetricsOff, MetricsPut, MetricsEMF)
	v.that(c.Metrics.EMFFile == "" || c.Metrics.CloudWatch == MetricsEMF, "metrics.emf_file", "is of metrics.cloudwatch: emf alone")
	v.traces(c.Traces)
	v.that(c.Schemas.UploadLimit > 0, "schemas.upload_limit", "must be more than 0")
	v.that(c.Schemas.Keep > 0, "schemas.keep", "must be at least 1")
	v.that(c.Schemas.KeepFor > 0, "schemas.keep_for", "must be longer than 0")
	return v.problems
}

// validator collects problems.
type validator struct {
	problems []Problem
}

func (v *validator) that(ok bool, key, format string, args ...any) {
	if !ok {
		v.problems = append(v.problems, Problem{Key: key, Text: fmt.Sprintf(format, args...)})
	}
}

func oneOf[T ~string](v *validator, key string, value T, allowed ...T) {
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	last := len(names) - 1
	v.that(slices.Contains(allowed, value), key, "must be %s or %s, not %q", strings.Join(names[:last], ", "), names[last], clip(string(value)))
}

func (v *validator) duration(key string, d Duration) {
	v.that(d >= 0, key, "must not be negative, it is %s", d)
}

func (v *validator) address(key, value string, required bool) {
	if value == "" {
		v.that(!required, key, "must be host:port, such as 127.0.0.1:8080")
		return
	}
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		v.that(false, key, "must be host:port, such as 127.0.0.1:8080, not %q", clip(value))
		return
	}
	n, err := strconv.Atoi(port)
	v.that(err == nil && n >= 0 && n <= math.MaxUint16, key, "the port must be a number from 0 to 65535, not %q", clip(port))
}

func (v *validator) upstream(u Upstream) {
	oneOf(v, "upstream.kind", u.Kind, UpstreamAWS, UpstreamEmulator)
	v.region("upstream.region", u.Region)
	if u.EndpointURL == "" {
		return
	}
	const key = "upstream.endpoint_url"
	at, err := url.Parse(u.EndpointURL)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
		v.that(false, key, "must be a URL such as https://bedrock-runtime.us-east-1.amazonaws.com")
		return
	}
	v.that(at.User == nil, key, "must not hold a user or a password; credentials come from the AWS configuration")
	v.that(at.RawQuery == "" && at.Fragment == "", key, "must not have a query or a fragment")
}

func (v *validator) queue(q Queue, body ByteSize) {
	v.duration("queue.max_wait", q.MaxWait)
	v.that(q.MaxDepth >= 1, "queue.max_depth", "must be at least 1, it is %d", q.MaxDepth)
	v.that(q.MaxBytes >= body, "queue.max_bytes", "must hold one body of body_limit (%s), it is %s", body, q.MaxBytes)
	oneOf(v, "queue.order", q.Order, OrderRuns, OrderFIFO)
}

func (v *validator) tenants(tenants []Tenant) {
	seen := map[llm.Tenant]int{}
	for i, t := range tenants {
		at := index("tenants", i)
		v.that(t.Name != "", at+".name", "must be given")
		if first, twice := seen[t.Name]; twice && t.Name != "" {
			v.that(false, at+".name", "is the same as tenants[%d].name", first)
		} else {
			seen[t.Name] = i
		}
		v.that(t.Weight >= 1, at+".weight", "must be at least 1, it is %d", t.Weight)
		v.duration(at+".max_wait", t.MaxWait)
	}
}

func (v *validator) region(key string, r llm.Region) {
	v.that(r == "" || isRegion(string(r)), key, "must be a Region such as us-east-1, not %q", clip(string(r)))
}

func (v *validator) account(key string, id llm.AccountID) {
	v.that(id == "" || isAccount(string(id)), key, "must be an account number of twelve digits in quotes, not %q", clip(string(id)))
}

// isRegion accepts the form of a Region code; new Regions need no new release.
func isRegion(s string) bool {
	return len(s) <= 32 && regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`).MatchString(s)
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

func index(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
