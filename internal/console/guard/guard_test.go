package guard_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/guard"
)

// TestAStreamEndsWithWhatLetItIn: a token that is revoked or that expires ends what
// it has open, and the first token ends what a program of the machine has open.
func TestAStreamEndsWithWhatLetItIn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		life time.Duration // of the token; 0: none is sent
		end  func(context.Context, *access.Keeper) error
		ends bool
	}{
		"revoked": {48 * time.Hour, func(ctx context.Context, k *access.Keeper) error {
			_, err := k.Revoke(ctx, "a")
			return err
		}, true},
		"expired":         {time.Minute, func(context.Context, *access.Keeper) error { return nil }, true},
		"nothing happens": {48 * time.Hour, func(context.Context, *access.Keeper) error { return nil }, false},
		"the first token": {0, func(ctx context.Context, k *access.Keeper) error {
			_, _, err := k.Create(ctx, access.NewToken{Name: "a", Role: access.RoleRead})
			return err
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				store, err := sqlitestore.Open(t.Context(), dir, sqlitestore.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer store.Close()
				k := access.New(store, nil)
				r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/live", http.NoBody)
				r.Host = "localhost"
				if tt.life > 0 {
					_, secret, err := k.Create(t.Context(), access.NewToken{Name: "a", Role: access.RoleRead, For: tt.life})
					if err != nil {
						t.Fatal(err)
					}
					r.Header.Set("Authorization", "Bearer "+secret.Reveal())
				}
				ended := make(chan struct{})
				leave := make(chan struct{})
				stream := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-r.Context().Done():
						close(ended)
					case <-leave:
					}
				})
				done := make(chan struct{})
				go func() {
					defer close(done)
					guard.New(guard.Options{Keeper: k}).API(stream).ServeHTTP(httptest.NewRecorder(), r)
				}()
				time.Sleep(50 * time.Second)
				select {
				case <-ended:
					t.Fatal("the stream ended before its time")
				default:
				}
				if err := tt.end(t.Context(), k); err != nil {
					t.Fatal(err)
				}
				time.Sleep(12 * time.Second)
				select {
				case <-ended:
					if !tt.ends {
						t.Error("the stream ended")
					}
				default:
					if tt.ends {
						t.Error("the stream goes on")
					}
				}
				close(leave)
				<-done
				time.Sleep(time.Hour) // nothing is asked any more
			})
		})
	}
}

// TestNothingIsAdmittedThatTheGuardDidNotSee: a console that stands without its
// guard serves nobody.
func TestNothingIsAdmittedThatTheGuardDidNotSee(t *testing.T) {
	t.Parallel()
	g := guard.New(guard.Options{})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/quotas", http.NoBody)
	if p := g.Admit(r, console.RoleRead); p == nil || p.Status != http.StatusForbidden {
		t.Errorf("Admit() = %+v, want 403", p)
	}
}
