package gateway

import (
	"strings"
	"testing"
	"time"
)

func TestClientOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		userAgent, name string
		readTimeout     time.Duration
	}{
		{"Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux lang/python#3.13", "Boto3/1.43.11", time.Minute},
		{"aws-cli/1.45.0 md/Botocore#1.43.9 ua/2.1", "aws-cli/1.45.0", time.Minute},
		{"aws-cli/2.31.1 md/awscrt#0.27.6 ua/2.1", "aws-cli/2.31.1", time.Minute},
		{"aws-sdk-go-v2/1.47.7 ua/2.1 os/linux lang/go#1.26.8", "aws-sdk-go-v2/1.47.7", 0},
		{"aws-sdk-js/3.1164.0 ua/2.1 os/linux", "aws-sdk-js/3.1164.0", 0},
		{"aws-sdk-java/2.33.0 md/io#sync", "aws-sdk-java/2.33.0", 30 * time.Second},
		{"AnthropicBedrock/Python 0.121.0", "AnthropicBedrock/Python", 10 * time.Minute},
		{"claude-cli/2.1.0 (external, cli)", "claude-cli/2.1.0", 10 * time.Minute},
		{"", "", 0},
		{"x\x7fy z", "", 0},
		{strings.Repeat("a", 100), strings.Repeat("a", 64), 0},
	} {
		if name, timeout := clientOf(tc.userAgent); name != tc.name || timeout != tc.readTimeout {
			t.Errorf("clientOf(%q) = %q, %v; want %q, %v", tc.userAgent, name, timeout, tc.name, tc.readTimeout)
		}
	}
}
