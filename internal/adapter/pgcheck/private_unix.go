//go:build unix

package pgcheck

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headgate/headgate/internal/fault"
)

const (
	prefix    = "headgate-postgres-"
	patience  = 60 * time.Second // for a server to start
	farewell  = 10 * time.Second // for a server to stop
	superuser = "headgate"
)

// launched is a server that runs, or some of it.
type launched struct {
	dir    string
	lock   *os.File // held as long as this process wants the folder
	as     *syscall.Credential
	cmd    *exec.Cmd
	said   bytes.Buffer  // what it wrote, to be read when it has exited
	exited chan struct{} // closed when the server has ended
}

// launch makes a database cluster in a folder of its own and starts a server on it.
// Of what does not start nothing stays.
func launch(ctx context.Context, tempDir string) (_ *launched, err error) {
	initdb, postgres, err := programs()
	if err != nil {
		return nil, err
	}
	l := &launched{exited: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.stop())
		}
	}()
	if l.as, err = servant(); err != nil {
		return nil, err
	}
	tempDir = place(cmp.Or(tempDir, os.TempDir()), l.as)
	sweep(tempDir)
	if err := l.folders(tempDir); err != nil {
		return nil, fault.New(fault.Denied, "no folder for a PostgreSQL server can be made: %v", err)
	}
	init := l.command(ctx, initdb, "-D", l.data(), "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fault.New(fault.Upstream, "PostgreSQL's initdb failed: %v: %s", err, lastLine(out))
	}
	if err := l.start(ctx, postgres); err != nil {
		return nil, err
	}
	return l, nil
}

func (l *launched) data() string   { return filepath.Join(l.dir, "data") }
func (l *launched) socket() string { return filepath.Join(l.dir, "s") }

func (l *launched) dsn() string {
	return fmt.Sprintf("host='%s' user=%s dbname=postgres sslmode=disable", strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(l.socket()), superuser)
}

// place is tempDir, or /tmp where a socket's path would be too long there, or where
// the server's user cannot pass.
func place(tempDir string, as *syscall.Credential) string {
	const longest = 100 - len(prefix+"0123456789/s/.s.PGSQL.5432") // of 104 to 108, by system
	fits := len(tempDir) <= longest
	for dir := filepath.Clean(tempDir); as != nil && fits; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		fits = err != nil || info.Mode().Perm()&0o001 != 0 // what cannot be read is told later
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if !fits {
		return "/tmp"
	}
	return tempDir
}

// folders makes the folder, which is locked so that others know it is in use, and
// those in it that belong to the server.
func (l *launched) folders(tempDir string) (err error) {
	if l.dir, err = os.MkdirTemp(tempDir, prefix); err != nil {
		return err
	}
	if l.lock, err = os.OpenFile(filepath.Join(l.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := syscall.Flock(int(l.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return err
	}
	for _, dir := range []string{l.data(), l.socket()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		if l.as != nil {
			if err := os.Chown(dir, int(l.as.Uid), int(l.as.Gid)); err != nil {
				return err
			}
		}
	}
	if l.as != nil {
		return os.Chmod(l.dir, 0o711) //nolint:gosec // the server's user has to pass; what is in it is closed
	}
	return nil
}

// servant is whom a server runs as where this process is root, which PostgreSQL
// refuses to be; nil: as this process.
func servant() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.ParseUint(u.Uid, 10, 32)
		gid, errG := strconv.ParseUint(u.Gid, 10, 32)
		if errU == nil && errG == nil && uid != 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, fault.New(fault.Denied, "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// command is a program of PostgreSQL's that ends, with all that it has started, when
// ctx does. It knows nothing of this process's environment.
func (l *launched) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // a program of PostgreSQL's, found by programs
	cmd.Dir = l.data()
	cmd.Env = []string{"PATH=" + filepath.Dir(program) + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	// A group of its own: Ctrl-C at the terminal is for this process, which then
	// ends it in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: l.as}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = farewell
	return cmd
}

// start runs the server and waits until it answers.
func (l *launched) start(ctx context.Context, postgres string) error {
	args := []string{"-D", l.data(), "-k", l.socket()}
	// Nothing here outlives the server, so nothing is forced to the disk.
	for _, setting := range []string{
		"listen_addresses=", "unix_socket_permissions=0700", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
		"wal_level=minimal", "max_wal_senders=0", "max_connections=20", "shared_buffers=64MB", "maintenance_work_mem=128MB", "work_mem=32MB",
		"autovacuum=off", "jit=off", "dynamic_shared_memory_type=mmap", "logging_collector=off", "log_min_messages=fatal", "log_min_error_statement=panic",
	} {
		args = append(args, "-c", setting)
	}
	// It is stopped by stop alone, in order.
	l.cmd = l.command(context.WithoutCancel(ctx), postgres, args...)
	l.cmd.Stdout, l.cmd.Stderr = &l.said, &l.said
	if err := l.cmd.Start(); err != nil {
		l.cmd = nil
		return fault.New(fault.Upstream, "PostgreSQL did not start: %v", err)
	}
	go func() {
		defer close(l.exited)
		_ = l.cmd.Wait() // it is stopped by a signal, and so fails
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, l.dsn())
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-l.exited:
			return fault.New(fault.Upstream, "PostgreSQL did not start: %s", lastLine(l.said.Bytes()))
		case <-ctx.Done():
			return fault.New(fault.Timeout, "PostgreSQL did not start within %s", patience)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop ends the server and removes its folder.
func (l *launched) stop() error {
	if l.cmd != nil {
		// At once, since nothing is to be kept; the server's processes follow it.
		if err := l.cmd.Process.Signal(syscall.SIGQUIT); err == nil {
			select {
			case <-l.exited:
			case <-time.After(farewell):
				_ = syscall.Kill(-l.cmd.Process.Pid, syscall.SIGKILL) // it may have just gone
			}
		}
		<-l.exited
	}
	var err error
	if l.dir != "" {
		err = os.RemoveAll(l.dir)
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.Close())
	}
	return err
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}
