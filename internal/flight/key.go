package flight

import (
	"hash/maphash"

	"github.com/headgate/headgate/internal/llm"
)

// Key is what tells a returning call from another one.
type Key struct {
	// Principal is who signed. Calls of different principals never meet.
	Principal string
	// Invocation is the SDK's id of the call, the same on each of its retries.
	// May be empty.
	Invocation string
	Operation  llm.Operation
	// Model is the model as the client named it.
	Model string
	// Tenant is who the call is for. Calls of different tenants never meet, and
	// neither do those of different Variants: whatever else than the body, such
	// as a guardrail named in a header, changes the answer.
	Tenant  llm.Tenant
	Variant string
	// Body is the request's bytes. It is read during Join only.
	Body []byte
	// Share names what other callers may ask for as well: calls of one Share that
	// are under way together are one, whoever makes them. Zero shares nothing.
	Share Share
}

// Share names a call that may be shared. Whoever makes it sees to it that equal ones
// may have one answer.
type Share [32]byte

// call names a flight by its SDK invocation.
type call struct{ principal, invocation string }

// content names a flight by what it asks for.
type content struct {
	principal, model, variant string
	tenant                    llm.Tenant
	operation                 llm.Operation
	size                      int
	digest                    uint64
}

// content is the key's content. The digest is keyed by a random seed of the
// process, so nobody can prepare a body that is taken for another one, and at
// tens of gigabytes a second it is cheap enough to take of every call; a
// cryptographic one would cost the hot path more than all the rest of Join.
func (k *Key) content(seed maphash.Seed) content {
	return content{
		principal: k.Principal, model: k.Model, variant: k.Variant, tenant: k.Tenant, operation: k.Operation,
		size: len(k.Body), digest: maphash.Bytes(seed, k.Body),
	}
}
