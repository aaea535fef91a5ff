// Package otlptrace sends a trace of each call to an OpenTelemetry collector, by
// OTLP: one span for the call with the attributes of the GenAI conventions, and
// below it one for each wait, each attempt and the stream of its answer.
//
// Spans are made when the call has ended, so that sampling may look at how it
// ended: what failed, was throttled or was refused is always kept. Neither calls
// nor memory wait for a collector: the queue is bounded, and what does not fit is
// dropped and counted.
//
// Prompts and answers are in a trace only where that was asked for, cut in length
// and with what looks like a secret masked. Keys, principals and headers never are.
package otlptrace
