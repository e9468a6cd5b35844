package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/opsbook/opsbook/internal/engine"
	"github.com/opsbook/opsbook/internal/mask"
	"github.com/opsbook/opsbook/internal/procedures"
)

// orElse is text, or other where it is empty.
func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// stdout is where a script prints: nowhere when events are printed, with control characters made visible on a
// terminal. A pipe or a file gets the bytes as they are.
func (s *session) stdout() io.Writer {
	if s.command.Format == "json" {
		return io.Discard
	}
	if file, ok := s.terminal.out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		return visible{file}
	}
	return s.terminal.out
}

// visible writes control characters as ^X, so that an answer cannot drive the terminal.
type visible struct{ io.Writer }

// Write implements io.Writer. C1 controls and characters that turn the direction of text are written as <U+…>. It
// reports the length of p, whatever it wrote.
func (v visible) Write(p []byte) (int, error) {
	var out strings.Builder
	for _, r := range string(p) {
		switch {
		case r == '\n' || r == '\t':
			out.WriteRune(r)
		case r < ' ':
			out.WriteString("^" + string(r+'@'))
		case r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			fmt.Fprintf(&out, "<U+%04X>", r)
		default:
			out.WriteRune(r)
		}
	}
	if _, err := io.WriteString(v.Writer, out.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// mask knows what is secret in this run: all that is printed, kept and told passes it.
func (s *session) mask() *mask.Mask {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets == nil {
		s.secrets = mask.Of(s.state, engine.Secrets(s.procedure, s.parameters)...)
	}
	return s.secrets
}

// say prints one line for the person, without secrets and with control characters made visible.
func (s *session) say(w io.Writer, format string, args ...any) {
	fmt.Fprint(visible{w}, s.mask().Text(fmt.Sprintf(format, args...))+"\n")
}

// emit tells an event of the run itself.
func (s *session) emit(e procedures.Event) { mask.NewEmitter(s.mask(), s.tell).Emit(e) }

// tell prints an event, where they are asked for, and keeps it. Its lock numbers the events of steps that run at the
// same time, and keeps their lines apart.
func (s *session) tell(event mask.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := event.Open()
	e.At = time.Now().UTC()
	if s.record != nil {
		s.record.add(e)
	}
	if s.command.Format != "json" {
		return
	}
	s.number++
	e.Number, e.Run = s.number, "local"
	// A line each, so that a reader can follow the run while it goes.
	if data, err := json.Marshal(e); err == nil {
		fmt.Fprintf(s.terminal.out, "%s\n", data)
	}
}
