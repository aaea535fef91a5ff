// Package top is the live view of a running gateway in a terminal: its limits and
// what of them is left, what waits, what was throttled, what it costs, and what to
// do next.
//
// It asks the gateway's API alone, by a Source. A connection that breaks is made
// anew, later and later; until then what was heard last is shown as stale. Nothing
// that a gateway says reaches the terminal as it is: every text passes through
// clean, so that the name of a tenant cannot move the cursor.
//
// The state (Model) is a value that messages change, and a frame is a function of
// it: tests need no terminal. The package draws at most four frames a second of
// what the gateway says, and one for each key.
package top
