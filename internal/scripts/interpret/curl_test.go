package interpret

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// bodies is a web that keeps what was sent to it.
type bodies struct{ got []string }

func (b *bodies) RoundTrip(r *http.Request) (*http.Response, error) {
	text := ""
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		text = string(data)
	}
	b.got = append(b.got, r.Method+" "+r.URL.Host+" "+text)
	return httptest.NewRecorder().Result(), nil
}

// TestCurlSendsWhatWasConfirmed plans lines of curl that send something, and carries them out with the same world and with another.
func TestCurlSendsWhatWasConfirmed(t *testing.T) {
	const url = " https://hooks.example.com/x"
	for name, c := range map[string]struct {
		script  string
		change  func(*Execution) // between the plan and carrying it out
		planned int
		sent    []string
	}{
		"words":    {script: "curl -s -d state=ok" + url, planned: 1, sent: []string{"POST hooks.example.com state=ok"}},
		"a field":  {script: "curl -s -d \"$NOTE\"" + url, planned: 1, sent: []string{"POST hooks.example.com a note"}},
		"a file":   {script: "curl -s -d @body.json" + url, planned: 1, sent: []string{"POST hooks.example.com {}"}},
		"an input": {script: "echo made | curl -s -d @-" + url, planned: 1, sent: []string{"POST hooks.example.com made"}},
		"two": {
			script: "curl -s" + url + "\ncurl -s -X PUT" + url + " && curl -s -X PATCH" + url, planned: 2,
			sent: []string{"GET hooks.example.com ", "GET hooks.example.com ", "PUT hooks.example.com ", "PATCH hooks.example.com "},
		},
		"another file": {
			script: "curl -s -d @body.json" + url, planned: 1,
			change: func(e *Execution) { e.Files = &Folder{Over: fstest.MapFS{"body.json": {Data: []byte("[]")}}} },
		},
		"another value": {
			script: "curl -s -d \"$NOTE\"" + url, planned: 1,
			change: func(e *Execution) { e.Parameters = map[string]string{"NOTE": "other"} },
		},
		"not confirmed":     {script: "curl -s -d a" + url, planned: 1, change: func(e *Execution) { e.Confirmed = nil }},
		"a host of nobody":  {script: "curl -s -d a https://elsewhere.example/"},
		"a file by a field": {script: "curl -s -d \"$AT\"" + url},
		"below a named host": {
			script: "curl -s -d a https://\"$LABEL\".hooks.example.com/", planned: 1, sent: []string{"POST eu.hooks.example.com a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			web := &bodies{}
			table := commands.Table(commands.Options{
				Transport: web, Guard: commands.Guard{Named: func(host string) bool { return host == "hooks.example.com" }},
			})
			var planned []procedures.PlannedCall
			execute := func(change func(*Execution)) {
				e := &Execution{
					Script:     procedures.Script{Text: c.script + "\n", Line: 1},
					Files:      &Folder{Over: fstest.MapFS{"body.json": {Data: []byte("{}")}}},
					Parameters: map[string]string{"NOTE": "a note", "AT": "@body.json", "LABEL": "eu"}, Changing: true,
					Commands: func(name string) (procedures.Command, bool) {
						command, ok := table[name]
						return command, ok
					},
					Emit: func(e procedures.Event) {
						if e.Call != nil && e.Call.Planned != nil {
							planned = append(planned, *e.Call.Planned)
						}
					},
				}
				if change != nil {
					change(e)
				}
				_, _ = Run(t.Context(), e) // a refusal is an error, and what was sent tells
			}
			execute(func(e *Execution) { e.Planning = true })
			for _, got := range web.got {
				if !strings.HasPrefix(got, "GET ") {
					t.Errorf("the plan sent %q", got)
				}
			}
			if len(planned) != c.planned {
				t.Fatalf("planned %+v", planned)
			}
			execute(func(e *Execution) {
				e.Confirmed = planned
				if c.change != nil {
					c.change(e)
				}
			})
			if strings.Join(web.got, "\n") != strings.Join(c.sent, "\n") {
				t.Errorf("sent %q, want %q", web.got, c.sent)
			}
		})
	}
}
