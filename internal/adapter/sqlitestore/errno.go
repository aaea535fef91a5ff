package sqlitestore

import (
	"errors"
	"syscall"
)

// isReadOnlyDisk reports a file system that is mounted read-only.
func isReadOnlyDisk(err error) bool { return errors.Is(err, syscall.EROFS) }

// isNotFolder reports a path that goes through a file.
func isNotFolder(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR)
}
