package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/house"
	"github.com/opsbook/opsbook/internal/testenv/html"
)

// TestPagesSpeakPlainly reads every page of the shipped pack on the sandbox, before and after runs, with dialogs and messages, and
// looks for forbidden words (internal/house/words.go) in everything that a person can see.
func TestPagesSpeakPlainly(t *testing.T) {
	s := start(t, "")
	forbidden := house.Forbidden()
	seen := map[string]bool{}
	read := func(where, markup string) {
		t.Helper()
		page, err := html.Parse(markup)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		for _, sentence := range page.Sentences() {
			for _, w := range forbidden {
				if found := w.Pattern.FindString(sentence); found != "" && !seen[sentence] {
					seen[sentence] = true
					t.Errorf("%s says %q in %q: %s (%s)", where, found, sentence, w.Instead, w.Reason)
				}
			}
		}
	}
	visit := func(path string) {
		_, body := get(t, s.address+path)
		read(path, body)
	}
	send := func(path string, form url.Values) {
		_, body := post(t, s.address+path, form)
		read(path+" "+form.Encode(), body)
	}
	visit("/")
	visit("/runs")
	for _, p := range s.watcher.Current().Procedures() {
		visit("/procedures/" + p.ID)
		form := url.Values{"procedure": {p.ID}, "environment": {"sandbox"}, "back": {"/procedures/" + p.ID}}
		send("/run-all", form)
		for _, step := range p.Steps {
			pressed := url.Values{"step": {step.ID}}
			for name, values := range form {
				pressed[name] = slices.Clone(values)
			}
			if step.Effect().Changes() {
				send("/press", pressed) // the review dialog, or what has to be done before
			}
			for _, kind := range []string{"note", "countdown", "done", "undone", "skipped"} {
				pressed.Set("kind", kind)
				pressed.Set("text", "seen")
				send("/marks", pressed)
			}
		}
		visit("/procedures/" + p.ID)
	}
	_, runs := get(t, s.address+"/runs")
	page, err := html.Parse(runs)
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range page.All("main td a") {
		if path := link.Attr["href"]; strings.HasPrefix(path, "/runs/") {
			visit(path)
			visit(path + "/evidence")
		}
	}
	for _, path := range []string{"/mistakes", "/nowhere", "/runs/nowhere", "/procedures/nowhere"} {
		visit(path)
	}
	for path, form := range map[string]url.Values{
		"/press": {"field": {"unknown"}}, "/approvals": {"kind": {"approve"}, "execution": {"none"}},
		"/marks": {"kind": {"none"}}, "/cancel": {"run": {"none"}},
		"/finish": {"run": {"none"}}, "/faults": {"name": {"none"}, "on": {"true"}}, "/rehearse": {"procedure": {"none"}},
	} {
		send(path, form)
	}
	if status, _ := get(t, s.address+"/"); status != http.StatusOK {
		t.Errorf("the server answers %d at the end", status)
	}
}
