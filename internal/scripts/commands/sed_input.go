package commands

import (
	"errors"
	"io"
	"io/fs"
	"strings"
)

// sedInput is the lines of several files. It reads one ahead, to know the last one.
type sedInput struct {
	sed    *sed
	files  []string
	lines  *lineReader
	opened []fs.File
	at     string // the file of the line that was read last
	ahead  *sedLine
	quit   bool
}

type sedLine struct {
	text  string
	ended bool
	file  string
}

func (in *sedInput) name() string { return in.at }

func (in *sedInput) close() {
	for _, f := range in.opened {
		_ = f.Close()
	}
}

// isLast reports whether no line follows.
func (in *sedInput) isLast() (bool, error) {
	if in.ahead != nil {
		return false, nil
	}
	line, err := in.read()
	in.ahead = line
	return line == nil, err
}

// next is the next line; ok is false where there is none.
func (in *sedInput) next() (text string, ended, ok bool, err error) {
	line := in.ahead
	in.ahead = nil
	if line == nil {
		if line, err = in.read(); err != nil || line == nil {
			return "", false, false, err
		}
	}
	in.at = line.file
	return line.text, line.ended, true, nil
}

func (in *sedInput) read() (*sedLine, error) {
	for {
		for in.lines == nil {
			if len(in.files) == 0 {
				return nil, nil //nolint:nilnil // the end
			}
			name := in.files[0]
			in.files = in.files[1:]
			in.at = name
			lines, closer, err := openLines(in.sed.ctx, in.sed.inv, name, in.sed.end)
			if err != nil {
				in.sed.status = complain(in.sed.inv, 2, "can't read %s: %s", name, fileError(err))
				continue
			}
			if f, ok := closer.(fs.File); ok {
				in.opened = append(in.opened, f)
			}
			in.lines = lines
		}
		text, err := in.lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if text == "" {
			in.lines = nil
			continue
		}
		text, ended := strings.CutSuffix(text, string(in.sed.end))
		return &sedLine{text, ended, in.at}, nil
	}
}
