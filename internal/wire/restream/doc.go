// Package restream turns a streamed answer into the one that the same request would
// have had unstreamed, and the other way round: Converse's, and InvokeModel's in
// Anthropic's dialect. So an answer that was kept in one form serves requests for the
// other.
//
// Texts, tool calls and reasoning come through as they are; what the package does not
// know makes it report false rather than leave something out. Values that no
// conversion can have, such as how the text was cut into deltas, are not invented: a
// block comes as one delta.
package restream
