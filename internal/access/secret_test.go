package access

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/headgate/headgate/internal/fault"
)

func TestSecretsOfAllKindsAreReadBack(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range []kind{kindToken, kindSession, kindLink} {
		for range 200 {
			s := newSecret(k)
			got, err := parse(k, s.Reveal())
			if err != nil || got != s || len(s.Reveal()) != 53 || seen[s.Reveal()] {
				t.Fatalf("parse of a new %s: %v, %v", k.noun(), got, err)
			}
			seen[s.Reveal()] = true
			for _, other := range []kind{kindToken, kindSession, kindLink} {
				if _, err := parse(other, s.Reveal()); (err == nil) != (other == k) {
					t.Errorf("a %s taken for a %s: %v", k.noun(), other.noun(), err)
				}
			}
		}
	}
}

// TestOneWrongCharacterIsNoticed: whatever is changed, cut or added, nothing has to
// be looked up.
func TestOneWrongCharacterIsNoticed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := newSecret(kindToken).Reveal()
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		b := byte(rapid.IntRange(0, 255).Draw(t, "byte"))
		for _, bad := range []string{text[:at], text[at+1:], text[:at] + string([]byte{b}) + text[at+1:], text[:at] + string([]byte{b}) + text[at:]} {
			if bad == text {
				continue
			}
			err := CheckToken(bad)
			if fault.KindOf(err) != fault.Denied {
				t.Fatalf("CheckToken of a token changed at %d: %v, want denied", at, err)
			}
		}
	})
}

func TestWhatIsWrongWithATokenIsSaid(t *testing.T) {
	t.Parallel()
	text := newSecret(kindToken).Reveal()
	for bad, want := range map[string]string{
		"":                                "empty",
		"sk-live":                         "begins with hgt_",
		text[:20]:                         "20 of 53",
		text + "x":                        "1 more",
		text[:30] + "-" + text[31:]:       "letters and digits",
		text[:30] + "é" + text[32:]:       "letters and digits",
		text[:52] + string(text[52]^0x01): "", // one of two reasons
		newSecret(kindLink).Reveal():      "begins with hgt_",
		text[:4] + text[5:6] + text[4:5] + text[6:]: "",
	} {
		err := CheckToken(bad)
		if bad == text {
			continue // two equal characters were exchanged
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckToken(%d characters) = %v, want %q", len(bad), err, want)
		}
		if err != nil && len(bad) > 10 && strings.Contains(err.Error(), bad[4:10]) {
			t.Errorf("the error repeats the token: %v", err)
		}
	}
}

// TestSecretsArePrintedByNothing: whatever prints one by mistake prints its prefix.
func TestSecretsArePrintedByNothing(t *testing.T) {
	t.Parallel()
	s := newSecret(kindToken)
	in := struct{ S Secret }{s}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", slog.Any("s", s), slog.Any("in", in))
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", slog.Any("s", s), slog.Any("in", in))
	encoded, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(encoded) + fmt.Sprintf("%s %v %+v %#v %q %x %d %v %+v %#v %v", s, s, s, s, s, s, s, in, in, in, &in)
	if strings.Contains(all, s.Reveal()[4:12]) {
		t.Errorf("a secret was printed: %s", all)
	}
	if !strings.Contains(all, "hgt_...") {
		t.Errorf("nothing says what it is: %s", all)
	}
}

func TestRolesIncludeThoseBelow(t *testing.T) {
	t.Parallel()
	order := []Role{RoleRead, RoleOperate, RoleAdmin}
	for i, has := range order {
		for j, wants := range order {
			if got := has.Includes(wants); got != (i >= j) {
				t.Errorf("%s includes %s = %t", has, wants, got)
			}
		}
		for _, none := range []Role{"", "root", "Admin"} {
			if has.Includes(none) || none.Includes(has) || none.Includes(none) {
				t.Errorf("%q is taken for a role", none)
			}
		}
	}
}

// FuzzParse holds that what is taken for a token is one in every character, and
// that no error repeats what was given.
func FuzzParse(f *testing.F) {
	f.Add(newSecret(kindToken).Reveal())
	f.Add("hgt_")
	f.Add("hgt_" + strings.Repeat("z", 49))
	f.Add("Bearer hgt_\x00")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(kindToken, text)
		if err != nil {
			if len(text) > 12 && strings.Contains(err.Error(), text) {
				t.Errorf("the error repeats what was given: %v", err)
			}
			return
		}
		if s.Reveal() != text || len(text) != secretLen || checksum(text[:prefixLen+bodyLen]) != text[prefixLen+bodyLen:] {
			t.Errorf("%q was taken for a token", text)
		}
	})
}
