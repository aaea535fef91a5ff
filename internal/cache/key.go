package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/wire/bedrock"
)

// Key names what a request asks for.
type Key [sha256.Size]byte

// String is the key in hexadecimal, as commands show and take it.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// keyVersion is part of each key: it rises when a request may be answered otherwise
// than before by the same gateway, so that former answers are passed over.
const keyVersion = "1"

// Request is what an answer depends on.
type Request struct {
	// Upstream names who is asked: an emulator's answers are not Bedrock's.
	Upstream  string
	Operation llm.Operation
	// ModelID is the model as the client named it, and Pool what it was taken for:
	// an id may come to mean another model.
	ModelID string
	Pool    llm.Pool
	Tenant  llm.Tenant
	// Variant is what of the headers changes the answer.
	Variant string
	// Body is read during Key only.
	Body []byte
}

// Key is equal for requests that differ in nothing but the order of members, white
// space, request metadata, and whether the answer is streamed. shared leaves the
// tenant out. It reports false for a body that has no canonical form.
func (r *Request) Key(shared bool) (Key, bool) {
	var room [4 << 10]byte
	// The texts come with their lengths, so that none can run into the next.
	b := appendTexts(room[:0], keyVersion, r.Upstream, string(whole(r.Operation)), r.ModelID, string(r.Pool.Account), string(r.Pool.Region), string(r.Pool.Model), string(r.Pool.Path), r.Variant)
	if shared {
		b = append(b, 1)
	} else {
		b = appendTexts(append(b, 0), string(r.Tenant))
	}
	b, ok := bedrock.Canonical(b, r.Operation, r.Body)
	return sha256.Sum256(b), ok
}

func appendTexts(b []byte, texts ...string) []byte {
	for _, text := range texts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text))) //nolint:gosec // headers and names are bounded
		b = append(b, text...)
	}
	return b
}

// whole is the operation whose answer is not streamed.
func whole(op llm.Operation) llm.Operation {
	switch op {
	case llm.OpConverseStream:
		return llm.OpConverse
	case llm.OpInvokeStream:
		return llm.OpInvoke
	default:
		return op
	}
}
