package emulator

import (
	"net/http"
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path string
		want         route
	}{
		{"POST", "/model/m%3A0/converse", route{resourceModel, "m:0", "converse"}},
		{"POST", "/model/m:0/invoke-with-response-stream", route{resourceModel, "m:0", "invoke-with-response-stream"}},
		{"POST", "/model/arn%3Aaws%3Abedrock%3Ar%3A1%3Ainference-profile%2Fx/count-tokens", route{resourceModel, "arn:aws:bedrock:r:1:inference-profile/x", "count-tokens"}},
		{"POST", "/model/arn:aws:bedrock:r:1:inference-profile/x/converse", route{resourceModel, "arn:aws:bedrock:r:1:inference-profile/x", "converse"}},
		{"GET", "/inference-profiles", route{resource: resourceProfiles}},
		{"GET", "/inference-profiles/us.m%3A0", route{resource: resourceProfile, id: "us.m:0"}},
		{"GET", "/foundation-models", route{resource: resourceModels}},
		{"GET", "/foundation-models/m", route{resource: resourceOneModel, id: "m"}},
		{"PUT", "/emulator/quotas", route{resource: resourceControl, id: "quotas"}},
	} {
		got, err := parsePath(tt.method, tt.path)
		if err != nil || got != tt.want {
			t.Errorf("parsePath(%s %s) = %+v, %v, want %+v", tt.method, tt.path, got, err, tt.want)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add("/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse")
	f.Add("/model/..%2F../invoke")
	f.Add("/model/%252e%252e/invoke")
	f.Add("/model/a%00/converse")
	f.Add("/inference-profiles/arn%3Aaws%3A%2F%2F")
	f.Fuzz(func(t *testing.T, path string) {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			r, err := parsePath(method, path)
			if err != nil || r.resource == resourceControl {
				continue
			}
			if strings.Contains(r.id, "..") && strings.Contains("/"+r.id+"/", "/../") || strings.ContainsAny(r.id, "%\x00\\ ") || strings.Contains(r.id, "//") {
				t.Errorf("parsePath(%q) lets %q through", path, r.id)
			}
		}
	})
}

func TestRequestIDsAreUUIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		id := newRequestID()
		if len(id) != 36 || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) || strings.Count(id, "-") != 4 || seen[id] {
			t.Fatalf("newRequestID = %q", id)
		}
		seen[id] = true
	}
}
