// Package chart draws small SVG charts: lines, steps, areas and points over an
// axis (Plot), groups of bars (Bars), and several of them under each other
// (Stack).
//
// A chart is a value; SVG turns it into one self-contained file that is
// readable on light and dark pages, names no font or file, and escapes every
// text. The same value gives the same bytes. What cannot be drawn is left out:
// a point that is not finite makes a gap, a chart without points says "no
// data". A series of any length is thinned to what its width can show, with its
// highs and lows kept.
//
// It draws what it is given: it computes no statistics and knows no unit of
// Headgate's.
package chart
