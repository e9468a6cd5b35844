package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const formerRoles = `environments:
  production: {account: sandbox}
roles:
  owner: {people: [ada], may: all, effects: destroy}
  most:  {people: [bob], may: [view, press, mark, note, cancel, finish], effects: change, procedures: ["**", "!secret/**"]}
  rest:  {people: [eve], may: [view, press, mark, note, cancel, finish], effects: change, procedures: ["**", "!open/**"]}
`

// renamedBook is a book with an open run of its former name, which printed what only the former name's readers may see.
func renamedBook(t *testing.T) (s *started, run string) {
	t.Helper()
	const text = "# Plan\n\n```bash\n# Look\necho \"hu\"\"sh $WORD\"\n```\n\n- [ ] Tell the team\n"
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("secret/plan.md", text)
	s = startReached(t, &options{
		Runbooks: dir, Data: t.TempDir(), Config: writeConfiguration(t, formerRoles), Environment: "production",
	}, behindThisMachine())
	s.pressed(t, "secret/plan", url.Values{"p.WORD": {"treasure"}})
	eventually(t, "the step has printed", func() bool {
		_, body := s.by(t, "ada", "", "/procedures/secret/plan?environment=production", nil)
		run = runOn(body)
		return run != "" && strings.Contains(body, "hush treasure")
	})
	if err := os.Remove(filepath.Join(dir, "secret/plan.md")); err != nil {
		t.Fatal(err)
	}
	write("open/plan.md", "---\naliases: [/secret/plan.md]\n---\n"+text)
	eventually(t, "the book has its new name", func() bool {
		status, _ := s.by(t, "ada", "", "/procedures/open/plan?environment=production", nil)
		return status == http.StatusOK
	})
	return s, run
}

// runsOn are the runs that a page leads to.
func runsOn(page string) (out []string) {
	for _, m := range regexp.MustCompile(`href="/runs/([a-z0-9]{16})`).FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// runOn is the first of them; empty for none.
func runOn(page string) string {
	if all := runsOn(page); len(all) > 0 {
		return all[0]
	}
	return ""
}

// pressed presses the book's step as its owner.
func (s *started) pressed(t *testing.T, procedure string, values url.Values) {
	t.Helper()
	form := url.Values{"procedure": {procedure}, "environment": {"production"}, "step": {"look"}}
	for name, value := range values {
		form[name] = value
	}
	if status, body := s.by(t, "ada", "", "/press", form); status != http.StatusOK {
		t.Fatalf("the owner's press is answered %d %s", status, body)
	}
}

// TestARunOfAFormerNameIsNotShown to those who may not view the name that it began under, or the one that its procedure has today.
func TestARunOfAFormerNameIsNotShown(t *testing.T) {
	s, run := renamedBook(t)
	runPages := []string{"/runs/" + run, "/runs/" + run + "/evidence", "/runs/" + run + "/journal.jsonl", "/runs/" + run + "/run.md",
		"/runs/" + run + "/run.json", "/runs/" + run + "/runbook.md", "/runs/" + run + "/edited",
		"/stream?once=true&fixed=true&environment=production&run=" + run}
	pages := append([]string{"/?environment=production", "/waiting", "/runs?environment=production", "/runs.jsonl?environment=production",
		"/search?q=treasure&environment=production",
		"/stream?once=true&home=true&environment=production",
		"/procedures/open/plan?environment=production", "/procedures/open/plan/latest?environment=production",
		"/stream?once=true&procedure=open/plan&environment=production"}, runPages...)
	for _, who := range []string{"bob", "eve"} {
		for _, page := range pages {
			if status, body := s.by(t, who, "", page, nil); strings.Contains(body, "hush treasure") ||
				strings.Contains(body, run) && !strings.Contains(page, run) || strings.Contains(body, "secret/plan") && who == "bob" {
				t.Errorf("%s is shown the run on %s (%d)", who, page, status)
			}
		}
		for _, page := range runPages {
			if status, body := s.by(t, who, "", page, nil); status != http.StatusNotFound {
				t.Errorf("%s %s: %d %.100s", who, page, status, body)
			}
		}
	}
	for _, page := range []string{"/runs/" + run, "/procedures/open/plan?environment=production",
		"/stream?once=true&procedure=open/plan&environment=production"} {
		if status, body := s.by(t, "ada", "", page, nil); status != http.StatusOK || !strings.Contains(body, "hush treasure") {
			t.Errorf("the owner is not shown it on %s: %d", page, status)
		}
	}
}

// TestARunOfAFormerNameIsNotPressedIn by those who may not under its name; what they are told does not have it.
func TestARunOfAFormerNameIsNotPressedIn(t *testing.T) {
	s, run := renamedBook(t)
	for path, form := range map[string]url.Values{
		"/press":   {"procedure": {"open/plan"}, "step": {"look"}, "p.WORD": {"mine"}},
		"/run-all": {"procedure": {"open/plan"}, "p.WORD": {"mine"}},
		"/marks":   {"procedure": {"open/plan"}, "step": {"tell-the-team"}, "kind": {"done"}},
		"/keep":    {"run": {run}, "kept": {"true"}},
		"/finish":  {"run": {run}},
		"/cancel":  {"run": {run}},
		"/reopen":  {"run": {run}},
	} {
		if form.Has("procedure") {
			form.Set("environment", "production")
		}
		for _, who := range []string{"bob", "eve"} {
			status, body := s.by(t, who, "", path, form)
			if status != http.StatusForbidden && status != http.StatusNotFound || strings.Contains(body, "secret/plan") && who == "bob" {
				t.Errorf("%s %s: %d %s", who, path, status, body)
			}
		}
	}
	status, body := s.by(t, "ada", "", "/procedures/open/plan?environment=production", nil)
	if status != http.StatusOK || strings.Contains(body, "hush mine") || strings.Contains(body, "by bob") {
		t.Errorf("%d, and somebody has pressed", status)
	}
}

// TestAFileIsForThoseWhoMayViewAllOfIt: a procedure's run is shown, the text of the file around it is not, nor what was edited in it.
func TestAFileIsForThoseWhoMayViewAllOfIt(t *testing.T) {
	s := withRoles(t, "environments:\n  production: {account: sandbox}\nroles:\n  owner: {people: [ada], may: all}\n"+
		"  most: {people: [bob], may: view, procedures: ['**', '!book/treasure']}\n", rolesBook)
	s.pressed(t, "book/look-after-it", url.Values{"step": {"alarms"}})
	_, page := s.by(t, "ada", "", "/procedures/book/look-after-it?environment=production", nil)
	run := runOn(page)
	for _, c := range []struct {
		who, page string
		status    int
		tells     bool
	}{
		{"ada", "/runbook.md", http.StatusOK, true}, {"ada", "/evidence", http.StatusOK, false}, {"ada", "/edited", http.StatusOK, false},
		{"bob", "/runbook.md", http.StatusNotFound, false}, {"bob", "/edited", http.StatusNotFound, false},
		{"bob", "", http.StatusOK, false}, {"bob", "/evidence", http.StatusOK, false}, {"bob", "/run.md", http.StatusOK, false},
		{"bob", "/run.json", http.StatusOK, false}, {"bob", "/journal.jsonl", http.StatusOK, false},
	} {
		status, body := s.by(t, c.who, "", "/runs/"+run+c.page, nil)
		tells := strings.Contains(strings.ToLower(body), "treasure") || strings.Contains(body, "gold")
		if status != c.status || c.who == "bob" && tells || c.tells && !tells {
			t.Errorf("%s %s: %d, %.200s", c.who, c.page, status, body)
		}
		if c.page == "/evidence" && strings.Contains(body, run+"/runbook.md") != (c.who == "ada") {
			t.Errorf("%s: the text of the file is offered, or not", c.who)
		}
	}
}

// TestAClerkMakesNoTokenForMore: who may make tokens makes none that does more than they may.
func TestAClerkMakesNoTokenForMore(t *testing.T) {
	s := withRoles(t, teamRoles+"  clerk: {groups: [clerks], may: [view, accounts]}\n", rolesBook)
	form := func(role, effects, may string) url.Values {
		return url.Values{"name": {"of " + role + may}, "role": {role}, "effects": {effects}, "days": {"1"}, "may": {may}}
	}
	for _, c := range []struct {
		who, groups, role, effects, may string
		want                            int
	}{
		{"bob", "clerks", "operator", "change", "", http.StatusForbidden}, {"bob", "clerks", "reader", "read", "", http.StatusOK},
		{"bob", "clerks", "junior", "read", "", http.StatusForbidden}, {"bob", "clerks,sre-junior", "junior", "read", "", http.StatusOK},
		{"ada@example.com", "", "operator", "change", "", http.StatusOK}, {"bob", "clerks", "", "read", "metrics", http.StatusOK},
	} {
		if status, body := s.by(t, c.who, c.groups, "/tokens", form(c.role, c.effects, c.may)); status != c.want {
			t.Errorf("%s (%s) makes a token of %s %s: %d %.300s", c.who, c.groups, c.role, c.may, status, body)
		}
	}
}
