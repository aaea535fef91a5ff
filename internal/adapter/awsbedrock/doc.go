// Package awsbedrock is how Headgate reaches the Amazon Bedrock runtime: the
// address of each Region and the credentials on each request, both found as
// the AWS SDK for Go finds them.
//
// It signs the bytes of a request and never reads or writes them. It sends
// nothing itself but what the SDK's credential chain asks for.
package awsbedrock
