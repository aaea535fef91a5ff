package arch

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// The patterns are put together from pieces so that this file does not match
// them itself.

// homePath matches a path that exists on one developer's machine only.
func homePath() *regexp.Regexp {
	sep := `/`
	return regexp.MustCompile(`(^|[\s"'=(:` + "`" + `])(` +
		sep + `home` + sep + `[a-z]|` +
		sep + `Users` + sep + `[A-Za-z]|` +
		sep + `root` + sep + `|` +
		sep + `work` + sep + `|` +
		`[A-Z]:\\` + `Users\\)`)
}

// unfinished matches a note that something is still to be done.
func unfinished() *regexp.Regexp {
	return regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
}

func TestNoPathsOfADevelopersMachine(t *testing.T) {
	t.Parallel()
	report(t, homePath(), "a path of one machine: it means nothing on another")
}

func TestNothingIsLeftUnfinished(t *testing.T) {
	t.Parallel()
	report(t, unfinished(), "finish it, or open an issue: a note in the code is read by nobody")
}

func TestPatternsMatch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"see /" + "home/jo/src":        true,
		`"/` + `Users/jo/x"`:           true,
		`C:\` + `Users\jo`:             true,
		"(/" + "work/main)":            true,
		"https://example.com/work/now": false,
		"homepage":                     false,
	} {
		if got := homePath().MatchString(text); got != want {
			t.Errorf("homePath matches %q = %t, want %t", text, got, want)
		}
	}
	if !unfinished().MatchString("// TO" + "DO: later") {
		t.Error("unfinished does not match a note")
	}
}

// report fails for every line of the tree's text that matches.
func report(t *testing.T, pattern *regexp.Regexp, why string) {
	t.Helper()
	walk(t, func(rel string, text []byte) {
		if bytes.IndexByte(text[:min(len(text), 8000)], 0) >= 0 || rel == "go.sum" || strings.HasPrefix(rel, "web/dist/") {
			return
		}
		for i, line := range strings.Split(string(text), "\n") {
			if found := pattern.FindString(line); found != "" {
				t.Errorf("%s:%d: %q: %s", rel, i+1, strings.TrimSpace(found), why)
			}
		}
	})
}
