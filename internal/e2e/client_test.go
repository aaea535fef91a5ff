package e2e

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/headgate/headgate/internal/daemon"
)

// transport is an HTTP client's own, closed with the test.
func transport(t *testing.T) *http.Transport {
	t.Helper()
	tr := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func sign() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(daemon.EmulatorKey, daemon.EmulatorSecret, "")
}

// runtime is an SDK client for an address. Its own retries are off, so that a
// test sees what is answered.
func runtime(t *testing.T, url string, more ...func(*bedrockruntime.Options)) *bedrockruntime.Client {
	t.Helper()
	o := bedrockruntime.Options{
		Region: string(region), BaseEndpoint: &url, Credentials: sign(),
		Retryer: aws.NopRetryer{}, HTTPClient: &http.Client{Transport: transport(t)},
	}
	return bedrockruntime.New(o, more...)
}

// apart makes a client like c, over the same connections, that shares nothing
// else with it. Streams that run at the same time each need one: the decoder of
// a client's streams has one buffer for all of them, without a lock
// (github.com/aws/smithy-go v1.28.8, internal/eventstream/codec.go, payloadBuf).
func apart(c *bedrockruntime.Client) *bedrockruntime.Client {
	o := c.Options()
	return bedrockruntime.New(bedrockruntime.Options{
		Region: o.Region, BaseEndpoint: o.BaseEndpoint, Credentials: o.Credentials, Retryer: o.Retryer, HTTPClient: o.HTTPClient,
	})
}

// control is an SDK client for the control plane at an address.
func control(t *testing.T, url string) *bedrock.Client {
	t.Helper()
	return bedrock.New(bedrock.Options{
		Region: string(region), BaseEndpoint: &url, Credentials: sign(),
		Retryer: aws.NopRetryer{}, HTTPClient: &http.Client{Transport: transport(t)},
	})
}

// header sets a header on the requests of a call.
func header(name, value string) func(*bedrockruntime.Options) {
	return func(o *bedrockruntime.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), smithyhttp.SetHeaderValue(name, value))
	}
}

// outputTokens has the emulator answer with so many tokens.
func outputTokens(n int) func(*bedrockruntime.Options) {
	return header("X-Emulator-Output-Tokens", strconv.Itoa(n))
}

func userMessage(text string) []types.Message {
	return []types.Message{{
		Role:    types.ConversationRoleUser,
		Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}},
	}}
}

// question is a small request to Claude Haiku 4.5.
func question(text string) *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{
		ModelId: aws.String(usHaiku), Messages: userMessage(text),
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(100)},
	}
}

// streamQuestion is question for ConverseStream.
func streamQuestion(text string) *bedrockruntime.ConverseStreamInput {
	q := question(text)
	return &bedrockruntime.ConverseStreamInput{ModelId: q.ModelId, Messages: q.Messages, InferenceConfig: q.InferenceConfig}
}

// streamed is what a ConverseStream brought.
type streamed struct {
	text   string
	events int
	usage  *types.TokenUsage // nil until the last event
}

// readStream reads a stream to its end and returns what ended it early.
func readStream(out *bedrockruntime.ConverseStreamOutput) (streamed, error) {
	var s streamed
	stream := out.GetStream()
	for event := range stream.Events() {
		s.events++
		switch e := event.(type) {
		case *types.ConverseStreamOutputMemberContentBlockDelta:
			if d, ok := e.Value.Delta.(*types.ContentBlockDeltaMemberText); ok {
				s.text += d.Value
			}
		case *types.ConverseStreamOutputMemberMetadata:
			s.usage = e.Value.Usage
		}
	}
	return s, errors.Join(stream.Err(), stream.Close())
}

// converseStream makes a streamed call to its end.
func converseStream(ctx context.Context, c *bedrockruntime.Client, text string, more ...func(*bedrockruntime.Options)) (streamed, error) {
	out, err := apart(c).ConverseStream(ctx, streamQuestion(text), more...)
	if err != nil {
		return streamed{}, err
	}
	return readStream(out)
}

// raw is an answer without an SDK in between.
type raw struct {
	status int
	header http.Header
	body   string
}

// postRaw sends a body to a path as they are, unsigned.
func postRaw(t *testing.T, c *http.Client, address, path, body string, headers ...string) (raw, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return raw{}, err
	}
	// Opaque is written to the request line as it is, whatever is wrong with it.
	req.URL.Opaque, req.URL.RawQuery, _ = strings.Cut(path, "?")
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return roundTrip(c, req)
}

func roundTrip(c *http.Client, req *http.Request) (raw, error) {
	resp, err := c.Do(req)
	if err != nil {
		return raw{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return raw{status: resp.StatusCode, header: resp.Header, body: string(text)}, err
}
