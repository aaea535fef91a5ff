package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/goccy/go-yaml"

	"github.com/headgate/headgate/internal/emulator/prompt"
	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/llm"
)

// Script is a list of answers to give to requests that fit. The first rule
// that fits answers. A script is safe for concurrent use; one that counts
// (times) belongs to one emulator.
type Script struct {
	rules []*rule
}

// rule is an entry of a script file.
type rule struct {
	Name  string `yaml:"name"`
	Match struct {
		Model     string        `yaml:"model"` // shell pattern of the bare model id
		Operation llm.Operation `yaml:"operation"`
		Contains  string        `yaml:"contains"` // in the last user message
		Regexp    string        `yaml:"regexp"`   // of the last user message
		System    string        `yaml:"system"`   // contained in the system prompt
		Tool      string        `yaml:"tool"`     // a tool on offer
	} `yaml:"match"`
	Answer answer `yaml:"answer"`
	// Times is how often the rule answers; 0 means always.
	Times int `yaml:"times"`

	index   int
	pattern *regexp.Regexp // nil without one
	left    atomic.Int64   // when Times is above 0
}

// answer is what to say.
type answer struct {
	Text      *string `yaml:"text"`
	ToolInput any     `yaml:"tool_input"`
	Tool      string  `yaml:"tool"` // default: match.tool, else the forced one
	File      string  `yaml:"file"` // its content is the text, or the tool's input when a tool is named
	Status    int     `yaml:"status"`
	Type      string  `yaml:"type"`
	Message   string  `yaml:"message"`

	input string // of the tool, as JSON; empty when no tool is called
}

// LoadScript reads a script from a YAML file. Files that it names are looked
// for beside it. Unknown keys are errors.
func LoadScript(name string) (*Script, error) {
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	return ParseScript(text, filepath.Dir(name))
}

// ParseScript reads a script from YAML. Files that it names are looked for in
// dir.
func ParseScript(text []byte, dir string) (*Script, error) {
	s := &Script{}
	if err := yaml.UnmarshalWithOptions(text, &s.rules, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	for i, r := range s.rules {
		if r == nil {
			return nil, fmt.Errorf("script: rule %d is empty", i)
		}
		r.index = i
		if err := r.prepare(dir); err != nil {
			return nil, fmt.Errorf("script: rule %s: %w", r.label(), err)
		}
	}
	return s, nil
}

func (r *rule) prepare(dir string) error {
	r.left.Store(int64(r.Times))
	if r.Times < 0 {
		return errors.New("times: below zero")
	}
	if r.Match.Regexp != "" {
		re, err := regexp.Compile(r.Match.Regexp)
		if err != nil {
			return fmt.Errorf("match.regexp: %w", err)
		}
		r.pattern = re
	}
	return r.Answer.prepare(dir, r.Match.Tool)
}

func (a *answer) prepare(dir, tool string) error {
	given := 0
	for _, set := range []bool{a.Text != nil, a.ToolInput != nil, a.File != "", a.Status != 0} {
		if set {
			given++
		}
	}
	if given != 1 {
		return errors.New("answer: want exactly one of text, tool_input, file, status")
	}
	switch {
	case a.ToolInput != nil:
		input, err := json.Marshal(a.ToolInput)
		if err != nil {
			return fmt.Errorf("answer.tool_input: %w", err)
		}
		a.input = string(input)
	case a.File != "":
		content, err := os.ReadFile(filepath.Join(dir, filepath.Clean(a.File))) //nolint:gosec // the script is its owner's own file
		if err != nil {
			return fmt.Errorf("answer.file: %w", err)
		}
		text := string(content)
		if a.Tool == "" && tool == "" {
			a.Text = &text
			break
		}
		if !json.Valid(content) {
			return errors.New("answer.file: a tool's input must be JSON")
		}
		a.input = text
	case a.Status != 0:
		if a.Status < 400 || a.Status > 599 || a.Type == "" {
			return errors.New("answer: a status from 400 to 599 and a type are wanted")
		}
	}
	if a.Tool == "" {
		a.Tool = tool
	}
	return nil
}

// label marks the rule in answers.
func (r *rule) label() string {
	if r.Name != "" {
		return r.Name
	}
	return strconv.Itoa(r.index)
}

// match finds the rule that answers a request; nil when none does. A rule that
// counts is used up by it.
func (s *Script) match(op llm.Operation, model llm.ModelID, p *prompt.Prompt) *rule {
	if s == nil {
		return nil
	}
	for _, r := range s.rules {
		if r.fits(op, model, p) && (r.Times == 0 || r.left.Add(-1) >= 0) {
			return r
		}
	}
	return nil
}

func (r *rule) fits(op llm.Operation, model llm.ModelID, p *prompt.Prompt) bool {
	m := &r.Match
	return fits(m.Model, string(model)) &&
		(m.Operation == "" || m.Operation == op) &&
		(m.Tool == "" || p.Tool(m.Tool) != nil) &&
		strings.Contains(p.LastUser, m.Contains) &&
		strings.Contains(p.System, m.System) &&
		(r.pattern == nil || r.pattern.MatchString(p.LastUser))
}

// refusal is the error that the rule answers with; nil when it is none.
func (r *rule) refusal() *refusal.Error {
	if r == nil || r.Answer.Status == 0 {
		return nil
	}
	return refusal.New(r.Answer.Status, r.Answer.Type, r.Answer.Message)
}
