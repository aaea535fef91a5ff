// Package describe makes a schema of a description alone, by rule: of lists such as
// "Customer: name, email" and of sentences such as "an order belongs to a customer".
//
// It is a draft with low confidence: nothing was measured, and what is not said is
// not guessed. A description with a sentence that no rule reads is refused whole,
// since a schema that silently leaves out a wish is worse than none. It does no I/O.
package describe
