package main

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// dataFolder is where opsbook keeps its data: what was said, else the user's state folder
// (XDG Base Directory Specification, $XDG_STATE_HOME).
func (o *options) dataFolder(t terminal) (string, error) {
	if o.Data != "" {
		return filepath.Abs(o.Data)
	}
	if dir := t.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "opsbook"), nil
	}
	home := t.getenv("HOME")
	if home == "" {
		return "", procedures.Errorf(procedures.CodeInvalid, "there is no home folder to keep data in: name a folder with --data")
	}
	return filepath.Join(home, ".local", "state", "opsbook"), nil
}

// secret is the server's key: OPSBOOK_SECRET, else the file secret in the data folder, which is made at the first start.
func secret(t terminal, folder string) ([32]byte, error) {
	if text := t.getenv("OPSBOOK_SECRET"); text != "" {
		if len(text) < 16 {
			return [32]byte{}, procedures.Errorf(procedures.CodeInvalid, "OPSBOOK_SECRET has %d characters; it needs at least 16", len(text))
		}
		return sha256.Sum256([]byte(text)), nil
	}
	name := filepath.Join(folder, "secret")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(rand.Text() + rand.Text())
		if err := os.WriteFile(name, text, 0o600); err != nil {
			return [32]byte{}, fmt.Errorf("make the server's key: %w", err)
		}
	} else if err != nil {
		return [32]byte{}, fmt.Errorf("read the server's key: %w", err)
	}
	return sha256.Sum256([]byte(strings.TrimSpace(string(text)))), nil
}
