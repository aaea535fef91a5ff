// Package upstream sends the attempts of calls to Amazon Bedrock, or to
// whatever stands in for it, and hands back what comes.
//
// It promises that path, query and body go out byte for byte as they came in;
// that credentials, our own labels and hop-by-hop headers of a client never do;
// that the address comes from the configuration, never from a request; and
// that nothing is retried, followed, decompressed or logged. Signing is a port:
// see Signer.
package upstream
