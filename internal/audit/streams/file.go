package streams

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// File appends to a file, as JSON lines. What rotates it moves it away: a new one is begun.
type File struct{ Name string }

// Place implements Sender.
func (f File) Place() string { return f.Name }

// Send implements Sender. The lines are on the disk when it returns.
func (f File) Send(_ context.Context, b *Batch) (err error) {
	out, err := os.OpenFile(f.Name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("write the audit log to a file: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	text := b.Text()
	if end, err := out.Seek(-1, io.SeekEnd); err == nil { // a line that was cut off ends here
		last := make([]byte, 1)
		if _, err := out.ReadAt(last, end); err == nil && last[0] != '\n' {
			text = append([]byte("\n"), text...)
		}
	}
	if _, err := out.Write(text); err != nil {
		return fmt.Errorf("write the audit log to a file: %w", err)
	}
	return out.Sync()
}
