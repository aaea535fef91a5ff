package demo

import "charm.land/lipgloss/v2"

// theme is how the live view is coloured. The zero value, with plain styles,
// writes no escape sequence at all.
type theme struct {
	title, faint, good, bad, busy lipgloss.Style
}

// newTheme uses the sixteen colours that every terminal has and its owner may
// have chosen.
func newTheme(color bool) theme {
	plain := lipgloss.NewStyle()
	if !color {
		return theme{plain, plain, plain, plain, plain}
	}
	return theme{
		title: plain.Bold(true),
		faint: plain.Faint(true),
		good:  plain.Foreground(lipgloss.Green),
		bad:   plain.Foreground(lipgloss.Red),
		busy:  plain.Foreground(lipgloss.Yellow),
	}
}
