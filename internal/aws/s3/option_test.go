package s3_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/aws/s3"
)

// saysNothing are options that say nothing where no transfer draws its progress: what is printed is what the AWS CLI
// prints with --no-progress.
var saysNothing = []string{"no-progress", "progress-frequency", "progress-multiline"}

// optionValues are values of the options that take one.
var optionValues = map[string]string{
	"acl": "private", "sse": "AES256", "sse-kms-key-id": "alias/k", "storage-class": "STANDARD_IA", "grants": "read=id=abc",
	"website-redirect": "/other", "content-type": "text/x-own", "cache-control": "max-age=1", "content-disposition": "inline",
	"content-encoding": "identity", "content-language": "de", "expires": "2030-01-01T00:00:00Z", "source-region": "eu-west-1",
	"page-size": "1", "request-payer": "requester", "checksum-mode": "ENABLED", "checksum-algorithm": "SHA256", "metadata": "k=v",
	"metadata-directive": "REPLACE", "copy-props": "none", "case-conflict": "skip", "expected-size": "100000000000", "include": "a.txt",
	"exclude": "a.txt", "progress-frequency": "3", "expires-in": "60", "index-document": "index.html", "error-document": "error.html",
	"bucket-name-prefix": "no-such-", "bucket-region": "eu-west-1",
}

// optionLine is a line with which an option makes a difference.
func optionLine(verb, option string) string {
	recursive, single := " --recursive", "data/a.txt"
	if verb == "sync" {
		recursive, single = "", "data"
	}
	switch option {
	case "include":
		return verb + map[bool]string{true: " B/data/", false: " data B/new"}[verb == "rm"] + recursive + " --exclude *"
	case "exclude", "no-follow-symlinks":
		return verb + map[bool]string{true: " B/data/", false: " data B/new"}[verb == "rm"] + recursive
	case "follow-symlinks":
		return verb + " data B/new" + recursive + " --no-follow-symlinks"
	case "metadata-directive", "copy-props", "source-region":
		return verb + " B/" + single + " B/copied"
	case "ignore-glacier-warnings", "force-glacier-transfer":
		return verb + " B/cold out" + recursive
	case "checksum-mode":
		return verb + " B/" + single + " out"
	case "case-conflict":
		return verb + " B/case out" + recursive
	case "validate-same-s3-paths":
		return verb + " s3://arn:aws:s3:us-east-1:123456789012:accesspoint/mine/a B/a"
	case "expected-size":
		return verb + " - B/stream"
	case "delete":
		return verb + " data B/data2"
	case "size-only", "exact-timestamps":
		return verb + " B/data older"
	case "page-size":
		if verb != "ls" {
			return verb + " B/data/" + map[bool]string{true: "", false: " out"}[verb == "rm"] + recursive
		}
	case "bucket-name-prefix", "bucket-region":
		return verb
	case "recursive":
		return verb + map[string]string{"cp": " data B/new", "mv": " data B/new", "rm": " B/data/", "ls": " B/"}[verb]
	case "force":
		return verb + " s3://small-bucket-with-one"
	case "error-document":
		return verb + " B --index-document index.html"
	case "no-overwrite":
		return verb + " " + single + " B/" + single
	}
	switch verb {
	case "cp", "mv", "sync":
		return verb + " " + single + " B/new"
	case "rm", "presign":
		return verb + " B/data/a.txt"
	case "ls":
		return verb + " B/data/"
	}
	return verb + " B"
}

// trace is everything that a line does: what is sent, what is printed, which files there are then, and how it ends.
func (s *stage) trace(t *testing.T, line string) string {
	t.Helper()
	var b strings.Builder
	var sent []string
	s.wire.before = func(r *http.Request) (*http.Response, error) {
		text := r.Method + " " + r.URL.RequestURI() + " " + fmt.Sprint(r.ContentLength)
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for name := range r.Header {
				if !yield(name) {
					return
				}
			}
		}) {
			switch {
			case name == "Authorization": // the region
				_, scope, _ := strings.Cut(r.Header.Get(name), "Credential=")
				text += " " + strings.Join(strings.Split(scope, "/")[2:3], "")
			case !slices.Contains([]string{"X-Amz-Date", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "User-Agent"}, name):
				text += " " + name + "=" + r.Header.Get(name)
			}
		}
		s.wire.mu.Lock()
		defer s.wire.mu.Unlock()
		sent = append(sent, text)
		return nil, nil //nolint:nilnil // it is sent on
	}
	s.out.Reset()
	s.errors.Reset()
	words := strings.Fields(strings.ReplaceAll(line, "B/", bucket))
	for i, word := range words {
		if word == "B" {
			words[i] = bucket
		}
	}
	parsed, err := s3.Parse(words, nil)
	if err != nil {
		return "refused: " + err.Error()
	}
	status, err := s.Run(t.Context(), parsed)
	slices.Sort(sent)
	fmt.Fprintf(&b, "%d %v\n%s\n%s\n%s\n", status, err, strings.Join(sent, "\n"), &s.out, &s.errors)
	_ = fs.WalkDir(s.files.root.FS(), ".", func(name string, d fs.DirEntry, _ error) error {
		if d.Type().IsRegular() {
			text, _ := s.files.root.ReadFile(name)
			fmt.Fprintf(&b, "%s %d\n", name, len(text))
		}
		return nil
	})
	return b.String()
}

// optionStage has objects and files of every sort that the lines of optionLine need.
func optionStage(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"data", "older"} {
		if err := s.files.Mkdir(name); err != nil {
			t.Fatal(err)
		}
	}
	s.write(t, "data/a.txt", []byte("a"))
	s.write(t, "data/b.txt", []byte("bb"))
	s.must(t, "cp", "data", bucket+"data", "--recursive")
	s.must(t, "cp", "data/a.txt", bucket+"data2/gone.txt")
	s.must(t, "cp", "data/a.txt", bucket+"cold/a.txt", "--storage-class", "GLACIER")
	s.must(t, "cp", "data/a.txt", bucket+"case/A.txt")
	s.must(t, "cp", "data/a.txt", bucket+"case/a.txt")
	s.must(t, "mb", "s3://small-bucket-with-one")
	s.must(t, "cp", "data/a.txt", "s3://small-bucket-with-one/a")
	for _, name := range []string{"a.txt", "b.txt"} { // as large, of another time
		s.write(t, "older/"+name, []byte(strings.Repeat("x", map[string]int{"a.txt": 1, "b.txt": 2}[name])))
	}
	later := map[string]time.Time{"older/a.txt": at, "older/b.txt": time.Now().Add(time.Hour)}
	for name, when := range later {
		if err := s.files.Chtimes(name, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a.txt", filepath.Join(s.files.root.Name(), "data", "link.txt")); err != nil {
		t.Fatal(err)
	}
	s.Stdin = strings.NewReader(strings.Repeat("s", 17<<20))
	return s
}

// TestEveryOptionDoesSomething gives every option of every command of `aws s3` where it makes a difference: what is sent,
// printed, written, or how the line ends is another than without it.
func TestEveryOptionDoesSomething(t *testing.T) {
	t.Parallel()
	tried := 0
	var mu sync.Mutex
	without := map[string]string{} // of many options it is one line
	for _, verb := range s3.Verbs() {
		for _, option := range s3.OptionsOf(verb) {
			tried++
			t.Run(verb+" "+option, func(t *testing.T) {
				t.Parallel()
				line := optionLine(verb, option)
				with := line + " --" + option
				if value := optionValues[option]; value != "" {
					with += " " + value
				}
				mu.Lock()
				if without[line] == "" {
					without[line] = optionStage(t).trace(t, line)
				}
				before := without[line]
				mu.Unlock()
				after := optionStage(t).trace(t, with)
				if strings.HasPrefix(before, "refused") {
					t.Fatalf("%s: %s", line, before)
				}
				if strings.HasPrefix(after, "refused") && option != "validate-same-s3-paths" {
					t.Fatalf("%s: %s", with, after)
				}
				if quiet := slices.Contains(saysNothing, option); (before == after) != quiet {
					t.Errorf("%s and %s do the same: %v\n%s\n%s", line, with, before == after, before, after)
				}
			})
		}
	}
	if tried < 100 {
		t.Errorf("%d options", tried)
	}
}

// TestEveryOptionOfALargeObject gives each option to an upload and to a copy in parts: none puts a member into a call
// that does not have it.
func TestEveryOptionOfALargeObject(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"large.bin", "B/large.bin"} {
		for _, option := range s3.OptionsOf("cp") {
			if option == "recursive" || option == "dryrun" || option == "expected-size" {
				continue
			}
			t.Run(from+" "+option, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				s.write(t, "large.bin", make([]byte, 8<<20+1))
				s.must(t, "cp", "large.bin", bucket+"large.bin")
				line := "cp " + from + " B/new.bin --" + option
				if value := optionValues[option]; value != "" {
					line += " " + value
				}
				// The sandbox says of some members that it does not simulate them: they are known to the model.
				got := s.trace(t, line)
				if !strings.HasPrefix(got, "0 <nil>") && !strings.Contains(got, "(SandboxNotImplemented)") ||
					!strings.Contains(got, "uploads") && option != "exclude" {
					t.Errorf("%s: %s", line, got)
				}
				if option != "no-overwrite" {
					return
				}
				if got := s.trace(t, line); !strings.HasPrefix(got, "0 <nil>") || !strings.Contains(got, "If-None-Match=*") ||
					!strings.Contains(strings.Join(s.notes, "\n"), "it already exists on "+bucket+"new.bin") ||
					!strings.Contains(got, "DELETE") {
					t.Errorf("a second time: %s", got)
				}
			})
		}
	}
}
