package suites

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine says what the rows of this process are measured on.
func Machine() string {
	return fmt.Sprintf("%s, %s, %s/%s, %s", processor(), cores(runtime.NumCPU()), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func cores(n int) string {
	if n == 1 {
		return "1 core"
	}
	return fmt.Sprintf("%d cores", n)
}

// processor is the name that Linux has for it; elsewhere it is not known.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
