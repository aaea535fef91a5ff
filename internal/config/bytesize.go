package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes, written with its unit: "512MiB" (1024²) or
// "25MB" (1000²). A bare number is bytes.
type ByteSize int64

const (
	megabyte ByteSize = 1_000_000
	mebibyte ByteSize = 1 << 20
)

// byteUnits are the units from the largest; of equal spellings in lower case
// there are none.
func byteUnits() []struct {
	name string
	size ByteSize
} {
	return []struct {
		name string
		size ByteSize
	}{
		{"TiB", 1 << 40},
		{"TB", 1_000_000_000_000},
		{"GiB", 1 << 30},
		{"GB", 1_000_000_000},
		{"MiB", mebibyte},
		{"MB", megabyte},
		{"KiB", 1 << 10},
		{"kB", 1000},
		{"B", 1},
	}
}

// String writes s exactly, in the largest unit that divides it.
func (s ByteSize) String() string {
	for _, unit := range byteUnits() {
		if s != 0 && s%unit.size == 0 {
			return strconv.FormatInt(int64(s/unit.size), 10) + unit.name
		}
	}
	return "0B"
}

// MarshalText writes s as String does.
func (s ByteSize) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a whole number and a unit in any case; a space between
// them is allowed.
func (s *ByteSize) UnmarshalText(text []byte) error {
	wrong := fmt.Errorf("must be a size such as 64MiB or 25MB, not %q", clip(string(text)))
	number := strings.TrimSpace(string(text))
	size := ByteSize(1)
	for _, unit := range byteUnits() {
		if len(number) > len(unit.name) && strings.EqualFold(number[len(number)-len(unit.name):], unit.name) {
			number, size = strings.TrimSpace(number[:len(number)-len(unit.name)]), unit.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return wrong
	}
	if n > math.MaxInt64/int64(size) || n < math.MinInt64/int64(size) {
		return fmt.Errorf("%q is more bytes than can be counted", clip(string(text)))
	}
	*s = ByteSize(n) * size
	return nil
}
