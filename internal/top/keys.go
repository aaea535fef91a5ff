package top

import (
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// longestFilter is how many characters a filter may have.
const longestFilter = 100

// press does what a key stands for.
func (m Model) press(key tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	name := key.String()
	if name == "ctrl+c" {
		return m, tea.Quit
	}
	if m.typing {
		m.edit(key)
		return m, nil
	}
	if m.helping {
		m.helping = false
		if name != "q" && name != "?" && name != "esc" {
			return m.press(key)
		}
		return m, nil
	}
	switch name {
	case "q":
		return m, tea.Quit
	case "?", "h":
		m.helping = true
	case "p", "space":
		m.pause()
	case "/":
		m.typing, m.before = true, m.filter
	case "esc":
		m.filter = ""
	default:
		m.look(name)
	}
	return m, nil
}

// look turns to another page, order or place.
func (m *Model) look(name string) {
	switch name {
	case "1", "2", "3":
		m.page = page(name[0] - '1')
	case "tab", "right", "l":
		m.page = (m.page + 1) % pages
	case "shift+tab", "left":
		m.page = (m.page + pages - 1) % pages
	case "s":
		m.order[m.page] = (m.order[m.page] + 1) % len(m.orders())
		m.offset[m.page] = 0
	case "S":
		m.turned[m.page] = !m.turned[m.page]
		m.offset[m.page] = 0
	case "down", "j":
		m.scroll(1)
	case "up", "k":
		m.scroll(-1)
	case "pgdown":
		m.scroll(max(1, m.height/2))
	case "pgup":
		m.scroll(-max(1, m.height/2))
	case "home", "g":
		m.offset[m.page] = 0
	case "end", "G":
		m.scroll(mostCalls + m.rows())
	}
}

// scroll moves the rows of the page by n, as far as there are rows.
func (m *Model) scroll(n int) {
	m.offset[m.page] = max(0, min(m.offset[m.page]+n, m.rows()-1))
}

// edit changes the filter that is being typed. Rows follow each key.
func (m *Model) edit(key tea.KeyPressMsg) {
	switch key.String() {
	case "enter":
		m.typing = false
	case "esc":
		m.typing, m.filter = false, m.before
	case "backspace":
		_, size := utf8.DecodeLastRuneInString(m.filter)
		m.filter = m.filter[:len(m.filter)-size]
	case "ctrl+u":
		m.filter = ""
	default:
		m.enter(key.Text)
	}
	m.offset = [pages]int{}
}

// enter adds text to the filter, less what cannot be seen.
func (m *Model) enter(text string) {
	for _, r := range text {
		if unicode.IsPrint(r) && utf8.RuneCountInString(m.filter) < longestFilter {
			m.filter += string(r)
		}
	}
}
