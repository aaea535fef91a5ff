package catalog_test

import (
	"testing"

	"github.com/headgate/headgate/internal/catalog"
)

// Start-up pays for this once; it should stay below 20 ms.
func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		if _, err := catalog.Default(); err != nil {
			b.Fatal(err)
		}
	}
}

// Every call pays for this; it should stay below 200 ns for exact ids.
func BenchmarkResolve(b *testing.B) {
	c, err := catalog.Default()
	if err != nil {
		b.Fatal(err)
	}
	for name, id := range map[string]string{
		"geo":     "us.anthropic.claude-haiku-4-5-20251001-v1:0",
		"global":  "global.anthropic.claude-sonnet-4-6",
		"arn":     "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
		"unknown": "vendor.model-v1:0",
		"wrong":   "anthropic.claude-3-5-haiku-20241022:0",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = c.Resolve(id, "us-east-1")
			}
		})
	}
}
