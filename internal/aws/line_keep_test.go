package aws

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// recorder answers every request with an empty document, and keeps where it went and what it held.
type recorder struct {
	mu   sync.Mutex
	sent []string
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, request.URL.String()+" "+string(body))
	answer := "{}"
	if host := request.URL.Host; strings.Contains(host, "s3.") || strings.Contains(host, "cloudfront") {
		answer = "<Empty/>"
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: request,
	}, nil
}

func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.sent...)
}

// folder is the files of a directory.
type folder struct {
	procedures.Files
	fs.FS
}

func (f folder) Open(name string) (fs.File, error) { return f.FS.Open(name) }

func newRecorded(t *testing.T) (*Command, *recorder) {
	t.Helper()
	none := filepath.Join(t.TempDir(), "none")
	for name, v := range map[string]string{
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_PROFILE": "", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "",
	} {
		t.Setenv(name, v)
	}
	r := &recorder{}
	return New(Options{Environment: procedures.Environment{Name: "real"}, Transport: r}), r
}

// runLine runs a line with exported variables, and reports a status other than 0.
func runLine(t *testing.T, c *Command, files procedures.Files, line string, exports map[string]string) {
	var out, failed bytes.Buffer
	status := c.Run(t.Context(), &procedures.Invocation{
		Args: strings.Fields(line), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &failed, Now: time.Now, Files: files,
		Env: func(name string) (string, bool) { v, ok := exports[name]; return v, ok },
	})
	if status != 0 {
		t.Errorf("%s: %d, %s", line, status, failed.String())
	}
}

func lineWords(line string) []procedures.Word {
	var out []procedures.Word
	for i, text := range strings.Fields(line) {
		out = append(out, procedures.Word{Text: text, Known: true, Source: text, Line: 1, Col: 10 * (i + 1)})
	}
	return out
}

func TestTheSameWordsAreDescribedOnce(t *testing.T) {
	c := New(Options{})
	for _, line := range []string{
		"aws dynamodb delete-table --table-name t", "aws dynamodb delete-table", "aws cloudwatch describe-alarms",
		"aws s3 rm s3://b/k", "aws help", "aws nothing",
	} {
		before := c.described.Stats()
		first := c.Describe(lineWords(line))
		second := c.Describe(lineWords(line))
		if !reflect.DeepEqual(first, second) {
			t.Errorf("%s: %+v, then %+v", line, first, second)
		}
		if s := c.described.Stats(); s.Misses != before.Misses+1 || s.Hits != before.Hits+1 {
			t.Errorf("%s: %+v after %+v", line, s, before)
		}
		if second.Call != nil { // what one caller changes is not what another gets
			second.Call.Args[0], second.Call.Line = "changed", 99
		}
		for i := range second.Findings {
			second.Findings[i].Line = 99
		}
		if third := c.Describe(lineWords(line)); !reflect.DeepEqual(first, third) {
			t.Errorf("%s: %+v after a caller's change, was %+v", line, third, first)
		}
	}
}

func TestOtherWordsAreDescribedAnew(t *testing.T) {
	c := New(Options{})
	words := lineWords("aws dynamodb delete-table --table-name t")
	for name, change := range map[string]func(w *procedures.Word){
		"text": func(w *procedures.Word) { w.Text = "u" }, "unknown": func(w *procedures.Word) { w.Known = false },
		"split": func(w *procedures.Word) { w.Split = true }, "source": func(w *procedures.Word) { w.Source = "'t'" },
		"line": func(w *procedures.Word) { w.Line++ }, "column": func(w *procedures.Word) { w.Col++ },
		"parameters": func(w *procedures.Word) { w.Parameters = []string{"t"} },
	} {
		c.Describe(words)
		before := c.described.Stats().Misses
		other := append([]procedures.Word(nil), words...)
		change(&other[len(other)-1])
		if c.Describe(other); c.described.Stats().Misses != before+1 {
			t.Errorf("another %s is not described anew", name)
		}
	}
}

func TestLinesOfFilesAndOfTheClockAreNotKept(t *testing.T) {
	c, _ := newRecorded(t)
	for _, line := range []string{
		"aws lambda invoke --function-name f --payload fileb://p out.json", "aws sns publish --topic-arn a --message file://m",
		"aws sqs send-message --cli-input-json file://m", "aws logs tail group --since 1h",
		"aws cloudfront create-invalidation --distribution-id E --paths /*", "aws s3api put-object --bucket b --key k --body f",
	} {
		c.Describe(lineWords(line))
		if s := c.described.Stats(); s.Entries != 0 {
			t.Errorf("%s is kept", line)
		}
	}
}

func TestTheSameWordsAreBoundAndResolvedOnce(t *testing.T) {
	c, sent := newRecorded(t)
	const line = "aws dynamodb get-item --table-name t --key {\"k\":{\"S\":\"1\"}}"
	runLine(t, c, nil, line, nil)
	bound, resolved := c.bound.Stats(), c.connector.Endpoints.Stats()
	runLine(t, c, nil, line, nil)
	if s := c.bound.Stats(); s.Misses != bound.Misses || s.Hits != bound.Hits+1 {
		t.Errorf("bound: %+v after %+v", s, bound)
	}
	if s := c.connector.Endpoints.Stats(); s.Misses != resolved.Misses || s.Hits <= resolved.Hits {
		t.Errorf("resolved: %+v after %+v", s, resolved)
	}
	if all := sent.all(); len(all) != 2 || all[0] != all[1] || !strings.Contains(all[0], `"t"`) {
		t.Errorf("sent %q", all)
	}
	runLine(t, c, nil, line+" --consistent-read", nil)
	if all := sent.all(); c.bound.Stats().Misses != bound.Misses+1 || !strings.Contains(all[2], "ConsistentRead") {
		t.Errorf("other words sent %q", all[2])
	}
}

func TestRegionsAndAddressesAreResolvedAnew(t *testing.T) {
	c, sent := newRecorded(t)
	const line = "aws s3api list-objects-v2 --bucket bucket-one"
	for i, call := range []struct {
		line    string
		exports map[string]string
		at      string
	}{
		{line, nil, "https://bucket-one.s3.eu-west-1.amazonaws.com/"},
		{line, map[string]string{"AWS_REGION": "eu-central-1"}, "https://bucket-one.s3.eu-central-1.amazonaws.com/"},
		{line + " --region us-west-2", nil, "https://bucket-one.s3.us-west-2.amazonaws.com/"},
		{line, map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "http://127.0.0.1:9/bucket-one"},
		{"aws s3api list-objects-v2 --bucket bucket-two", nil, "https://bucket-two.s3.eu-west-1.amazonaws.com/"},
		{line, nil, "https://bucket-one.s3.eu-west-1.amazonaws.com/"},
	} {
		var out, failed bytes.Buffer // the answer may be none of S3's; where the request was sent is what counts
		c.Run(t.Context(), &procedures.Invocation{
			Args: strings.Fields(call.line), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &failed, Now: time.Now,
			Env: func(name string) (string, bool) { v, ok := call.exports[name]; return v, ok },
		})
		all := sent.all()
		if len(all) == 0 || !strings.HasPrefix(all[len(all)-1], call.at) {
			t.Errorf("%d: sent %q, want %s; %s", i, all, call.at, failed.String())
		}
	}
	t.Setenv("AWS_REGION", "")
	other := New(Options{Environment: procedures.Environment{Name: "other", Region: "sa-east-1"}, Transport: sent})
	runLine(t, other, nil, line, nil)
	if all := sent.all(); !strings.HasPrefix(all[len(all)-1], "https://bucket-one.s3.sa-east-1.amazonaws.com/") {
		t.Errorf("another environment sent %q", all[len(all)-1])
	}
}

func TestFilesAreReadAnew(t *testing.T) {
	c, sent := newRecorded(t)
	dir := t.TempDir()
	files := folder{FS: os.DirFS(dir)}
	for _, line := range []string{
		"aws ssm put-parameter --name n --type String --value file://v", "aws ssm put-parameter --cli-input-json file://v",
		"aws kms encrypt --key-id k --plaintext fileb://v", "aws s3api put-object --bucket bucket-one --key k --body v",
	} {
		for _, content := range []string{`{"Name":"n","Value":"one"}`, `{"Name":"n","Value":"two"}`} {
			if err := os.WriteFile(filepath.Join(dir, "v"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			runLine(t, c, files, line, nil)
		}
		all := sent.all()
		if len(all) < 2 || all[len(all)-2] == all[len(all)-1] {
			t.Errorf("%s: sent %q", line, all)
		}
	}
	if s := c.bound.Stats(); s.Entries != 0 {
		t.Errorf("%+v lines that read files are kept", s)
	}
}

func TestTokensDiffer(t *testing.T) {
	c, sent := newRecorded(t)
	for _, line := range []string{
		"aws secretsmanager create-secret --name n --secret-string s", "aws cloudfront create-invalidation --distribution-id E --paths /a",
	} {
		runLine(t, c, nil, line, nil)
		runLine(t, c, nil, line, nil)
		all := sent.all()
		if all[len(all)-2] == all[len(all)-1] {
			t.Errorf("%s: the same token twice in %q", line, all[len(all)-1])
		}
	}
}

func TestManyLinesAtOnceStayWithinTheBounds(t *testing.T) {
	c, sent := newRecorded(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			for n := range 4 {
				line := fmt.Sprintf("aws secretsmanager create-secret --name n%d --secret-string s", (i+n)%5)
				c.Describe(lineWords(line)).Call.Args[0] = "changed"
				runLine(t, c, nil, line, nil)
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, s := range sent.all() {
		seen[s] = true
	}
	if len(seen) != 200 {
		t.Errorf("%d requests of 200 have a token of their own", len(seen))
	}
	for i := range maxLines + 50 {
		c.Describe(lineWords(fmt.Sprintf("aws sts get-caller-identity --region r%d", i)))
	}
	c.Describe(lineWords("aws sns publish --topic-arn a --message " + strings.Repeat("m", maxLineBytes)))
	if s := c.described.Stats(); s.Entries > maxLines || s.Bytes > maxLineBytes {
		t.Errorf("%+v", s)
	}
}
