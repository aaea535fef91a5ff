// Package flight keeps the calls under way and, for a while, the answers of
// calls whose client may come back for them.
//
// A client that waited too long closes its connection and sends the same
// request again. The table lets such a retry take the place of the first
// attempt: it joins the call where it stands, queued or running, or is handed
// the answer that came meanwhile. So a retry costs no quota and loses no turn.
//
// The package promises that a call which is joined runs upstream once, that two
// clients that are both still there never share a call unless they name the
// same SDK invocation, and that memory is bounded by Options. It does not
// order, send or retry calls, and it never looks into an answer.
package flight
