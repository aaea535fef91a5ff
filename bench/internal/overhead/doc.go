// Package overhead measures what Headgate adds to a call: beside no proxy at
// all, a bare httputil.ReverseProxy, and Portkey's gateway, in one run, with
// the same load.
//
// Every part is a process of its own: an upstream that answers at once, each
// proxy (Headgate with signing, admission, usage and ledger on), and the bench
// itself, which makes the load. Arms take turns in short rounds, so that a
// noisy neighbour meets all of them.
package overhead
