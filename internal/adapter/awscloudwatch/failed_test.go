package awscloudwatch_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/adapter/awscloudwatch"
	"github.com/headgate/headgate/internal/fault"
)

// TestWhyThereIsNoAnswer: nobody listens, or somebody else does.
func TestWhyThereIsNoAnswer(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	dead, err := awscloudwatch.NewStatic(awscloudwatch.Static{AccessKeyID: "AKIDANY", SecretAccessKey: "any", Region: "us-east-1", EndpointURL: gone.URL})
	if err != nil {
		t.Fatal(err)
	}
	page := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	for name, tt := range map[string]struct {
		c    *awscloudwatch.Client
		says string
	}{
		"nobody": {dead, "CloudWatch cannot be reached: dial tcp 127.0.0.1:"},
		"a page": {page, "not as it does"},
	} {
		_, err := tt.c.Alarms(t.Context(), "", "")
		if fault.KindOf(err) != fault.Upstream || !strings.Contains(fault.Message(err), tt.says) {
			t.Errorf("%s: %v: %s; want %q", name, fault.KindOf(err), fault.Message(err), tt.says)
		}
	}
}

// TestNoCredentialsAreARefusal: the exit code is that of who must sign in, and the
// SDK's own words about where it looked are not in the way.
func TestNoCredentialsAreARefusal(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none",
	} {
		t.Setenv(name, value)
	}
	c, err := awscloudwatch.New(t.Context(), awscloudwatch.Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Alarms(t.Context(), "", ""); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Message(err), "no credentials") {
		t.Errorf("%v: %s", fault.KindOf(err), fault.Message(err))
	}
}
