package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/signin/signintest"
	"github.com/opsbook/opsbook/internal/procedures"
)

// team is a portal that signs people in with a real provider, with what its policy was asked.
type team struct {
	*started
	provider *signintest.Provider
	clock    *clock
	policy   *groupPolicy
	config   string // the file, of one with accounts
}

// clock is a time that a test moves.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// groupPolicy lets people of the group engineering view, and remembers whom it was asked about last.
type groupPolicy struct {
	mu   sync.Mutex
	last access.Person
}

func (p *groupPolicy) May(_ context.Context, r access.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = r.Person
	if !slices.Contains(r.Person.Groups, "engineering") {
		return procedures.Errorf(procedures.CodeRefused, "only people of engineering may do that")
	}
	return nil
}

func (p *groupPolicy) person() access.Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// signInYAML is a configuration with a provider.
const signInYAML = `url: %s
sign_in:
  refresh: 1m
  providers:
    - name: sso
      label: Example SSO
      issuer: %s
      client_id: opsbook
      client_secret_file: %s
      groups_claim: groups
%s`

// startTeam starts a provider and a portal; more are lines of the configuration below the provider.
func startTeam(t *testing.T, more string) *team {
	t.Helper()
	provider := signintest.New(t)
	provider.Be(signintest.Ada())
	return startTeamAt(t, provider, t.TempDir(), more)
}

func startTeamAt(t *testing.T, provider *signintest.Provider, data, more string) *team {
	t.Helper()
	return startReplica(t, provider, data, "", more)
}

// startReplica starts a portal on a database; "" is SQLite in the folder data.
func startReplica(t *testing.T, provider *signintest.Provider, data, database, more string) *team {
	t.Helper()
	var listening net.ListenConfig
	listener, err := listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	provider.Portals(address)
	secret := filepath.Join(t.TempDir(), "client-secret")
	if err := os.WriteFile(secret, []byte(signintest.ClientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := &team{provider: provider, clock: &clock{}, policy: &groupPolicy{}}
	o := &options{
		Data: data, Database: database, Config: configured(t, fmt.Sprintf(signInYAML, address, provider.Issuer, secret, more)),
		now: x.clock.now, policy: x.policy,
	}
	by, err := (&serveCommand{}).reach(o)
	if err != nil {
		t.Fatal(err)
	}
	term := terminal{strings.NewReader(""), io.Discard, io.Discard, func(string) string { return "" }}
	p, err := newPortal(t.Context(), o, term, slog.New(slog.NewTextHandler(testLog{t}, nil)), by, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	var done sync.WaitGroup
	done.Go(func() {
		if err := p.serve(ctx, listener); err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := p.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(func() { end(); done.Wait() })
	x.started = &started{portal: p, address: address, data: data}
	return x
}

// visitor is a browser without a window, whose requests look like those of one.
type visitor struct {
	t      *testing.T
	client *http.Client
	jar    *cookiejar.Jar
	team   *team
}

func (x *team) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar}, jar, x}
}

// navigate asks for a page as a browser does that shows it, and follows where it leads.
func (p *visitor) navigate(path string) (status int, where, body string) {
	p.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = p.team.address + path
	}
	return p.send(http.MethodGet, address, nil, map[string]string{"Sec-Fetch-Mode": "navigate", "Accept": "text/html"})
}

// send sends a request, a form where there is one.
func (p *visitor) send(method, address string, form url.Values, headers map[string]string) (status int, where, body string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	response, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return response.StatusCode, response.Request.URL.String(), string(text)
}

// signedIn reports whether the portal knows the person.
func (p *visitor) signedIn() bool {
	p.t.Helper()
	status, _, _ := p.send(http.MethodGet, p.team.address+"/account", nil, map[string]string{"HX-Request": "true"})
	return status != http.StatusUnauthorized
}

// signIn signs the person in whom the provider knows.
func (p *visitor) signIn() *visitor {
	p.t.Helper()
	if status, where, body := p.navigate("/runs"); status != http.StatusOK || where != p.team.address+"/runs" {
		p.t.Fatalf("signed in: %d at %s\n%s", status, where, body)
	}
	return p
}

// stay stops following where answers lead: what is led to is in the header.
func (p *visitor) stay(on bool) {
	p.client.CheckRedirect = nil
	if on {
		p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
}

// callback goes to the provider for a page, and returns the address that it leads back to, which is not followed yet.
func (p *visitor) callback(path string) string {
	p.t.Helper()
	callback := ""
	p.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), p.team.address+"/sign-in/callback") {
			callback = r.URL.String()
			return http.ErrUseLastResponse
		}
		return nil
	}
	p.navigate(path)
	p.client.CheckRedirect = nil
	if callback == "" {
		p.t.Fatal("the provider does not lead back")
	}
	return callback
}

// stream opens the stream of the first page. ended is closed when it ends, after what came last.
func (p *visitor) stream() (ended <-chan string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.team.address+"/stream?home=true&environment=sandbox", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("HX-Request", "true")
	response, err := p.client.Do(r)
	if err != nil || response.StatusCode != http.StatusOK {
		p.t.Fatalf("the stream: %v, %v", response, err)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	if !lines.Scan() {
		p.t.Fatal("the stream is not there")
	}
	out := make(chan string, 1)
	go func() {
		defer response.Body.Close()
		event := ""
		for lines.Scan() {
			if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = name
			}
		}
		out <- event
	}()
	return out
}

// within fails where a stream does not end in a time, and returns its last event.
func within(t *testing.T, ended <-chan string, d time.Duration) string {
	t.Helper()
	select {
	case last := <-ended:
		return last
	case <-time.After(d):
		t.Fatalf("the stream has not ended after %s", d)
		return ""
	}
}

// TestSignIn: a link leads to the provider and, after it, to what it names. The person is issuer and subject, with name, address and
// groups; the session has another token than before.
func TestSignIn(t *testing.T) {
	x := startTeam(t, "")
	p := x.visitor(t)
	p.stay(true)
	if status, _, _ := p.navigate("/runs?environment=sandbox"); status != http.StatusSeeOther {
		t.Errorf("somebody who is signed out is answered %d", status)
	}
	p.stay(false)
	const page = "/procedures/daily-operations/morning-health-check?step=alarms"
	status, where, body := p.navigate(page)
	if status != http.StatusOK || where != x.address+page+"#alarms" || !strings.Contains(body, "Ada Lovelace") ||
		!strings.Contains(body, "/sign-out") {
		t.Errorf("%d at %s", status, where)
	}
	who := x.policy.person()
	want := access.Person{
		Name: "Ada Lovelace", Issuer: x.provider.Issuer, Subject: "u-1", Email: "ada@example.com", Groups: []string{"engineering", "sre"},
	}
	if fmt.Sprint(who) != fmt.Sprint(want) {
		t.Errorf("it is %+v, want %+v", who, want)
	}
	at, _ := url.Parse(x.address)
	first := p.jar.Cookies(at)
	if len(first) != 1 || first[0].Name != "opsbook" {
		t.Errorf("cookies %v: those of a sign-in that has ended stay", first)
	}
	if status, where, _ := p.navigate("/sign-in?back=https://evil.example/"); status != http.StatusOK || where != x.address+"/" {
		t.Errorf("somebody who is signed in is led to %s, %d", where, status)
	}
	// Signing in again exchanges the session.
	if _, where, _ := p.navigate("/sign-in/with/sso?back=/runs"); where != x.address+"/runs" {
		t.Errorf("again: at %s", where)
	}
	second := p.jar.Cookies(at)
	if len(second) != 1 || second[0].Value == first[0].Value {
		t.Errorf("the session's token stays the same over a sign-in: %v", second)
	}
	if all, err := x.signIn.Of(t.Context(), want); err != nil || len(all) != 1 {
		t.Errorf("%d sign-ins, %v: that of before has to end", len(all), err)
	}
}

// TestAnswersOfAProvider: what does not fit signs nobody in; a minute of two clocks does.
func TestAnswersOfAProvider(t *testing.T) {
	x := startTeam(t, "      allowed_domains: [example.com]\n")
	for _, c := range []struct {
		name   string
		tamper func(map[string]any)
		forge  bool
		user   func(*signintest.User)
		ok     bool
		says   string
	}{
		{name: "as it should be", ok: true},
		{name: "for another client", tamper: func(c map[string]any) { c["aud"], c["azp"] = "other", "other" }},
		{name: "also for another client, which asked", tamper: func(c map[string]any) {
			c["aud"], c["azp"] = []string{"opsbook", "x"}, "x"
		}},
		{name: "for two clients, and none said to have asked", tamper: func(c map[string]any) {
			c["aud"] = []string{"opsbook", "x"}
			delete(c, "azp")
		}},
		{name: "for two clients, and this one asked", ok: true, tamper: func(c map[string]any) {
			c["aud"], c["azp"] = []string{"opsbook", "x"}, "opsbook"
		}},
		{name: "of another sign-in", tamper: func(c map[string]any) { c["nonce"] = "x" }},
		{name: "without a nonce", tamper: func(c map[string]any) { delete(c, "nonce") }},
		{name: "expired", tamper: func(c map[string]any) { c["exp"] = time.Now().Add(-2 * time.Minute).Unix() }},
		{name: "expired by a slow clock", ok: true, tamper: func(c map[string]any) { c["exp"] = time.Now().Add(-30 * time.Second).Unix() }},
		{name: "of the future", tamper: func(c map[string]any) { c["iat"] = time.Now().Add(2 * time.Minute).Unix() }},
		{name: "of a fast clock", ok: true, tamper: func(c map[string]any) { c["iat"] = time.Now().Add(30 * time.Second).Unix() }},
		{name: "of another issuer", tamper: func(c map[string]any) { c["iss"] = "https://evil.example" }},
		{name: "of nobody", tamper: func(c map[string]any) { c["sub"] = "" }},
		{name: "with another access token", tamper: func(c map[string]any) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" }},
		{name: "signed by somebody else", forge: true},
		{name: "of another domain", user: func(u *signintest.User) { u.Email = "ada@evil.example" }, says: "people of example.com may"},
		{
			name: "of a domain that ends the same", user: func(u *signintest.User) { u.Email = "ada@notexample.com" },
			says: "people of example.com may",
		},
		{
			name: "of two domains", user: func(u *signintest.User) { u.Email = "ada@example.com@evil.example" },
			says: "people of example.com may",
		},
		{name: "of a domain in capitals", ok: true, user: func(u *signintest.User) { u.Email = "Ada@EXAMPLE.com" }},
		{name: "with an address that is not verified", user: func(u *signintest.User) { u.Verified = false }, says: "did not verify"},
	} {
		t.Run(c.name, func(t *testing.T) {
			user := signintest.Ada()
			if c.user != nil {
				c.user(user)
			}
			x.provider.Be(user)
			x.provider.Tamper(c.tamper)
			x.provider.Forge(c.forge)
			p := x.visitor(t)
			status, where, body := p.navigate("/runs")
			if c.ok {
				if status != http.StatusOK || where != x.address+"/runs" {
					t.Errorf("%d at %s\n%s", status, where, body)
				}
				return
			}
			if c.says == "" {
				c.says = "cannot be accepted, and you are not signed in"
			}
			if status != http.StatusForbidden || !strings.Contains(body, c.says) || p.signedIn() {
				t.Errorf("%d at %s, signed in %t\n%s", status, where, p.signedIn(), body)
			}
			if !strings.Contains(body, "/sign-in/with/sso?back=%2Fruns") {
				t.Errorf("it cannot be tried again: %s", body)
			}
		})
	}
}
