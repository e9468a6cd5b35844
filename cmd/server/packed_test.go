package main

import (
	"bufio"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPagesArePackedAndStreamsAreNot: a browser that takes gzip gets pages packed, and streams as they are, each message when it is said:
// what packs gathers, and a page would stand still.
func TestPagesArePackedAndStreamsAreNot(t *testing.T) {
	t.Parallel()
	s := startWith(t, &options{
		Runbooks: runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# Say\necho marvellous\n```\n"), Data: t.TempDir(),
	})
	open := func(path, site string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", "gzip")
		if site != "" {
			request.Header.Set("Sec-Fetch-Site", site)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	// Of a page with words from its address, nobody but this server's own pages and the person learns how well it packs (BREACH).
	for site, want := range map[string]string{"same-origin": "gzip", "none": "gzip", "same-site": "", "cross-site": "", "": "", "x": ""} {
		for _, path := range []string{"/", "/?q=look", "/procedures/book/look?p.name=word", "/runs?q=word", "/mistakes"} {
			response := open(path, site)
			if got := response.Header.Get("Content-Encoding"); got != want || response.StatusCode != http.StatusOK ||
				!slices.Contains(response.Header.Values("Vary"), "Accept-Encoding") {
				t.Errorf("%s from %q: %d %v", path, site, response.StatusCode, response.Header)
			}
		}
	}
	response := open("/stream?procedure=book/look", "same-origin")
	if response.Header.Get("Content-Encoding") != "" || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatal(response.Header)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for from := bufio.NewScanner(response.Body); from.Scan(); {
			select {
			case lines <- from.Text():
			case <-t.Context().Done():
				return
			}
		}
	}()
	select { // before anything has happened
	case line := <-lines:
		if line != "event: beat" {
			t.Fatalf("it begins with %q", line)
		}
	case <-time.After(patience):
		t.Fatal("it does not begin")
	}
	post(t, s.address+"/press", url.Values{"procedure": {"book/look"}, "step": {"say"}})
	for end := time.After(patience); ; {
		select {
		case line, more := <-lines:
			if !more {
				t.Fatal("it has ended")
			}
			if strings.Contains(line, "marvellous") && strings.Contains(line, "<pre") {
				return
			}
		case <-end:
			t.Fatal("what the step says does not come")
		}
	}
}
