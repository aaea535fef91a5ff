package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheDoctorsCommandsAreThere looks up every command of headgate that a finding
// proposes, with its flags.
func TestTheDoctorsCommandsAreThere(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../diagnosis/*.go")
	if err != nil {
		t.Fatal(err)
	}
	proposed := regexp.MustCompile(`"headgate ((?:[a-z]+)(?: [a-z]+)?)((?: [^"]*)?)"`)
	flag := regexp.MustCompile(`--([a-z][a-z.-]*)`)
	seen := 0
	root := newRoot(&app{})
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range proposed.FindAllStringSubmatch(string(source), -1) {
			seen++
			cmd, rest, err := root.Find(strings.Fields(m[1]))
			if err != nil || cmd == root || len(rest) > 0 || cmd.HasSubCommands() {
				t.Errorf("%s proposes %s: there is no such command", name, m[0])
				continue
			}
			for _, f := range flag.FindAllStringSubmatch(m[2], -1) {
				if cmd.Flags().Lookup(f[1]) == nil {
					t.Errorf("%s proposes %s: there is no flag --%s", name, m[0], f[1])
				}
			}
		}
	}
	if seen < 10 {
		t.Errorf("%d commands are proposed", seen)
	}
}
