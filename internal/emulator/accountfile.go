package emulator

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// LoadAccounts reads accounts from a file; see ParseAccounts.
func LoadAccounts(name string) ([]Account, error) {
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	return ParseAccounts(text)
}

// ParseAccounts reads a list of accounts from YAML, in the names of Account's
// yaml tags. Unknown keys are errors with their line. What the accounts mean is
// checked by New.
func ParseAccounts(text []byte) ([]Account, error) {
	var accounts []Account
	if err := yaml.UnmarshalWithOptions(text, &accounts, yaml.Strict()); err != nil {
		// Its pretty form would repeat the lines around the mistake, keys included.
		return nil, fmt.Errorf("accounts: %s", yaml.FormatError(err, false, false))
	}
	if len(accounts) == 0 {
		return nil, errors.New("accounts: the file lists none")
	}
	return accounts, nil
}
