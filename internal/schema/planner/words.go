package planner

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// lexicon splits names into words. Its vocabulary is that of the input's own names
// of tables and columns, so that countrycode is country and code where there is a
// table country.
type lexicon struct {
	vocabulary map[string]bool
}

// idWords are words that say that a name identifies something.
func idWords() []string {
	return []string{"id", "ids", "key", "code", "no", "num", "nr", "number", "fk", "pk", "ref", "uid", "uuid", "guid", "idx", "ident", "identifier", "sk", "abbr", "abbreviation"}
}

// newLexicon takes words of tables, which may stand for a table inside a longer
// word.
func newLexicon(tables []string) *lexicon {
	l := &lexicon{vocabulary: map[string]bool{}}
	for _, name := range tables {
		for _, w := range schema.Words(schema.Identifier(name)) {
			if len(w) >= 3 {
				l.vocabulary[w], l.vocabulary[singular(w)] = true, true
			}
		}
		if whole := strings.ReplaceAll(schema.Identifier(name), "_", ""); len(whole) >= 3 {
			l.vocabulary[whole], l.vocabulary[singular(whole)] = true, true
		}
	}
	return l
}

// words are those of a name, each in the singular.
func (l *lexicon) words(name string) []string {
	var out []string
	for _, w := range schema.Words(schema.Identifier(name)) {
		for _, part := range l.split(w) {
			out = append(out, singular(part))
		}
	}
	return out
}

// split takes a compound apart: a word of the vocabulary and one that says that it
// identifies, or two words of the vocabulary.
func (l *lexicon) split(word string) []string {
	if l.vocabulary[word] || slices.Contains(idWords(), word) {
		return []string{word}
	}
	var best []string
	for i := 2; i < len(word)-1; i++ {
		head, tail := word[:i], word[i:]
		known := l.vocabulary[head] || l.vocabulary[singular(head)]
		id := slices.Contains(idWords(), tail)
		switch {
		case known && id, known && l.vocabulary[tail]:
			best = []string{head, tail} // the longest head wins
		case id && len(head) >= 4 && best == nil && len(tail) >= 2 && tail != "no" && tail != "ref":
			best = []string{head, tail}
		}
	}
	if best == nil {
		return []string{word}
	}
	return best
}

// base are the words without those that say that they identify.
func base(words []string) []string {
	out := slices.Clone(words)
	for len(out) > 0 && slices.Contains(idWords(), out[len(out)-1]) {
		out = out[:len(out)-1]
	}
	return out
}

// identifies reports whether a name's last word says that it identifies something.
func identifies(words []string) bool {
	return len(words) > 0 && slices.Contains(idWords(), words[len(words)-1])
}

// singular is an English word's singular, by its ending.
func singular(w string) string {
	switch {
	case len(w) < 4 || w == "series" || w == "species" || strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
		return w
	case w == "people":
		return "person"
	case strings.HasSuffix(w, "ies"):
		if len(w) == 4 || w == "movies" {
			return strings.TrimSuffix(w, "s")
		}
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "uses") && !strings.HasSuffix(w, "ouses") && !strings.HasSuffix(w, "auses"), // campuses, statuses
		strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s"):
		return w[:len(w)-1]
	}
	return w
}

// joined is words without gaps.
func joined(words []string) string { return strings.Join(words, "") }

// endsWith reports whether words end with the others, of which there are some.
func endsWith(words, tail []string) bool {
	return len(tail) > 0 && len(words) >= len(tail) && slices.Equal(words[len(words)-len(tail):], tail)
}

// startsWith reports whether words start with the others, of which there are some.
func startsWith(words, head []string) bool {
	return len(head) > 0 && len(words) >= len(head) && slices.Equal(words[:len(head)], head)
}

// abbreviates reports whether short is made of the beginning of long and, after it,
// of consonants in their order: dept of department.
func abbreviates(short, long string) bool {
	if len(short) < 2 || len(short) >= len(long) || short[0] != long[0] {
		return false
	}
	if strings.HasPrefix(long, short) {
		return len(short) >= 3 || len(long) <= 6
	}
	same := 0
	for short[same] == long[same] {
		same++
	}
	if len(short) < 3 || strings.ContainsAny(short[same:], "aeiou") {
		return false
	}
	i := same
	for j := same; j < len(long) && i < len(short); j++ {
		if long[j] == short[i] {
			i++
		}
	}
	return i == len(short)
}
