// Package e2e proves the whole: the AWS SDK for Go drives a gateway and an
// emulator over real HTTP, as an application would, and the emulator's own
// books say whether what was promised held.
//
// It holds tests alone. No instant decides any of them: they look at what was
// counted, not at how long it took. They run the clock of limits and waits many
// times faster than real time; what must outlive a kill runs in a process of
// its own, which is this package's test binary over again.
package e2e
