package awsbedrock_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/adapter/awsbedrock"
	"github.com/headgate/headgate/internal/llm"
)

// isolate hides the machine's own AWS configuration from the SDK.
func isolate(t *testing.T) (configFile string) {
	t.Helper()
	for _, name := range []string{
		"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_BEARER_TOKEN_BEDROCK", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
	} {
		t.Setenv(name, "") // so that it comes back
		os.Unsetenv(name)
	}
	dir := t.TempDir()
	configFile = filepath.Join(dir, "config")
	t.Setenv("AWS_CONFIG_FILE", configFile)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return configFile
}

func TestEndpointPrecedence(t *testing.T) {
	const services = "[default]\nregion = eu-west-1\nservices = s\n[services s]\nbedrock_runtime =\n  endpoint_url = http://127.0.0.1:3\n[profile bare]\nregion = eu-west-3\n"
	for _, tt := range []struct {
		name    string
		options awsbedrock.Options
		env     map[string]string
		file    string
		want    string
	}{
		{"AWS itself", awsbedrock.Options{}, nil, "", "https://bedrock-runtime.us-west-2.amazonaws.com"},
		{"the services section", awsbedrock.Options{}, nil, services, "http://127.0.0.1:3"},
		{"another profile", awsbedrock.Options{Profile: "bare"}, nil, services, "https://bedrock-runtime.us-west-2.amazonaws.com"},
		{"the environment for all services", awsbedrock.Options{}, map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:2"}, services, "http://127.0.0.1:2"},
		{"the environment for the runtime", awsbedrock.Options{}, map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:2", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:1"}, services, "http://127.0.0.1:1"},
		{"our own option", awsbedrock.Options{EndpointURL: "http://127.0.0.1:9/base"}, map[string]string{"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:1"}, services, "http://127.0.0.1:9/base"},
		{"FIPS", awsbedrock.Options{}, map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}, "", "https://bedrock-runtime-fips.us-west-2.amazonaws.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := isolate(t)
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			if err := os.WriteFile(file, []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			a, err := awsbedrock.New(t.Context(), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // resolved, then remembered
				u, err := a.Endpoint("us-west-2")
				if err != nil || u.String() != tt.want {
					t.Errorf("Endpoint = %v, %v; want %s", u, err, tt.want)
				}
			}
		})
	}
}

func TestRegionOfTheConfiguration(t *testing.T) {
	file := isolate(t)
	if err := os.WriteFile(file, []byte("[profile p]\nregion = eu-west-3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		options awsbedrock.Options
		want    llm.Region
	}{
		{awsbedrock.Options{}, ""},
		{awsbedrock.Options{Profile: "p"}, "eu-west-3"},
		{awsbedrock.Options{Profile: "p", Region: "us-east-2"}, "us-east-2"},
	} {
		a, err := awsbedrock.New(t.Context(), tt.options)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Region(); got != tt.want {
			t.Errorf("Region() with %+v = %q, want %q", tt.options, got, tt.want)
		}
	}
	if _, err := awsbedrock.New(t.Context(), awsbedrock.Options{Profile: "missing"}); err == nil {
		t.Error("New with a missing profile: no error")
	}
}

func TestStaticLooksAtNoEnvironment(t *testing.T) {
	isolate(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2")
	t.Setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1")
	a, err := awsbedrock.NewStatic(awsbedrock.Static{AccessKeyID: "a", SecretAccessKey: "s", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if u, err := a.Endpoint("cn-north-1"); err != nil || u.String() != "https://bedrock-runtime.cn-north-1.amazonaws.com.cn" {
		t.Errorf("Endpoint = %v, %v", u, err)
	}
	if got := a.Region(); got != "us-east-1" {
		t.Errorf("Region() = %q", got)
	}
}

func TestEndpointRefusesWhatIsNoRegion(t *testing.T) {
	t.Parallel()
	a, err := awsbedrock.NewStatic(awsbedrock.Static{AccessKeyID: "a", SecretAccessKey: "s"})
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range []llm.Region{"", "us-east-1.evil.example/", "US-EAST-1", "us-east-1@x", llm.Region(strings.Repeat("a", 33))} {
		if u, err := a.Endpoint(region); err == nil {
			t.Errorf("Endpoint(%q) = %v, want an error", region, u)
		}
	}
}

func TestNewStaticRefuses(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]awsbedrock.Static{
		"no secret": {AccessKeyID: "a"},
		"no scheme": {AccessKeyID: "a", SecretAccessKey: "s", EndpointURL: "localhost:4580"},
		"password":  {AccessKeyID: "a", SecretAccessKey: "s", EndpointURL: "http://u:sesame@h"},
		"not a URL": {AccessKeyID: "a", SecretAccessKey: "s", EndpointURL: "http://sesame%zz"},
		"a query":   {AccessKeyID: "a", SecretAccessKey: "s", EndpointURL: "http://h?sesame"},
	} {
		if _, err := awsbedrock.NewStatic(s); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("NewStatic with %s = %v, want an error that repeats nothing", name, err)
		}
	}
}
