package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/headgate/headgate/internal/fault"
)

// lockFolder takes a data folder for this process: two gateways with one state
// of limits would each spend the whole quota. The system frees the lock when
// the process ends, however it ends.
func lockFolder(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, folderError(dir, err)
	}
	name := filepath.Join(dir, "headgate.lock")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return nil, folderError(dir, err)
	}
	if err := lockFile(f); err != nil && !isHeld(err) {
		return nil, errors.Join(fmt.Errorf("lock the data folder %s: %w", dir, err), f.Close())
	} else if err != nil {
		return nil, errors.Join(&fault.Error{
			Kind:    fault.Invalid,
			Message: fmt.Sprintf("another headgate is using the data folder %s; stop it, or give this one a folder of its own with --data-dir", dir),
		}, f.Close())
	}
	return f.Close, nil
}

func folderError(dir string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrExist) || isReadOnly(err) {
		return &fault.Error{Kind: fault.Denied, Message: fmt.Sprintf("the data folder %s cannot be written to; mend its permissions or name another one with --data-dir", dir), Err: err}
	}
	return fmt.Errorf("make the data folder %s: %w", dir, err)
}
