package sqlitestore_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/llm"
)

func openAnswers(t *testing.T, dir string, o sqlitestore.AnswersOptions) *sqlitestore.Answers {
	t.Helper()
	if o.Bytes == 0 {
		o.Bytes = 1 << 20
	}
	a, err := sqlitestore.OpenAnswers(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func answer(n int, tenant llm.Tenant) cache.Keyed {
	return cache.Keyed{Key: cache.Key{byte(n), byte(n >> 8)}, Answer: &cache.Answer{
		Operation: llm.OpConverse, Header: http.Header{"Content-Type": {"application/json"}}, Body: bytes.Repeat([]byte{'x'}, 1000),
		Tenant: tenant, ModelID: "us.m", Pool: llm.Pool{Region: "us-east-1", Model: "m", Path: llm.PathGeo}, Usage: llm.Usage{Input: 3, Output: 4},
		Settled: 23, Cost: 5, Stored: time.Now().Round(0).UTC(), Fresh: time.Hour,
	}}
}

func aead(t *testing.T, key byte) cipher.AEAD {
	t.Helper()
	block, err := aes.NewCipher(bytes.Repeat([]byte{key}, 32))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return gcm
}

func find(t *testing.T, a *sqlitestore.Answers, k cache.Key) *cache.Answer {
	t.Helper()
	got, found, err := a.Get(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		return nil
	}
	return got
}

func TestAnswersOutliveTheProcess(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sqlitestore.AnswersOptions{"plain": {}, "encrypted": {AEAD: aead(t, 1)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, k := t.TempDir(), answer(1, "a")
			a := openAnswers(t, dir, o)
			if err := a.Put(t.Context(), []cache.Keyed{k}); err != nil {
				t.Fatal(err)
			}
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(k.Answer, find(t, openAnswers(t, dir, o), k.Key)); diff != "" {
				t.Errorf("(-kept +found):\n%s", diff)
			}
			raw, err := os.ReadFile(filepath.Join(dir, sqlitestore.AnswersName))
			if err != nil {
				t.Fatal(err)
			}
			if plain := bytes.Contains(raw, k.Answer.Body[:100]); plain != (o.AEAD == nil) {
				t.Errorf("the file has the body in plain: %t", plain)
			}
		})
	}
}

func TestAnswersOfAnotherKeyAreNotFound(t *testing.T) {
	t.Parallel()
	dir, k := t.TempDir(), answer(1, "a")
	if err := openAnswers(t, dir, sqlitestore.AnswersOptions{AEAD: aead(t, 1)}).Put(t.Context(), []cache.Keyed{k}); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]sqlitestore.AnswersOptions{"another key": {AEAD: aead(t, 2)}, "none": {}} {
		if find(t, openAnswers(t, dir, o), k.Key) != nil {
			t.Errorf("%s opens it", name)
		}
	}
}

func TestAnswersMakeRoom(t *testing.T) {
	t.Parallel()
	a := openAnswers(t, t.TempDir(), sqlitestore.AnswersOptions{Bytes: 20_000})
	old := answer(0, "a")
	old.Answer.Stored = time.Now().Add(-2 * time.Hour)
	all := []cache.Keyed{old}
	for i := 1; i <= 40; i++ {
		all = append(all, answer(i, "a"))
	}
	for _, k := range all {
		if err := a.Put(t.Context(), []cache.Keyed{k}); err != nil {
			t.Fatal(err)
		}
	}
	n, size, err := a.Size(t.Context())
	if err != nil || size > 20_000 || n < 10 {
		t.Errorf("%d answers of %d bytes, %v; want at most 20000 bytes, and no less than fits", n, size, err)
	}
	if find(t, a, all[40].Key) == nil || find(t, a, all[1].Key) != nil || find(t, a, old.Key) != nil {
		t.Error("the newest is to stay, the oldest and the expired to go")
	}
}

func TestAnswersArePurged(t *testing.T) {
	t.Parallel()
	all := []cache.Keyed{answer(1, "a"), answer(2, "b"), answer(3, "b")}
	for name, tt := range map[string]struct {
		s    cache.Selection
		want int
	}{
		"all":      {cache.Selection{}, 3},
		"tenant":   {cache.Selection{Tenant: "b"}, 2},
		"model":    {cache.Selection{Model: "m"}, 3},
		"model id": {cache.Selection{Model: "us.m"}, 3},
		"key":      {cache.Selection{Key: all[1].Key}, 1},
		"both":     {cache.Selection{Tenant: "a", Key: all[1].Key}, 0},
		"before":   {cache.Selection{Before: time.Now().Add(-time.Minute)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := openAnswers(t, t.TempDir(), sqlitestore.AnswersOptions{})
			if err := a.Put(t.Context(), all); err != nil {
				t.Fatal(err)
			}
			if n, err := a.Purge(t.Context(), tt.s); n != tt.want || err != nil {
				t.Errorf("%d purged, %v; want %d", n, err, tt.want)
			}
			if n, _, _ := a.Size(t.Context()); n != 3-tt.want {
				t.Errorf("%d are left, want %d", n, 3-tt.want)
			}
		})
	}
}

// A damaged cache is no reason not to start.
func TestADamagedCacheIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, sqlitestore.AnswersName), bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	a := openAnswers(t, dir, sqlitestore.AnswersOptions{})
	k := answer(1, "a")
	if err := a.Put(t.Context(), []cache.Keyed{k}); err != nil || find(t, a, k.Key) == nil {
		t.Errorf("it keeps nothing: %v", err)
	}
}

func TestTheCacheFindsWhatIsOnDisk(t *testing.T) {
	t.Parallel()
	dir, k := t.TempDir(), answer(1, "a")
	write := cache.New(cache.Options{Store: openAnswers(t, dir, sqlitestore.AnswersOptions{})})
	ctx, stop := context.WithCancel(t.Context())
	write.Put(k.Key, k.Answer)
	stop()
	if err := write.Run(ctx); err != nil { // it drains
		t.Fatal(err)
	}
	c := cache.New(cache.Options{Store: openAnswers(t, dir, sqlitestore.AnswersOptions{})})
	for range 2 {
		if got, stale := c.Get(t.Context(), k.Key, time.Now()); got == nil || stale {
			t.Fatalf("found %v, stale %t", got, stale)
		}
	}
	if got, _ := c.Get(t.Context(), cache.Key{9}, time.Now()); got != nil {
		t.Error("found what was not kept")
	}
	s, err := c.Stats(t.Context())
	if err != nil || s.Stored != 1 || s.Memory != 1 || s.Misses != 1 || s.StoredAnswers != 1 || s.Answers != 1 {
		t.Errorf("stats %+v, %v", s, err)
	}
}

func BenchmarkAnswers(b *testing.B) {
	a, err := sqlitestore.OpenAnswers(b.Context(), b.TempDir(), sqlitestore.AnswersOptions{Bytes: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	var all []cache.Keyed
	for i := range 10_000 {
		all = append(all, answer(i, "a"))
	}
	if err := a.Put(b.Context(), all); err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 30_000} {
		b.Run(fmt.Sprintf("get/found=%t", n < 10_000), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				k := cache.Key{byte(i % 10_000 * n / n), byte(i % 10_000 >> 8)}
				if n > 10_000 {
					k[5] = 1
				}
				if _, _, err := a.Get(b.Context(), k); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
