// Package gateway is the face that Bedrock clients see: HTTP in, dispatch out.
//
// It takes a request apart just as far as is needed to place it (operation,
// model id, labels, who signed) and passes path, body and headers on as they
// came; answers pass byte for byte, streams at once. Errors are told in the
// shape of AWS, so that SDKs type and retry them as they do the service's own.
//
// It does not verify signatures, order calls, or reach an upstream, and it
// never looks into a body.
package gateway
