package cli

import (
	"strings"
	"testing"
)

func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	w := wholeNumbers{values: []int64{7}, least: 1, most: 1000, list: true}
	for _, text := range []string{"", ",", "1,", "1.5", "1e3", "0", "-1", "1001", "99999999999999999999", "NaN", "1,two", strings.Repeat("1,", 100) + "1"} {
		if err := w.Set(text); err == nil || w.String() != "7" {
			t.Errorf("Set(%q) = %v and leaves %s, want an error and 7", text, err, w.String())
		}
	}
	if err := w.Set("1, 1000"); err != nil || w.String() != "1,1000" {
		t.Errorf("Set(1, 1000) = %v and leaves %s, want 1,1000", err, w.String())
	}
	one := wholeNumbers{values: []int64{7}, most: 9}
	if err := one.Set("1,2"); err == nil {
		t.Error("Set(1,2) of one number = nil, want an error")
	}
}
