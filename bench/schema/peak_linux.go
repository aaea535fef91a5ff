package main

import (
	"os"
	"syscall"
)

// peak is the most memory that an ended process had, in megabytes.
func peak(s *os.ProcessState) float64 {
	if u, ok := s.SysUsage().(*syscall.Rusage); ok {
		return float64(u.Maxrss) * 1024 / 1e6 // Linux counts in KiB
	}
	return 0
}
