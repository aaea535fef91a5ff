package top

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/llm"
)

// mostCalls is how many calls are kept for the page of calls.
const mostCalls = 500

// staleAfter is how old an overview may be before it is called stale: they come
// every second.
const staleAfter = 5 * time.Second

// page is one of the views.
type page uint8

const (
	pageLimits page = iota
	pageCalls
	pageRuns
	pages // how many there are
)

func (p page) String() string { return [...]string{"limits", "calls", "runs"}[p] }

// heard is what a gateway has said, as it was at one instant. Nothing in it is
// changed once it is there, so that it can be kept while more is heard.
type heard struct {
	overview *console.Overview
	at       time.Time      // by the clock here; zero before there is an overview
	calls    []console.Call // oldest first
	skipped  int
}

// Model is the state of the view. It is a value: Update gives the next one. Make it
// with New.
type Model struct {
	theme theme
	zone  *time.Location
	// width and height are those of the terminal; 0 before they are known.
	width, height int
	now           time.Time

	latest heard
	// shown is what frames show: the latest, or what was when the view was paused.
	shown    heard
	link     link
	paused   bool
	pausedAt time.Time

	page    page
	order   [pages]int // which of orders() a page is sorted by
	turned  [pages]bool
	offset  [pages]int
	filter  string
	typing  bool   // the filter is being typed
	before  string // the filter before it was
	helping bool
}

// New makes the state at an instant of the clock here. Colour says whether the
// terminal is to be sent any; instants are shown in zone.
func New(now time.Time, colour bool, zone *time.Location) Model {
	return Model{theme: newTheme(colour), zone: zone, now: now}
}

// Init starts nothing: news are sent from outside.
func (m Model) Init() tea.Cmd { return nil }

// Update takes news, a key, a paste or a new size.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		if m.typing {
			m.enter(msg.Content)
			m.offset = [pages]int{}
		}
	case news:
		m.hear(msg)
	}
	return m, nil
}

// View draws a frame.
func (m Model) View() tea.View {
	v := tea.NewView(m.frame())
	v.AltScreen = true
	v.WindowTitle = "headgate top"
	return v
}

// hear takes what has come since the last frame.
func (m *Model) hear(n news) {
	m.now = n.now
	if n.link != nil {
		m.link = *n.link
	}
	if n.overview != nil {
		m.latest.overview, m.latest.at = n.overview, n.heard
	}
	m.latest.skipped += n.skipped
	m.latest.calls = joined(m.latest.calls, n.calls)
	if !m.paused {
		m.shown = m.latest
	}
}

// joined are calls with those of more that are new, the last mostCalls of them, in
// a list of its own.
func joined(calls, more []console.Call) []console.Call {
	if len(more) == 0 {
		return calls
	}
	known := make(map[llm.CallID]bool, len(calls)+len(more))
	for i := range calls {
		known[calls[i].ID] = true
	}
	out := slices.Clone(calls)
	for i := range more {
		if !known[more[i].ID] {
			known[more[i].ID] = true
			out = append(out, more[i])
		}
	}
	return out[max(0, len(out)-mostCalls):]
}

// pause stops the view, or lets it go on with what is known now.
func (m *Model) pause() {
	m.paused = !m.paused
	m.pausedAt = m.now
	m.shown = m.latest
}

// stale is how old what was heard last is, when it is too old to be believed.
func (m *Model) stale() (age time.Duration, stale bool) {
	if m.latest.at.IsZero() {
		return 0, false
	}
	age = m.now.Sub(m.latest.at)
	return age, m.link.contact == lost || age > staleAfter
}
