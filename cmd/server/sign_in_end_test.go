package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin/signintest"
)

// soon is how long a page may be open after its session has ended.
const soon = time.Second

// TestASignInCountsOnce: a code, a state and a cookie end one sign-in, in the browser that began it.
func TestASignInCountsOnce(t *testing.T) {
	x := startTeam(t, "")
	portal, _ := url.Parse(x.address)

	// The code again, by somebody who kept the cookie.
	p := x.visitor(t)
	callback := p.callback("/runs")
	before := p.jar.Cookies(portal)
	if _, where, _ := p.navigate(callback); where != x.address+"/runs" {
		t.Fatalf("signed in at %s", where)
	}
	again := x.visitor(t)
	again.jar.SetCookies(portal, before)
	if status, _, body := again.navigate(callback); status != http.StatusForbidden || !strings.Contains(body, "a sign-in counts once") ||
		again.signedIn() {
		t.Errorf("a code that was used: %d %s", status, body)
	}
	// The address again, in the browser that is signed in: as by going back.
	if status, where, _ := p.navigate(callback); status != http.StatusOK || where != x.address+"/" {
		t.Errorf("going back: %d at %s", status, where)
	}

	// The address in another browser: somebody else's sign-in is nobody's here.
	victim, other := x.visitor(t), x.visitor(t)
	callback = victim.callback("/runs")
	status, _, body := other.navigate(callback)
	if status != http.StatusForbidden || !strings.Contains(body, "was not begun in this browser") || other.signedIn() {
		t.Errorf("a sign-in of another browser: %d %s", status, body)
	}
	// The state of one with the code of another.
	third := x.visitor(t)
	mine, _ := url.Parse(third.callback("/runs"))
	theirs, _ := url.Parse(callback)
	q := mine.Query()
	q.Set("code", theirs.Query().Get("code"))
	mine.RawQuery = q.Encode()
	if status, _, _ := third.navigate(mine.String()); status != http.StatusForbidden || third.signedIn() {
		t.Errorf("a code of another sign-in: %d", status)
	}
	// An answer that took too long, and one of another issuer.
	for name, change := range map[string]func(q url.Values){
		"of another issuer": func(q url.Values) { q.Set("iss", "https://evil.example") },
		"declined":          func(q url.Values) { q.Set("error", "access_denied"); q.Del("code") },
		"too late":          func(url.Values) { x.clock.forward(16 * time.Minute) },
	} {
		v := x.visitor(t)
		u, _ := url.Parse(v.callback("/runs"))
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		if status, _, _ := v.navigate(u.String()); status != http.StatusForbidden || v.signedIn() {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// TestTabsSignInAtTheSameTime: five tabs that come back after a night lead to five sign-ins, and each comes to its end. What is left
// of those that never end is bounded.
func TestTabsSignInAtTheSameTime(t *testing.T) {
	x := startTeam(t, "")
	p := x.visitor(t)
	var callbacks []string
	for i := range 5 {
		callbacks = append(callbacks, p.callback(fmt.Sprintf("/runs?tab=%d", i)))
	}
	for i, callback := range callbacks {
		if _, where, _ := p.navigate(callback); where != fmt.Sprintf("%s/runs?tab=%d", x.address, i) {
			t.Errorf("tab %d is at %s", i, where)
		}
	}
	q := x.visitor(t)
	for range 30 {
		q.callback("/runs")
	}
	portal, _ := url.Parse(x.address)
	if n := len(q.jar.Cookies(portal)); n > 8 {
		t.Errorf("%d cookies are left", n)
	}
}

// TestKeysRotate: a provider signs with another key from one moment to the next.
func TestKeysRotate(t *testing.T) {
	x := startTeam(t, "")
	x.visitor(t).signIn()
	x.provider.Rotate()
	time.Sleep(5 * time.Second) // keys are asked for again after so long at the earliest, whoever sends tokens of keys that are not known
	x.visitor(t).signIn()
}

// TestAProviderThatIsDown: nobody signs in, which is a sentence; who is signed in stays it, also when the provider should have been
// asked again.
func TestAProviderThatIsDown(t *testing.T) {
	x := startTeam(t, "")
	p := x.visitor(t).signIn()
	x.provider.Down(true)
	x.clock.forward(10 * time.Minute)
	if status, where, _ := p.navigate("/runs"); status != http.StatusOK || where != x.address+"/runs" {
		t.Errorf("who is signed in is at %s, %d", where, status)
	}
	v := x.visitor(t)
	status, _, body := v.navigate("/runs")
	// What the provider says of itself is known; it is the provider's own page that does not answer. A portal that has just begun:
	if status != http.StatusBadGateway {
		t.Errorf("%d %s", status, body)
	}
	y := startTeamAt(t, x.provider, t.TempDir(), "")
	w := y.visitor(t)
	status, _, body = w.navigate("/runs")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "Example SSO does not answer") ||
		!strings.Contains(body, "Try again with") {
		t.Errorf("%d %s", status, body)
	}
	x.provider.Down(false)
	x.provider.Portals(y.address)
	time.Sleep(3 * time.Second) // it is not asked again at once
	w.signIn()
}

// TestGroupsChangeWhileAStreamIsOpen: the provider is asked again, and an open page loses what its person has lost.
func TestGroupsChangeWhileAStreamIsOpen(t *testing.T) {
	for _, short := range []bool{false, true} {
		x := startTeam(t, "")
		x.provider.Short(short)
		p := x.visitor(t).signIn()
		ended := p.stream()
		changed := signintest.Ada()
		changed.Groups = []string{"sales"}
		x.provider.Be(changed)
		x.clock.forward(2 * time.Minute) // the configuration has a minute
		within(t, ended, 2*soon)
		if status, _, body := p.navigate("/runs"); status != http.StatusForbidden || !strings.Contains(body, "Only people of engineering") {
			t.Errorf("%d %s", status, body)
		}
		if got := x.policy.person().Groups; len(got) != 1 || got[0] != "sales" {
			t.Errorf("groups %v", got)
		}
		// A refresh token counts once, so that the next time the new one is sent.
		x.provider.Be(signintest.Ada())
		x.clock.forward(2 * time.Minute)
		if status, _, _ := p.navigate("/runs"); status != http.StatusOK {
			t.Errorf("with the groups of before: %d", status)
		}
	}
}

// TestAProviderThatVouchesNoMore: who was removed at the provider is signed out when it is asked again.
func TestAProviderThatVouchesNoMore(t *testing.T) {
	x := startTeam(t, "")
	p := x.visitor(t).signIn()
	ended := p.stream()
	x.provider.Refuse(true)
	x.clock.forward(2 * time.Minute)
	if last := within(t, ended, 2*soon); last != "signed-out" || p.signedIn() {
		t.Errorf("the stream's last event is %q, signed in: %t", last, p.signedIn())
	}
}

// TestLogoutAtTheProvider: back-channel logout ends the sessions that it names, with their streams, and nothing else does.
func TestLogoutAtTheProvider(t *testing.T) {
	x := startTeam(t, "")
	one, two := x.visitor(t).signIn(), x.visitor(t).signIn()
	send := func(token string) int {
		status, _, _ := x.visitor(t).send(http.MethodPost, x.address+"/sign-out/back-channel", url.Values{"logout_token": {token}}, nil)
		return status
	}
	streamOne, streamTwo := one.stream(), two.stream()
	for name, token := range map[string]string{
		"no token": "", "not signed": "a.b.c",
		"for another client": x.provider.LogoutToken("u-1", "", func(c map[string]any) { c["aud"] = "other" }),
		"of another issuer":  x.provider.LogoutToken("u-1", "", func(c map[string]any) { c["iss"] = "https://evil.example" }),
		"expired":            x.provider.LogoutToken("u-1", "", func(c map[string]any) { c["exp"] = time.Now().Unix() - 120 }),
		"old":                x.provider.LogoutToken("u-1", "", func(c map[string]any) { c["iat"] = time.Now().Unix() - 3600 }),
		"without the event":  x.provider.LogoutToken("u-1", "", func(c map[string]any) { delete(c, "events") }),
		"an ID token":        x.provider.LogoutToken("u-1", "", func(c map[string]any) { c["nonce"] = "x" }),
		"of nobody":          x.provider.LogoutToken("", "", nil),
	} {
		if status := send(token); status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, status)
		}
	}
	if !one.signedIn() || !two.signedIn() {
		t.Fatal("a token that is refused ended a session")
	}
	all, err := x.signIn.Of(t.Context(), access.Person{Issuer: x.provider.Issuer, Subject: "u-1"})
	if err != nil || len(all) != 2 || all[0].Session == "" {
		t.Fatalf("%d sign-ins, %v", len(all), err)
	}
	// One session, then all of the person.
	if status := send(x.provider.LogoutToken("", all[0].Session, nil)); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	var last string
	select {
	case last = <-streamOne:
		streamOne = streamTwo
	case last = <-streamTwo:
	case <-time.After(soon):
		t.Fatal("no stream ended within a second")
	}
	if last != "signed-out" || one.signedIn() == two.signedIn() {
		t.Errorf("the stream's last event is %q, signed in: %t and %t", last, one.signedIn(), two.signedIn())
	}
	token := x.provider.LogoutToken("u-1", "", nil)
	if status := send(token); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	within(t, streamOne, soon)
	if one.signedIn() || two.signedIn() {
		t.Error("a session goes on that the provider has ended")
	}
	// The token again, after the person has signed in once more.
	x.clock.forward(2 * time.Minute)
	one.signIn()
	if send(token); !one.signedIn() {
		t.Error("a token that is sent again ends a new session")
	}
}

// TestSignOut ends the session here with all its pages, and leads on to the provider, which leads back.
func TestSignOut(t *testing.T) {
	x := startTeam(t, "")
	p := x.visitor(t).signIn()
	portal, _ := url.Parse(x.address)
	stolen, _ := cookiejar.New(nil)
	stolen.SetCookies(portal, p.jar.Cookies(portal))
	ended := p.stream()
	status, _, body := p.send(http.MethodPost, x.address+"/sign-out", url.Values{}, map[string]string{"Sec-Fetch-Mode": "navigate"})
	goes := regexp.MustCompile(`http-equiv="refresh" content="1; url=([^"]+)"`).FindStringSubmatch(body)
	if status != http.StatusOK || goes == nil {
		t.Fatalf("%d %s", status, body)
	}
	if last := within(t, ended, soon); last != "signed-out" {
		t.Errorf("the stream's last event is %q", last)
	}
	thief := &visitor{t, &http.Client{Jar: stolen}, stolen, x}
	if p.signedIn() || thief.signedIn() || len(p.jar.Cookies(portal)) > 0 {
		t.Errorf("signed in: %t, with the cookie of before: %t", p.signedIn(), thief.signedIn())
	}
	to, _ := url.Parse(strings.ReplaceAll(goes[1], "&amp;", "&"))
	claims := signintest.Claims(to.Query().Get("id_token_hint"))
	if claims["sub"] != "u-1" || to.Query().Get("client_id") != "opsbook" ||
		!strings.HasPrefix(to.String(), x.provider.Issuer+"/end_session?") {
		t.Errorf("it leads to %s", to)
	}
	if status, where, body := p.navigate(to.String()); status != http.StatusOK || where != x.address+"/signed-out" ||
		!strings.Contains(body, "You are signed out") {
		t.Errorf("the provider leads to %s, %d", where, status)
	}
}

// TestSessionsOfAPerson: who is signed in sees where, and ends one or all.
func TestSessionsOfAPerson(t *testing.T) {
	x := startTeam(t, "")
	one, two := x.visitor(t).signIn(), x.visitor(t).signIn()
	bob := signintest.Ada()
	bob.Subject, bob.Name, bob.Email = "u-2", "Bob", "bob@example.com"
	x.provider.Be(bob)
	other := x.visitor(t).signIn()
	_, _, page := one.navigate("/sessions")
	ids := regexp.MustCompile(`name="session" value="([A-Z0-9]+)"`).FindAllStringSubmatch(page, -1)
	if len(ids) != 2 || strings.Count(page, "Firefox on Linux") < 2 || strings.Count(page, "this one</span>") != 1 ||
		!strings.Contains(page, "127.0.0.1") {
		t.Fatalf("%d sessions on %s", len(ids), page)
	}
	end := func(p *visitor, session string) int {
		status, _, _ := p.send(http.MethodPost, x.address+"/sessions/end", url.Values{"session": {session}}, nil)
		return status
	}
	// One of somebody else is none.
	for _, id := range ids {
		if status := end(other, id[1]); status != http.StatusNotFound {
			t.Errorf("somebody else ends it: %d", status)
		}
	}
	mine := x.signInOf(t, one)
	ended := two.stream()
	for _, id := range ids {
		if id[1] != mine {
			end(one, id[1])
		}
	}
	within(t, ended, soon)
	if !one.signedIn() || two.signedIn() {
		t.Errorf("signed in: %t and %t", one.signedIn(), two.signedIn())
	}
	x.provider.Be(signintest.Ada())
	two.signIn()
	streams := []<-chan string{one.stream(), two.stream()}
	if status := end(one, "all"); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	for _, stream := range streams {
		within(t, stream, soon)
	}
	if one.signedIn() || two.signedIn() || !other.signedIn() {
		t.Errorf("signed in: %t and %t, the other person %t", one.signedIn(), two.signedIn(), other.signedIn())
	}
}

// signInOf is the identifier of a visitor's sign-in.
func (x *team) signInOf(t *testing.T, p *visitor) string {
	t.Helper()
	_, _, page := p.navigate("/sessions")
	_, rest, _ := strings.Cut(page, "this one</span>")
	id := regexp.MustCompile(`name="session" value="([A-Z0-9]+)"`).FindStringSubmatch(rest)
	if id == nil {
		t.Fatal(page)
	}
	return id[1]
}

// TestSignInsEnd: those that are not used, also where a page is open and asks by itself, and those that are used for too long.
func TestSignInsEnd(t *testing.T) {
	x := startTeam(t, "  idle: 1h\n  lasts: 3h\n")
	x.provider.Tamper(func(c map[string]any) { c["exp"] = x.clock.now().Add(time.Minute).Unix() })
	p := x.visitor(t).signIn()
	ended := p.stream()
	for range 3 {
		x.clock.forward(50 * time.Minute)
		if status, where, _ := p.navigate("/runs"); status != http.StatusOK || where != x.address+"/runs" {
			t.Fatalf("one that is used ends: %d at %s", status, where)
		}
	}
	x.clock.forward(31 * time.Minute)
	if last := within(t, ended, soon); last != "signed-out" || p.signedIn() {
		t.Errorf("after three hours: %q, signed in %t", last, p.signedIn())
	}
	p.signIn()
	ended = p.stream()
	x.clock.forward(40 * time.Minute)
	if !p.signedIn() { // asks /account, as pages do by themselves
		t.Error("it ended early")
	}
	x.clock.forward(21 * time.Minute)
	if last := within(t, ended, soon); last != "signed-out" || p.signedIn() {
		t.Errorf("an hour without use: %q, signed in %t", last, p.signedIn())
	}
}

// TestAnAnswerThatIsLost: a provider that gives a new refresh token, and with it something that does not fit, is asked again with the
// new one: nobody is signed out by a clock that is wrong for a while.
func TestAnAnswerThatIsLost(t *testing.T) {
	x := startTeam(t, "")
	p := x.visitor(t).signIn()
	x.provider.Forge(true)
	x.clock.forward(2 * time.Minute)
	if !p.signedIn() {
		t.Fatal("signed out by an answer that does not fit")
	}
	x.provider.Forge(false)
	changed := signintest.Ada()
	changed.Name = "Ada King"
	x.provider.Be(changed)
	x.clock.forward(2 * time.Minute)
	if _, _, body := p.navigate("/runs"); !strings.Contains(body, "Ada King") {
		t.Error("the provider was not asked again")
	}
}
