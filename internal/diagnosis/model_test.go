package diagnosis_test

import (
	"testing"
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/diagnosis"
)

func TestModelsOfAFile(t *testing.T) {
	t.Parallel()
	type facts = *diagnosis.Facts
	none := func(facts) {}
	for _, tt := range []struct {
		name  string
		lines []string
		spoil func(facts)
		want  string
		says  string
	}{
		{"one that is fine", []string{"MODEL_ID=" + usHaiku}, none, "", ""},
		{"its ARN", []string{"X=arn:aws:bedrock:us-east-1:111122223333:inference-profile/" + usHaiku}, none, "", ""},
		{"a context variant", []string{"ANTHROPIC_MODEL='us.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]'"}, func(f facts) {
			f.Snapshot.Profiles = append(f.Snapshot.Profiles, account.Profile{ID: "us.anthropic.claude-sonnet-4-5-20250929-v1:0", Active: true})
		}, "", ""},
		{"a model of others", []string{"OPENAI_MODEL=gpt-4.1", "MODEL=meta-llama/Llama-3.3-70B-Instruct"}, none, "", ""},
		{
			"an ended model",
			[]string{"", "MODEL_ID=anthropic.claude-3-haiku-20240307-v1:0"},
			none,
			"error model.ended anthropic.claude-3-haiku-20240307-v1:0 in .env:2 (MODEL_ID)", "reached its end of life on 2026-09-10",
		},
		{
			"a typing mistake",
			[]string{"LLM_MODEL=bedrock/us.antropic.claude-haiku-4-5-20251001-v1:0"},
			none,
			"error model.unknown us.antropic.claude-haiku-4-5-20251001-v1:0 in .env:1 (LLM_MODEL)",
			`sed -i.bak 's|us\.antropic\.claude-haiku-4-5-20251001-v1:0|` + usHaiku + `|' .env`,
		},
		{
			"a profile of another geography",
			[]string{"MODEL=eu." + string(haiku)},
			none,
			"error profile.not_listed eu." + string(haiku) + " in .env:1 (MODEL)", "|" + usHaiku + "|' .env",
		},
		{
			"the same, when nothing is listed",
			[]string{"MODEL=eu." + string(haiku)},
			func(f facts) { f.Snapshot.Missing = []account.Missing{{Part: "profiles"}} },
			"error profile.region eu." + string(haiku) + " in .env:1 (MODEL)", "not called from us-east-1",
		},
		{
			"a bare id",
			[]string{"MODEL=" + string(haiku)},
			none,
			"error model.needs_profile " + string(haiku) + " in .env:1 (MODEL)", usHaiku,
		},
		{
			"a bare id that is served",
			[]string{"MODEL=" + string(haiku)},
			func(f facts) { f.Snapshot.Models[0].OnDemand = true }, "", "",
		},
		{
			"a model that the Region has not",
			[]string{"MODEL=amazon.nova-lite-v1:0"},
			none,
			"error model.not_offered amazon.nova-lite-v1:0 in .env:1 (MODEL)", "does not list",
		},
		{
			"an ARN of another account",
			[]string{"MODEL=arn:aws:bedrock:us-east-1:999999999999:inference-profile/" + usHaiku},
			none,
			"error model.other_account arn:aws:bedrock:us-east-1:999999999999:inference-profile/" + usHaiku + " in .env:1 (MODEL)", "999999999999",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := healthy(t)
			f.Env = env(t, append(tt.lines, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:8080")...)
			tt.spoil(&f)
			expect(t, f, tt.want, tt.says)
		})
	}
}

// TestModelsOfTheAccount spoils what Bedrock lists of the model that is called.
func TestModelsOfTheAccount(t *testing.T) {
	t.Parallel()
	type facts = *diagnosis.Facts
	for _, tt := range []struct {
		name  string
		spoil func(facts)
		want  string
	}{
		{"an end tomorrow", func(f facts) { f.Snapshot.Models[0].EndOfLife = now().Add(24 * time.Hour) }, "warning model.ending " + usHaiku + " in recent calls"},
		{"an end next year", func(f facts) { f.Snapshot.Models[0].EndOfLife = now().Add(5000 * time.Hour) }, ""},
		{"legacy", func(f facts) { f.Snapshot.Models[0].Legacy = true }, "warning model.legacy " + usHaiku + " in recent calls"},
		{"an inactive profile", func(f facts) { f.Snapshot.Profiles[0].Active = false }, "error profile.inactive " + usHaiku + " in recent calls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := healthy(t)
			f.Configured = nil
			tt.spoil(&f)
			expect(t, f, tt.want, "")
		})
	}
}
