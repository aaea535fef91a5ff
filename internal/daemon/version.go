package daemon

import "runtime/debug"

// Version is that of this binary, as the Go tool stamped it; "devel" without one.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}
