// Package eventstream reads and writes the frames of
// application/vnd.amazon.eventstream, the format in which Amazon Bedrock
// streams its answers.
//
// A Scanner watches a stream that somebody else is passing on: it is fed the
// chunks as they come, however they are cut, and yields the messages in them.
// It holds at most one frame, checks both checksums of every frame, and after
// the first fault yields nothing more. Append writes one frame.
//
// The package does no I/O and knows nothing of what the messages mean. The
// format is
//
//	total length u32 | headers length u32 | prelude CRC u32
//	headers | payload | message CRC u32
//
// in network byte order with CRC-32 (IEEE); source: the specification in
// smithy.io/2.0/aws/amazon-eventstream.html.
package eventstream
