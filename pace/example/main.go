// Command example asks Amazon Bedrock a number of questions at once, as a few
// agents that ask one after the other, and paces them so that none is throttled.
//
// It finds Region, credentials and endpoint as every program with the AWS SDK does.
// To try it without an account:
//
//	headgate emulator --requests-per-minute 6 --tokens-per-minute 500000 --time-scale 10
//	export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=http://127.0.0.1:4580 AWS_REGION=us-east-1
//	export AWS_ACCESS_KEY_ID=example AWS_SECRET_ACCESS_KEY=example
//	go run ./pace/example -requests 6 -time-scale 10
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"github.com/headgate/headgate/pace"
)

type options struct {
	limit         pace.Limit
	scale         float64
	agents, calls int
}

func main() {
	var o options
	flag.StringVar(&o.limit.Model, "model", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "the model to ask")
	flag.Int64Var(&o.limit.RequestsPerMinute, "requests", 2, "the account's quota of requests per minute")
	flag.Int64Var(&o.limit.TokensPerMinute, "tokens", 500_000, "the account's quota of tokens per minute")
	flag.Float64Var(&o.scale, "time-scale", 1, "how many times faster than real time an emulator's minutes are")
	flag.IntVar(&o.agents, "agents", 3, "how many agents")
	flag.IntVar(&o.calls, "calls", 4, "how many questions each asks")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "example: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	pacer, err := pace.New(pace.Config{
		Limits: []pace.Limit{o.limit}, TimeScale: o.scale,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	client := bedrockruntime.NewFromConfig(cfg, pacer.Attach) // the one line

	began := time.Now()
	errs := make([]error, o.agents)
	var wg sync.WaitGroup
	for i := range o.agents {
		wg.Go(func() {
			run := pace.WithRun(ctx, fmt.Sprintf("agent-%d", i), o.calls)
			errs[i] = agent(run, client, o)
			fmt.Printf("%8s  agent %d is done\n", time.Since(began).Round(10*time.Millisecond), i)
		})
	}
	wg.Wait()
	for _, p := range pacer.Status() {
		for _, l := range p.Limits {
			fmt.Printf("%s %s: %s %d of %d\n", p.Model, p.Path, l.Limit, l.Used, l.Amount)
		}
	}
	return errors.Join(errs...)
}

// agent asks one question after the other.
func agent(ctx context.Context, client *bedrockruntime.Client, o options) error {
	for i := range o.calls {
		_, err := client.Converse(ctx, &bedrockruntime.ConverseInput{
			ModelId:         aws.String(o.limit.Model),
			InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(200)},
			Messages: []types.Message{{
				Role:    types.ConversationRoleUser,
				Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: "Why do rivers bend? In one sentence."}},
			}},
		})
		if refused, ok := errors.AsType[*pace.Error](err); ok {
			return fmt.Errorf("question %d: %w; it may be asked in %v", i+1, err, refused.RetryAfter)
		}
		if err != nil {
			return fmt.Errorf("question %d: %w", i+1, err)
		}
	}
	return nil
}
