// Package bedrock reads Amazon Bedrock's native runtime dialect as it passes:
// what a request asks for (Peek), what an answer used (Answer, HeaderUsage),
// why a call failed (Classify, ClassifyException). It also writes the errors
// that Headgate itself gives in that dialect (StatusOf, ErrorBody,
// ExceptionFrame).
//
// Nothing is decoded into types and encoded again: requests and answers pass
// byte for byte, and members that this package does not know survive. The
// package does no I/O, keeps no text of a prompt or an answer, and puts none
// into an error.
package bedrock
