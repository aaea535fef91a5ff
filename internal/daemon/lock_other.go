//go:build !unix

package daemon

import "os"

// Elsewhere the folder is not locked; SQLite keeps the database whole all the
// same.
func lockFile(*os.File) error { return nil }

func isReadOnly(error) bool { return false }

func isHeld(error) bool { return false }
