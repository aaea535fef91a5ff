package web_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/headgate/headgate/web"
)

// TestThePageNamesWhatThereIs: index.html loads files that are embedded, each of
// them, from this server alone, and has no script or style of its own, which the
// policy of the gateway forbids.
func TestThePageNamesWhatThereIs(t *testing.T) {
	t.Parallel()
	page, err := fs.ReadFile(web.Files(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(string(page), -1) {
		name, ours := strings.CutPrefix(m[1], "/")
		if strings.HasPrefix(m[1], "data:") {
			continue
		}
		if !ours {
			t.Errorf("the page loads %s from elsewhere", m[1])
		}
		named[name] = true
	}
	assets, err := fs.Glob(web.Files(), "assets/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range assets {
		if !named[name] {
			t.Errorf("%s is embedded, but the page does not load it: run make web", name)
		}
		delete(named, name)
	}
	for name := range named {
		t.Errorf("the page loads %s, which is not embedded: run make web", name)
	}
	for _, inline := range regexp.MustCompile(`<script>|<style|\sstyle=|\son[a-z]+=`).FindAllString(string(page), -1) {
		t.Errorf("the page has %q inline", inline)
	}
}
