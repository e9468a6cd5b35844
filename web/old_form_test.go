package web

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/access"
)

func TestOldAddressesLeadToNewOnes(t *testing.T) {
	var asked []access.Action
	h := closed(t, nobody{&asked}).routes()
	for old, now := range oldPaths {
		posts := func(r route) bool { return r.method == http.MethodPost && r.pattern == now }
		if !slices.ContainsFunc(table, posts) || slices.ContainsFunc(table, func(r route) bool { return r.pattern == old }) {
			t.Errorf("%s leads to %s: there has to be a route of that name, and none of the old one", old, now)
		}
		response := ask(t, h, http.MethodPost, old+"?step=a&key=b", nil, "text=kept")
		response.Body.Close()
		if to := response.Header.Get("Location"); response.StatusCode != http.StatusPermanentRedirect || to != now+"?step=a&key=b" {
			t.Errorf("POST %s: %d to %q", old, response.StatusCode, to)
		}
		response = ask(t, h, http.MethodGet, old, nil, "")
		response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", old, response.StatusCode)
		}
	}
	if len(asked) > 0 {
		t.Errorf("an old address did something: %q", asked)
	}
}

func TestOldFieldsAreUnderstood(t *testing.T) {
	read := func(body string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/press?step=s", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return readForm(r)
	}
	for old, now := range oldFields {
		for body, want := range map[string]string{old + "=x": "x", now + "=y": "y", old + "=x&" + now + "=y": "y"} {
			r := read(body)
			if r.Form.Get(now) != want || r.PostForm.Get(now) != want || r.Form.Get("step") != "s" {
				t.Errorf("%s: %v", body, r.Form)
			}
			if _, chained := oldFields[now]; chained {
				t.Errorf("%s stands for %s, which is itself old", old, now)
			}
		}
	}
	for old, now := range oldKinds {
		if got := read("kind=" + old).FormValue("kind"); got != now {
			t.Errorf("kind %s: %q, want %q", old, got, now)
		}
		if got := read("kind=" + now).FormValue("kind"); got != now {
			t.Errorf("kind %s: %q", now, got)
		}
	}
}
