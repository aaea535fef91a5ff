package sim

import (
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// Trace is offered work: runs of dependent calls, in order of their beginning.
// It is made from a workload, or read from what really happened.
type Trace struct {
	Tenants []Tenant
	Runs    []Run
	Calls   []Call // a run's calls lie together
}

// Tenant is one of a trace's tenants.
type Tenant struct {
	Name   string
	Weight int64
}

// Run is a group of calls, each made when the one before it is answered.
type Run struct {
	// At is when its first call arrives, from the beginning.
	At time.Duration
	// First and N are its calls in Trace.Calls.
	First, N int
	Tenant   int // in Trace.Tenants
	Class    llm.Class
	// Process is the client process that makes it.
	Process  int
	Deadline time.Duration // from its first call; 0: none
	Declared bool
	Returns  bool
}

// Call is one call as it really is. What the pacer sees of it are Bytes and
// MaxTokens.
type Call struct {
	Input, Output int64         // tokens
	Bytes         int64         // of text
	MaxTokens     int64         // what it sets aside for output
	Think         time.Duration // before it, from the answer to the call before
	Takes         time.Duration // from its admission to the end of its answer
}

// usage is what the call really uses.
func (c *Call) usage() llm.Usage { return llm.Usage{Input: c.Input, Output: c.Output} }
