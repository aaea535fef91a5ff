package sqlitestore

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/cache"
	"github.com/headgate/headgate/internal/llm"
)

// about is what is kept of an answer beside its body.
type about struct {
	Operation llm.Operation `json:"operation"`
	Header    http.Header   `json:"header"`
	Tenant    llm.Tenant    `json:"tenant"`
	ModelID   string        `json:"model_id"`
	Pool      llm.Pool      `json:"pool"`
	Usage     llm.Usage     `json:"usage"`
	Settled   int64         `json:"settled"`
	Cost      int64         `json:"cost"`
	Stored    time.Time     `json:"stored"`
	Fresh     time.Duration `json:"fresh"`
	Stale     time.Duration `json:"stale"`
}

// The first byte of a document says how it is kept.
const (
	formPlain  byte = 'p'
	formSealed byte = 's'
)

// encode is the document of an answer: its form, and then, sealed or not, the length
// of what is said about it, that, and its body.
func (a *Answers) encode(k cache.Key, answer *cache.Answer) ([]byte, error) {
	head, err := json.Marshal(about{
		answer.Operation, answer.Header, answer.Tenant, answer.ModelID, answer.Pool, answer.Usage, answer.Settled, answer.Cost,
		answer.Stored, answer.Fresh, answer.Stale,
	})
	if err != nil {
		return nil, fmt.Errorf("write the cache: %w", err)
	}
	plain := make([]byte, 0, 5+len(head)+len(answer.Body))
	plain = append(plain, formPlain)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(head))) //nolint:gosec // headers are bounded
	plain = append(append(plain, head...), answer.Body...)
	if a.opts.AEAD == nil {
		return plain, nil
	}
	nonce := make([]byte, a.opts.AEAD.NonceSize(), a.opts.AEAD.NonceSize()+len(plain)+a.opts.AEAD.Overhead()+1)
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	out := append([]byte{formSealed}, nonce...)
	return a.opts.AEAD.Seal(out, nonce, plain[1:], k[:]), nil
}

// decode reads a document. It reports false for one that it cannot read.
func (a *Answers) decode(k cache.Key, document []byte) (*cache.Answer, bool) {
	if len(document) == 0 {
		return nil, false
	}
	form, rest := document[0], document[1:]
	switch {
	case form == formSealed && a.opts.AEAD != nil && len(rest) >= a.opts.AEAD.NonceSize():
		n := a.opts.AEAD.NonceSize()
		plain, err := a.opts.AEAD.Open(nil, rest[:n], rest[n:], k[:])
		if err != nil {
			return nil, false
		}
		rest = plain
	case form != formPlain || a.opts.AEAD != nil: // who asks for encryption trusts nothing else
		return nil, false
	}
	if len(rest) < 4 {
		return nil, false
	}
	n := int(binary.BigEndian.Uint32(rest))
	if n > len(rest)-4 {
		return nil, false
	}
	var head about
	if json.Unmarshal(rest[4:4+n], &head) != nil {
		return nil, false
	}
	return &cache.Answer{
		Operation: head.Operation, Header: head.Header, Body: rest[4+n:], Tenant: head.Tenant, ModelID: head.ModelID, Pool: head.Pool,
		Usage: head.Usage, Settled: head.Settled, Cost: head.Cost, Stored: head.Stored, Fresh: head.Fresh, Stale: head.Stale,
	}, true
}
