//go:build unix

package pgcheck

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// fresh is the age up to which a folder without a lock is just being made.
const fresh = time.Minute

// sweep removes the folders, and ends the servers, of processes that are gone
// without having done so themselves. What it may not touch it leaves.
func sweep(tempDir string) {
	dirs, err := filepath.Glob(filepath.Join(tempDir, prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		if release, ok := abandoned(dir); ok {
			end(dir)
			_ = os.RemoveAll(dir) // the next one tries again
			release()
		}
	}
}

// abandoned reports whether a folder is this user's, and nobody's who runs: then it
// is locked until release.
func abandoned(dir string) (release func(), ok bool) {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return nil, false
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Geteuid() {
		return nil, false
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|syscall.O_NOFOLLOW, 0) //nolint:gosec // below a folder that this user owns
	if os.IsNotExist(err) {
		return func() {}, time.Since(info.ModTime()) > fresh
	}
	if err != nil {
		return nil, false
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // it was only looked at
		return nil, false
	}
	return func() { _ = f.Close() }, true // the file is gone
}

// end stops the server of a folder, if that still runs. A server whose folder is
// removed ends by itself within a minute or so, where its process cannot be told.
func end(dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid")) //nolint:gosec // as above
	if err != nil {
		return
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return
	}
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil || !bytes.Contains(line, []byte(filepath.Join(dir, "data"))) {
		return // the number is another process's by now
	}
	_ = syscall.Kill(pid, syscall.SIGQUIT) // it may have just gone
}
