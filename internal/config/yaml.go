package config

import (
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
)

// YAML writes c as a configuration file that Load reads to the same values.
func (c Config) YAML() ([]byte, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	out, err := yaml.JSONToYAML(text)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return out, nil
}
