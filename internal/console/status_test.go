package console

import "testing"

// TestEachStatusHasItsRule: of those that apply the first one is told.
func TestEachStatusHasItsRule(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, tt := range []struct {
		name string
		q    Quota
		want Status
	}{
		{"nothing is applied", Quota{Waiting: 3, belowDefault: true}, StatusZero},
		{"calls wait", Quota{Applied: 10, Effective: 10, Waiting: 1, UsedShare: new(0.1)}, StatusBinding},
		{"98 % are used now", Quota{Applied: 10, Effective: 10, UsedShare: new(0.98)}, StatusBinding},
		{"one busy minute of twenty used it up", Quota{Applied: 10, Effective: 10, UsedShareP95: new(1.0), Adjustable: &no}, StatusBinding},
		{"a single minute did", Quota{Applied: 10, Effective: 10, UsedShareP95: new(0.5), UsedSharePeak: new(1.0), Adjustable: &yes}, StatusOK},
		{"four fifths are used now", Quota{Applied: 10, Effective: 10, UsedShare: new(0.8), belowDefault: true}, StatusTight},
		{"or in busy minutes", Quota{Applied: 10, Effective: 10, UsedShare: new(0.0), UsedShareP95: new(0.97)}, StatusTight},
		{"less is enforced", Quota{Applied: 10, Effective: 8, UsedShare: new(0.7), belowDefault: true}, StatusLearned},
		{"the default is higher", Quota{Applied: 10, Effective: 10, belowDefault: true, Adjustable: &no}, StatusBelowDefault},
		{"no requests are taken", Quota{Applied: 10, Effective: 10, UsedShare: new(0.79), Adjustable: &no}, StatusNotAdjustable},
		{"there is room", Quota{Applied: 10, Effective: 10, UsedShare: new(0.79), Adjustable: &yes}, StatusOK},
		{"nobody knows what is used", Quota{Applied: 10, Effective: 10, Adjustable: &yes}, StatusUnknown},
	} {
		if got := Judge(&tt.q); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
