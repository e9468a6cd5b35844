package accounts_test

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/accounts"
	"github.com/opsbook/opsbook/internal/procedures"
)

func nothing(string) (string, bool) { return "", false }

// home gives the test AWS files of its own and takes the machine's variables away.
func home(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
		"AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "AWS_DEFAULT_PROFILE",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	write(t, filepath.Join(dir, "config"), "[default]\nregion = eu-west-1\n")
	write(t, filepath.Join(dir, "credentials"), "[default]\naws_access_key_id = AKIAFIRST\naws_secret_access_key = one\n")
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func keyOf(t *testing.T, id accounts.Identity) string {
	t.Helper()
	c, err := id.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.AccessKeyID
}

func TestChangedFilesAreReadAgain(t *testing.T) {
	dir := home(t)
	var all accounts.Accounts
	load := func(region string) accounts.Identity {
		t.Helper()
		id, err := all.Load(t.Context(), procedures.Environment{Name: "production"}, "", region, nothing)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := load("")
	if second := load(""); first.Transport == nil || second.Transport != first.Transport ||
		keyOf(t, second) != "AKIAFIRST" || second.Region != "eu-west-1" {
		t.Errorf("loaded twice: %+v and %+v", first, second)
	}
	if other := load("us-west-2"); other.Region != "us-west-2" {
		t.Errorf("with a region of its own: %s", other.Region)
	}
	write(t, filepath.Join(dir, "credentials"), "[default]\naws_access_key_id = AKIASECONDKEY\naws_secret_access_key = two\n")
	if key := keyOf(t, load("")); key != "AKIASECONDKEY" {
		t.Errorf("after the file was changed the key is %s", key)
	}
	overridden, err := all.Load(t.Context(), procedures.Environment{Name: "production"}, "", "", func(name string) (string, bool) {
		v, ok := map[string]string{"AWS_ACCESS_KEY_ID": "AKIASCRIPT", "AWS_SECRET_ACCESS_KEY": "three"}[name]
		return v, ok
	})
	if err != nil || keyOf(t, overridden) != "AKIASCRIPT" {
		t.Errorf("a script's own credentials: %v, %v", overridden, err)
	}
	if key := keyOf(t, load("")); key != "AKIASECONDKEY" {
		t.Errorf("a script's own credentials stayed: %s", key)
	}
	for i := range 200 { // regions are whatever lines name: they are forgotten and found again
		load(fmt.Sprintf("region-%d", i))
	}
	if key := keyOf(t, load("")); key != "AKIASECONDKEY" {
		t.Errorf("after many regions the key is %s", key)
	}
}

func TestRoleIsAssumedOnce(t *testing.T) {
	home(t)
	var asked atomic.Int64
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w,
			`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>`+
				`ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>`+
				`2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`)
	}))
	defer sts.Close()
	t.Setenv("AWS_ENDPOINT_URL", sts.URL)
	var all accounts.Accounts
	for range 5 {
		id, err := all.Load(t.Context(), procedures.Environment{
			Name: "production", Role: "arn:aws:iam::123456789012:role/opsbook",
		}, "", "", nothing)
		if err != nil {
			t.Fatal(err)
		}
		if key := keyOf(t, id); key != "ASIAROLE" {
			t.Errorf("the key is %s", key)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the role was assumed %d times for five calls", asked.Load())
	}
}

// TestAuthoritiesOfTheConfiguration asks a server whose certificate only AWS_CA_BUNDLE vouches for.
func TestAuthoritiesOfTheConfiguration(t *testing.T) {
	dir := home(t)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer server.Close()
	bundle := filepath.Join(dir, "bundle.pem")
	write(t, bundle, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	t.Setenv("AWS_CA_BUNDLE", bundle)
	var all accounts.Accounts
	id, err := all.Load(t.Context(), procedures.Environment{Name: "production"}, "", "", nothing)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: id.Transport}
	response, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusTeapot {
		t.Errorf("status %d", response.StatusCode)
	}
}
