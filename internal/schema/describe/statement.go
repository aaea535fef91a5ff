package describe

import (
	"regexp"
	"slices"
	"strings"

	"github.com/headgate/headgate/internal/schema"
)

// statement is what one sentence says.
type statement struct {
	subject string // a noun
	// items are what it has, each a column or, where one is called so, a thing.
	items []item
	// one are nouns that each subject has one of, many those that it has any number
	// of; shared says that these may have many subjects too.
	one, many []string
	shared    bool
	optional  bool // of one: there may be none
}

// item is one entry of a list of columns.
type item struct {
	words                 []string
	said                  *schema.Type // in parentheses
	unique, key, optional bool
}

// grammar has the forms of sentences.
type grammar struct {
	intro, table, call, list, many, one, has, quantity *regexp.Regexp
}

func newGrammar() *grammar {
	const (
		subject  = `^(?:(?:each|every|an?|all|the|one|any)\s+)?((?:[\w-]+\s+){0,2}?[\w-]+?)\s+`
		modal    = `(?:(can|may|could|might|must|should|will|optionally|always|also)\s+)*`
		quantity = `(?:(?:zero|one|0|1) or (?:more|many)|any number of|a number of|lots of|many|several|multiple|some)(?: different)?`
	)
	re := func(s string) *regexp.Regexp { return regexp.MustCompile(`(?i)` + s) }
	return &grammar{
		intro:    re(`^(?:please\s+)?(?:(?:i|we)\s+(?:need|want|have)|create|design|make|build|model|this is|here is|an?|the)\b[^:,]*\b(?:database|schema|data model)\b[^:,]*$`),
		table:    re(`^(?:the\s+)?(?:table|entity)\s+([\w -]+?)\s+(?:with|has)\s+(?:the\s+)?(?:columns?|fields?|attributes?)?:?\s*(.+)$`),
		call:     re(`^(?:table\s+|entity\s+)?([\w -]+?)\s*\((.+)\)$`),
		list:     re(`^(?:table\s+|entity\s+)?([^:]{1,60}?)\s*(?::|\s[—–]|\s-)\s*(.+)$`),
		many:     re(subject + modal + `((?:is|are|be)?\s*\w+(?:\s+(?:by|on|in|to|with|of|from|at|for|up))*)\s+` + quantity + `\s+(.+)$`),
		one:      re(subject + modal + `(?:belongs? to|references?|refers? to|depends? on|works? (?:in|for|at)|lives? in|comes? from|(?:is|are|be) (?:(?:part|one|a child|an? \w+) of|in|for|of|at|from|\w+(?:ed|en|t|de|ld|ught|nt) (?:to|by|in|for|at|from|with|on)|\w+ by))\s+(.+)$`),
		has:      re(subject + modal + `(?:has|have|with|includes?|stores?|records?|consists? of|contains?|holds?|(?:is|are) (?:described|identified) by)\s+(?:the (?:columns|fields|attributes)\s+)?(.+)$`),
		quantity: re(`^` + quantity + `\s+(.+)$`),
	}
}

// read is what a sentence says; false when no rule reads it. What introduces the
// rest says nothing.
func (g *grammar) read(s string) ([]statement, bool) {
	s = strings.TrimSpace(strings.TrimRight(s, " ,"))
	if len(s) > longestSentence {
		return nil, false
	}
	if found, ok := g.several(s, map[int]bool{}); ok {
		return found, true
	}
	return nil, g.intro.MatchString(s)
}

// longestSentence is how many bytes a sentence has at most.
const longestSentence = 4096

// several reads one sentence, or some that are joined in one. It keeps the lengths of
// what could not be read, so that the time does not grow with the ways to cut.
func (g *grammar) several(s string, unread map[int]bool) ([]statement, bool) {
	if unread[len(s)] {
		return nil, false
	}
	if one, ok := g.simple(s); ok {
		return []statement{one}, true
	}
	for i := range s {
		for _, joint := range []string{", and ", " and ", ", "} {
			if !strings.HasPrefix(s[i:], joint) {
				continue
			}
			left, ok := g.simple(s[:i])
			if !ok {
				continue
			}
			if right, ok := g.several(strings.TrimSpace(s[i+len(joint):]), unread); ok {
				return append([]statement{left}, right...), true
			}
		}
	}
	unread[len(s)] = true
	return nil, false
}

// simple reads one sentence.
func (g *grammar) simple(s string) (statement, bool) {
	for _, re := range []*regexp.Regexp{g.table, g.call, g.list} {
		if m := re.FindStringSubmatch(s); m != nil {
			if st, ok := g.fields(m[1], m[2]); ok {
				return st, true
			}
		}
	}
	if m := g.many.FindStringSubmatch(s); m != nil && g.quantity.FindString(m[4]) == "" {
		st := statement{subject: noun(m[1]), many: []string{noun(m[4])}}
		st.shared = !slices.Contains([]string{"has", "have"}, strings.ToLower(strings.TrimSpace(m[3])))
		if st.subject != "" && st.many[0] != "" {
			return st, true
		}
	}
	if m := g.one.FindStringSubmatch(s); m != nil {
		st := statement{subject: noun(m[1]), optional: slices.Contains([]string{"can", "may", "could", "might", "optionally"}, strings.ToLower(m[2]))}
		for _, p := range parts(m[3]) {
			st.one = append(st.one, noun(p))
		}
		if st.subject != "" && !slices.Contains(st.one, "") {
			return st, true
		}
	}
	if m := g.has.FindStringSubmatch(s); m != nil {
		return g.fields(m[1], m[3])
	}
	return statement{}, false
}

// fields reads a list of what a thing has.
func (g *grammar) fields(subject, list string) (statement, bool) {
	st := statement{subject: noun(subject)}
	if st.subject == "" {
		return st, false
	}
	for _, p := range parts(list) {
		if m := g.quantity.FindStringSubmatch(p); m != nil {
			thing := noun(m[1])
			if thing == "" {
				return st, false
			}
			st.many = append(st.many, thing)
			continue
		}
		it, ok := readItem(p)
		if !ok {
			return st, false
		}
		st.items = append(st.items, it)
	}
	return st, len(st.items)+len(st.many) > 0
}

// readItem reads a column's name, and in parentheses what is said of it.
func readItem(text string) (item, bool) {
	head, said, _ := strings.Cut(text, "(")
	it := item{words: name(head)}
	if len(it.words) == 0 {
		return it, false
	}
	for _, word := range strings.FieldsFunc(strings.ToLower(strings.TrimSuffix(strings.TrimSpace(said), ")")), func(r rune) bool { return r == ',' || r == ' ' || r == '/' }) {
		switch word {
		case "unique":
			it.unique = true
		case "pk", "key", "primary":
			it.key = true
		case "optional", "nullable":
			it.optional = true
		default:
			if t, ok := named(word); ok {
				it.said = &t
			}
		}
	}
	return it, true
}
