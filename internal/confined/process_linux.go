package confined

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// process is when a process began, in ticks since the machine did (proc_pid_stat(5)); alive is false where there is none.
func process(pid int) (start string, alive bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", !errors.Is(err, fs.ErrNotExist)
	}
	// The second field is the program's name in brackets, and may hold anything.
	_, rest, found := strings.Cut(string(text[max(0, bytes.LastIndexByte(text, ')')):]), " ")
	fields := strings.Fields(rest)
	const startTime = 22 - 3 // fields are counted from 1, and these begin with the third
	if !found || len(fields) <= startTime {
		return "", true
	}
	return fields[startTime], true
}
