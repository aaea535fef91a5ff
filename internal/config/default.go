package config

import (
	"reflect"
	"time"
)

// EmulatorURL is where `headgate emulator` listens when nothing else is said:
// the endpoint of an upstream of kind emulator without endpoint_url.
const EmulatorURL = "http://127.0.0.1:4580"

// Default is the configuration in which nothing is set. Every call returns a
// value of its own.
func Default() Config {
	return Config{
		Listen:    "127.0.0.1:8080",
		DataDir:   ".headgate",
		TimeScale: 1,
		Upstream:  Upstream{Kind: UpstreamAWS},
		Quotas: Quotas{
			Source: QuotasDiscover, Refresh: Duration(15 * time.Minute), RefreshOpen: Duration(10 * time.Second),
			Learn: LearnTrials, Pools: []Pool{}, Accounts: []Account{},
			Notify: Notify{SecretEnv: "HEADGATE_WEBHOOK_SECRET"}, //nolint:gosec // the name of a variable
		},
		Queue: Queue{MaxWait: Duration(10 * time.Minute), MaxDepth: 10_000, MaxBytes: 512 * mebibyte, Order: OrderRuns},
		Retry: Retry{
			Schedule: []Duration{
				Duration(2 * time.Second), Duration(4 * time.Second), Duration(8 * time.Second),
				Duration(16 * time.Second), Duration(32 * time.Second),
			},
			Jitter: JitterFull,
		},
		Tenants: []Tenant{},
		Keep:    Keep{Bytes: 64 * mebibyte, For: Duration(60 * time.Second)},
		Cache: Cache{
			Mode: CacheDeterministic, TTL: Duration(24 * time.Hour), Memory: 64 * mebibyte, Disk: 512 * mebibyte, Answer: mebibyte,
			KeyEnv: "HEADGATE_CACHE_KEY", Rules: []CacheRule{},
		},
		// Bedrock takes bodies of 25,000,000 bytes (InvokeModel, "Length Constraints").
		BodyLimit: 25 * megabyte,
		Drain:     Drain{Timeout: Duration(120 * time.Second)},
		Ledger:    Ledger{Keep: Duration(30 * day), MaxBytes: 2048 * mebibyte},
		Catalog:   []string{},
		Metrics:   Metrics{CloudWatch: MetricsOff},
		Traces:    Traces{To: TracesOff, Protocol: TracesHTTP, HeadersEnv: "OTEL_EXPORTER_OTLP_HEADERS", Sample: 1},
		Schemas:   Schemas{UploadLimit: 64 * mebibyte, Keep: 20, KeepFor: Duration(7 * 24 * time.Hour)},
	}
}

// element is the default of one entry of a list of t.
func element(t reflect.Type) reflect.Value {
	switch t {
	case reflect.TypeFor[Tenant]():
		return reflect.ValueOf(Tenant{Weight: 1})
	case reflect.TypeFor[CacheRule]():
		return reflect.ValueOf(CacheRule{Use: CacheUseDefault})
	case reflect.TypeFor[Account]():
		return reflect.ValueOf(Account{Unit: UnitTokens})
	}
	return reflect.Zero(t)
}
