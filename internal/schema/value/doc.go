// Package value is what the text of a cell means: the ladder of types, from
// booleans over numbers and dates to text, and the conversion of a text to the
// value of the type that its column got.
//
// Classify gives the form of one cell: how it is written, which is finer than a
// type. Forms are counted; Decide makes the type of a column from the counts, and
// Rungs what it would be without the cells in the way. Nothing here looks at names
// of columns, keeps state or allocates while it classifies.
//
// What is careful on purpose: digits with a leading zero, of more than fifteen
// places or with a plus and the length of a telephone number are a text, since as
// numbers they would lose what they say; 0 and 1 are integers; a single letter is a
// boolean only if its other half occurs as well, but for t and f in small letters,
// which nothing but databases write.
package value
