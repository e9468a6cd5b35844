package runbook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestBlockEdges has blocks at the edges of what makes a step, a group, a title or an annotation.
func TestBlockEdges(t *testing.T) {
	tests := []struct{ name, fence, block, want string }{
		{"a paragraph between a task and a step", "bash", "# Post in #ops\n\naws s3 ls\n\n# Two\naws s3 ls",
			"Post in #ops@4 manual; Q: list S3@6; Q: Two@8"},
		{"printing behind a task", "bash", "# Post in #ops\n\n# Say so\necho done\n\n# Two\naws s3 ls",
			"Post in #ops@4 manual; Q: Say so@6; Q: Two@9"},
		{"printing at the top", "bash", "# Say\necho a\n\n# One\naws s3 ls", "Q: One@4"},
		{"two paragraphs at the top", "bash", "set -e\n\ncd /tmp\n\n# One\naws s3 ls\n\n# Two\naws s3 ls", "Q: One@4; Q: Two@11"},
		{"a top and a note", "bash", "set -e\n\n# Note: it is slow\n\n# One\naws s3 ls", "Q@4; Q: One@8"},
		{"a top and a task", "bash", "aws s3 ls\n\n# Post in #ops", "Q: list S3@4; Post in #ops@6 manual"},
		{"a shebang over a statement", "bash", "#!/bin/bash\naws s3 ls\n\n# Two\naws s3 ls", "Q: list S3@4; Q: Two@7"},
		{"a shebang over an annotation", "bash", "#!/bin/bash\n#| title: Named\naws s3 ls", "Named@4"},
		{"a shebang alone", "bash", "#!/bin/bash\n\naws s3 ls", "Q@6"},
		{"a shebang and a file's name", "bash", "#!/bin/bash\n# check.sh\n\naws s3 ls", "Q@7"},
		{"a file's name above a shebang", "bash", "# check.sh\n#!/bin/bash\n\nset -e\n\n# One\naws s3 ls", "Q: One@7"},
		{"a comment far to the right at the top", "bash", "               # One\naws s3 ls", "Q: One@4"},
		{"a comment far to the right behind a blank line", "bash", "# One\naws s3 ls\n\n               # Two\naws s3 ls",
			"Q: One@4; Q: Two@7"},
		{"a comment not far to the right", "bash", "# One\naws s3 ls\n           # Two\naws s3 ls", "Q: One@4; Q: Two@6"},
		{"a comment far to the right under a statement", "bash", "# One\naws s3 ls\n            # Two\naws s3 ls", "Q: One@4"},
		{"a group of a banner", "bash", "# ====\n# Both\n# ====\n\n# One\naws s3 ls\n\n# Two\naws s3 ls",
			"Q: One@8 in Both; Q: Two@11 in Both"},
		{"a group with a colon", "bash", "# Both:\n# One\naws s3 ls\n\n# Two\naws s3 ls", "Both: One@4; Q: Two@8 in Both"},
		{"a group for one step", "bash", "# First\n# One\naws s3 ls\n\n# Two\naws s3 ls", "First: One@4; Q: Two@8"},
		{"a group ends at a task", "bash", "# Both\n# 1. One\naws s3 ls\n\n# Ask the team\n\n# Two\naws s3 ls",
			"Both: One@4; Ask the team@8 manual; Q: Two@10"},
		{"a lone or before a task", "bash", "# One\naws s3 ls\n\n# or\n\n# Ask the team", "Q: One@4; Ask the team@9 manual alternative"},
		{"a lone or before no comment", "bash", "# One\naws s3 ls\n\n# or\n\naws s3 ls --summarize", "Q: One@4; Q: list S3@9 alternative"},
		{"an option A", "bash", "# One\naws s3 ls\n\n# Option A: two\naws s3 ls\n\n# Option B: three\naws s3 ls",
			"Q: One@4; Option A: two@7; Option B: three@10 alternative"},
		{"no alternative at the top", "bash", "# Or this\naws s3 ls", "Q: Or this@4"},
		{"a number in the middle of a comment", "bash", "# See v1.2\n# and more\naws s3 ls", "See v1.2 and more@4"},
		{"a comment that ends", "bash", "# Done.\n# and more\naws s3 ls", "Q: and more@4"},
		{"an expected output of a task", "bash", "# Ask the team\n\n# Expected: x", "Ask the team@4 manual shows Expected: x"},
		{"bullets alone", "bash", "# - look at it\n# - and again\n\n# One\naws s3 ls", "look at it@4 manual; Q: One@7"},
		{"output behind a blank line", "console", "$ aws s3 ls\n\nb\n\n$ aws s3 ls s3://b\nc", "Q@4 shows b\nc"},
		{"a table", "bash",
			"aws s3 ls\n+---+---+\n| a | b |\n+---+---+\n\naws s3 ls",
			"Q@4 shows +---+---+\n| a | b |\n+---+---+ !pasted-output"},
		{"columns", "text-of-nobody", "NAME   READY\nweb    1/1", "Q@4 manual"},
		{"pasted JSON that is cut", "bash", "aws s3 ls\n{\n  \"a\": 1,\n  ...\n}", "Q@4 shows {\n  \"a\": 1,\n  ...\n} !pasted-output"},
		{"an empty list", "bash", "aws s3 ls\n[]", "Q@4 shows [] !pasted-output"},
		{"announced output with a remark", "bash",
			"aws s3 ls\n# Output (shortened)\nb: 1\n\n# Expected output - two lines:\n[\n  1\n]",
			"Q@4 shows Output (shortened)\nExpected output - two lines:\nb: 1\n[\n  1\n]"},
		{"announced output in quotes", "bash",
			"aws s3 ls\n# Output:\n\"a/b:c\"\n\n# Two\naws s3 ls s3://b", "Q: list S3@4 shows Output:\n\"a/b:c\"; Q: Two@8"},
		{"a condition", "bash", "# One\nif [ -f x ]; then\n  aws s3 ls\nfi", "Q: One@4"},
		{"zsh", "zsh", "# One\naws s3 ls", "Q: One@4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lib := openText(t, "# P\n## Q\n```"+tt.fence+"\n"+tt.block+"\n```\n")
			checkLibrary(t, lib)
			if got := stepsOf(lib); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestAnglesThatAreNoPlaceholders tells redirections from names by the character on each side.
func TestAnglesThatAreNoPlaceholders(t *testing.T) {
	for script, want := range map[string]string{
		"sort <in.txt>out.txt":               "",
		"sort <in.txt>>out.txt":              "",
		"cat <in>out":                        "in",
		"cat <in>>out":                       "in",
		"aws s3 ls <my.bucket>":              "my-bucket",
		"aws s3 ls s3://<my.bucket>/x":       "my-bucket",
		"aws s3 ls s3://x<my.bucket>x":       "my-bucket",
		"aws s3 ls <12>":                     "",
		"aws s3 ls <A|>":                     "",
		"aws s3 ls <A|B>":                    "a-b",
		"aws s3 ls --x '<div>'":              "",
		"aws s3 ls --x <div>":                "div",
		"aws s3 ls --x 'a<b>c</b>'":          "",
		"java Main 'Map<Key>'":               "",
		"java Main 'my<Key>'":                "key",
		"java Main 'M<Key>'":                 "key",
		"aws ec2 x --query 'a[?b<c && d>e]'": "",
		"aws ec2 x --query \"[?v=='<id>']\"": "id",
		"aws s3 ls <<<x>y":                   "",
	} {
		var names []string
		for _, p := range openText(t, fenced(script)).Procedures() {
			for _, q := range p.Parameters {
				names = append(names, q.Name)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: the fields are %q, want %q", script, got, want)
		}
	}
}

// TestWatchInsideOfALine finds the scripts that watch runs, and takes none of its options for one.
func TestWatchInsideOfALine(t *testing.T) {
	for script, want := range map[string]string{
		"aws s3 ls && watch ./a/b.sh":             "./a/b.sh",
		"aws s3 ls && watch -n 5 './a/b.sh x'":    "./a/b.sh",
		"aws s3 ls && watch --exec=./a/b.sh date": "",
		"aws s3 ls && watch './a/b.sh; ./c/d.sh'": "",
		"aws s3 ls && watch './a/b.sh; ('":        "",
		"aws s3 ls && watch ''":                   "",
		"aws s3 ls && watch 'b.sh x'":             "",
		"aws s3 ls && watch 'X=./a/b.sh'":         "",
	} {
		got := findingsOf(openText(t, fenced(script)), "not-supplied")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
	}
}

// TestAnnotationsOverABlock are for all its steps, unless a step has its own.
func TestAnnotationsOverABlock(t *testing.T) {
	const own = "#| timeout: 1m\n#| retry: 1\n#| every: 2s\n#| effect: change\n#| confirm: b\n#| approvals: 1\n#| rollback: aws s3 ls b\n" +
		"#| show: text\n#| until: b\n#| expect: b\n#| warn: b\n#| target: 1m\n#| needs: one\n#| parallel: false\n#| for: {B: [b]}\n" +
		"#| recovery: {time: 1m}\n"
	lib := openText(t, fenced("#| timeout: 5m\n#| retry: 3\n#| every: 10s\n#| effect: destroy\n#| confirm: a\n#| approvals: 2\n"+
		"#| rollback: aws s3 ls a\n#| show: json\n#| until: a\n#| expect: a\n#| warn: a\n#| target: 5m\n#| parallel: true\n"+
		"#| for: {A: [a]}\n#| recovery: {time: 5m}\n\n# One\naws s3 ls\n\n# Two\n"+own+"aws s3 ls"))
	said := func(a procedures.Annotations) string {
		text := fmt.Sprintf("%s %d %s %s %s %d %s %s %s %s %s %v %s", a.Timeout, a.Retry, a.Every, a.Effect, a.Confirm, a.Approvals,
			a.Rollback, a.Show, a.Until, a.Target.Fixed, strings.Join(a.Needs, ","), *a.Parallel, a.Recovery.Time.Fixed)
		for _, list := range [][]procedures.Expectation{a.Expect, a.Warn} {
			for _, e := range list {
				text += " " + e.That
			}
		}
		for _, f := range a.For {
			text += " " + f.Name
		}
		return text
	}
	steps := lib.Procedures()[0].Steps
	for i, want := range []string{
		"5m0s 3 10s destroy a 2 aws s3 ls a json a 5m0s  true 5m0s a a A",
		"1m0s 1 2s change b 1 aws s3 ls b text b 1m0s one false 1m0s b b B",
	} {
		if got := said(steps[i].Annotations); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestCountdowns are of manual steps that say to wait; they sample any alarm a tenth of the time, between two bounds.
func TestCountdowns(t *testing.T) {
	for title, want := range map[string]string{
		"Wait 30 minutes":      "30m0s every 1m0s",
		"Wait 5 minutes":       "5m0s every 30s",
		"Monitor for 10 min":   "10m0s every 1m0s",
		"Wait 1 minute":        fmt.Sprintf("1m0s every %s", max(6*time.Second, procedures.BakeShortest)),
		"Ask within 5 minutes": "none",
		"Wait for the team":    "none",
	} {
		s := openText(t, "# P\n## Q\n- [ ] "+title+"\n").Procedures()[0].Steps[0]
		got := "none"
		if s.Bake != nil {
			got = fmt.Sprintf("%s every %s", s.Bake.For, s.Bake.Every)
		}
		if got != want || s.Countdown > 0 != (s.Bake != nil) || s.Bake != nil && s.Bake.Alarms.Text == "" {
			t.Errorf("%s: %s, want %s", title, got, want)
		}
	}
}
