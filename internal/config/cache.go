package config

import (
	"strings"

	"github.com/headgate/headgate/internal/llm"
)

// CacheMode is which calls take part in the cache without being told to.
type CacheMode string

// The modes of the cache.
const (
	CacheOff CacheMode = "off"
	// CacheAsk takes those that ask for it, by a header or a rule.
	CacheAsk CacheMode = "ask"
	// CacheDeterministic takes those as well that set a temperature of 0.
	CacheDeterministic CacheMode = "deterministic"
)

// Cache is which answers are kept for repeats of their calls, and where.
type Cache struct {
	Mode  CacheMode `json:"mode"    jsonschema:"off; ask: calls with the header x-headgate-cache: use, and those of rules; deterministic: also calls that set a temperature of 0"`
	TTL   Duration  `json:"ttl"     jsonschema:"how long an answer is given out"`
	Stale Duration  `json:"stale"   jsonschema:"how long after that it is still given out while it is made anew behind it"`
	// Memory and Disk bound what is kept, Answer one answer.
	Memory ByteSize `json:"memory"  jsonschema:"most bytes of answers in memory"`
	Disk   ByteSize `json:"disk"    jsonschema:"most bytes of answers in the data folder, which outlive a restart; 0: none, they may hold what models were told"`
	Answer ByteSize `json:"answer"  jsonschema:"longest answer that is kept"`
	// KeyEnv names the variable, so that the key is in no file and is not shown.
	KeyEnv string      `json:"key_env" jsonschema:"variable of the environment with a key of 32 bytes in base64, by which answers are encrypted on disk; where it is not set they are plain"`
	Rules  []CacheRule `json:"rules"   jsonschema:"what holds for calls of a tenant or to a model; the first that matches counts"`
}

// CacheUse is what a rule says.
type CacheUse string

// What rules say.
const (
	CacheUseAlways  CacheUse = "always"
	CacheUseNever   CacheUse = "never"
	CacheUseDefault CacheUse = "default"
)

// CacheRule is what holds for the calls of a tenant or to a model.
type CacheRule struct {
	Tenant llm.Tenant `json:"tenant" jsonschema:"whose calls; empty: anybody's"`
	Model  string     `json:"model"  jsonschema:"a model as it is called, or its id without geography; empty: any"`
	Use    CacheUse   `json:"use"    jsonschema:"always: whatever the temperature; never; default: as the mode says"`
	TTL    Duration   `json:"ttl"    jsonschema:"overrides cache.ttl; 0: does not"`
	Stale  Duration   `json:"stale"  jsonschema:"overrides cache.stale; 0: does not"`
	Shared bool       `json:"shared" jsonschema:"give what one tenant was answered to the others that the rule is for"`
}

func (v *validator) cache(c Cache) {
	oneOf(v, "cache.mode", c.Mode, CacheOff, CacheAsk, CacheDeterministic)
	v.duration("cache.ttl", c.TTL)
	v.duration("cache.stale", c.Stale)
	v.that(c.Memory > 0, "cache.memory", "must be more than 0; cache.mode: off keeps nothing")
	v.that(c.Disk >= 0, "cache.disk", "must not be negative")
	v.that(c.Answer > 0, "cache.answer", "must be more than 0")
	v.that(!strings.ContainsAny(c.KeyEnv, "=, /+"), "cache.key_env", "must name a variable, it does not hold the key itself")
	for i, r := range c.Rules {
		at := index("cache.rules", i)
		oneOf(v, at+".use", r.Use, CacheUseAlways, CacheUseNever, CacheUseDefault)
		v.duration(at+".ttl", r.TTL)
		v.duration(at+".stale", r.Stale)
	}
}
