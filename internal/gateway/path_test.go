package gateway

import (
	"net/url"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

func TestSplitModelPath(t *testing.T) {
	t.Parallel()
	const (
		haiku = "anthropic.claude-haiku-4-5-20251001-v1:0"
		arn   = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123"
	)
	long := strings.Repeat("a", maxModelBytes)
	for _, tc := range []struct {
		path string
		id   string
		op   llm.Operation
	}{
		{"/model/" + haiku + "/converse", haiku, llm.OpConverse},
		{"/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/converse-stream", haiku, llm.OpConverseStream},
		{"/model/anthropic.claude-haiku-4-5-20251001-v1%3a0/invoke", haiku, llm.OpInvoke},
		{"/model/us.amazon.nova-lite-v1%3A0/invoke-with-response-stream", "us.amazon.nova-lite-v1:0", llm.OpInvokeStream},
		{"/model/" + url.PathEscape(arn) + "/count-tokens", arn, llm.OpCountTokens},
		{"/model/" + strings.ReplaceAll(url.QueryEscape(arn), "%2F", "%2f") + "/converse", arn, llm.OpConverse},
		{"/model/" + arn + "/converse", arn, llm.OpConverse},
		{"/model/converse/converse", "converse", llm.OpConverse},
		{"/model/" + long + "/converse", long, llm.OpConverse},
	} {
		id, op, ok, err := splitModelPath(tc.path)
		if id != tc.id || op != tc.op || !ok || err != nil {
			t.Errorf("splitModelPath(%q) = %q, %q, %t, %v; want %q, %q", tc.path, id, op, ok, err, tc.id, tc.op)
		}
	}
}

func TestSplitModelPathRefuses(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/model//converse":                                  "it is empty",
		"/model/..%2F..%2Fx/converse":                       "only an ARN may hold a slash",
		"/model/../x/converse":                              "only an ARN may hold a slash",
		"/model/arn:aws:bedrock:::x%2F..%2F..%2Fy/converse": "dot segment",
		"/model/arn:aws:bedrock:::x/./y/converse":           "dot segment",
		"/model/arn:aws:bedrock:::x//y/converse":            "dot segment",
		"/model/arn:aws:bedrock:::x//converse":              "dot segment",
		"/model/m%00/converse":                              "may hold letters",
		"/model/m%252Fx/converse":                           "may hold letters",
		"/model/m%0d%0ax/converse":                          "may hold letters",
		"/model/m x/converse":                               "may hold letters",
		"/model/m%C3%A4/converse":                           "may hold letters",
		"/model/m%zz/converse":                              "broken escape",
		"/model/m%/converse":                                "broken escape",
		"/model/" + strings.Repeat("a", 2049) + "/converse": "longer than 2048",
	} {
		_, _, ok, err := splitModelPath(path)
		if !ok || fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Message(err), want) {
			t.Errorf("splitModelPath(%q) = %t, %v; want an invalid id: %s", path, ok, err, want)
		}
	}
	for _, path := range []string{
		"", "/", "/model", "/model/", "/model/m", "/model/m/", "/model/m/converse/", "/model/m/Converse",
		"/model/m/async-invoke", "/models/m/converse", "/v1/messages", "//model/m/converse", "model/m/converse",
	} {
		if id, op, ok, err := splitModelPath(path); ok || err != nil {
			t.Errorf("splitModelPath(%q) = %q, %q, %t, %v; want no operation", path, id, op, ok, err)
		}
	}
}

func FuzzSplitModelPath(f *testing.F) {
	for _, seed := range []string{
		"/model/m/converse", "/model/..%2F/invoke", "/model//converse", "/model/a%3A0/count-tokens", "/model/arn:a/b/converse", "%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		id, op, ok, err := splitModelPath(path)
		if !ok || err != nil {
			if id != "" {
				t.Fatalf("splitModelPath(%q) gives %q and refuses it", path, id)
			}
			return
		}
		if id == "" || len(id) > maxModelBytes || strings.Contains(id, "/../") ||
			strings.Contains(id, "//") || strings.ContainsAny(id, "%\x00 \r\n?#") {
			t.Fatalf("splitModelPath(%q) lets %q through", path, id)
		}
		// What it read is what it would read of the plain spelling.
		again, op2, ok, err := splitModelPath("/model/" + url.PathEscape(id) + "/" + string(op))
		if again != id || op2 != op || !ok || err != nil {
			t.Fatalf("splitModelPath(%q) = %q, but escaped anew it is %q, %t, %v", path, id, again, ok, err)
		}
	})
}
