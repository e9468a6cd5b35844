package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/audit"
)

// app is an authenticator app with a clock: another reading of RFC 6238 than the portal's.
type app struct {
	secret []byte
	now    func() time.Time
}

func newApp(t *testing.T, typed string, now func() time.Time) *app {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(typed, "-", ""))
	if err != nil || len(secret) != 20 {
		t.Fatalf("%q: %v", typed, err)
	}
	return &app{secret, now}
}

func (a *app) code() string {
	message := make([]byte, 8)
	binary.BigEndian.PutUint64(message, uint64(a.now().Unix()/30))
	mac := hmac.New(sha1.New, a.secret)
	mac.Write(message)
	sum := mac.Sum(nil)
	offset := sum[19] & 15
	n := (uint32(sum[offset])&0x7f)<<24 | uint32(sum[offset+1])<<16 | uint32(sum[offset+2])<<8 | uint32(sum[offset+3])
	return fmt.Sprintf("%06d", n%1000000)
}

var (
	shownSecret   = regexp.MustCompile(`<code class="secret">([A-Z2-7-]{39})</code>`)
	shownRecovery = regexp.MustCompile(`<code>([A-Z2-7-]{29})</code>`)
	hiddenTicket  = regexp.MustCompile(`name="ticket" value="([^"]+)"`)
)

// match is what a pattern finds on a page.
func match(t *testing.T, pattern *regexp.Regexp, body string) string {
	t.Helper()
	found := pattern.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("%s is not on the page: %s", pattern, body)
	}
	return found[1]
}

// enrols gives a person an app, and returns their recovery codes.
func (p *visitor) enrols(now func() time.Time) (*app, []string) {
	p.t.Helper()
	_, _, body := p.navigate("/your-account/codes")
	a := newApp(p.t, match(p.t, shownSecret, body), now)
	made := p.does("/your-account/codes", "ticket", match(p.t, hiddenTicket, body), "code", a.code(), "password", goodPassword)
	var recovery []string
	for _, m := range shownRecovery.FindAllStringSubmatch(made, -1) {
		recovery = append(recovery, m[1])
	}
	if len(recovery) != 10 {
		p.t.Fatalf("%d recovery codes: %s", len(recovery), made)
	}
	return a, recovery
}

// asked signs in with a password, and returns the ticket of the page that asks for a code.
func (p *visitor) asked() string {
	p.t.Helper()
	status, _, body := p.enter("ada@example.com", goodPassword)
	if status != http.StatusOK || p.signedIn() {
		p.t.Fatalf("a password alone signs in, or nothing is asked for: %d %s", status, body)
	}
	return match(p.t, hiddenTicket, body)
}

// TestCodes: with an app a password alone signs nobody in; a code counts once, in its time, also of many at the same time; so does a
// recovery code.
func TestCodes(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x *team, _ string) {
		ada := x.first(t)
		_, _, body := ada.navigate("/your-account/codes")
		ticket, own := match(t, hiddenTicket, body), newApp(t, match(t, shownSecret, body), x.clock.now)
		for _, wrong := range [][]string{
			{"ticket", ticket, "code", "000000", "password", goodPassword}, {"ticket", ticket, "code", own.code(), "password", "wrong"},
			{"ticket", "x", "code", own.code(), "password", goodPassword},
		} {
			if status, _, _ := ada.post("/your-account/codes", wrong...); status < 400 {
				t.Errorf("%v is answered %d", wrong, status)
			}
		}
		elsewhere := x.visitor(t)
		elsewhere.enter("ada@example.com", goodPassword)
		a, recovery := ada.enrols(x.clock.now)
		if elsewhere.signedIn() || !ada.signedIn() {
			t.Error("another session continues with less than what is asked for now, or one's own has ended")
		}
		p := x.visitor(t)
		if status, _, _ := p.post("/sign-in/code", "ticket", p.asked(), "code", a.code()); status != http.StatusForbidden {
			t.Errorf("the code that was typed before counts again: %d", status)
		}
		x.clock.forward(time.Minute)
		code := a.code()
		var all sync.WaitGroup
		var mu sync.Mutex
		in := 0
		visitors, held := make([]*visitor, 4), make([]string, 4)
		for i := range visitors {
			visitors[i] = x.visitor(t)
			held[i] = visitors[i].asked()
		}
		for i, v := range visitors {
			all.Go(func() {
				if status, _, _ := v.post("/sign-in/code", "ticket", held[i], "code", code, "back", "/sessions"); status == http.StatusOK {
					mu.Lock()
					in++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if in != 1 {
			t.Errorf("one code signs %d in", in)
		}
		x.clock.forward(time.Hour)
		for i, c := range []struct {
			code string
			want int
		}{
			{recovery[0], 200}, {recovery[0], 403}, {strings.ToLower(strings.ReplaceAll(recovery[1], "-", " ")), 200}, {"", 403},
			{strings.Repeat("A", 24), 403}, {strings.Repeat("A", 60000), 403},
		} {
			v := x.visitor(t)
			if status, _, _ := v.post("/sign-in/code", "ticket", v.asked(), "code", c.code, "back", "/sessions"); status != c.want ||
				v.signedIn() != (c.want == 200) {
				t.Errorf("%d: %.30s is answered %d, want %d", i, c.code, status, c.want)
			}
		}
		if _, _, body := ada.navigate("/your-account"); !strings.Contains(body, "8 recovery codes are left") {
			t.Error("it is not said how many recovery codes are left")
		}
	})
}

// TestTicketsOfAPassword: what goes on from a password to a code counts for minutes, for the account as it was, and only as the server
// made it; guesses of codes are slowed down as those of passwords.
func TestTicketsOfAPassword(t *testing.T) {
	x := startLocal(t, t.TempDir(), "")
	ada := x.first(t)
	a, recovery := ada.enrols(x.clock.now)
	old := x.visitor(t)
	ticket := old.asked()
	x.clock.forward(11 * time.Minute)
	if status, _, _ := old.post("/sign-in/code", "ticket", ticket, "code", a.code()); status != http.StatusConflict {
		t.Errorf("a ticket of before: %d", status)
	}
	ticket = old.asked()
	if status, _, _ := old.post("/sign-in/code", "ticket", ticket[:len(ticket)-2]+"AA", "code", a.code()); status != http.StatusConflict {
		t.Errorf("one that was changed: %d", status)
	}
	ada.does("/your-account/password", "old", goodPassword, "password", "another horse entirely", "again", "another horse entirely")
	if status, _, _ := old.post("/sign-in/code", "ticket", ticket, "code", a.code()); status != http.StatusConflict || old.signedIn() {
		t.Errorf("one of the password of before: %d", status)
	}
	x.clock.forward(time.Hour)
	guess := x.visitor(t)
	_, _, body := guess.enter("ada@example.com", "another horse entirely")
	ticket = match(t, hiddenTicket, body)
	last := 0
	for range 8 {
		last, _, _ = guess.post("/sign-in/code", "ticket", ticket, "code", "000000")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("guesses are answered %d", last)
	}
	if status, _, _ := guess.post("/sign-in/code", "ticket", ticket, "code", recovery[0]); status != http.StatusTooManyRequests {
		t.Errorf("the right one is answered %d meanwhile", status)
	}
	for some := true; some; {
		some, _ = x.db.ChainAudit(t.Context())
	}
	rows, err := x.db.AuditAfter(t.Context(), 0, 1000)
	refused := 0
	for _, r := range rows {
		if e, err := r.Entry(); err == nil && e.Kind == audit.SignInRefused && e.Email == "ada@example.com" {
			refused++
		}
	}
	if err != nil || refused < 4 {
		t.Errorf("%d refused codes of who knew the password are on record, %v", refused, err)
	}
}

// TestPasswordIsChanged by who knows it: the session has a new token, the others end, and the password of before counts no more.
func TestPasswordIsChanged(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x *team, _ string) {
		ada := x.first(t)
		other := x.visitor(t)
		other.enter("ada@example.com", goodPassword)
		at, _ := url.Parse(x.address)
		before := ada.jar.Cookies(at)[0].Value
		const next = "another horse entirely"
		for _, c := range [][3]string{
			{"wrong", next, next}, {goodPassword, next, "x"}, {goodPassword, "short", "short"}, {"", next, next},
		} {
			if status, _, _ := ada.post("/your-account/password", "old", c[0], "password", c[1], "again", c[2]); status < 400 {
				t.Errorf("%v is answered %d", c, status)
			}
		}
		if !other.signedIn() {
			t.Error("a session ended by what was refused")
		}
		ended := other.stream()
		ada.does("/your-account/password", "old", goodPassword, "password", next, "again", next)
		if last := within(t, ended, soon); last != "signed-out" || other.signedIn() || !ada.signedIn() {
			t.Errorf("the other's stream ends with %q; signed in: %t, %t", last, other.signedIn(), ada.signedIn())
		}
		if ada.jar.Cookies(at)[0].Value == before {
			t.Error("the session's token stays the same")
		}
		if status, _, _ := x.visitor(t).enter("ada@example.com", goodPassword); status != http.StatusForbidden {
			t.Errorf("the password of before is answered %d", status)
		}
		if status, _, _ := x.visitor(t).enter("ada@example.com", next); status != http.StatusOK {
			t.Errorf("the new one is answered %d", status)
		}
		ada.does("/your-account/name", "name", "Countess \u202eLovelace")
		if _, _, body := ada.navigate("/"); !strings.Contains(body, "Countess Lovelace") {
			t.Error("the new name is not shown")
		}
	})
}

// TestDisabledAndReset: a disabled account's sessions and open pages end within a second, also where the command line does it beside the
// server; groups that are changed count on open pages; a reset lets in again, and takes codes away where it says so.
func TestDisabledAndReset(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x *team, database string) {
		ada := x.first(t)
		user := func(words ...string) string {
			t.Helper()
			var out bytes.Buffer
			args := append(append([]string{"user"}, words...), "--data", x.data, "--config", x.config)
			if database != "" {
				args = append(args, "--database", database)
			}
			none := func(string) string { return "" }
			if status := run(t.Context(), args, terminal{strings.NewReader(""), &out, testLog{t}, none}); status != 0 {
				t.Fatalf("%v ends with %d", words, status)
			}
			return out.String()
		}
		bob := x.visitor(t)
		bob.does("/sign-in/link", "link", linkOf(t, user("add", "bob@example.com", "--groups", "engineering")), "name", "Bob",
			"password", goodPassword, "again", goodPassword)
		ended := bob.stream()
		user("groups", "bob@example.com", "--groups", "")
		within(t, ended, soon)
		user("groups", "bob@example.com", "--groups", "engineering,sre")
		for _, disable := range []func(){
			func() { ada.does("/people/disable", "account", x.account(t, "bob@example.com")) },
			func() { user("disable", "bob@example.com") },
		} {
			ended := bob.stream()
			disable()
			if last := within(t, ended, soon); last != "signed-out" || bob.signedIn() {
				t.Errorf("the stream ends with %q, signed in: %t", last, bob.signedIn())
			}
			if status, _, _ := x.visitor(t).enter("bob@example.com", goodPassword); status != http.StatusForbidden {
				t.Errorf("who is disabled is answered %d", status)
			}
			bob.does("/sign-in/link", "link", linkOf(t, user("reset", "bob@example.com")), "password", goodPassword,
				"again", goodPassword)
			if bob.signedIn() {
				t.Error("a reset signs in by itself")
			}
			if status, _, _ := bob.enter("bob@example.com", goodPassword); status != http.StatusOK {
				t.Errorf("after a reset: %d", status)
			}
		}
		bob.enrols(x.clock.now)
		bob.does("/sign-in/link", "link", linkOf(t, user("reset", "bob@example.com")), "password", goodPassword, "again", goodPassword)
		if bob.enter("bob@example.com", goodPassword); bob.signedIn() {
			t.Error("a reset takes codes away that it does not name")
		}
		if list := user("list"); !strings.Contains(list, "bob@example.com  Bob") || !strings.Contains(list, "password, codes") {
			t.Errorf("the list is\n%s", list)
		}
		bob.does("/sign-in/link", "link", linkOf(t, user("reset", "bob@example.com", "--factors")), "password", goodPassword,
			"again", goodPassword)
		if bob.enter("bob@example.com", goodPassword); !bob.signedIn() {
			t.Error("a reset with factors leaves them")
		}
	})
}
