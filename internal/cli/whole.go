package cli

import (
	"fmt"
	"strconv"
	"strings"
)

// mostNumbers of a list: each one is some rows of a table.
const mostNumbers = 100

// wholeNumbers is a flag that takes whole numbers: one, or a list with commas.
type wholeNumbers struct {
	values      []int64
	least, most int64
	list        bool
}

// String is the numbers that are set.
func (w *wholeNumbers) String() string {
	words := make([]string, len(w.values))
	for i, n := range w.values {
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, ",")
}

// Type names what help shows after the flag.
func (w *wholeNumbers) Type() string {
	if w.list {
		return "ints"
	}
	return "int"
}

// Set takes the numbers in the place of those that are there.
func (w *wholeNumbers) Set(text string) error {
	words := []string{text}
	if w.list {
		words = strings.Split(text, ",")
	}
	if len(words) > mostNumbers {
		return fmt.Errorf("must be no more than %d numbers", mostNumbers)
	}
	values := make([]int64, 0, len(words))
	for _, word := range words {
		n, err := strconv.ParseInt(strings.TrimSpace(word), 10, 64)
		if err != nil || n < w.least || n > w.most {
			return fmt.Errorf("must be %s from %s to %s", w.kind(), thousands(w.least), thousands(w.most))
		}
		values = append(values, n)
	}
	w.values = values
	return nil
}

func (w *wholeNumbers) kind() string {
	if w.list {
		return "whole numbers with commas between them, each"
	}
	return "a whole number"
}
