package main

import (
	"regexp"
	"slices"
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
}

// TestMadeOfSamples: what a step makes of a sample keeps the mark, whatever way it is handed on; what is not made of one is judged.
func TestMadeOfSamples(t *testing.T) {
	const ask = "curl -sf https://orders.example.com/api"
	makes := "DEPTH=$(" + ask + " | jq .depth)\n" + ask + " | tee a.json > /dev/null\nNAME=c\n" + ask + " > d-$NAME.json\n" +
		"printf -v \"V_$NAME\" %s \"$(" + ask + ")\"\nmkdir e; cp a.json e/b.json; mv e/b.json e/f.json"
	var text strings.Builder
	text.WriteString("# Book\n\n## Make\n\n```bash\n" + makes + "\n```\n\n```bash\necho '{\"depth\":7}' > own.json\n```\n")
	steps := []struct{ script, verdict string }{
		{`[ "$DEPTH" = 7 ]`, "info"}, {`[ "$DEPTH" != 7 ]`, "info"}, {`jq -e .depth a.json`, "info"}, {`jq -e .depth d-c.json`, "info"},
		{`[ "$V_c" ]`, "info"}, {`V=DEPTH; [ "${!V}" ]`, "info"}, {`cat d-*.json | grep -q depth`, "info"}, {`test -s a.json`, "info"},
		{`grep -rq depth e`, "info"}, {`cut -c1 e/f.json > g; true`, "info"}, {`grep -c . g`, "info"},
		{`jq -e '.depth == 7' own.json`, "info"}, {`[ "$(jq .depth own.json)" = 7 ]`, "pass"}, {`[ 1 = 1 ]`, "pass"},
	}
	for _, step := range steps {
		text.WriteString("\n```bash\n" + step.script + "\n```\n")
	}
	_, _, stderr := cli(t, "run", "--runbooks", runbookFolder(t, text.String()), "book")
	lines := slices.DeleteFunc(strings.Split(stderr, "\n"), func(line string) bool { return !verdictLine.MatchString(line) })
	if len(lines) != len(steps)+2 {
		t.Fatalf("%d verdicts:\n%s", len(lines), stderr)
	}
	for i, step := range steps {
		if !strings.Contains(lines[i+2], ": "+step.verdict+": ") {
			t.Errorf("%s is judged %s, want %s", step.script, lines[i+2], step.verdict)
		}
	}
}

var verdictLine = regexp.MustCompile(`: (pass|info|fail|warn|error|unavailable|nodata): `)
