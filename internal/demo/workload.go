package demo

import (
	"fmt"
	"strings"

	"github.com/headgate/headgate/internal/llm"
)

// The workload: an agent that makes a database schema out of sample files,
// about 2,000 tokens in and 1,500 out in six calls.
const (
	region    llm.Region  = "us-east-1"
	model     llm.ModelID = "anthropic.claude-haiku-4-5-20251001-v1:0"
	modelName             = "Claude Haiku 4.5"
	// profile is the model by its geo path, as the agents call it.
	profile = "us." + string(model)
	// burndown is what a token of output costs of the tokens quota
	// (docs.aws.amazon.com/bedrock, userguide/quotas-token-burndown).
	burndown = 5

	inputBytes      = 1_320 // about 330 tokens of 4 bytes
	outputTokens    = 250
	maxTokens       = 1_024
	tokensPerMinute = 500_000
	// carried is how much of an answer goes into the next prompt, in bytes.
	carried = 400
)

// steps are the calls of a run. Each needs the answer of the one before.
func steps() []string {
	return []string{"analyze", "columns", "relationships", "normalize", "validate", "final"}
}

// runID names an agent's run in the gateway's ledger.
func runID(agent int) llm.RunID { return llm.RunID(fmt.Sprintf("agent-%02d", agent+1)) }

// prompt is what an agent asks at a step, given the answer to the step before.
// It has inputBytes bytes, and says to the emulator how long its answer is.
func prompt(agent, step int, before string) string {
	var b strings.Builder
	b.Grow(inputBytes + 128)
	fmt.Fprintf(&b, "[[output_tokens=%d]] Project %d, step %s: propose a schema for the sample.\n", outputTokens, agent+1, steps()[step])
	if before != "" {
		b.WriteString("So far: " + before[:min(len(before), carried)] + "\n")
	}
	for row := 1; b.Len() < inputBytes; row++ {
		fmt.Fprintf(&b, "%d,customer-%d,2026-%02d-%02d,%d.%02d,EUR\n", 1000*(agent+1)+row, row*7%23, row%12+1, row%28+1, row*13%90, row*37%100)
	}
	return b.String()[:inputBytes]
}
