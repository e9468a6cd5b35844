package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// leadsTo is where an address leads, "" where it leads nowhere else, and what its page says.
func leadsTo(t *testing.T, address string) (to string, status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.Header.Get("Location"), response.StatusCode
}

// TestWhatWasRemovedLeadsToItsOpenRun takes a procedure out of the runbooks, and makes two of another, while they run. Their addresses lead
// to the runs, which go on with their text; others that are not there name what is near.
func TestWhatWasRemovedLeadsToItsOpenRun(t *testing.T) {
	const fence = "\n\n```bash\n# One\naws sts get-caller-identity\n\n# Two\naws sqs list-queues\n```\n\n"
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("book.md", "---\nprocedure: heading\n---\n# Book\n\n## Queue check"+fence+"## Cache check"+fence)
	write("shop.md", "---\nprocedure: document\n---\n# Shop\n\n## Stop it"+fence+"## Start it"+fence)
	s := start(t, folder)
	s.press(t, "book/queue-check", "one")
	s.press(t, "shop", "one")
	for _, page := range []string{"book/queue-check", "shop"} {
		if to, status := leadsTo(t, s.address+"/procedures/"+page); to != "" || status != http.StatusOK {
			t.Fatalf("%s leads to %q, %d", page, to, status)
		}
	}
	for address, near := range map[string]string{
		"/procedures/book/queue-chekc": "book/queue-check", "/procedures/book/queue": "book/queue-check",
		"/procedures/cache-cheque": "book/cache-check",
	} {
		if status, body := get(t, s.address+address); status != http.StatusNotFound || !strings.Contains(body, near) {
			t.Errorf("%s: %d, and %s is not said to be near", address, status, near)
		}
	}
	if status, body := get(t, s.address+"/procedures/nothing-of-the-kind"); status != http.StatusNotFound ||
		!strings.Contains(body, "list of all procedures") {
		t.Errorf("what is near nothing: %d", status)
	}
	write("book.md", "---\nprocedure: heading\n---\n# Book\n\n## Cache check"+fence)
	write("shop.md", "---\nprocedure: heading\n---\n# Shop\n\n## Stop it"+fence+"## Start it"+fence)
	for _, page := range []string{"book/queue-check", "shop"} {
		to, status := "", 0
		for range 200 { // until the files were read again
			if to, status = leadsTo(t, s.address+"/procedures/"+page); strings.HasPrefix(to, "/runs/") {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if !strings.HasPrefix(to, "/runs/") {
			t.Errorf("%s leads to %q, %d", page, to, status)
			continue
		}
		if status, body := get(t, s.address+to); status != http.StatusOK || !strings.Contains(body, "Two") {
			t.Errorf("%s: %d without the run's text", to, status)
		}
	}
	if to, status := leadsTo(t, s.address+"/procedures/book/queue-check-2"); to != "" || status != http.StatusNotFound {
		t.Errorf("what never was leads to %q, %d", to, status)
	}
}
