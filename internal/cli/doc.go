// Package cli is the headgate command line.
//
//	headgate demo                     the same agents direct and through Headgate, in a minute
//	headgate up                       gateway and emulator, ready to point an SDK at
//	headgate serve                    the gateway in production
//	headgate emulator                 the offline AWS alone
//	headgate model list|show|resolve  what the catalog knows
//	headgate quota list|show          the limits: what is applied, believed and used, and why
//	headgate quota recommend|request  what to ask AWS for, and asking it
//	headgate quota requests|watch     what was asked, and what becomes of it
//	headgate call list|show           the ledger, call by call
//	headgate run list|show            the ledger, run by run
//	headgate doctor                   what is wrong, why, and the command that mends it
//	headgate config show|check        what is configured, where it was set, what is wrong
//	headgate version, completion
//
// Commands are a noun and then a verb. Data goes to standard output, words to
// standard error. Every command that reads takes -o table|json|yaml|csv; keys
// are in snake_case and stable, CSV has the same keys with a dot for nesting.
// Errors are one line, `headgate: error: …`, followed by `headgate: hint: …`
// where there is a cure.
//
// Exit codes: 0 done, 1 error, 2 wrong usage or configuration, 3 a check
// failed, 4 not authenticated or not allowed, 5 not found, 6 throttled or
// unavailable, 130 interrupted.
//
// The package only translates: between words and the packages below it. It is
// the only one that knows the command-line library.
package cli
