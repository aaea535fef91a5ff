// Package console is Headgate's own API: what is known, believed and used, below
// /api/v1/ as JSON. It is read by the command line and by dashboards; clients of
// Bedrock have no use for it.
//
// Each noun registers its operations in a file of its own, with [Register]; other
// rooms bring theirs by Options.Rooms. GET /api/openapi.json describes all of them,
// and docs/openapi.json is a copy of it.
//
// Keys are in snake_case; keys may be added, and none changes its meaning within
// v1. Instants are real time in UTC. Durations are nominal: under a time scale they
// are multiplied by it, and time_scale says by how much. What fails is answered as
// RFC 9457 has it, application/problem+json. Nothing may be stored by caches.
//
// Who asks is Options.Admit's to know: see the package guard. On loopback a request
// must be addressed to this machine by its loopback name or address: a web page whose
// name was made to resolve to it (DNS rebinding) is turned away, and no page of
// another origin may read an answer.
// What is posted must be declared as JSON and may not come from a page of another
// origin (Sec-Fetch-Site, Origin).
//
// It keeps no state of its own beside what the package live does.
package console
