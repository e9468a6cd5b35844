package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/opsbook/opsbook/internal/store/storetest"
)

// localYAML is a configuration with accounts of the portal, and with roles.
const localYAML = `url: %s
sign_in: {local: true}
roles:
  reader:   {groups: [engineering], may: [view]}
  junior:   {groups: [junior], may: [view, press, invite], procedures: ["daily-operations/**"]}
  operator: {groups: [sre], people: [carol@example.com], may: [view, press, mark, note], effects: change}
  owner:    {groups: [owners], may: all}
`

// goodPassword is one that can be chosen.
const goodPassword = "correct horse battery"

// startLocal starts a portal with accounts on a database; "" is SQLite.
func startLocal(t *testing.T, data, database string) *team {
	t.Helper()
	return startLocalAs(t, data, database, "127.0.0.1")
}

// startLocalAs is startLocal by a name of this machine.
func startLocalAs(t *testing.T, data, database, host string) *team {
	t.Helper()
	var listening net.ListenConfig
	listener, err := listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &team{clock: &clock{}}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	address := "http://" + net.JoinHostPort(host, port)
	o := &options{Data: data, Database: database, Config: configured(t, fmt.Sprintf(localYAML, address)), now: x.clock.now}
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
	x.started, x.config = &started{portal: p, address: address, data: data}, o.Config
	return x
}

// eachDatabase runs a test on both databases, with a portal that has accounts.
func eachDatabase(t *testing.T, test func(t *testing.T, x *team, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, startLocal(t, t.TempDir(), ""), "") })
	t.Run("postgres", func(t *testing.T) {
		database := storetest.Migrated(t)
		test(t, startLocal(t, t.TempDir(), database), database)
	})
}

// post sends a form as a page of the portal does.
func (p *visitor) post(path string, pairs ...string) (status int, where, body string) {
	p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return p.send(http.MethodPost, p.team.address+path, form, map[string]string{"Sec-Fetch-Mode": "navigate", "Accept": "text/html"})
}

// does is post that has to be done.
func (p *visitor) does(path string, pairs ...string) string {
	p.t.Helper()
	status, where, body := p.post(path, pairs...)
	if status != http.StatusOK {
		p.t.Fatalf("%s %v: %d at %s\n%s", path, pairs, status, where, body)
	}
	return body
}

var shownLink = regexp.MustCompile(`http://[^ <"]*/sign-in/link\?link=[A-Z2-7]{26}`)

// linkOf is what stands in a link that a page shows.
func linkOf(t *testing.T, text string) string {
	t.Helper()
	found := shownLink.FindString(text)
	if found == "" {
		t.Fatalf("there is no link: %s", text)
	}
	_, secret, _ := strings.Cut(found, "link=")
	return secret
}

// first makes the first account.
func (x *team) first(t *testing.T) *visitor {
	t.Helper()
	p := x.visitor(t)
	p.does("/sign-in/link", "link", linkOf(t, x.portal.first), "email", "ada@example.com", "name", "Ada Lovelace", "password", goodPassword,
		"again", goodPassword)
	return p
}

// joins makes an account by an invitation of somebody.
func (p *visitor) joins(email, name, groups string) *visitor {
	p.t.Helper()
	secret := linkOf(p.t, p.does("/people/invite", "email", email, "groups", groups))
	n := p.team.visitor(p.t)
	n.does("/sign-in/link", "link", secret, "name", name, "password", goodPassword, "again", goodPassword)
	return n
}

// account is the identifier of an account.
func (x *team) account(t *testing.T, email string) string {
	t.Helper()
	a, err := x.db.AccountOf(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

// enter signs in with a password.
func (p *visitor) enter(email, password string) (status int, where, body string) {
	p.t.Helper()
	return p.post("/sign-in/local", "email", email, "password", password, "back", "/sessions")
}
