package top

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/fault"
)

// TestConnectionsAreMadeAnewLaterAndLater: half a second at first, a quarter of a
// minute at most, and half a second again after something was heard.
func TestConnectionsAreMadeAnewLaterAndLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		begun, tried := time.Now(), []float64{}
		box := &mailbox{}
		g := gateway{live: func(_ context.Context, tell func(Event)) error {
			tried = append(tried, time.Since(begun).Seconds())
			switch len(tried) {
			case 8:
				tell(Event{Overview: &console.Overview{Version: "back"}})
			case 10:
				cancel()
			}
			return errors.New("gone")
		}}
		if err := follow(ctx, g, box); err != nil {
			t.Errorf("follow = %v, want nil", err)
		}
		want := []float64{0, 0.5, 1.5, 3.5, 7.5, 15.5, 30.5, 45.5, 46, 47}
		if diff := cmp.Diff(want, tried); diff != "" {
			t.Errorf("tried at seconds (-want +got):\n%s", diff)
		}
		n, _ := box.take()
		if n.overview == nil || n.overview.Version != "back" || n.link.contact != lost || n.link.why.Error() != "gone" {
			t.Errorf("heard %+v", n)
		}
	})
}

func TestAGatewayThatDoesNotTellIsAskedTwiceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		asked := 0
		box := &mailbox{}
		g := gateway{
			overview: func(context.Context) (console.Overview, error) { asked++; return console.Overview{}, nil },
			calls: func(_ context.Context, limit int) ([]console.Call, error) {
				return []console.Call{{ID: "b"}, {ID: "a"}}, nil
			},
			live: func(context.Context, func(Event)) error { return ErrNotLive },
		}
		if err := follow(ctx, g, box); err != nil {
			t.Errorf("follow = %v, want nil", err)
		}
		if asked < 19 || asked > 21 {
			t.Errorf("it was asked %d times in ten seconds, want about 20", asked)
		}
		n, _ := box.take()
		if n.link.contact != polling || len(n.calls) == 0 || n.calls[0].ID != "a" || len(n.calls) > mostCalls {
			t.Errorf("heard %+v of %d calls", n.link, len(n.calls))
		}
	})
}

func TestARefusalEnds(t *testing.T) {
	t.Parallel()
	refusal := fault.New(fault.Denied, "no such token")
	g := gateway{live: func(context.Context, func(Event)) error { return refusal }}
	if err := follow(t.Context(), g, &mailbox{}); !errors.Is(err, refusal) {
		t.Errorf("follow = %v, want the refusal", err)
	}
}

// TestFramesAreFew: however much is heard, it is shown four times a second.
func TestFramesAreFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		box := &mailbox{}
		var talk sync.WaitGroup
		talk.Go(func() {
			for ctx.Err() == nil {
				box.event(Event{Call: &console.Call{}, Skipped: 1})
				time.Sleep(time.Millisecond)
			}
		})
		frames, skipped := 0, 0
		feed(ctx, box, func(n news) { frames++; skipped += n.skipped })
		talk.Wait()
		if frames < 38 || frames > 42 || skipped < 9000 {
			t.Errorf("%d frames in ten seconds, %d calls counted; want about 40, of all calls", frames, skipped)
		}
		quiet := 0
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		feed(ctx, &mailbox{}, func(news) { quiet++ })
		if quiet < 9 || quiet > 11 {
			t.Errorf("%d frames in ten quiet seconds, want one a second for the clock", quiet)
		}
	})
}
