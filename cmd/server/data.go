package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// dataFolder is where opsbook keeps its data: what was said, else the user's state folder (XDG Base Directory
// Specification, $XDG_STATE_HOME). A relative XDG_STATE_HOME is ignored, as the specification demands. The folder is
// not made here.
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

// noAddress is an error where a database that was named has no address of PostgreSQL.
func noAddress(database string) error {
	if store.IsAddress(database) {
		return nil
	}
	return procedures.Errorf(procedures.CodeInvalid,
		"--database is %q; want postgres://USER:PASSWORD@HOST:PORT/NAME. Where the SQLite file is kept is said with --data", database)
}

// openDatabase opens the PostgreSQL database that was named, else the SQLite file in the data folder. The data
// folder is made for PostgreSQL as well: it holds the server’s key. The caller closes the database.
func (o *options) openDatabase(ctx context.Context, folder string) (*store.DB, error) {
	if o.Database == "" {
		return store.Open(ctx, folder)
	}
	if err := noAddress(o.Database); err != nil {
		return nil, err
	}
	// Nobody else on the machine may list it.
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	return store.Connect(ctx, o.Database)
}

// secret is the server's key: OPSBOOK_SECRET, else the file secret in the data folder, which is made at the first
// start. Replicas of one database need the same: what one has sealed the others open. A file of the key can be read
// by its owner alone. The key is the SHA-256 of the text.
func secret(t terminal, folder string) ([32]byte, error) {
	if text := t.getenv("OPSBOOK_SECRET"); text != "" {
		return keyFrom("OPSBOOK_SECRET", text)
	}
	name := filepath.Join(folder, secretFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(rand.Text() + rand.Text())
		// rand.Text has at least 128 bits of randomness: two of them have as many as the key.
		if err := errors.Join(os.WriteFile(name, text, 0o600), os.Chmod(name, 0o600)); err != nil {
			return [32]byte{}, fmt.Errorf("make the server's key: %w", err)
		}
	} else if err != nil {
		return [32]byte{}, fmt.Errorf("read the server's key: %w", err)
	}
	return sha256.Sum256([]byte(strings.TrimSpace(string(text)))), nil
}

// keyFrom is the key of a text, which a variable holds.
func keyFrom(variable, text string) ([32]byte, error) {
	if len(text) < 16 {
		return [32]byte{}, procedures.Errorf(procedures.CodeInvalid, "%s has %d characters; it needs at least 16", variable, len(text))
	}
	return sha256.Sum256([]byte(text)), nil
}

// otherSecretName is the variable of a key that opens, and encrypts nothing: see docs/operating.md.
const otherSecretName = "OPSBOOK_SECRET_OTHER"

// otherSecret is the key that opens what it has encrypted, while the server's is exchanged; nil for none.
func otherSecret(t terminal, key [32]byte) (*[32]byte, error) {
	text := t.getenv(otherSecretName)
	if text == "" {
		return nil, nil
	}
	other, err := keyFrom(otherSecretName, text)
	if err == nil && other == key {
		err = procedures.Errorf(procedures.CodeInvalid, "%s is the server's key itself; it is the one of before, or the next one",
			otherSecretName)
	}
	return &other, err
}

// Names in the data folder: of the file with the server's key, and of the folder for what the database does not take at the moment.
const (
	secretFile      = "secret"
	unwrittenFolder = "unwritten"
)

// tighten keeps others on the machine from reading what the data folder holds, whatever the umask was when it was made.
func tighten(logger *slog.Logger, folder string) error {
	for _, name := range []string{store.FileName, store.FileName + "-wal", store.FileName + "-shm", secretFile, unwrittenFolder} {
		if err := confined.Private(logger, filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}
