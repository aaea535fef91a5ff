// Package cache keeps answers of calls whose repeats have the same answer, and gives
// them to those repeats: streamed or not, whichever the repeat asks for. The cheapest
// call is the one that is not made: it costs no quota, no money and no wait.
//
// A [Rulebook] says which calls take part. The first tier is memory, bounded in
// bytes; behind it may stand a [Store] on disk, which is written off the hot path.
// Whatever goes wrong with the store, calls go on and are made anew.
//
// What one tenant was answered another is never given, unless a rule says that they
// share. Keys are SHA-256 over the canonical request and all else that an answer
// depends on: see [Request.Key].
package cache
