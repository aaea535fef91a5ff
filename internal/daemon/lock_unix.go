//go:build unix

package daemon

import (
	"errors"
	"os"
	"syscall"
)

func lockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) //nolint:gosec // a descriptor fits an int
}

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
