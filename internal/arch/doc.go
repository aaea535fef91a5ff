// Package arch holds the tests of how the code is laid out: which package may
// import which, how packages are named, and what a file may not contain. It
// exports nothing and nothing imports it.
//
// The rules are read from the source with go/parser, so they hold for every
// platform's files and cost no build. A rule that fails says why it is there;
// a package that is new is added to the table in layers_test.go, in the layer
// it belongs to.
package arch
