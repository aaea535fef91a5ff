package pace_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/pace"
)

// bedrock is an emulated account that takes two requests a minute, and whose minutes
// take an eighth of a second.
func bedrock() (cfg aws.Config, stop func()) {
	requests := int64(2)
	e, err := emulator.New(emulator.Config{
		TimeScale: 480, Latency: emulator.NoLatency(),
		Accounts: []emulator.Account{{ID: emulator.DefaultAccount, Quotas: []emulator.Quota{{RequestsPerMinute: &requests}}}},
	})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(e.Handler())
	cfg = aws.Config{
		Region: region, BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	}
	return cfg, server.Close
}

func Example() {
	cfg, stop := bedrock() // yours: config.LoadDefaultConfig(ctx)
	defer stop()

	pacer, err := pace.New(pace.Config{
		Limits:    []pace.Limit{{Model: "us.anthropic.claude-haiku-4-5-20251001-v1:0", RequestsPerMinute: 2}},
		TimeScale: 480, // yours: none
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := bedrockruntime.NewFromConfig(cfg, pacer.Attach)

	var answered atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := client.Converse(context.Background(), question()); err == nil {
				answered.Add(1)
			}
		})
	}
	wg.Wait()
	fmt.Println("answered:", answered.Load())
	// Output: answered: 8
}

func question() *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{
		ModelId:         aws.String("us.anthropic.claude-haiku-4-5-20251001-v1:0"),
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(100)},
		Messages: []types.Message{{
			Role:    types.ConversationRoleUser,
			Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Why do rivers bend?"}},
		}},
	}
}

// A call whose turn would come too late fails before it is sent.
func ExampleError() {
	cfg, stop := bedrock()
	defer stop()
	pacer, err := pace.New(pace.Config{Limits: []pace.Limit{{Model: "us.anthropic.claude-haiku-4-5-20251001-v1:0", RequestsPerMinute: 2}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := bedrockruntime.NewFromConfig(cfg, pacer.Attach)

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for range 3 {
		_, err := client.Converse(ctx, question())
		if refused, ok := errors.AsType[*pace.Error](err); ok {
			fmt.Println("the limit in the way:", refused.Limit)
			fmt.Println("it clears within a minute:", refused.RetryAfter < time.Minute)
		}
		if _, ok := errors.AsType[*types.ThrottlingException](err); ok {
			fmt.Println("which is a ThrottlingException to code that knows of no pacer")
		}
	}
	// Output:
	// the limit in the way: requests_per_minute
	// it clears within a minute: true
	// which is a ThrottlingException to code that knows of no pacer
}

// An agent's calls are dependent: once begun, it is finished before others begin.
func ExampleWithRun() {
	cfg, stop := bedrock()
	defer stop()
	pacer, err := pace.New(pace.Config{
		Limits:    []pace.Limit{{Model: "us.anthropic.claude-haiku-4-5-20251001-v1:0", RequestsPerMinute: 2}},
		TimeScale: 480,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := bedrockruntime.NewFromConfig(cfg, pacer.Attach)

	const calls = 3
	ctx := pace.WithRun(pace.WithTenant(context.Background(), "research"), "agent-7", calls)
	for range calls {
		if _, err := client.Converse(ctx, question()); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, pool := range pacer.Status() {
		fmt.Println(pool.Model, pool.Path, "waiting:", pool.Waiting, "running:", pool.Running)
	}
	// Output: anthropic.claude-haiku-4-5-20251001-v1:0 geo waiting: 0 running: 0
}
