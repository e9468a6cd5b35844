package sealed

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// memory is a store in memory: run → name → what is kept.
type memory map[string]map[string][]byte

// Snapshot implements SnapshotStore. The caller may change what it returns.
func (m memory) Snapshot(_ context.Context, _ procedures.Tx, run string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, data := range m[run] {
		out[name] = bytes.Clone(data)
	}
	return out, nil
}

// KeepSnapshot implements SnapshotStore.
func (m memory) KeepSnapshot(_ context.Context, _ procedures.Tx, run string, data map[string][]byte) error {
	if m[run] == nil {
		m[run] = map[string][]byte{}
	}
	for name, value := range data {
		if m[run][name] = value; value == nil {
			delete(m[run], name)
		}
	}
	return nil
}

// TestSnapshotsAreSealed reads back what was kept, and finds nothing of it in the store: neither twice the same bytes.
func TestSnapshotsAreSealed(t *testing.T) {
	store := memory{}
	s := Snapshots{Store: store, Key: Keys{Key: Key{1}}}
	const secret = "a password of the database"
	for _, run := range []string{"one", "two"} {
		kept := map[string][]byte{"state": []byte(secret), "file": {}, "gone": []byte("x")}
		if err := s.Keep(t.Context(), nil, run, kept); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Keep(t.Context(), nil, "one", map[string][]byte{"gone": nil}); err != nil {
		t.Fatal(err)
	}
	read, err := s.Read(t.Context(), nil, "one")
	if err != nil || len(read) != 2 || string(read["state"]) != secret || len(read["file"]) != 0 {
		t.Errorf("read %q, %v", read, err)
	}
	if bytes.Contains(store["one"]["state"], []byte(secret)) || bytes.Equal(store["one"]["state"], store["two"]["state"]) {
		t.Error("what is stored tells what was kept")
	}
}

// TestSealedDataStaysInItsPlace opens nothing that was changed, cut, put under another name or run, or sealed with another key.
func TestSealedDataStaysInItsPlace(t *testing.T) {
	key := Key{1}
	data, err := key.Seal("run", "state", []byte("what is kept"))
	if err != nil {
		t.Fatal(err)
	}
	if open, err := key.Open("run", "state", data); err != nil || string(open) != "what is kept" {
		t.Fatalf("%q, %v", open, err)
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 1
		if _, err := key.Open("run", "state", changed); err == nil {
			t.Errorf("byte %d was changed, and it opens", i)
		}
		if _, err := key.Open("run", "state", data[:i]); err == nil {
			t.Errorf("it opens with %d of %d bytes", i, len(data))
		}
	}
	for _, place := range [][2]string{{"run", "state2"}, {"run2", "state"}, {"", "run\x00state"}, {"run\x00state", ""}} {
		if _, err := key.Open(place[0], place[1], data); err == nil {
			t.Errorf("it opens as %q", place)
		}
	}
	_, err = Key{2}.Open("run", "state", data)
	if procedures.CodeOf(err) != procedures.CodeUnavailable || !strings.Contains(err.Error(), "OPSBOOK_SECRET") {
		t.Errorf("with another key: %v", err)
	}
}
