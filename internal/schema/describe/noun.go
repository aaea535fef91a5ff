package describe

import (
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// longest is how many words the name of a thing has at most: more is a sentence.
const longest = 4

// noun is the name of a thing: an identifier in the singular. Empty for what is no
// name.
func noun(text string) string {
	words := name(text)
	if len(words) == 0 {
		return ""
	}
	words[len(words)-1] = singular(words[len(words)-1])
	return strings.Join(words, "_")
}

// name are the words of a name without an article; none when it is no name but a
// piece of a sentence.
func name(text string) []string {
	if strings.ContainsAny(text, ",;:()\"?!") {
		return nil
	}
	words := schema.Words(schema.Identifier(text))
	for len(words) > 1 && slices.Contains([]string{"a", "an", "the", "its", "their", "his", "her", "one", "exactly", "each", "every", "all", "also", "only", "single"}, words[0]) {
		words = words[1:]
	}
	words = schema.Words(schema.Identifier(strings.Join(words, "_"))) // a number may come first now
	if len(words) == 0 || len(words) > longest {
		return nil
	}
	for i, w := range words {
		if slices.Contains(never(), w) || i > 0 && slices.Contains(verbs(), w) {
			return nil
		}
	}
	return words
}

// never are words that names of things do not have.
func never() []string {
	return []string{
		"a", "an", "the", "i", "we", "they", "it", "you", "he", "she", "who", "whoever", "which", "that", "this", "these", "there", "my", "our", "your",
		"them", "us", "me", "when", "whenever", "if", "but", "because", "while", "unless", "until", "though", "should", "must", "can", "could", "may", "might", "will",
		"would", "not", "many", "several", "some", "any", "every", "each", "so", "then", "whatever", "whether", "how", "what", "where", "why", "as", "does", "do", "or", "than",
	}
}

// verbs are words that a name has at its beginning at most: is_open.
func verbs() []string {
	return []string{"is", "are", "was", "were", "has", "have", "had", "be", "been", "belong", "belongs", "contain", "contains", "reference", "refers", "consists", "with"}
}

// singular is an English word's singular, by its ending.
func singular(w string) string {
	irregular := map[string]string{"people": "person", "children": "child", "men": "man", "women": "woman", "series": "series", "species": "species", "news": "news", "movies": "movie", "data": "data"}
	if s, ok := irregular[w]; ok {
		return s
	}
	switch {
	case len(w) < 4 || strings.HasSuffix(w, "ss") || strings.HasSuffix(w, "us") || strings.HasSuffix(w, "is"):
		return w
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		return w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"), strings.HasSuffix(w, "uses") && !strings.HasSuffix(w, "ouses"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s"):
		return w[:len(w)-1]
	}
	return w
}
