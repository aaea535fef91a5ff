package pace_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/pace"
)

// BenchmarkConverse is a call to a transport in memory, without a pacer and with one
// whose limits always have room: the difference is what pacing costs.
func BenchmarkConverse(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1KB", 1 << 10}, {"100KB", 100 << 10}} {
		input := &bedrockruntime.ConverseInput{
			ModelId: aws.String(usHaiku), InferenceConfig: most(100),
			Messages: []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{
				&types.ContentBlockMemberText{Value: strings.Repeat("Why do rivers bend? ", size.bytes/20)},
			}}},
		}
		b.Run(size.name+"/unpaced", func(b *testing.B) { benchmarkConverse(b, input) })
		b.Run(size.name+"/paced", func(b *testing.B) {
			const plenty = 1 << 40
			p, err := pace.New(pace.Config{Limits: []pace.Limit{{Model: usHaiku, RequestsPerMinute: plenty, TokensPerMinute: plenty}}})
			if err != nil {
				b.Fatal(err)
			}
			benchmarkConverse(b, input, p.Attach)
		})
	}
}

func benchmarkConverse(b *testing.B, input *bedrockruntime.ConverseInput, opts ...func(*bedrockruntime.Options)) {
	b.Helper()
	client := bedrockruntime.New(bedrockruntime.Options{
		Region: region, BaseEndpoint: aws.String("http://bedrock.test"),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		HTTPClient:  instant{},
	}, opts...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Converse(b.Context(), input); err != nil {
			b.Fatal(err)
		}
	}
}

// instant answers every request at once.
type instant struct{}

func (instant) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	const body = `{"metrics":{"latencyMs":420},"output":{"message":{"content":[{"text":"Because of their inertia."}],"role":"assistant"}},"stopReason":"end_turn","usage":{"inputTokens":9,"outputTokens":6,"totalTokens":15}}`
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"1"}},
		Body:   io.NopCloser(bytes.NewReader([]byte(body))),
	}, nil
}
