package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A process and all that it has started, as /proc tells it. Pid 0: nothing is known, all is 0.
type processTree struct{ pid int }

func (t processTree) pids() []int {
	if t.pid == 0 {
		return nil
	}
	all := []int{t.pid}
	for at := 0; at < len(all); at++ {
		files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", all[at]))
		for _, file := range files {
			content, _ := os.ReadFile(file)
			for _, word := range strings.Fields(string(content)) {
				if child, err := strconv.Atoi(word); err == nil {
					all = append(all, child)
				}
			}
		}
	}
	return all
}

// User and system time, s: of every living process, and of the dead whom a parent has waited for.
func (t processTree) cpuSeconds() float64 {
	const ticksPerSecond = 100 // USER_HZ, which is the same on every Linux of today.
	var ticks float64
	for _, pid := range t.pids() {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		// The name, in brackets, may hold anything; utime, stime, cutime, cstime are 14 to 17.
		fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
		for _, field := range fields[11:15] {
			value, _ := strconv.ParseFloat(string(field), 64)
			ticks += value
		}
	}
	return ticks / ticksPerSecond
}

// Memory in MB (10^6 bytes) by a line of /proc/PID/status: VmRSS now, VmHWM at most. What processes
// share counts for each of them.
func (t processTree) memoryMB(line string) float64 {
	var kib float64
	for _, pid := range t.pids() {
		content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, after, found := strings.Cut(string(content), line+":"); found {
			value, _ := strconv.ParseFloat(strings.Fields(after)[0], 64)
			kib += value
		}
	}
	return kib * 1024 / 1e6
}

// Sets VmHWM back to VmRSS; without the right to do so the peak is that since the start.
func (t processTree) forgetPeak() {
	for _, pid := range t.pids() {
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
	}
}
