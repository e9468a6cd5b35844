package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/procedures"
)

// noAccounts are stores in which there is nothing.
type (
	noAccounts struct{ accounts.Store }
	otherLinks interface{ accounts.Links }
	noLinks    struct{ otherLinks }
	noPasskeys struct{ accounts.Passkeys }
)

func (noAccounts) AccountOf(context.Context, string) (*procedures.Account, error) { return nil, none() }

func (noLinks) Link(context.Context, string) (*procedures.AccountLink, error) { return nil, none() }

func (noLinks) Attempt(context.Context, []string, time.Time, func(int, int64, time.Time) (int64, bool)) (bool, error) {
	return true, nil
}

func (noPasskeys) Passkey(context.Context, string) (*procedures.Passkey, error) { return nil, none() }

func none() error { return procedures.Errorf(procedures.CodeNotFound, "there is none") }

// withAccounts is a portal that has accounts besides providers, and at which nobody is.
func withAccounts(t *testing.T) (*Server, *[]access.Request) {
	t.Helper()
	s, asked := entered(t, "one")
	at, _ := url.Parse("https://ops.example.com")
	var err error
	s.Accounts, err = accounts.New(accounts.Options{Store: noAccounts{}, Links: noLinks{}, Passkeys: noPasskeys{}, URL: at})
	if err != nil {
		t.Fatal(err)
	}
	return s, asked
}

// TestEveryRouteOfAccountsSignedOut: with accounts every route of who signs in answers a stranger with a page that tells nothing, keeps no
// session, and asks no policy; what is somebody's own leads to the sign-in.
func TestEveryRouteOfAccountsSignedOut(t *testing.T) {
	seen := 0
	for _, r := range table {
		if !r.ofSignIn() && !strings.HasPrefix(r.pattern, "/people") {
			continue
		}
		seen++
		s, asked := withAccounts(t)
		headers := map[string]string{"HX-Request": "", "Sec-Fetch-Mode": "navigate"}
		response := ask(t, s.routes(), r.method, followed(r.pattern), headers, "")
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		own := r.rule.audience != welcome
		leads := response.StatusCode == http.StatusUnauthorized ||
			response.StatusCode == http.StatusSeeOther && strings.HasPrefix(response.Header.Get("Location"), "/sign-in?back=")
		failed := response.StatusCode >= 500 && !strings.Contains(r.pattern, "provider")
		if own != leads || failed || len(*asked) > 0 || careless(response) != "" ||
			strings.Contains(string(body), "sandbox") {
			t.Errorf("%s %s: %d to %q, asked %v, %s\n%s", r.method, r.pattern, response.StatusCode, response.Header.Get("Location"), *asked,
				careless(response), body)
		}
		for _, c := range response.Cookies() {
			if c.Name == "opsbook" && c.MaxAge >= 0 {
				t.Errorf("%s %s begins a session", r.method, r.pattern)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d routes", seen)
	}
}

// TestSignInOffersAllWays: a password, a passkey and the providers, one beside the other; one provider is not led to by itself.
func TestSignInOffersAllWays(t *testing.T) {
	s, _ := withAccounts(t)
	headers := map[string]string{"HX-Request": "", "Sec-Fetch-Mode": "navigate"}
	response := ask(t, s.routes(), http.MethodGet, "/sign-in?back=/runs", headers, "")
	body, _ := io.ReadAll(response.Body)
	response.Body.Close()
	for _, want := range []string{
		`action="/sign-in/local"`, `autocomplete="current-password"`, `type="password"`, `action="/sign-in/passkey"`,
		`data-host="ops.example.com"`, "Continue with The one", `name="back" value="/runs"`,
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the page has no %s: %s", want, body)
		}
	}
	if response.StatusCode != http.StatusOK {
		t.Errorf("it is answered %d", response.StatusCode)
	}
}
