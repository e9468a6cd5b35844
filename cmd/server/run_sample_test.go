package main

import (
	"strings"
	"testing"
)

// TestWebAnswersAreSamples: on the sandbox, that a host of somebody else answers is simulated; what it says is not known. So a step
// that reads what it says neither passes nor fails, nor does one that goes on with it; one that asks whether it answers passes.
func TestWebAnswersAreSamples(t *testing.T) {
	const host = "curl -sf https://orders.example.com/api"
	for _, c := range []struct{ name, script, verdict string }{
		{"shown", host, "pass"},
		{"dropped", host + " > /dev/null && echo up", "pass"},
		{"its status", "[ \"$(curl -s -o /dev/null -w '%{http_code}' https://orders.example.com/api)\" = 200 ]", "pass"},
		{"a filter that it does not suit", host + " | jq -e '.queues[]'", "info"},
		{"a filter that it suits", host + " | jq -e .status", "info"},
		{"a comparison", "[ \"$(" + host + " | jq .depth)\" -lt 5 ]", "info"},
		{"a file", host + " -o state.json\njq -e '.queues[]' state.json", "info"},
		{"redirected", host + " > state.json\njq -e '.queues[]' state.json", "info"},
		{"the estate's own", "[ \"$(curl -s https://api.network-visualizer.com/health | jq -r .status)\" = healthy ]", "pass"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := runbookFolder(t, "# Book\n\n## Look\n\n```bash\n"+c.script+"\n```\n\n")
			_, _, stderr := cli(t, "run", "--runbooks", dir, "book#look")
			if !strings.Contains(stderr, ": "+c.verdict+": ") {
				t.Errorf("%s is judged\n%s\nwant %s", c.script, stderr, c.verdict)
			}
		})
	}
	dir := runbookFolder(t, "# Book\n\n## Ask\n\n```bash\nDEPTH=$("+host+" | jq .depth)\n```\n\n"+
		"## Compare\n\n```bash\n[ \"$DEPTH\" = 7 ]\n```\n")
	if _, _, stderr := cli(t, "run", "--runbooks", dir, "book"); !strings.Contains(stderr, "on a sample of the sandbox") ||
		strings.Contains(stderr, "fail") {
		t.Errorf("a comparison in the next step is judged\n%s", stderr)
	}
}
