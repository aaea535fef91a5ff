//go:build linux || darwin || freebsd

package daemon

import "syscall"

// diskRoom is what an ordinary user may still write on the disk of a folder, and
// its size, in bytes; zeros when the system does not tell.
func diskRoom(dir string) (free, size int64) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0
	}
	unit := int64(st.Bsize)                                 //nolint:unconvert // its type differs between systems
	return int64(st.Bavail) * unit, int64(st.Blocks) * unit //nolint:gosec // no disk has 2^63 bytes
}
