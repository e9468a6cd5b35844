package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
)

// withdrawable lets everybody do everything, until the right to one procedure is taken away.
type withdrawable struct {
	procedure string
	withdrawn atomic.Bool
}

func (p *withdrawable) May(_ context.Context, r access.Request) error {
	if p.withdrawn.Load() && r.Procedure == p.procedure {
		return procedures.Errorf(procedures.CodeRefused, "you may not %s this", r.Action)
	}
	return nil
}

// TestARightThatIsTakenAway: what is open ends, and what is asked for afterwards is refused, listed nowhere included.
func TestARightThatIsTakenAway(t *testing.T) {
	policy := &withdrawable{procedure: "book/secret"}
	s := startWith(t, &options{
		Runbooks: runbookFolder(t,
			"# Book\n\n## Secret\n\n```bash\n# Say\necho marvellous > kept.txt; echo marvellous\n```\n\n## Open\n\n- [ ] Look\n"),
		Data: t.TempDir(), policy: policy,
	})
	if status, body := post(t, s.address+"/press", url.Values{"procedure": {"book/secret"}, "step": {"say"}}); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	events := pressed(t, s, 1)
	run, execution := runOf(t, s).ID, events[len(events)-1].Execution
	about := []string{
		"/procedures/book/secret", "/procedures/secret", "/procedures/secret/latest",
		"/runs/" + run, "/runs/" + run + "/evidence", "/runs/" + run + "/journal.jsonl",
		"/runs/" + run + "/runbook.md", "/runs/" + run + "/output/" + execution + ".txt", "/runs/" + run + "/files/kept.txt",
		"/stream?once=true&procedure=book/secret", "/stream?once=true&fixed=true&after=0&run=" + run,
	}
	for _, path := range about {
		if status, _ := get(t, s.address+path); status != http.StatusOK {
			t.Errorf("%s is answered %d before", path, status)
		}
	}
	streams := map[string]chan string{}
	for _, path := range []string{"/stream?procedure=book/secret", "/stream?fixed=true&after=0&run=" + run, "/stream?home=true"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		reader := bufio.NewReader(response.Body)
		if line, err := reader.ReadString('\n'); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %q, %v", path, response.StatusCode, line, err)
		}
		rest := make(chan string, 1)
		streams[path] = rest
		go func() {
			text, _ := io.ReadAll(reader) // the server ends it
			rest <- string(text)
		}()
	}
	time.Sleep(300 * time.Millisecond) // all have what there was
	policy.withdrawn.Store(true)
	for path, rest := range streams {
		select {
		case <-rest:
		case <-time.After(patience): // a heartbeat is sent before
			t.Errorf("%s goes on", path)
		}
	}
	for _, path := range about {
		if status, body := get(t, s.address+path); status != http.StatusNotFound || strings.Contains(body, "marvellous") {
			t.Errorf("%s is answered %d: %.200s", path, status, body)
		}
	}
	for _, path := range []string{"/", "/runs", "/stream?once=true&home=true", "/procedures/book/open"} {
		if status, body := get(t, s.address+path); status != http.StatusOK || strings.Contains(body, "book/secret") ||
			strings.Contains(body, run) {
			t.Errorf("%s is answered %d and tells of it", path, status)
		}
	}
	if status, _ := post(t, s.address+"/press", url.Values{"procedure": {"secret"}, "step": {"say"}}); status != http.StatusNotFound {
		t.Errorf("a press is answered %d", status)
	}
}

// TestNothingTellsOfWhatIsHidden looks, through the eyes of somebody who may view one procedure of two, at everything that
// lists something or says what is near: pages, notices, parts of pages, streams.
func TestNothingTellsOfWhatIsHidden(t *testing.T) {
	policy := &withdrawable{procedure: "book/hidden-treasure"}
	s := startWith(t, &options{
		Runbooks: runbookFolder(t, "# Book\n\n## Hidden treasure (Daily)\n\n```bash\n# Dig\n"+
			"#| tile: Treasure\naws lambda get-function --function-nam x\n"+
			"echo treasure > treasure.txt\n```\n\n## Open\n\nSee it.\n\n```bash\n# Look\naws dynamodb list-table\n```\n"),
		Data: t.TempDir(), policy: policy,
	})
	post(t, s.address+"/press", url.Values{"procedure": {"book/hidden-treasure"}, "step": {"dig"}})
	pressed(t, s, 1)
	run := runOf(t, s).ID
	if status, body := get(t, s.address+"/mistakes"); status != http.StatusOK || !strings.Contains(body, "reasure") {
		t.Fatalf("before, the mistakes are answered %d without it", status)
	}
	eventually(t, "the run is found", func() bool {
		_, body := get(t, s.address+"/search/found?q=hidden")
		return strings.Contains(body, "/runs/"+run)
	})
	policy.withdrawn.Store(true)
	for _, path := range []string{
		"/", "/waiting", "/search?q=hidden", "/search/found?q=hidden", "/runs", "/mistakes", "/procedures/book/open",
		"/procedures/treasur", "/procedures/hidden-treasury", "/procedures/book",
		"/procedures/dig", "/procedures/hidden-treasur%23nothing", "/procedures/book/hidden%20treasure",
		"/procedures/%23dig", "/procedures/hidden", "/procedures/book/open?step=nothing", "/nowhere", "/runs/nothing",
		"/stream?once=true&home=true", "/stream?once=true&procedure=hiddn-treasur",
		"/stream?once=true&procedure=book/open", "/runs/" + run,
		"/runs/" + run + "/evidence", "/runs/" + run + "/files/treasure.txt", "/account",
	} {
		status, body := get(t, s.address+path)
		asked := strings.NewReplacer(path, "", strings.ReplaceAll(path, "&", "&amp;"), "",
			strings.TrimPrefix(path, "/procedures/"), "", "treasury", "", "book/hidden treasure", "", "There is no run "+run, "")
		if body = strings.ToLower(asked.Replace(body)); strings.Contains(body, "treasure") || strings.Contains(body, run) {
			at := max(strings.Index(body, "treasure"), strings.Index(body, run))
			t.Errorf("%s is answered %d, and tells: …%s…", path, status, body[max(0, at-100):min(len(body), at+100)])
		}
	}
	if status, body := get(t, s.address+"/mistakes"); status != http.StatusOK || !strings.Contains(body, "list-table") {
		t.Errorf("what may be viewed is left out: %d", status)
	}
	for _, form := range []url.Values{
		{"procedure": {"treasur"}, "step": {"x"}}, {"procedure": {"hidden"}, "step": {"x"}},
		{"procedure": {"hidden-treasure#x"}, "step": {"x"}},
		{"procedure": {"hidden-treasure"}, "step": {"digg"}}, {"run": {run}, "step": {"digg"}}, {"run": {run[:len(run)-1]}},
	} {
		for _, path := range []string{"/press", "/run-all", "/marks", "/rehearse", "/choices"} {
			if path != "/press" && path != "/run-all" {
				form.Del("run")
			}
			if path == "/rehearse" || path == "/choices" || path == "/run-all" {
				form.Del("step")
			}
			_, body := post(t, s.address+path, form)
			asked, _, _ := strings.Cut(form.Get("procedure"), "#")
			body = strings.ReplaceAll(body, "&#34;"+asked+"&#34;", "")
			if strings.Contains(strings.ToLower(body), "treasure") {
				t.Errorf("%s %v is answered %s", path, form, body)
			}
		}
	}
}
