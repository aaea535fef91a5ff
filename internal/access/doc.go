// Package access knows who may use Headgate's own API, its metrics and its page:
// holders of a token, of a session that a browser was given for one, or of a
// one-time link that opens a session.
//
// It promises: a secret is shown once and kept as its SHA-256 alone; what does not
// have the form of one is refused before anything is looked up; what was revoked,
// in this process or beside it, lets nobody in a second later; sessions end 12
// hours after they began, whatever was done in them, and with their token; a link
// opens one session, within ten minutes of being made. No error and no log repeats
// a secret.
//
// A secret has 256 random bits, so that guessing needs no bound. What is bounded is
// the work that wrong ones make: each address may fail ten times, then once in six
// seconds; more is answered without a look and without a word in the log. Secrets
// that are right are let in all the same, as else whoever shares an address with
// somebody, behind a proxy or on one machine, could lock them out.
//
// It speaks no HTTP and has nothing to do with calls to Bedrock.
package access
