package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access/signin/signintest"
	"github.com/opsbook/opsbook/internal/audit"
)

// TestSignInsAreInTheAuditLog: who came, who went, and which account was not let in; who proves nothing is not kept.
func TestSignInsAreInTheAuditLog(t *testing.T) {
	x := startTeam(t, "      allowed_domains: [example.com]\n")
	p := x.visitor(t).signIn()
	p.send(http.MethodPost, x.address+"/sign-out", url.Values{}, map[string]string{"Sec-Fetch-Mode": "navigate"})
	ended := url.Values{"logout_token": {x.provider.LogoutToken("u-1", "", nil)}}
	x.visitor(t).send(http.MethodPost, x.address+"/sign-out/back-channel", ended, nil)
	stranger := signintest.Ada()
	stranger.Email = "eve@evil.example"
	x.provider.Be(stranger)
	x.visitor(t).navigate("/runs")
	x.provider.Forge(true)
	x.visitor(t).navigate("/runs")
	for some := true; some; {
		var err error
		if some, err = x.db.ChainAudit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := x.db.AuditAfter(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		e, err := r.Entry()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains([]audit.Kind{audit.SignedIn, audit.SignedOut, audit.SignInRefused}, e.Kind) {
			continue
		}
		got = append(got, string(e.Kind)+" "+e.Email)
		if e.Issuer != x.provider.Issuer || e.Subject != "u-1" || e.Address != "127.0.0.1" {
			t.Errorf("%+v", e)
		}
	}
	want := "signed-in ada@example.com, signed-out ada@example.com, signed-out , sign-in-refused eve@evil.example"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("it has %s; want %s", all, want)
	}
}
