package emulator_test

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/emulator"
)

func TestParseAccounts(t *testing.T) {
	t.Parallel()
	accounts, err := emulator.ParseAccounts([]byte(`
- id: "111122223333"
  access_key_id: AKIAONE
  secret_access_key: hush
  quotas: [{model: "*", path: geo, requests_per_minute: 2, law: sliding}]
- id: "444455556666"
  api_keys: [k1]
  tokens_per_day: 1000000
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(accounts) != 2 || *accounts[0].Quotas[0].RequestsPerMinute != 2 || accounts[0].Quotas[0].Law.Kind != emulator.Sliding || accounts[1].APIKeys[0] != "k1" {
		t.Errorf("accounts = %+v", accounts)
	}
	if _, err := emulator.New(emulator.Config{Accounts: accounts}); err != nil {
		t.Errorf("New: %v", err)
	}
	for name, text := range map[string]string{
		"unknown key": "- {id: a, secret_acces_key: hush}",
		"empty":       "",
		"no list":     "id: a",
	} {
		if _, err := emulator.ParseAccounts([]byte(text)); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: err = %v, want one that does not repeat the secret", name, err)
		}
	}
}
