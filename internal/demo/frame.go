package demo

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
)

// label is the width of the first column of a frame.
const label = 10

// frame draws a scene as lines of at most width cells, without a line break at
// its end. Of 80 cells every line has room.
func frame(s Scene, t theme, width int) string {
	o := s.Options
	lines := []string{
		t.title.Render("headgate demo") + fmt.Sprintf(" · %s × %s · %s a minute",
			count(o.Agents, "agent"), count(o.Calls, "dependent call"), count(o.RequestsPerMinute, "request")),
		t.faint.Render(modelName + ", emulated: three accounts, and nothing leaves this machine."),
		t.faint.Render(fmt.Sprintf("Time runs %v × faster, retry delays too; queue.max_wait is raised to %d min.", o.TimeScale, int(o.maxWait().Minutes()))),
		"Clock " + t.title.Render(clock(o.nominal(s.Elapsed))) + fmt.Sprintf(" of about %s; ▄ is a minute in which the quota was used up", clock(o.ideal())),
	}
	for _, arm := range s.Arms {
		lines = append(lines, "")
		lines = append(lines, armLines(o, arm, t, width)...)
	}
	for i, line := range lines {
		lines[i] = lipgloss.NewStyle().MaxWidth(width).Render(line)
	}
	return strings.Join(lines, "\n")
}

// armLines draws one set-up in four lines.
func armLines(o Options, a ArmScene, t theme, width int) []string {
	r := a.Result
	used := fmt.Sprintf("%3.0f %% used  ", 100*r.QuotaUsed)
	runs := fmt.Sprintf("%d of %d finished", r.RunsFinished, o.Agents)
	if r.RunsFinished == o.Agents {
		runs = t.good.Render(runs)
	}
	return []string{
		t.title.Render(pad(a.Name)) + t.faint.Render(a.About),
		pad("") + bars(o, a.Agents, t, width-label),
		pad("  runs") + runs +
			"   " + alarm(t, int64(r.ClientErrors), count(r.ClientErrors, "client error")) +
			"   " + alarm(t, r.UpstreamThrottles, fmt.Sprintf("%d throttled", r.UpstreamThrottles)) +
			"   " + count(int(r.UpstreamCalls), "call"),
		pad("  quota") + used + spark(a.PerMinute, o.RequestsPerMinute, width-label-lipgloss.Width(used)),
	}
}

// pad fills a word up to the first column's width.
func pad(word string) string { return fmt.Sprintf("%-*s", label, word) }

// alarm colours what should be zero and is not.
func alarm(t theme, n int64, text string) string {
	if n > 0 {
		return t.bad.Render(text)
	}
	return text
}

// bars draws every agent's run: a cell for each call, if all the runs fit in a
// line, else a cell for each run, as high as it is far.
func bars(o Options, agents []AgentScene, t theme, width int) string {
	wide := len(agents)*(o.Calls+1)-1 <= width
	cells := make([]string, len(agents))
	for i, a := range agents {
		if wide {
			cells[i] = bar(a, o.Calls, t)
		} else {
			cells[i] = block(a, o.Calls, t)
		}
	}
	if wide {
		return strings.Join(cells, " ")
	}
	return strings.Join(cells, "")
}

// bar is a run with a cell for each call: answered, under way or given up, and
// to come.
func bar(a AgentScene, calls int, t theme) string {
	done := strings.Repeat("█", a.Answered)
	switch {
	case a.Finished || a.Answered >= calls: // the last answer is there before the finish is
		return t.good.Render(done)
	case a.Failed:
		return t.faint.Render(done) + t.bad.Render("×") + t.faint.Render(strings.Repeat("·", calls-a.Answered-1))
	}
	return t.busy.Render(done+"░") + t.faint.Render(strings.Repeat("·", calls-a.Answered-1))
}

// block is a run in one cell.
func block(a AgentScene, calls int, t theme) string {
	switch {
	case a.Finished:
		return t.good.Render("█")
	case a.Failed:
		return t.bad.Render("×")
	case a.Answered == 0:
		return t.faint.Render("·")
	}
	return t.busy.Render(level(a.Answered, calls))
}

// spark draws the calls of each minute, the newest last, as many as fit. Half
// the height is the limit, so that a minute that was given more stands out.
func spark(perMinute []int, limit, width int) string {
	if extra := len(perMinute) - max(width, 0); extra > 0 {
		perMinute = perMinute[extra:]
	}
	var b strings.Builder
	for _, n := range perMinute {
		if n == 0 {
			b.WriteString("·")
		} else {
			b.WriteString(level(n, 2*limit))
		}
	}
	return b.String()
}

// level is a block as high as n is of whole, and never empty.
func level(n, whole int) string {
	const blocks = "▁▂▃▄▅▆▇█"
	const each = len("█") // bytes
	high := max(1, min(8, n*8/whole))
	return blocks[(high-1)*each : high*each]
}

// count writes a number with its noun: 1 agent, 2 agents.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
