package overhead

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/PID/stat: USER_HZ, which is 100 on every Linux that
// Go runs on (proc_pid_stat(5)).
const tick = 10 * time.Millisecond

// cpu is the user and system time that a process has used. It fails where there
// is no /proc.
func cpu(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(string(text))
}

// others is the time that the machine's processors gave to programs outside the
// bench, or that a hypervisor kept for itself, since the machine started. What
// the kernel spends on interrupts is nobody's.
func (a *Arms) others() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	used, err := parseMachine(string(text))
	if err != nil {
		return 0, err
	}
	pids := []int{os.Getpid()}
	for _, arm := range a.All {
		pids = append(pids, arm.cmd.Process.Pid)
	}
	for _, pid := range pids {
		own, err := cpu(pid)
		if err != nil {
			return 0, err
		}
		used -= own
	}
	return used, nil
}

// parseMachine adds up user, nice, system and steal of the first line of
// /proc/stat (proc_stat(5)).
func parseMachine(text string) (time.Duration, error) {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	const user, nice, system, steal = 1, 2, 3, 8
	if len(fields) <= steal || fields[0] != "cpu" {
		return 0, errors.New("/proc/stat: its first line is not that of all processors")
	}
	var used time.Duration
	for _, i := range []int{user, nice, system, steal} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		used += time.Duration(n) * tick
	}
	return used, nil
}

// parseStat reads utime and stime, the 14th and 15th field; the second, a name
// in parentheses, may hold anything.
func parseStat(text string) (time.Duration, error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	const utime, stime = 14 - 3, 15 - 3
	if len(fields) <= stime {
		return 0, errors.New("/proc/PID/stat: too few fields")
	}
	user, err := strconv.ParseInt(fields[utime], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[stime], 10, 64)
	if err != nil {
		return 0, err
	}
	return time.Duration(user+system) * tick, nil
}
