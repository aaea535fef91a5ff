package daemon

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/fault"
)

// openCache makes the cache of answers, and opens its file; nothing where the cache
// is off.
func (g *Gateway) openCache(ctx context.Context) error {
	c := g.cfg.Cache
	if c.Mode == config.CacheOff {
		return nil
	}
	o := cache.Options{
		Rules: rulebook(c), Upstream: strings.Join([]string{string(g.cfg.Upstream.Kind), g.cfg.Upstream.EndpointURL, g.cfg.Upstream.Profile}, "\n"),
		Memory: int64(c.Memory), AnswerBytes: int64(c.Answer), Logger: g.log,
	}
	if c.Disk > 0 {
		aead, err := cacheKey(c.KeyEnv)
		if err != nil {
			return err
		}
		g.answers, err = sqlitestore.OpenAnswers(ctx, g.cfg.DataDir, sqlitestore.AnswersOptions{Bytes: int64(c.Disk), AEAD: aead})
		if err != nil {
			return err
		}
		o.Store = g.answers
	}
	g.cache = cache.New(o)
	return nil
}

// rulebook is the configuration's rules as the cache has them.
func rulebook(c config.Cache) cache.Rulebook {
	b := cache.Rulebook{Mode: cache.Mode(c.Mode), TTL: c.TTL.Std(), Stale: c.Stale.Std()}
	for _, r := range c.Rules {
		b.Rules = append(b.Rules, cache.Rule{
			Tenant: r.Tenant, Model: r.Model, Use: r.Use == config.CacheUseAlways, Never: r.Use == config.CacheUseNever,
			TTL: r.TTL.Std(), Stale: r.Stale.Std(), Shared: r.Shared,
		})
	}
	return b
}

// cacheKeyBytes is the length of a key of AES-256.
const cacheKeyBytes = 32

// cacheKey is what encrypts answers on disk; nil where no key is set.
func cacheKey(variable string) (cipher.AEAD, error) {
	text := ""
	if variable != "" {
		text = strings.TrimSpace(os.Getenv(variable))
	}
	if text == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != cacheKeyBytes {
		return nil, fault.New(fault.Invalid, "%s must be a key of %d bytes in base64: `openssl rand -base64 %d` makes one", variable, cacheKeyBytes, cacheKeyBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt the cache: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("encrypt the cache: %w", err)
	}
	return aead, nil
}
