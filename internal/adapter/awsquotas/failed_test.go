package awsquotas_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/adapter/awsquotas"
	"github.com/headgate/headgate/internal/fault"
)

// TestWhyThereIsNoAnswer: nobody listens, somebody else does, and nobody knows
// whom to be.
func TestWhyThereIsNoAnswer(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	dead, err := awsquotas.NewStatic(awsquotas.Static{AccessKeyID: "AKIDANY", SecretAccessKey: "any", Region: "us-east-1", EndpointURL: gone.URL})
	if err != nil {
		t.Fatal(err)
	}
	page := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	for name, tt := range map[string]struct {
		c    *awsquotas.Client
		kind fault.Kind
		says string
	}{
		"nobody": {dead, fault.Upstream, "AWS cannot be reached: dial tcp 127.0.0.1:"},
		"a page": {page, fault.Upstream, "not as AWS does"},
	} {
		_, err := tt.c.Applied(t.Context(), "")
		if fault.KindOf(err) != tt.kind || !strings.Contains(fault.Message(err), tt.says) {
			t.Errorf("%s: %v: %s; want %v and %q", name, fault.KindOf(err), fault.Message(err), tt.kind, tt.says)
		}
	}
}

func TestThatThereAreNoCredentialsIsSaid(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none",
	} {
		t.Setenv(name, value)
	}
	c, err := awsquotas.New(t.Context(), awsquotas.Options{Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Identity(t.Context(), ""); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Message(err), "no credentials") {
		t.Errorf("%v: %s", fault.KindOf(err), fault.Message(err))
	}
}
