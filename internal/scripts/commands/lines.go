package commands

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// maxLine bounds what one line may hold in memory.
const maxLine = 64 << 20 // bytes

// eachLine calls do with every line without its newline; the last one may lack it.
// An error of do ends the reading and is returned.
func eachLine(r io.Reader, do func(line string) error) error {
	lines := bufio.NewReader(r)
	for {
		line, err := readLine(lines)
		if line != "" {
			if err := do(strings.TrimSuffix(line, "\n")); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// readLine returns a line with its newline. The last one may lack it and comes with io.EOF; a line
// of more than maxLine bytes is an error.
func readLine(r *bufio.Reader) (string, error) {
	var line strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		line.Write(part)
		if line.Len() > maxLine {
			return "", errors.New("line too long: more than 64 MiB")
		}
		// a full buffer is only a part of a long line
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line.String(), err
		}
	}
}

// allLines reads everything that the names hold, for commands that need it whole.
// More than maxLine bytes in one input are an error.
func allLines(r io.Reader, into *[]string) error {
	held := 0
	return eachLine(r, func(line string) error {
		if held += len(line); held > maxLine {
			return errors.New("too much input: more than 64 MiB")
		}
		*into = append(*into, line)
		return nil
	})
}
