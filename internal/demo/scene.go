package demo

import "time"

// Scene is what there is to see at one moment of a demonstration.
type Scene struct {
	Options Options
	// Elapsed is real time since the agents started.
	Elapsed time.Duration
	// Arms are the three set-ups: direct, fifo, headgate.
	Arms []ArmScene
}

// ArmScene is one set-up of a Scene.
type ArmScene struct {
	Name string
	// About says in a few words what the set-up is.
	About string
	// Agents are the runs, by agent.
	Agents []AgentScene
	Result Result
	// PerMinute are the calls that the upstream accepted in each nominal minute
	// so far, of the last 1,000 calls that reached it.
	PerMinute []int
}

// AgentScene is how far one agent's run is.
type AgentScene struct {
	Answered int // calls
	Finished bool
	Failed   bool
}
