package s3_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/opsbook/opsbook/internal/aws/s3"
	"github.com/opsbook/opsbook/internal/aws/sandbox"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/procedures"
)

// watched sends to the sandbox and remembers what was sent. before, where set, is called for each request.
type watched struct {
	to     http.RoundTripper
	before func(r *http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []string
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	what := r.Method
	for _, name := range []string{"uploads", "uploadId", "partNumber", "tagging", "list-type"} {
		if query.Has(name) {
			what += " " + name
		}
	}
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		what += " copy"
	}
	w.mu.Lock()
	w.sent = append(w.sent, what)
	w.mu.Unlock()
	if w.before != nil {
		if response, err := w.before(r); response != nil || err != nil {
			return response, err
		}
	}
	return w.to.RoundTrip(r)
}

// folder is a directory as a command sees it.
type folder struct{ root *os.Root }

func (f folder) Open(name string) (fs.File, error) { return f.root.Open(name) }
func (f folder) Create(name string, _ bool) (io.WriteCloser, error) {
	return f.root.Create(name)
}
func (f folder) Stat(name string) (fs.FileInfo, error) { return f.root.Stat(name) }
func (f folder) ReadDir(name string) ([]fs.DirEntry, error) {
	return fs.ReadDir(f.root.FS(), name)
}
func (f folder) Remove(name string) error                { return f.root.Remove(name) }
func (f folder) Mkdir(name string) error                 { return f.root.Mkdir(name, 0o755) }
func (f folder) Chtimes(name string, at time.Time) error { return f.root.Chtimes(name, at, at) }

// stage is a sandbox, a folder and a session between them.
type stage struct {
	*s3.Session
	wire   *watched
	files  folder
	out    bytes.Buffer
	errors bytes.Buffer
	notes  []string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	s := &stage{wire: &watched{to: sandbox.New(sandbox.Options{}).Transport()}, files: folder{root}}
	client := &wire.Client{
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""), Region: "us-east-1",
		HTTP: &http.Client{Transport: s.wire},
	}
	s.Session = &s3.Session{Client: client, Files: s.files, Stdin: strings.NewReader(""), Stdout: &s.out,
		Stderr: &s.errors, Now: time.Now, Note: func(text string) {
			s.notes = append(s.notes, text)
		}}
	return s
}

func (s *stage) run(ctx context.Context, t *testing.T, line ...string) (int, error) {
	t.Helper()
	l, err := s3.Parse(line, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.wire.mu.Lock()
	s.wire.sent = nil
	s.wire.mu.Unlock()
	return s.Run(ctx, l)
}

func (s *stage) must(t *testing.T, line ...string) {
	t.Helper()
	if status, err := s.run(t.Context(), t, line...); status != 0 || err != nil {
		t.Fatalf("%v ended with %d, %v: %s", line, status, err, &s.errors)
	}
}

func (s *stage) write(t *testing.T, name string, data []byte) {
	t.Helper()
	f, err := s.files.Create(name, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

const bucket = "s3://network-visualizer-data-production/"

// numbered is data in which every part differs.
func numbered(size int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%d\n", i)
	}
	return b.Bytes()[:size]
}

func TestALargeFileComesBackAsItWasSent(t *testing.T) {
	for _, size := range []int{8<<20 - 1, 8 << 20, 8<<20 + 1, 16<<20 - 7} {
		s := newStage(t)
		data := numbered(size)
		s.write(t, "big", data)
		var mu sync.Mutex
		parts := map[string][]byte{}
		s.wire.before = func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPut {
				return nil, nil
			}
			body, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			mu.Lock()
			defer mu.Unlock()
			parts[r.URL.Query().Get("partNumber")] = body
			return nil, err
		}
		s.must(t, "cp", "big", bucket+"big")
		if sent := slices.Concat(parts[""], parts["1"], parts["2"]); !bytes.Equal(sent, data) {
			t.Errorf("%d bytes were sent as %d others", size, len(sent))
		}
		if inParts := slices.Contains(s.wire.sent, "POST uploads"); inParts != (size >= 8<<20) {
			t.Errorf("%d bytes: in parts is %v", size, inParts)
		}
		s.must(t, "cp", bucket+"big", "back")
		f, err := s.files.Open("back")
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(f)
		if err != nil || size < 8<<20 && !bytes.Equal(back, data) || len(back) != size {
			t.Errorf("%d bytes came back as %d, %v", size, len(back), err)
		}
	}
}

func TestALargeObjectIsCopiedInPartsWithWhatItHas(t *testing.T) {
	s := newStage(t)
	s.write(t, "big", numbered(20<<20))
	s.must(t, "cp", "big", bucket+"big", "--content-type", "text/x", "--metadata", "a=b")
	s.must(t, "cp", bucket+"big", bucket+"copy", "--storage-class", "GLACIER")
	want := map[string]int{"HEAD": 2, "GET tagging": 1, "POST uploads": 1, "PUT uploadId partNumber copy": 3, "POST uploadId": 1}
	got := map[string]int{}
	for _, what := range s.wire.sent {
		got[what]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	s.out.Reset()
	s.must(t, "ls", bucket+"copy")
	if !strings.HasSuffix(s.out.String(), "   20971520 copy\n") {
		t.Errorf("listed as %q", s.out.String())
	}
	if status, _ := s.run(t.Context(), t, "cp", bucket+"copy", "back"); status != 2 ||
		!strings.Contains(s.errors.String(), "Object is of storage class GLACIER") {
		t.Errorf("an object in GLACIER was fetched: %d %s", status, &s.errors)
	}
	if s.Tally.Skipped != 1 {
		t.Errorf("tally %+v", s.Tally)
	}
}

func TestACancelledUploadEndsAtOnceAndItsPartsAreTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.write(t, "big", numbered(20<<20))
		ctx, cancel := context.WithCancel(t.Context())
		s.wire.before = func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Has("partNumber") {
				<-r.Context().Done() // a service that hangs
				return nil, r.Context().Err()
			}
			return nil, nil
		}
		time.AfterFunc(time.Minute, cancel)
		started := time.Now()
		status, err := s.run(ctx, t, "cp", "big", bucket+"big")
		if status != 130 || err == nil {
			t.Errorf("ended with %d, %v", status, err)
		}
		if took := time.Since(started); took > time.Minute+time.Second {
			t.Errorf("it ended %v after it was cancelled", took-time.Minute)
		}
		if !slices.Contains(s.wire.sent, "DELETE uploadId") {
			t.Errorf("the parts stayed: %v", s.wire.sent)
		}
		if s.out.Len() > 0 || s.errors.Len() > 0 {
			t.Errorf("said %q, %q", s.out.String(), s.errors.String())
		}
	})
}

func TestPartsThatCannotBeTakenBackAreSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.write(t, "big", numbered(9<<20))
		ctx, cancel := context.WithCancel(t.Context())
		s.wire.before = func(r *http.Request) (*http.Response, error) {
			if r.URL.Query().Has("uploadId") {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return nil, nil
		}
		time.AfterFunc(time.Minute, cancel)
		started := time.Now()
		if status, _ := s.run(ctx, t, "cp", "big", bucket+"big"); status != 130 || time.Since(started) > time.Minute+time.Second {
			t.Errorf("ended with %d after %v", status, time.Since(started))
		}
		if len(s.notes) != 1 || !strings.Contains(s.notes[0],
			"aws s3api abort-multipart-upload --bucket network-visualizer-data-production --key 'big' --upload-id ") {
			t.Errorf("notes %q", s.notes)
		}
	})
}

func TestALongTransferTellsHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		for i := range 600 {
			s.write(t, fmt.Sprintf("f%03d", i), numbered(1<<10))
		}
		s.wire.before = func(*http.Request) (*http.Response, error) { time.Sleep(time.Second); return nil, nil }
		var told []procedures.Progress
		s.Progress = func(p procedures.Progress) { told = append(told, p) }
		s.must(t, "cp", ".", bucket+"many", "--recursive")
		if len(told) < 50 || len(told) > 101 {
			t.Fatalf("it was told %d times in 100 seconds", len(told))
		}
		for i, p := range told {
			if p.Of != 600 || p.OfBytes != 600<<10 || p.Counting || i > 0 &&
				(p.Done < told[i-1].Done || p.Elapsed < told[i-1].Elapsed+time.Second) || p.Bytes < p.Done<<10 {
				t.Fatalf("the %d. is %+v", i+1, p)
			}
		}
		if strings.Count(s.out.String(), "\n") != 600 {
			t.Errorf("standard output: %s", &s.out)
		}
		if got := s.Tally.Sentence(); got != "600 objects transferred, 600.0 KiB." {
			t.Errorf("in the end: %s", got)
		}
	})
}

func TestAVeryLongTransferIsToldSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		for i := range 3000 {
			s.write(t, fmt.Sprintf("f%04d", i), numbered(10))
		}
		s.wire.before = func(*http.Request) (*http.Response, error) { time.Sleep(4 * time.Second); return nil, nil }
		told := 0
		s.Progress = func(procedures.Progress) { told++ }
		s.must(t, "cp", ".", bucket+"many", "--recursive") // more than half an hour
		if told < 100 || told > 420 {
			t.Errorf("it was told %d times", told)
		}
	})
}

func TestASyncThatWasCutOffGoesOnWithTheRest(t *testing.T) {
	s := newStage(t)
	copies := "s3://network-visualizer-data-production-backup/today/"
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	begun := 0
	s.wire.before = func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("x-amz-copy-source") == "" {
			return nil, nil
		}
		if begun++; begun > 8 {
			cancel()
			return nil, context.Canceled
		}
		return nil, nil
	}
	if status, err := s.run(ctx, t, "sync", bucket, copies); status != 130 || err == nil {
		t.Fatalf("ended with %d, %v", status, err)
	}
	s.wire.before = nil
	s.out.Reset()
	s.must(t, "sync", bucket, copies, "--dryrun")
	left := strings.Count(s.out.String(), "(dryrun) copy: ")
	if left == 0 || left >= 21 || left != strings.Count(s.out.String(), "\n") {
		t.Fatalf("%d are left to do: %s", left, &s.out)
	}
	s.out.Reset()
	s.must(t, "sync", bucket, copies)
	if done := strings.Count(s.out.String(), "\n"); done != left {
		t.Errorf("%d were left to do, %d were done", left, done)
	}
	s.out.Reset()
	s.must(t, "sync", bucket, copies)
	if s.out.Len() > 0 {
		t.Errorf("a third time it did %s", &s.out)
	}
}

func TestSomeFailuresAreStatusOne(t *testing.T) {
	s := newStage(t)
	s.wire.before = func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "2023/08") {
			return &http.Response{
				StatusCode: http.StatusForbidden, Header: http.Header{},
				Body: io.NopCloser(strings.NewReader("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")),
			}, nil
		}
		return nil, nil
	}
	status, err := s.run(t.Context(), t, "rm", bucket+"exports", "--recursive")
	if status != 1 || err != nil {
		t.Fatalf("ended with %d, %v", status, err)
	}
	want := "delete failed: s3://network-visualizer-data-production/exports/2023/08/topology.json An error occurred " +
		"(AccessDenied) when calling the DeleteObject operation: Access Denied"
	if got := strings.TrimSpace(s.errors.String()); got != want {
		t.Errorf("said %q", got)
	}
	if got := s.Tally.Sentence(); got != "5 objects deleted; 1 failed: "+want+"." {
		t.Errorf("in the end: %s", got)
	}
}
