package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// errNotConfirmed is the end of a command whose question was answered otherwise.
var errNotConfirmed = errors.New("not confirmed: nothing was changed")

// confirm asks on the terminal before something is written to AWS: the word must
// be typed. With yes it asks nothing. Without a terminal nobody can answer, which
// is an error of usage, and never a wait.
func (a *app) confirm(ctx context.Context, yes bool, what, word string) error {
	if yes {
		return nil
	}
	if !a.answers() {
		return usageError("add --yes, or look with --dry-run first", "%s must be confirmed, and there is no terminal to ask on", what)
	}
	fmt.Fprintf(a.err, "headgate: %s. Type %s to go on: ", what, word)
	return a.typed(ctx, a.in, word)
}

// answers reports whether there is a terminal that a question can be asked on.
func (a *app) answers() bool {
	in, ok := a.in.(*os.File)
	return ok && term.IsTerminal(int(in.Fd()))
}

// typed waits for a word.
func (a *app) typed(ctx context.Context, in io.Reader, word string) error {
	text, err := line(ctx, in)
	if err == nil && text != word {
		err = errNotConfirmed
	}
	return err
}

// line waits for a line. A read of a terminal cannot be broken off: when ctx ends
// it is left behind, as the process ends too.
func line(ctx context.Context, in io.Reader) (string, error) {
	read := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(in).ReadString('\n') // what came before the end counts
		read <- text
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case text := <-read:
		return strings.TrimSpace(text), nil
	}
}
