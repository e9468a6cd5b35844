package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access/signin/signintest"
	"github.com/opsbook/opsbook/internal/store/storetest"
)

// TestASessionEndsInAllReplicas: who is signed in at one replica is so at the others, and a session that ends at one closes its pages at
// the others within a second.
func TestASessionEndsInAllReplicas(t *testing.T) {
	database := storetest.Migrated(t)
	provider := signintest.New(t)
	provider.Be(signintest.Ada())
	one := startReplica(t, provider, t.TempDir(), database, "")
	p := one.visitor(t).signIn()
	// Replicas share the server's key.
	key, err := os.ReadFile(filepath.Join(one.data, secretFile))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, secretFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	two := startReplica(t, provider, folder, database, "")
	there := *p
	there.team = two
	if !there.signedIn() {
		t.Fatal("the other replica does not know who is signed in")
	}
	ended := there.stream()
	time.Sleep(500 * time.Millisecond) // the replica listens to the others by now
	if err := one.signIn.EndOf(t.Context(), one.policy.person(), ""); err != nil {
		t.Fatal(err)
	}
	if last := within(t, ended, soon); last != "signed-out" || there.signedIn() {
		t.Errorf("the stream's last event is %q, signed in: %t", last, there.signedIn())
	}
}
