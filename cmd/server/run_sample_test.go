package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestWebAnswersAreSamples: on the sandbox, that a host of somebody else answers is simulated; what it says is not known. So a step
// that reads what it says neither passes nor fails, nor does one that continues with it; one that asks whether it answers passes.
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
		"printf -v \"V_$NAME\" %s \"$(" + ask + ")\"\nmkdir e; cp a.json e/b.json; mv e/b.json e/f.json\n" +
		"mkdir -p h-$NAME; touch -d 2020-01-01 touched; chmod 600 moded\nunset GONE\nexport WHERE=$DEPTH\nnewer() { [ 1 = 1 ]; }"
	steps := []struct{ script, verdict string }{
		{`[ "$DEPTH" = 7 ]`, "info"}, {`[ "$DEPTH" != 7 ]`, "info"}, {`jq -e .depth a.json`, "info"}, {`jq -e .depth d-c.json`, "info"},
		{`[ "$V_c" ]`, "info"}, {`V=DEPTH; [ "${!V}" ]`, "info"}, {`cat d-*.json | grep -q depth`, "info"}, {`test -s a.json`, "info"},
		{`grep -rq depth e`, "info"}, {`cut -c1 e/f.json > g; true`, "info"}, {`grep -c . g`, "info"},
		{`jq -e '.depth == 7' own.json`, "info"}, {`[ "$(jq .depth own.json)" = 7 ]`, "pass"}, {`[ 1 = 1 ]`, "pass"},
		{`[ -d h-c ]`, "info"}, {`[ touched -ot own.json ]`, "info"}, {`[ -z "${GONE:-}" ]`, "info"},
		{`declare -p DEPTH | grep -q 7`, "info"},
		{`printenv WHERE | grep -q .`, "info"}, {`newer`, "info"}, {`early`, "info"}, {`later`, "info"},
		{`calm`, "info"}, {`calm; [ $? = 0 ]`, "pass"}, {`[ "$KEPT" = kept ]`, "pass"}, {`[ -e kept ]`, "pass"},
		{`cd "h-$NAME"; [ 1 = 1 ]`, "info"}, {`pwd | grep -q h-c`, "info"}, {`[ "$PWD" ]`, "info"},
	}
	verdicts := verdictsOf(t, append([]string{"echo '{\"depth\":7}' > own.json; touch moded kept; GONE=1; KEPT=kept\n" +
		"early() { [ -n \"${DEPTH:-}\" ]; }\nlater() { early; }\ncalm() { [ \"$KEPT\" ]; }", makes}, scripts(steps)...))
	for i, step := range steps {
		if !strings.Contains(verdicts[i+2], ": "+step.verdict+": ") {
			t.Errorf("%s is judged %s, want %s", step.script, verdicts[i+2], step.verdict)
		}
	}
}

// TestAskedOfSamples: what -w says of an answer beyond its status and times is a sample; and calls whose region is one are not known.
func TestAskedOfSamples(t *testing.T) {
	const ask = "curl -s -o /dev/null https://orders.example.com/api"
	steps := []struct{ script, verdict string }{
		{"[ \"$(" + ask + " -w '%{http_code}')\" = 200 ]", "pass"}, {"[ \"$(" + ask + " -w '%{size_download}')\" -gt 0 ]", "info"},
		{"[ \"$(" + ask + " -w '%{content_type}')\" ]", "info"}, {"[ \"$(" + ask + " -w '%header{Date}')\" ]", "info"},
		{`[ "$(aws sqs get-queue-url --queue-name orders --output text)" ]`, "pass"},
		{"export AWS_DEFAULT_REGION=us-east-$(curl -s https://orders.example.com/api | wc -l)", "info"},
		{`[ "$(aws sqs get-queue-url --queue-name orders --output text)" ]`, "info"},
	}
	verdicts := verdictsOf(t, scripts(steps))
	for i, step := range steps {
		if !strings.Contains(verdicts[i], ": "+step.verdict+": ") {
			t.Errorf("%s is judged %s, want %s", step.script, verdicts[i], step.verdict)
		}
	}
}

// scripts are those of steps.
func scripts(steps []struct{ script, verdict string }) []string {
	out := make([]string, len(steps))
	for i, step := range steps {
		out[i] = step.script
	}
	return out
}

// verdictsOf runs scripts as the steps of one run, on the sandbox, and returns a line for the verdict of each.
func verdictsOf(t *testing.T, scripts []string) []string {
	t.Helper()
	text := "# Book\n"
	for _, script := range scripts {
		text += "\n```bash\n" + script + "\n```\n"
	}
	_, _, stderr := cli(t, "run", "--runbooks", runbookFolder(t, text), "book")
	lines := slices.DeleteFunc(strings.Split(stderr, "\n"), func(line string) bool { return !verdictLine.MatchString(line) })
	if len(lines) != len(scripts) {
		t.Fatalf("%d verdicts of %d steps:\n%s", len(lines), len(scripts), stderr)
	}
	return lines
}

var verdictLine = regexp.MustCompile(`: (pass|info|fail|warn|error|unavailable|nodata): `)
