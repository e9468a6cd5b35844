package runbook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestBlocks reads blocks and compares their steps: title, lines, and marks for what else they are.
func TestBlocks(t *testing.T) {
	tests := []struct{ name, fence, block, want string }{
		{"two paragraphs", "bash", "# One\naws s3 ls\n\n# Two\naws s3 ls", "Q: One@4; Q: Two@7"},
		{"no blank line between", "bash", "# One\naws s3 ls\n# Two\naws s3 ls", "Q: One@4; Q: Two@6"},
		{"numbers", "bash", "# 1. One\naws s3 ls\n\n# 2) Two\naws s3 ls", "Q: One@4; Q: Two@7"},
		{"a paragraph without a comment", "bash", "# One\naws s3 ls\n\naws s3 ls\n\n# Two\naws s3 ls", "Q: One@4; Q: Two@9"},
		{"a paragraph that only prints", "bash", "# One\naws s3 ls\n\n# Say so\necho done", "Q: One@4"},
		{"everything only prints", "bash", "# Say\necho a\n\necho b", "Q: Say@4"},
		{"at the top", "bash", "set -e\n\n# One\naws s3 ls", "Q: One@4"},
		{"a comment over a blank line", "bash", "# List\n\naws s3 ls", "Q: List@4"},
		{"a comment with nothing under it", "bash", "# One\naws s3 ls\n\n# Look at the result", "Q: One@4; Look at the result@7 manual"},
		{"waiting", "bash", "# One\naws s3 ls\n\n# Wait 30 minutes\n\n# Two\naws s3 ls",
			"Q: One@4; Wait 30 minutes@7 manual 30m; Q: Two@9"},
		{"posting", "bash", "# Post in #ops\n\naws s3 ls", "Post in #ops@4 manual; Q: list S3@6"},
		{"an alternative", "bash", "# One\naws s3 ls\n\n# Or two\naws s3 ls", "Q: One@4; Q: Or two@7 alternative"},
		{"options", "bash", "# Option 1: one\naws s3 ls\n\n# Option 2: two\naws s3 ls", "Option 1: one@4; Option 2: two@7 alternative"},
		{"a lone or", "bash", "# One\naws s3 ls\n\n# OR\n\n# Two\naws s3 ls", "Q: One@4; Q: Two@9 alternative"},
		{"order is no alternative", "bash", "# One\naws s3 ls\n\n# Order two\naws s3 ls", "Q: One@4; Q: Order two@7"},
		{
			"a group", "bash", "# Both\n# 1. One\naws s3 ls\n\n# 2. Two\naws s3 ls\n\n# Three\naws s3 ls",
			"Both: One@4; Q: Two@8 in Both; Q: Three@11",
		},
		{
			"a wrapped comment", "bash", "# Look at all the buckets\n# of this account\naws s3 ls",
			"Look at all the buckets of this account@4",
		},
		{"bullets", "bash", "# Look at it\n# - one\n# - two\naws s3 ls", "Look at it@4"},
		{
			"a loop over several lines", "bash",
			"# Each\nfor a in 1 2; do\n\n  # inside\n  aws s3 ls $a\ndone\n\n# Next\naws s3 ls", "Q: Each@4; Q: Next@11",
		},
		{"a here-document", "bash", "# Write\ncat > f <<EOF\n\n# not a comment\n\nEOF\n\n# Next\naws s3 ls", "Q: Write@4; Q: Next@11"},
		{
			"a comment behind a statement that goes on", "bash",
			"# One\naws s3 ls           # look\n                    # twice\n\n# Two\naws s3 ls", "Q: One@4; Q: Two@8",
		},
		{"a manifest", "bash", "# Health\napiVersion: v1\nkind: Pod\nspec:\n  - name: x", "nothing"},
		{"a shebang", "bash", "#!/bin/bash\n# check.sh\n\n# One\naws s3 ls", "Q: One@7"},
		{"a shebang's words", "bash", "#!/bin/bash\n# Look around\n\naws s3 ls", "Q: Look around@7"},
		{
			"expected output in a comment", "bash", "# One\naws s3 ls\n# Expected: two lines\n\n# Two\naws s3 ls",
			"Q: One@4 shows Expected: two lines; Q: Two@8",
		},
		{"prompts", "console", "$ aws s3 ls\n2024 b\n$ aws s3 ls \\\n>   s3://b\nx", "Q@4 shows 2024 b\nx"},
		{"root's prompt", "console", "# aws s3 ls\nb", "Q@4 shows b"},
		{"comments in a terminal", "console", "# List the buckets\n$ aws s3 ls\nb", "List the buckets@4 shows b"},
		{"a host's prompt", "", "[ec2-user@ip-10-0-0-1 ~]$ aws s3 ls\nb", "Q@4 shows b"},
		{
			"pasted JSON", "bash", "aws sts get-caller-identity\n{\n  \"Account\": \"1\"\n}",
			"Q@4 shows {\n  \"Account\": \"1\"\n} !pasted-output",
		},
		{"a JSON here-document", "bash", "cat > p.json <<EOF\n{\n  \"a\": 1\n}\nEOF", "Q@4"},
		{"no language, commands", "", "aws s3 ls\nkubectl get pods", "Q@4"},
		{"no language, output", "", "NAME  READY\nweb   1/1", "nothing"},
		{"no language, a tree", "", "src/\n  main.go", "nothing"},
		{"no language, prose", "", "find out who is on call", "nothing"},
		{"no language, find", "", "find . -name '*.log'", "Q@4"},
		{"data", "json", "{\"a\": 1}", "nothing"},
		{"another language", "python", "# Look\nprint(1)", "Look@4 manual"},
		{"broken", "bash", "# One\naws s3 ls\n\n# Two\nif true; then\n\n# Three\naws s3 ls",
			"Q: One@4; Q: Two@7 !shell-syntax; Q: Three@10"},
		{"a note", "bash", "# One\naws s3 ls\n\n# Note: it is slow", "Q: One@4"},
		{"a command that was put aside", "bash", "# One\naws s3 ls\n\n# aws s3 rb s3://b --force", "Q: One@4"},
		{"annotated", "bash", "#| title: Named\n#| effect: destroy\naws s3 ls", "Named@4 destroy"},
		{"annotated in vain", "bash", "# One\naws s3 ls\n\n#| title: x", "Q: One@4"},
		{"only a comment", "bash", "# Look at the dashboard", "Look at the dashboard@4 manual"},
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

// TestAbout reads what a step is about: its annotation first, then its comments between the title and the command.
func TestAbout(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"# Deploy:\n# Why it is\n# 1. One\naws s3 ls", "<p>Why it is</p>"},
		{"#| about: Said.\n# One\naws s3 ls", "<p>Said.</p>"},
		{"#| about: Said.\n# Deploy:\n# Why it is\n# 1. One\naws s3 ls", "<p>Said.</p>\n<p>Why it is</p>"},
		{"# Both\n# One\naws s3 ls", ""},
	} {
		steps := openText(t, fenced(c.script)).Procedures()[0].Steps
		if got := strings.TrimSpace(steps[0].About); len(steps) != 1 || got != c.want {
			t.Errorf("%q: %q, want %q", c.script, got, c.want)
		}
	}
}

func stepsOf(lib *Library) string {
	var steps []string
	for _, p := range lib.Procedures() {
		for _, s := range p.Steps {
			text := fmt.Sprintf("%s@%d", s.Title, s.Line)
			if s.Kind == procedures.KindManual {
				text += " manual"
			}
			if s.Countdown > 0 {
				text += " " + procedures.FormatDuration(s.Countdown)
			}
			if s.Alternative {
				text += " alternative"
			}
			if s.Group != "" {
				text += " in " + s.Group
			}
			if s.Annotations.Effect != "" {
				text += " " + string(s.Effect())
			}
			if s.Expected != "" {
				text += " shows " + s.Expected
			}
			for _, m := range s.Findings {
				if m.Rule == "pasted-output" || m.Rule == "shell-syntax" {
					text += " !" + m.Rule
				}
			}
			steps = append(steps, text)
		}
	}
	if steps == nil {
		return "nothing"
	}
	return strings.Join(steps, "; ")
}
