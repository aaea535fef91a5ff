package access

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math/big"
	"strings"

	"github.com/headgate/headgate/internal/fault"
)

// kind is what a secret is for. It is its prefix, so that people and scanners of
// repositories recognise one.
type kind string

const (
	kindToken   kind = "hgt_"
	kindSession kind = "hgs_"
	kindLink    kind = "hgl_"
)

func (k kind) noun() string {
	switch k {
	case kindToken:
		return "token"
	case kindSession:
		return "session"
	case kindLink:
		return "link"
	}
	return "secret"
}

// A secret is a prefix, 256 random bits and a CRC-32 of both, in base 62 with
// leading zeros: 62^43 > 2^256 and 62^6 > 2^32.
const (
	alphabet   = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	randomSize = 32
	bodyLen    = 43
	checkLen   = 6
	prefixLen  = 4
	secretLen  = prefixLen + bodyLen + checkLen
)

// TokenPrefix is how every token begins.
const TokenPrefix = string(kindToken)

// Secret is a token, the id of a session or that of a link. However it is printed,
// it shows its prefix alone; Reveal has the text. The zero value is none.
type Secret struct{ text string }

// Reveal is the text, for whom it is meant. It belongs in no log and no error.
func (s Secret) Reveal() string { return s.text }

// String is the prefix alone.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return s.text[:prefixLen] + "..."
}

// Format prints String, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, so that no encoder shows more.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Digest is the SHA-256 of a secret's text: all that is kept of one.
type Digest [sha256.Size]byte

func (s Secret) digest() Digest { return sha256.Sum256([]byte(s.text)) }

func newSecret(k kind) Secret {
	var b [randomSize]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	body := string(k) + base62(new(big.Int).SetBytes(b[:]), bodyLen)
	return Secret{body + checksum(body)}
}

func checksum(body string) string {
	return base62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(body)))), checkLen)
}

// base62 writes n with leading zeros; n is less than 62^width. It changes n.
func base62(n *big.Int, width int) string {
	out := make([]byte, width)
	var digit big.Int
	base := big.NewInt(int64(len(alphabet)))
	for i := width - 1; i >= 0; i-- {
		n.DivMod(n, base, &digit)
		out[i] = alphabet[digit.Int64()]
	}
	return string(out)
}

// CheckToken says what is wrong with the form of a token: an error of kind Denied
// that does not repeat it. It looks nothing up.
func CheckToken(text string) error {
	_, err := parse(kindToken, text)
	return err
}

// parse reads what has the form of a secret.
func parse(k kind, text string) (Secret, error) {
	noun := k.noun()
	switch {
	case text == "":
		return Secret{}, fault.New(fault.Denied, "The %s is empty.", noun)
	case !strings.HasPrefix(text, string(k)):
		return Secret{}, fault.New(fault.Denied, "That is no %s: one begins with %s.", noun, k)
	case len(text) < secretLen:
		return Secret{}, fault.New(fault.Denied, "The %s is cut: it has %d of %d characters. Copy all of it.", noun, len(text), secretLen)
	case len(text) > secretLen:
		return Secret{}, fault.New(fault.Denied, "The %s has %d characters, %d more than one has: something else was copied with it.", noun, len(text), len(text)-secretLen)
	case strings.Trim(text[prefixLen:], alphabet) != "":
		return Secret{}, fault.New(fault.Denied, "The %s has characters that none has: letters and digits follow %s.", noun, k)
	}
	body, check := text[:prefixLen+bodyLen], text[prefixLen+bodyLen:]
	if checksum(body) != check {
		return Secret{}, fault.New(fault.Denied, "The %s is mistyped: its last characters do not fit the others. Copy all of it.", noun)
	}
	return Secret{text}, nil
}
