package main

import (
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

// rolesBook has what each verb is about, in two procedures.
const rolesBook = "# Book\n\n## Look after it\n\n```bash\n# Alarms\naws cloudwatch describe-alarms\n\n# Memory\naws lambda " +
	"update-function-configuration --function-name api --memory-size 2048\n\n# Remove\naws dynamodb delete-table --table-name old\n" +
	"```\n\n- [ ] Tell the team\n\n## Treasure\n\n```bash\n# Dig\naws lambda get-function --function-name gold\n```\n"

// withRoles is a portal with roles, behind a proxy that this machine is.
func withRoles(t *testing.T, configuration, markdown string) *started {
	t.Helper()
	return startReached(t, &options{
		Runbooks: runbookFolder(t, markdown), Data: t.TempDir(), Config: writeConfiguration(t, configuration), Environment: "production",
	}, behindThisMachine())
}

// behindThisMachine is a portal behind a proxy that this machine is.
func behindThisMachine() reach {
	return reach{hosts: []string{"127.0.0.1"}, proxy: &access.Proxy{
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Header: "X-Remote-User", Groups: "X-Remote-Groups",
	}}
}

// by asks as somebody of groups; a form is posted.
func (s *started) by(t *testing.T, person, groups, path string, form url.Values) (status int, body string) {
	t.Helper()
	method, sent := http.MethodGet, ""
	if form != nil {
		method, sent = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.address+path, strings.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Remote-User", person)
	r.Header.Set("X-Remote-Groups", groups)
	r.Header.Set("HX-Request", "true")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// button is the tag of a button by what it says.
func button(page, word string) string {
	m := regexp.MustCompile(`(?s)<button[^>]*>\s*` + regexp.QuoteMeta(word)).FindString(page)
	return m
}

// TestWhatIsNotOnesOwnIsGrey: buttons of what somebody may see and not do are there, grey, with why and who may; what is theirs is not.
func TestWhatIsNotOnesOwnIsGrey(t *testing.T) {
	s := withRoles(t, teamRoles, rolesBook)
	const page = "/procedures/book/look-after-it?environment="
	for _, c := range []struct{ name, groups, environment, grey, theirs, why string }{
		{"a reader", "engineering", "production", "Run all|Run|Run…|Mark as done|Add note", "Copy link",
			"your role reader does not allow it. Who may: junior (group sre-junior), operator (group sre)"},
		{"a junior in production", "sre-junior", "production", "Run…", "Run all|Run|Mark as done|Add note",
			"You may not run steps that make changes in production: your role junior does not allow it. Who may: operator (group sre)"},
		{"an operator", "sre", "staging", "", "Run all|Run|Run…|Mark as done|Add note",
			"You may not run steps that destroy something in staging: your role operator does not allow it."},
		{"an approver", "sre-lead", "production", "Run all|Run|Run…|Mark as done|Add note", "", "your role approver does not allow it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := s.by(t, "bob", c.groups, page+c.environment, nil)
			if status != http.StatusOK || !strings.Contains(body, c.why) {
				t.Errorf("%d without %q", status, c.why)
			}
			for grey, words := range map[bool]string{true: c.grey, false: c.theirs} {
				for _, word := range strings.FieldsFunc(words, func(r rune) bool { return r == '|' }) {
					tag := button(body, word)
					if tag == "" || strings.Contains(tag, " disabled") != grey || grey != strings.Contains(tag, `title="you may not`) &&
						grey != strings.Contains(tag, `title="You may not`) {
						t.Errorf("%s: %q", word, tag)
					}
				}
			}
		})
	}
	status, body := s.by(t, "bob", "sre-junior", "/rights?procedure=book/look-after-it&environment=production", nil)
	if status != http.StatusOK || !strings.Contains(body, "opsbook.yaml:6") ||
		!strings.Contains(body, "its effects are at most read here") {
		t.Errorf("why is answered %d %s", status, body)
	}
}

// TestAStreamDrawsForOnesRights: what is drawn again while a page is open has the buttons of its reader, not of whoever came first.
func TestAStreamDrawsForOnesRights(t *testing.T) {
	s := withRoles(t, teamRoles, rolesBook)
	for _, c := range []struct {
		groups string
		grey   bool
	}{{"sre", false}, {"engineering", true}, {"sre", false}} {
		status, body := s.by(t, "bob", c.groups, "/stream?once=true&procedure=book/look-after-it&environment=production&rights=0", nil)
		tag := button(body, "Run all")
		if status != http.StatusOK || tag == "" || strings.Contains(tag, " disabled") != c.grey {
			t.Errorf("%s: %d %q", c.groups, status, tag)
		}
	}
}

// TestNumbersAreOfEverything: who may not view everything is not shown the numbers, which are of everything.
func TestNumbersAreOfEverything(t *testing.T) {
	s := withRoles(t, teamRoles+"  digger: {groups: [diggers], may: view, procedures: ['**', '!book/treasure']}\n", rolesBook)
	for groups, want := range map[string]int{"engineering": http.StatusOK, "diggers": http.StatusForbidden, "": http.StatusForbidden} {
		if status, _ := s.by(t, "bob", groups, "/metrics", nil); status != want {
			t.Errorf("%q: %d", groups, status)
		}
	}
	status, body := s.by(t, "bob", "diggers", "/procedures/book/look-after-it", nil)
	if status != http.StatusOK || strings.Contains(strings.ToLower(body), "treasure") {
		t.Errorf("%d, and the page leads to what is hidden", status)
	}
}
