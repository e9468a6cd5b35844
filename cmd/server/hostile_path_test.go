package main

import (
	"strings"
	"testing"
)

// TestHostileNamesInPaths asks for what lies outside, in the ways in which names were written elsewhere.
func TestHostileNamesInPaths(t *testing.T) {
	s := start(t, runbookFolder(t, "# Book\n\n## Look\n\n```bash\n# One\necho one > kept.txt\n```\n"))
	names := []string{
		"../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
		"..%252f..%252fetc%252fpasswd", "..%5c..%5cetc%5cpasswd", "....//....//etc/passwd",
		"/etc/passwd", "%2fetc%2fpasswd", "file:%2f%2f%2fetc%2fpasswd", "kept.txt%00.html", "%00",
		"%0d%0aSet-Cookie:%20a=b", "..", "%2e%2e", "opsbook.db", "..%2fopsbook.db", "..%2fsecret", "state", "C:%5cWindows", "a%ff%fe",
	}
	for _, before := range []string{"/runs/", "/runs/x/files/", "/runs/x/output/", "/procedures/", "/static/", "/runs/..%2fx/files/"} {
		for _, name := range names {
			status, body := get(t, s.address+before+name)
			if status < 400 && !strings.Contains(body, ">History</a>") || status >= 500 ||
				strings.Contains(body, "root:") || strings.Contains(body, "SQLite format") {
				t.Errorf("%s%s: %d", before, name, status)
			}
		}
	}
}
