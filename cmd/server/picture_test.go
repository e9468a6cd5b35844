package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPicturesOfRunbooks shows images of the folder, by themselves without a right to do anything, and nothing else of it.
func TestPicturesOfRunbooks(t *testing.T) {
	t.Parallel()
	dir := runbookFolder(t,
		"# Book\n\n## Look\n\n![one](pictures/a.png) ![two](https://images.example.com/b.png) ![three](https://evil.example/c.png)\n\n"+
			"```bash\n# One\necho one\n```\n")
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 100)
	for name, text := range map[string]string{
		"pictures/a.png": png, "pictures/b.svg": `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
		"pictures/html.png": "<html><script>alert(1)</script></html>", "notes.txt": "notes", ".hidden/a.png": png, "script.sh": "echo",
		"html.svg": "<html>", "a b.png": png,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.png")); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "opsbook.yaml")
	if err := os.WriteFile(config, []byte("image_hosts: [images.example.com]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startWith(t, &options{Runbooks: dir, Data: t.TempDir(), Config: config})
	ask := func(path string) (*http.Response, string) {
		t.Helper()
		response, err := http.Get(s.address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(body)
	}
	for path, kind := range map[string]string{
		"/pictures/pictures/a.png": "image/png", "/pictures/pictures/b.svg": "image/svg+xml", "/pictures/a%20b.png": "image/png",
	} {
		response, _ := ask(path)
		h := response.Header
		if response.StatusCode != http.StatusOK || h.Get("Content-Type") != kind || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") ||
			!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") ||
			strings.Contains(h.Get("Content-Security-Policy"), "script-src") {
			t.Errorf("%s: %d, %v", path, response.StatusCode, h)
		}
	}
	for _, name := range []string{
		"pictures/html.png", "html.svg", "notes.txt", "script.sh", ".hidden/a.png", "link.png", "none.png",
		"..%2f..%2fetc%2fpasswd", "pictures",
		"pictures/%2e%2e/.hidden/a.png", "%2fetc%2fpasswd.png", "a.png%00", "pictures%5ca.png", "", "Book.md", "pictures//a.png",
	} {
		if response, body := ask("/pictures/" + name); response.StatusCode != http.StatusNotFound &&
			response.StatusCode != http.StatusBadRequest ||
			strings.Contains(body, "alert(1)") || strings.Contains(body, "root:") {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	response, body := ask("/procedures/book/look")
	if response.StatusCode != http.StatusOK {
		_, body = ask("/")
	}
	policy := response.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "img-src 'self' https://images.example.com;") || strings.Contains(policy, "https:;") {
		t.Errorf("the policy is %s", policy)
	}
	for text, want := range map[string]bool{
		`<img src="/pictures/pictures/a.png"`: true, `<img src="https://images.example.com/b.png"`: true,
		`<img src="https://evil.example`:       false,
		`<a href="https://evil.example/c.png"`: true,
	} {
		if strings.Contains(body, text) != want {
			t.Errorf("%s is there: %v", text, !want)
		}
	}
}
