package main

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// partly is a policy that hides environments and procedures.
type partly struct{ environments, procedures atomic.Value } // lists with commas

func (p *partly) May(_ context.Context, r access.Request) error {
	for _, of := range []struct {
		hidden *atomic.Value
		name   string
	}{{&p.environments, r.Environment}, {&p.procedures, r.Procedure}} {
		if list, _ := of.hidden.Load().(string); of.name != "" && strings.Contains(","+list+",", ","+of.name+",") {
			return procedures.Errorf(procedures.CodeRefused, "you may not %s %s; ask for the role of it", r.Action, of.name)
		}
	}
	return nil
}

// TestTheDefaultIsOneThatMayBeViewed has people who may not view the default environment, the one that they had chosen, or any.
func TestTheDefaultIsOneThatMayBeViewed(t *testing.T) {
	config := filepath.Join(t.TempDir(), "opsbook.yaml")
	text := "environments:\n  first: {account: sandbox}\n  second: {account: sandbox}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	policy := &partly{}
	s := startWith(t, &options{
		Runbooks: runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# See\necho seen\n```\n"), Data: t.TempDir(), Config: config,
		Environment: "first", policy: policy,
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	send := func(path string, form url.Values) int {
		t.Helper()
		response, err := client.PostForm(s.address+path, form)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	pages := []string{"/", "/runs", "/coverage", "/account", "/mistakes", "/procedures/book/look", "/stream?once=true&home=true"}
	shown := func(path, want string) {
		t.Helper()
		status, body := askWith(t, client, s.address+path)
		refused := http.StatusForbidden
		if strings.HasPrefix(path, "/procedures/") { // as if it were not there
			refused = http.StatusNotFound
		}
		if want == "" && status != refused || want != "" && status != http.StatusOK {
			t.Errorf("%s is answered %d", path, status)
		}
		for _, e := range []string{"first", "second", "sandbox"} {
			if has := strings.Contains(body, `content="Opsbook, `+e+`"`); path == "/" && has != (e == want) {
				t.Errorf("%s shows %s: %v, want %q", path, e, has, want)
			}
		}
	}
	for hidden, want := range map[string]string{
		"": "first", "first": "second", "second": "first", "first,second": "sandbox", "first,second,sandbox": "",
	} {
		policy.environments.Store(hidden)
		for _, path := range pages {
			shown(path, want)
		}
	}
	policy.environments.Store("first,second,sandbox")
	if status, body := askWith(t, client, s.address+"/"); status != http.StatusForbidden || !strings.Contains(body,
		"ask for the role of it") {
		t.Errorf("who may view none is told %d %.300s", status, body)
	}
	policy.environments.Store("")
	send("/preferences", url.Values{"environment": {"second"}, "back": {"/"}})
	shown("/", "second")
	policy.environments.Store("second")
	shown("/", "first")
	// What was asked for by its name, and what is to be done, goes nowhere else.
	if status, _ := askWith(t, client, s.address+"/?environment=second"); status != http.StatusNotFound {
		t.Errorf("an environment that is named is answered %d", status)
	}
	press := url.Values{"environment": {"second"}, "procedure": {"book/look"}, "step": {"see"}}
	if status := send("/press", press); status != http.StatusNotFound {
		t.Errorf("a press in the environment that was chosen is answered %d", status)
	}
}

// TestPicturesOfWhatIsHidden shows the pictures of what somebody may view, and no others.
func TestPicturesOfWhatIsHidden(t *testing.T) {
	dir := runbookFolder(t, "# Book\n\n## Look\n\n![one](a%20b.png)\n\n![both](both.png)\n\n```bash\n# See\necho seen\n```\n\n"+
		"## Plans\n\n![two](plans/b&c.png) and <img src=\"plans/raw.png\">\n\n![both](both.png)\n\n1. Draw it: ![step](step.png)\n\n"+
		"```bash\n# Draw\necho drawn\n```\n")
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	for _, name := range []string{"a b.png", "both.png", "plans/b&c.png", "plans/raw.png", "step.png", "nowhere.png"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(png), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	policy := &partly{}
	s := startWith(t, &options{Runbooks: dir, Data: t.TempDir(), policy: policy})
	for hidden, shown := range map[string]string{
		"":           "a%20b.png both.png plans%2Fb&c.png plans/b&c.png plans/raw.png step.png nowhere.png",
		"book/plans": "a%20b.png both.png", "book/look": "both.png plans/b&c.png plans%2Fb%26c.png plans/raw.png step.png",
		"book/look,book/plans": "",
	} {
		policy.procedures.Store(hidden)
		want := " " + shown + " "
		for _, name := range []string{
			"a%20b.png", "both.png", "plans/b&c.png", "plans%2Fb&c.png", "plans%2Fb%26c.png", "plans/raw.png", "step.png", "nowhere.png",
		} {
			same := strings.NewReplacer("%2F", "/", "%26", "&").Replace
			status, _ := get(t, s.address+"/pictures/"+name)
			if is := strings.Contains(same(want),
				" "+same(name)+" "); is != (status == http.StatusOK) || !is && status != http.StatusNotFound {
				t.Errorf("without %q, %s is answered %d", hidden, name, status)
			}
		}
	}
}
