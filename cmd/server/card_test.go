package main

import (
	"bytes"
	"html"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// cardOfPage is the address of the picture that a page names.
func cardOfPage(t *testing.T, address string) string {
	t.Helper()
	_, text := get(t, address)
	found := regexp.MustCompile(`<meta property="og:image" content="([^"]+)"`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("%s names no picture", address)
	}
	return html.UnescapeString(found[1])
}

// TestLinksUnfurlWithAPicture asks for the pictures that pages of procedures, steps and runs name: each is a PNG, is another one when
// something happened, and is not sent again while it is the same.
func TestLinksUnfurlWithAPicture(t *testing.T) {
	t.Parallel()
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# One\ndate +secret-output\n\n# Two\ndate\n```\n"))
	page := s.address + "/procedures/book/look"
	before := cardOfPage(t, page)
	if !strings.HasPrefix(before, s.address+"/card.png?") {
		t.Fatalf("the picture is at %s", before)
	}
	if status, _ := post(t, s.address+"/press", url.Values{"procedure": {"book/look"}, "step": {"one"}}); status >= 400 {
		t.Fatal(status)
	}
	eventually(t, "the step ends", func() bool { return strings.Contains(second(get(t, page)), "Run again") })
	run := regexp.MustCompile(`/runs/[a-z0-9]{16}`).FindString(second(get(t, page)))
	seen := map[string]string{}
	for what, address := range map[string]string{
		"before": before, "procedure": cardOfPage(t, page), "step": cardOfPage(t, page+"?step=one"),
		"other step": cardOfPage(t, page+"?step=two"), "run": cardOfPage(t, s.address+run),
	} {
		r, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "image/png" {
			t.Fatalf("%s: %s, %s, %v", what, r.Status, r.Header.Get("Content-Type"), err)
		}
		if p, err := png.Decode(bytes.NewReader(data)); err != nil || p.Bounds().Dx() != 1200 || p.Bounds().Dy() != 630 {
			t.Errorf("%s is no picture: %v", what, err)
		}
		if bytes.Contains(data, []byte("secret-output")) {
			t.Errorf("%s holds an output", what)
		}
		seen[what] = r.Header.Get("ETag")
		again, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		again.Header.Set("If-None-Match", seen[what])
		if r, err = http.DefaultClient.Do(again); err != nil || r.StatusCode != http.StatusNotModified {
			t.Errorf("%s is sent again: %v, %v", what, r.Status, err)
		}
		_ = r.Body.Close()
	}
	if seen["procedure"] == seen["step"] || seen["step"] == seen["other step"] || before == cardOfPage(t, page) {
		t.Errorf("what differs has the same picture: %v", seen)
	}
	if seen["procedure"] != seen["before"] { // what an old link names is shown as it is now
		t.Errorf("an old address has an old picture: %v", seen)
	}
	for _, path := range []string{"?procedure=book/nothing", "?fixed=true&run=nothing", "?procedure=book/look&step=nothing", ""} {
		if status, _ := get(t, s.address+"/card.png"+path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func second(_ int, text string) string { return text }
