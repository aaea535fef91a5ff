package diagnosis_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/diagnosis"
	"github.com/headgate/headgate/internal/llm"
)

func TestSettingsOfAFile(t *testing.T) {
	t.Parallel()
	const gateway = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:8080"
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
		says  string
	}{
		{"nothing", nil, "", ""},
		{"a good file", []string{"# comment", gateway, "export AWS_REGION=us-east-1", "MODEL=" + usHaiku, "AWS_MAX_ATTEMPTS=3", "AWS_RETRY_MODE=standard"}, "", ""},
		{"many attempts", []string{"AWS_MAX_ATTEMPTS=10"}, "warning retry.multiplies .env:1", `s|^\( *\(export *\)*\)AWS_MAX_ATTEMPTS *=.*|\1AWS_MAX_ATTEMPTS=3|`},
		{"one attempt", []string{"AWS_MAX_ATTEMPTS='1'"}, "info retry.none .env:1", ""},
		{"adaptive", []string{"AWS_RETRY_MODE=Adaptive # slow"}, "warning retry.adaptive .env:1", ""},
		{"no attempts", []string{"AWS_MAX_ATTEMPTS=many"}, "error env.value .env:1", "AWS_MAX_ATTEMPTS is no number above 0"},
		{"no mode", []string{"AWS_RETRY_MODE=fast"}, "error env.value .env:1", "AWS_RETRY_MODE is none of"},
		{"no Region", []string{"AWS_REGION=Ohio"}, "error env.value .env:1", "AWS_REGION is no code"},
		{"an empty Region", []string{"AWS_REGION="}, "", ""},
		{"two Regions", []string{"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-west-2"}, "warning env.two_regions .env:2", "boto3"},
		{"another Region", []string{"AWS_REGION=eu-west-1"}, "warning env.region .env", "--upstream.region eu-west-1"},
		{"a line that is none", []string{gateway, "sk-secret"}, "warning env.unreadable .env:2", "is no NAME=value"},
		{"an open quote", []string{`A="b`, gateway}, "warning env.unreadable .env:1", "not closed"},
		{"not through the gateway", []string{"MODEL=" + usHaiku}, "info env.not_through_gateway .env", "echo AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:8080 >> .env"},
		{"no address", []string{"AWS_ENDPOINT_URL_BEDROCK_RUNTIME=127.0.0.1:8080"}, "error env.value .env:1", "is no address"},
		{"two credentials", []string{"AWS_BEARER_TOKEN_BEDROCK=bedrock-api-key-x", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE"}, "info env.two_credentials .env:1", ""},
		{"a key in the clear", []string{"AWS_BEARER_TOKEN_BEDROCK=x", "AWS_ENDPOINT_URL=http://10.0.0.1:8080"}, "error env.key_in_the_clear .env:1", "https://10.0.0.1:8080"},
		{"Windows", []string{"\xef\xbb\xbfAWS_REGION=us-east-1\r", "AWS_MAX_ATTEMPTS=3\r"}, "", ""},
		{"UTF-16", []string{"\xff\xfeA\x00=\x00"}, "warning env.unreadable .env:1", "not UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := healthy(t)
			f.Env = env(t, tt.lines...)
			expect(t, f, tt.want, tt.says)
		})
	}
}

func TestRegionOfAFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]llm.Region{
		"AWS_REGION=eu-west-1":                                "eu-west-1",
		"AWS_DEFAULT_REGION=\"eu-west-1\"":                    "eu-west-1",
		"export\tAWS_REGION = 'eu-west-1' # near":             "eu-west-1",
		"AWS_REGION=us-east-1\nAWS_REGION=eu-west-1":          "eu-west-1",
		"NOTE=\"two\nlines # of it\"\nAWS_REGION=`eu-west-1`": "eu-west-1",
		"#AWS_REGION=eu-west-1":                               "",
		"exportAWS_REGION=eu-west-1":                          "",
		"AWS_REGION=${REGION}":                                "",
	} {
		if got := env(t, text).Region(); got != want {
			t.Errorf("Region of %q = %q, want %q", text, got, want)
		}
	}
}

// FuzzNoSecretIsShown holds that no value of a secret comes out of a file, whatever
// else it has.
func FuzzNoSecretIsShown(f *testing.F) {
	for _, seed := range []string{
		"", "AWS_REGION=us-east-1\n", "export A='b'\r\n# c\r\n", "\xef\xbb\xbfMODEL=" + usHaiku, "A=\"b\nc\"\nMODEL=x", "MODEL_KEY=",
		"BEDROCK_MODEL=", "AWS_ENDPOINT_URL=http://", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME=https://user:", "A=`", "=", "export", "export =", "AWS_MAX_ATTEMPTS=",
		"AWS_RETRY_MODE=", "AWS_BEARER_TOKEN_BEDROCK=", "# a\n\nA = b # c", "A=\\", `A="\`, "A=b#c", "A.B-C=1",
	} {
		f.Add(seed, "\nB=1\n")
	}
	cat := load(f)
	const secret = "Zq7PlWx93TtSecretRk2"
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, secret) {
			return
		}
		facts := healthyWith(cat)
		closed := "\nAWS_SECRET_ACCESS_KEY=" + secret + "\nAWS_BEARER_TOKEN_BEDROCK='" + secret + "'\nOPENAI_API_KEY=\"" + secret + "\"\nBEDROCK_MODEL_API_KEY=" + secret + "\n"
		facts.Env = diagnosis.ReadEnv(".env", []byte(before+closed+after), cat)
		report := diagnosis.Examine(facts)
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text)+fmt.Sprint(report), secret) {
			t.Errorf("%q, %q: a secret is shown: %s", before, after, text)
		}
	})
}
