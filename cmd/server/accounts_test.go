package main

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/audit"
)

// TestTheFirstAccount: where there is none, a link makes one, once, which may do everything; afterwards no link does, and a server that
// starts makes none. The database has no link.
func TestTheFirstAccount(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x *team, _ string) {
		other, err := x.accounts.First(t.Context()) // another replica's
		if err != nil || other == "" || other == x.portal.first {
			t.Fatalf("%q, %v", other, err)
		}
		secret := linkOf(t, x.portal.first)
		p := x.visitor(t)
		for _, wrong := range [][]string{
			{"email", "ada", "name", "Ada", "password", goodPassword, "again", goodPassword},
			{"email", "ada@example.com", "name", " ", "password", goodPassword, "again", goodPassword},
			{"email", "ada@example.com", "name", "Ada", "password", "short", "again", "short"},
			{"email", "ada@example.com", "name", "Ada", "password", goodPassword, "again", goodPassword + "x"},
			{"email", "ada@example.com", "name", "Ada", "password", strings.Repeat("a word ", 1000), "again", "x"},
		} {
			status, _, body := p.post("/sign-in/link", append([]string{"link", secret}, wrong...)...)
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, "role=\"alert\"") ||
				strings.Contains(body, goodPassword) {
				t.Errorf("%v: %d %s", wrong, status, body)
			}
		}
		p = x.first(t)
		if status, _, body := p.navigate("/people"); status != http.StatusOK || !strings.Contains(body, "ada@example.com") {
			t.Errorf("the first owner is answered %d: %s", status, body)
		}
		for _, link := range []string{secret, linkOf(t, other), "", "x", strings.Repeat("A", 5000)} {
			q := x.visitor(t)
			if status, _, _ := q.navigate("/sign-in/link?link=" + link); link != linkOf(t, other) && status != http.StatusNotFound &&
				status != http.StatusRequestURITooLong {
				t.Errorf("%.30s is answered %d", link, status)
			}
			if status, _, _ := q.post("/sign-in/link", "link", link, "email", "eve@example.com", "name", "Eve", "password", goodPassword,
				"again", goodPassword); status != http.StatusNotFound || q.signedIn() {
				t.Errorf("%.30s makes an account: %d", link, status)
			}
		}
		if again, err := x.accounts.First(t.Context()); err != nil || again != "" {
			t.Errorf("there is another link for the first account: %q, %v", again, err)
		}
	})
}

// TestInvitations count once, for a time, with the groups that they were made with. Looking at one uses nothing up, and of ten who use
// one at the same time one makes an account.
func TestInvitations(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x *team, _ string) {
		p := x.first(t)
		secret := linkOf(t, p.does("/people/invite", "email", "Bob@example.com", "groups", " engineering, sre "))
		if _, _, body := p.navigate("/people"); strings.Contains(body, secret) || !strings.Contains(body, "bob@example.com") {
			t.Error("the link is shown again, or is not listed")
		}
		for range 3 { // what unfurls links
			if status, _, body := x.visitor(t).navigate("/sign-in/link?link=" + secret); status != http.StatusOK ||
				!strings.Contains(body, "Ada Lovelace invited bob@example.com") || strings.Contains(body, "Morning") {
				t.Fatalf("%d %s", status, body)
			}
		}
		visitors := make([]*visitor, 10)
		for i := range visitors {
			visitors[i] = x.visitor(t)
		}
		var all sync.WaitGroup
		for _, v := range visitors {
			all.Go(func() {
				v.post("/sign-in/link", "link", secret, "email", "eve@example.com", "name", "Bob", "password", goodPassword,
					"again", goodPassword)
			})
		}
		all.Wait()
		in := 0
		for _, v := range visitors {
			if v.signedIn() {
				in++
			}
		}
		people, err := x.db.Accounts(t.Context())
		if err != nil || in != 1 || len(people) != 2 || people[1].Email != "bob@example.com" ||
			!slices.Equal(people[1].Groups, []string{"engineering", "sre"}) || people[1].By != "Ada Lovelace" {
			t.Errorf("%d are in, %v, %+v", in, err, people)
		}
		if status, _, _ := p.post("/people/invite", "email", "bob@example.com", "groups", ""); status != http.StatusConflict {
			t.Errorf("a second account of an address: %d", status)
		}
		late := linkOf(t, p.does("/people/invite", "email", "late@example.com", "groups", ""))
		ended := linkOf(t, p.does("/people/invite", "email", "ended@example.com", "groups", ""))
		links, _ := x.db.Links(t.Context())
		for _, l := range links {
			if l.Email == "ended@example.com" {
				p.does("/people/end-link", "id", l.ID)
			}
		}
		x.clock.forward(accounts.InviteLasts + time.Minute)
		for _, secret := range []string{late, ended} {
			if status, _, _ := x.visitor(t).post("/sign-in/link", "link", secret, "name", "L", "password", goodPassword,
				"again", goodPassword); status != http.StatusNotFound {
				t.Errorf("an invitation that is over is answered %d", status)
			}
		}
	})
}

// TestPeople: who may invite lends what they have, by a group or by an address that a role names, and changes nobody's account whose
// roles are more than theirs. Nobody else may do any of it.
func TestPeople(t *testing.T) {
	x := startLocal(t, t.TempDir(), "")
	ada := x.first(t)
	junior := ada.joins("junior@example.com", "Jun", "junior")
	reader := ada.joins("reader@example.com", "Rita", "engineering")
	owner, friend := x.account(t, "ada@example.com"), x.account(t, "reader@example.com")
	for _, c := range []struct {
		who  *visitor
		name string
		path string
		form []string
		want int
	}{
		{junior, "lends a role of theirs", "/people/invite", []string{"email", "a@example.com", "groups", "junior"}, 200},
		{junior, "lends nothing", "/people/invite", []string{"email", "b@example.com", "groups", ""}, 200},
		{junior, "lends an owner's role", "/people/invite", []string{"email", "c@example.com", "groups", "owners"}, 403},
		{junior, "lends it besides", "/people/invite", []string{"email", "c@example.com", "groups", "junior, owners"}, 403},
		{junior, "lends a role by an address", "/people/invite", []string{"email", "CAROL@example.com", "groups", ""}, 403},
		{junior, "resets an owner", "/people/reset", []string{"account", owner}, 403},
		{junior, "disables an owner", "/people/disable", []string{"account", owner}, 403},
		{junior, "takes an owner's groups", "/people/groups", []string{"account", owner, "groups", ""}, 403},
		{junior, "disables a reader of more", "/people/disable", []string{"account", friend}, 403},
		{junior, "raises themselves", "/people/groups", []string{"account", x.account(t, "junior@example.com"), "groups", "owners"}, 403},
		{reader, "invites", "/people/invite", []string{"email", "d@example.com", "groups", ""}, 403},
		{reader, "resets", "/people/reset", []string{"account", friend}, 403},
		{x.visitor(t), "is nobody", "/people/invite", []string{"email", "d@example.com", "groups", ""}, 401},
		{ada, "disables themselves", "/people/disable", []string{"account", owner}, 409},
		{ada, "names no account", "/people/disable", []string{"account", "x"}, 404},
		{ada, "names a group that is none", "/people/groups", []string{"account", friend, "groups", "a\nb"}, 422},
		{ada, "lends what an address has", "/people/invite", []string{"email", "carol@example.com", "groups", "engineering"}, 200},
		{ada, "sets groups", "/people/groups", []string{"account", friend, "groups", "sre,engineering"}, 200},
	} {
		if status, _, body := c.who.post(c.path, c.form...); status != c.want {
			t.Errorf("%s: %d, want %d: %.300s", c.name, status, c.want, body)
		}
	}
	for _, who := range []*visitor{reader, x.visitor(t)} {
		if _, _, body := who.navigate("/people"); strings.Contains(body, "ada@example.com") {
			t.Error("people are listed for who may not see them")
		}
	}
	a, _ := x.db.AccountOf(t.Context(), "ada@example.com")
	b, _ := x.db.AccountOf(t.Context(), "reader@example.com")
	if !a.Disabled.IsZero() || !slices.Equal(a.Groups, []string{"owners"}) || !slices.Equal(b.Groups, []string{"engineering", "sre"}) {
		t.Errorf("%+v, %+v", a, b)
	}
	// A link that was lent before somebody was given more does not lend it.
	p := ada.joins("mid@example.com", "Mid", "junior")
	_ = p
	mid := x.account(t, "mid@example.com")
	secret := linkOf(t, junior.does("/people/reset", "account", mid))
	ada.does("/people/groups", "account", mid, "groups", "owners")
	if status, _, _ := junior.navigate("/sign-in/link?link=" + secret); status != http.StatusNotFound {
		t.Errorf("a reset of before is answered %d", status)
	}
	// What somebody invited with ends with their account.
	ada.does("/people/disable", "account", x.account(t, "junior@example.com"))
	links, err := x.db.Links(t.Context())
	if err != nil || len(links) != 1 || links[0].Email != "carol@example.com" {
		t.Errorf("open are %+v, %v", links, err)
	}
}

// TestAWrongNameIsAWrongPassword: the same status, page and headers, whether or not there is such an account, also where attempts are
// slowed down, and nothing of it stands in a frame.
func TestAWrongNameIsAWrongPassword(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x *team, _ string) {
		ada := x.first(t)
		ada.joins("bob@example.com", "Bob", "engineering")
		ada.does("/people/disable", "account", x.account(t, "bob@example.com"))
		address := regexp.MustCompile(`[a-z]+@example\.com`)
		type answer struct {
			status int
			body   string
		}
		of := map[string][]answer{}
		names := []string{"ada@example.com", "eve@example.com", "bob@example.com"}
		for range 8 {
			for _, name := range names {
				status, _, body := x.visitor(t).enter(name, "a wrong password")
				of[name] = append(of[name], answer{status, address.ReplaceAllString(body, "NAME")})
			}
		}
		for i, known := range of[names[0]] {
			want := http.StatusForbidden
			if i >= 5 {
				want = http.StatusTooManyRequests
			}
			if known.status != want {
				t.Errorf("attempt %d is answered %d, want %d", i+1, known.status, want)
			}
			for _, name := range names[1:] {
				if of[name][i] != known {
					t.Errorf("attempt %d as %s differs: %d\n%s\n%s", i+1, name, of[name][i].status, of[name][i].body, known.body)
				}
			}
		}
		// The right password of a disabled account is answered as a wrong one.
		x.clock.forward(time.Hour)
		status, _, body := x.visitor(t).enter("bob@example.com", goodPassword)
		if got := (answer{status, address.ReplaceAllString(body, "NAME")}); got != of[names[0]][0] {
			t.Errorf("a disabled account is answered %d %s", status, body)
		}
	})
}

// TestSigningInIsSlowedDown: by account, whatever the password is then, and by address, in all replicas; time, the right password and a
// reset end it. Many at the same time are no more than one after the other.
func TestSigningInIsSlowedDown(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x *team, _ string) {
		ada := x.first(t)
		var all sync.WaitGroup
		var mu sync.Mutex
		compared := 0
		for range 20 {
			v := x.visitor(t)
			all.Go(func() {
				if status, _, _ := v.enter("ada@example.com", "a wrong password"); status == http.StatusForbidden {
					mu.Lock()
					compared++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if compared != 5 {
			t.Errorf("of 20 at the same time %d were compared, want 5", compared)
		}
		if status, _, _ := x.visitor(t).enter("ada@example.com", goodPassword); status != http.StatusTooManyRequests {
			t.Errorf("the right password is answered %d meanwhile", status)
		}
		if !ada.signedIn() {
			t.Error("who is signed in is not any more")
		}
		x.clock.forward(2 * time.Second)
		v := x.visitor(t)
		if status, where, body := v.enter("ada@example.com", goodPassword); status != http.StatusOK || where != x.address+"/sessions" ||
			!strings.Contains(body, "failed 5 times before") {
			t.Errorf("after a while: %d at %s: %s", status, where, body)
		}
		for range 6 {
			x.visitor(t).enter("ada@example.com", "a wrong password")
		}
		secret := linkOf(t, ada.does("/people/reset", "account", x.account(t, "ada@example.com")))
		const next = "another horse entirely"
		x.visitor(t).does("/sign-in/link", "link", secret, "password", next, "again", next)
		if status, _, _ := x.visitor(t).enter("ada@example.com", next); status != http.StatusOK {
			t.Errorf("after a reset: %d", status)
		}
		// An address: each name is another one.
		last := 0
		for i := range 60 {
			last, _, _ = x.visitor(t).enter(strings.Repeat("x", i+1)+"@example.com", "a wrong password")
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("after sixty names an address is answered %d", last)
		}
	})
}

// TestAccountsAreInTheAuditLog: who let whom in, what became of it, and how somebody signed in; no password, code or link.
func TestAccountsAreInTheAuditLog(t *testing.T) {
	x := startLocal(t, t.TempDir(), "")
	ada := x.first(t)
	bob := ada.joins("bob@example.com", "Bob", "engineering")
	bob.enter("bob@example.com", "a wrong password")
	bob.enter("bob@example.com", goodPassword)
	bob.does("/your-account/password", "old", goodPassword, "password", "another horse entirely", "again", "another horse entirely")
	ada.does("/people/groups", "account", x.account(t, "bob@example.com"), "groups", "sre")
	ada.does("/people/reset", "account", x.account(t, "bob@example.com"), "factors", "true")
	ada.does("/people/disable", "account", x.account(t, "bob@example.com"))
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
		if e.Kind == audit.SignedIn || e.Kind == audit.AccessChanged {
			got = append(got, e.Email+" "+e.Text)
			if e.Issuer != "local" || e.Address != "127.0.0.1" {
				t.Errorf("%+v", e)
			}
		}
	}
	want := []string{
		"ada@example.com made the first account", "ada@example.com by making the account",
		"ada@example.com invited bob@example.com to the groups engineering",
		"bob@example.com made their account by an invitation of Ada Lovelace", "bob@example.com by making the account",
		"bob@example.com with a password, after 1 that failed", "bob@example.com changed their password",
		"ada@example.com put bob@example.com into the groups sre",
		"ada@example.com reset the account of bob@example.com, with its codes and passkeys",
		"ada@example.com disabled the account of bob@example.com",
	}
	if !slices.Equal(got, want) {
		t.Errorf("it has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestHostileForms of the pages that everybody may see: sizes, bytes and fields that are none are refused, and nobody is signed in.
func TestHostileFormsOfAccounts(t *testing.T) {
	x := startLocal(t, t.TempDir(), "")
	x.first(t)
	long := strings.Repeat("x", 70<<10)
	for _, c := range []struct {
		path string
		form url.Values
	}{
		{"/sign-in/local", url.Values{"email": {long}, "password": {long}}},
		{"/sign-in/local", url.Values{"email": {"ada@example.com", "bob@example.com"}, "password": {goodPassword}}},
		{"/sign-in/local", url.Values{"email": {"ada@example.com"}, "password": {goodPassword}, "admin": {"true"}}},
		{"/sign-in/local", url.Values{"email": {"ada@example.com\x00"}, "password": {goodPassword}}},
		{"/sign-in/local", url.Values{}},
		{"/sign-in/code", url.Values{"ticket": {long}, "code": {"000000"}}},
		{"/sign-in/code", url.Values{"ticket": {"AAAA"}, "code": {"000000"}}},
		{"/sign-in/code", url.Values{}},
		{"/sign-in/link", url.Values{"link": {long}, "password": {goodPassword}}},
		{"/sign-in/link", url.Values{"link": {"\xff\xfe"}, "password": {goodPassword}}},
	} {
		v := x.visitor(t)
		status, _, body := v.send(http.MethodPost, x.address+c.path, c.form, map[string]string{"Sec-Fetch-Mode": "navigate"})
		if status < 400 || status >= 500 || v.signedIn() || len(body) > 100<<10 {
			t.Errorf("%s: %d, %d bytes", c.path, status, len(body))
		}
	}
}
