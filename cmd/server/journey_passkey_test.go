package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/opsbook/opsbook/internal/access"
)

// authenticator gives the browser an authenticator that verifies the person or does not, and returns how that is changed.
func (b *browser) authenticator(verifies bool) (change func(verifies bool)) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	made, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: "internal", HasResidentKey: true, HasUserVerification: true,
			AutomaticPresenceSimulation: true, IsUserVerified: verifies,
		},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return func(verifies bool) {
		b.t.Helper()
		if _, err := chromedp.Call(b.ctx, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{
			AuthenticatorID: made.AuthenticatorID, IsUserVerified: verifies,
		}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// addsPasskey adds a passkey on the page of the person's account.
func (b *browser) addsPasskey(name string) {
	b.t.Helper()
	const form = "form[data-passkey=make]"
	b.until("!document.querySelector('" + form + "').hidden")
	b.fill(form+" [name=name]", name)
	b.fill(form+" [name=password]", goodPassword)
	b.click(form + " .btn")
}

// TestJourneyPasskeys: a passkey is added, signs in without a password and a code, is known when it is there already, counts for nothing
// where its authenticator has not verified the person, and no more when it is removed or its account is disabled.
func TestJourneyPasskeys(t *testing.T) {
	t.Parallel()
	x := startLocalAs(t, t.TempDir(), "", "localhost")
	ada := x.first(t)
	ada.joins("bob@example.com", "Bob", "engineering")
	b := open(t, 1440, 1000)
	b.name = ""
	b.expect("403")
	b.expect("401")
	b.expect("409")
	verifies := b.authenticator(true)
	enter := func() {
		t.Helper()
		b.visit(x.address + "/sign-in?back=/your-account")
		b.fill("[name=email]", "bob@example.com")
		b.fill("[name=password]", goodPassword)
		b.click("form .btn.primary")
		b.until(has("h1", "Your account"))
	}
	enter()
	b.look("passkeys-none")
	b.addsPasskey("laptop")
	b.until(has("#said", "The passkey is added"))
	b.until(has("#main .folds", "laptop"))
	b.look("passkeys-one")
	b.addsPasskey("laptop again")
	b.until(has("form[data-passkey=make] [role=alert]", "has a passkey of yours already"))

	out := func() {
		t.Helper()
		b.click(".nav form[action='/sign-out'] .btn")
		b.until(has("#main", "You are signed out of Opsbook"))
	}
	press := func() {
		t.Helper()
		b.visit(x.address + "/sign-in?back=/your-account")
		b.until("!document.querySelector('form[data-passkey=sign]').hidden")
		b.click("form[data-passkey=sign] .btn")
	}
	out()
	press()
	b.until(has("h1", "Your account"))
	b.until("!document.querySelector('#main .folds').textContent.includes('never used')")
	out()
	b.visit(x.address + "/sign-in")
	b.look("sign-in-passkey")

	verifies(false)
	press()
	b.until(has("form[data-passkey=sign] [role=alert]", "did not answer, or was declined"))
	verifies(true)
	press()
	b.until(has("h1", "Your account"))
	ada.does("/people/disable", "account", x.account(t, "bob@example.com"))
	press()
	b.until(has("[role=alert]", "not known here, or the account is disabled"))

	secret := linkOf(t, ada.does("/people/reset", "account", x.account(t, "bob@example.com")))
	x.visitor(t).does("/sign-in/link", "link", secret, "password", goodPassword, "again", goodPassword)
	press() // a reset without factors leaves it
	b.until(has("h1", "Your account"))
	b.fill("form[action='/your-account/passkeys/remove'] [name=old]", goodPassword)
	b.click("form[action='/your-account/passkeys/remove'] .btn")
	b.until(has("#said", "The passkey is removed"))
	out()
	press()
	b.until(has("[role=alert]", "not known here, or the account is disabled"))
}

// TestPasskeysCountOnce: what an authenticator has signed counts once, also for who has seen it on its way; with codes and without a
// script, the page is whole.
func TestPasskeysCountOnce(t *testing.T) {
	t.Parallel()
	x := startLocalAs(t, t.TempDir(), "", "localhost")
	ada := x.first(t)
	ada.enrols(x.clock.now)
	b := open(t, 390, 844)
	b.name = ""
	b.authenticator(true)
	secret := linkOf(t, ada.does("/people/invite", "email", "bob@example.com", "groups", "owners"))
	b.visit(x.address + "/sign-in/link?link=" + secret)
	b.fill("[name=name]", "Bob")
	b.fill("[name=password]", goodPassword)
	b.fill("[name=again]", goodPassword)
	b.click("form .btn.primary")
	b.until("location.pathname === '/'")
	b.visit(x.address + "/your-account")
	b.look("passkeys-phone")
	b.addsPasskey("phone")
	b.until(has("#said", "The passkey is added"))
	// The form is filled in by the script, and kept instead of sent.
	b.visit(x.address + "/sessions")
	b.click("[data-menu]")
	b.click(".nav form[action='/sign-out'] .btn")
	b.until(has("#main", "You are signed out of Opsbook"))
	b.visit(x.address + "/sign-in")
	evaluate[bool](b, "HTMLFormElement.prototype.submit = function () { "+
		"window.kept = new URLSearchParams(new FormData(this)).toString() }, true")
	b.click("form[data-passkey=sign] .btn")
	b.until("window.kept")
	form, err := url.ParseQuery(evaluate[string](b, "window.kept"))
	if err != nil || form.Get("signature") == "" {
		t.Fatal(form, err)
	}
	for _, c := range []struct {
		name  string
		field string
		want  int
	}{
		{"with another signature", "signature", http.StatusForbidden}, {"for another ticket", "ticket", http.StatusConflict},
		{"with other data", "authenticator", http.StatusForbidden}, {"of another client", "client", http.StatusForbidden},
		{"of another passkey", "credential", http.StatusForbidden}, {"of somebody else", "user", http.StatusForbidden},
		{"as it was", "", http.StatusOK}, {"again", "", http.StatusForbidden},
	} {
		sent := url.Values{}
		for name, values := range form {
			sent[name] = values
		}
		if c.field != "" { // its first letter is another one
			was := sent.Get(c.field)
			first := "A"
			if strings.HasPrefix(was, "A") {
				first = "B"
			}
			sent.Set(c.field, first+was[1:])
		}
		v := x.visitor(t)
		status, _, body := v.send(http.MethodPost, x.address+"/sign-in/passkey", sent, map[string]string{"Sec-Fetch-Mode": "navigate"})
		if status != c.want || v.signedIn() != (c.want == http.StatusOK) {
			t.Errorf("%s: %d, want %d: %.400s", c.name, status, c.want, body)
		}
	}
	// The page says why there are none at an address of IP, and offers none.
	there := startLocal(t, t.TempDir(), "")
	first := there.first(t)
	const why = "Passkeys need a host name, and this portal is at the IP address"
	if _, _, body := first.navigate("/your-account"); !strings.Contains(body, why) ||
		strings.Contains(body, "data-passkey") {
		t.Error("passkeys are offered at an address")
	}
	if _, _, body := there.visitor(t).navigate("/sign-in"); strings.Contains(body, "data-passkey") {
		t.Error("the sign-in offers passkeys at an address")
	}
	who := access.Person{Issuer: access.IssuerLocal, Subject: x.account(t, "bob@example.com")}
	if all, err := x.signIn.Of(t.Context(), who); err != nil || len(all) != 1 {
		t.Errorf("%d sign-ins, %v", len(all), err)
	}
}
