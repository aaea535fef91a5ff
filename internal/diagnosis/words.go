package diagnosis

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// figure writes a number with commas between thousands.
func figure(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// plural counts a noun.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return figure(n) + " " + noun + "s"
}

// share is a part of a whole in per cent, rounded.
func share(part, whole int64) string {
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(max(whole, 1)))
}

// span is a duration in the largest unit that has at least two of it.
func span(d time.Duration) string {
	for _, u := range []struct {
		of   time.Duration
		noun string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if d >= 2*u.of {
			return plural(int64(d/u.of), u.noun)
		}
	}
	return plural(int64(d/time.Second), "second")
}

// poolName names a pool in one word.
func poolName(p llm.Pool) string {
	return strings.TrimSuffix(strings.TrimPrefix(p.String(), "-/"), "//")
}

// spoken is a limit's name as people say it.
func spoken(limit string) string { return strings.NewReplacer("_per_", "/", "_", " ").Replace(limit) }

// quoted is an argument for a shell.
func quoted(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/@%+,=") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// replace is the command that puts one word in the place of another in a file. It
// leaves the former file beside, so that it is the same command everywhere.
func replace(file, from, to string) string {
	literal := strings.NewReplacer(`\`, `\\`, `.`, `\.`, `[`, `\[`, `]`, `\]`, `*`, `\*`, `^`, `\^`, `$`, `\$`, `|`, `\|`)
	return "sed -i.bak " + quoted("s|"+literal.Replace(from)+"|"+strings.NewReplacer(`\`, `\\`, `&`, `\&`, `|`, `\|`).Replace(to)+"|") + " " + quoted(file)
}

// assign is the command that gives a variable of a file another value.
func assign(file, name, value string) string {
	return "sed -i.bak " + quoted(`s|^\( *\(export *\)*\)`+name+` *=.*|\1`+name+"="+value+"|") + " " + quoted(file)
}

// appended is the command that adds a line to a file.
func appended(file, line string) string { return "echo " + quoted(line) + " >> " + quoted(file) }
