package foundation_test

import (
	"testing"

	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/llm"
)

// TestFigures holds the table against the published figures: the
// quotas-token-burndown page and the model cards of the Bedrock user guide.
func TestFigures(t *testing.T) {
	t.Parallel()
	table := foundation.New()
	for _, tt := range []struct {
		id                llm.ModelID
		burndown, maximum int64
	}{
		{"anthropic.claude-haiku-4-5-20251001-v1:0", 5, 65536},
		{"anthropic.claude-sonnet-4-6", 5, 65536},
		{"anthropic.claude-opus-4-7", 5, 131072},
		{"anthropic.claude-opus-4-8", 15, 131072},
		{"anthropic.claude-sonnet-5", 10, 131072},
		{"anthropic.claude-opus-5-5", 10, 131072},
		{"anthropic.claude-fable-5-1", 10, 131072},
		{"openai.gpt-5.6-sol", 10, 131072},
		{"amazon.nova-lite-v1:0", 1, 5120},
		{"openai.gpt-oss-20b-1:0", 1, 16384},
	} {
		m := table.Model(tt.id)
		if m == nil || m.Burndown != tt.burndown || m.MaxOutput != tt.maximum {
			t.Errorf("%s: %+v, want burndown %d, maximum %d", tt.id, m, tt.burndown, tt.maximum)
		}
	}
	for _, m := range table.Models() {
		if m.Burndown < 1 || m.MaxOutput < 1 && !m.Embeds() || m.Name == "" || m.Provider == "" {
			t.Errorf("row %+v is not whole", m)
		}
		if !m.OnDemand && len(m.Geos) == 0 && !m.Global {
			t.Errorf("%s cannot be reached", m.ID)
		}
	}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		region llm.Region
		prefix string
		want   bool
	}{
		{"us-east-1", "us", true},
		{"us-east-1", "eu", false},
		{"us-gov-west-1", "us", false},
		{"us-gov-west-1", "us-gov", true},
		{"ca-central-1", "us", true},
		{"eu-west-1", "eu", true},
		{"ap-northeast-1", "jp", true},
		{"ap-northeast-1", "apac", true},
		{"ap-southeast-2", "jp", false},
		{"ap-southeast-2", "au", true},
		{"ap-south-1", "in", true},
		{"sa-east-1", "us", true},
	} {
		if got := foundation.Reaches(tt.region, tt.prefix); got != tt.want {
			t.Errorf("Reaches(%s, %s) = %v, want %v", tt.region, tt.prefix, got, tt.want)
		}
	}
}
