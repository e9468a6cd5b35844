package runbook

import (
	"strings"
	"testing"
)

// TestTestsAreNoAnswers checks that a test or a group of the shell's is run, and not taken for the JSON that a command printed, whatever
// bracket stands alone below it.
func TestTestsAreNoAnswers(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`[ "$READY" = 1 ] || exit 1`, `[ -z "$READY" ] && exit 1`, `[[ "$READY" == 1 ]] || exit 1`, "{\n  echo \"$READY\"\n}",
		`{ echo "$READY"; }`,
	} {
		for _, below := range []string{"stop() {\n  echo \"stopped\"\n}", "cat > a.json <<JSON\n{\n  \"a\": 1\n}\nJSON", ""} {
			text := "READY=1\n" + line + "\n" + below
			lib := openText(t, "# A\n\n```bash\n"+text+"\n```\n")
			all := ""
			for _, s := range lib.Procedures()[0].Steps {
				all += s.Script.Text + "\n"
			}
			if !strings.Contains(all, line) {
				t.Errorf("%q is not run:\n%s", text, all)
			}
		}
	}
	for _, answer := range []string{
		"{\n    \"Account\": \"1\"\n}", `{"Account": "1"}`, "[\n    \"a\",\n    \"b\"\n]", "[]",
	} {
		lib := openText(t, "# A\n\n```bash\naws sts get-caller-identity\n"+answer+"\n```\n")
		if s := lib.Procedures()[0].Steps[0]; s.Expected != answer {
			t.Errorf("%q: expected is %q", answer, s.Expected)
		}
	}
}

// TestGluedPrompts checks a dollar sign right before a command: it is a prompt, and a variable where the block sets it.
func TestGluedPrompts(t *testing.T) {
	t.Parallel()
	lib := openText(t, "# A\n\n```bash\n$aws sts get-caller-identity\n123456789012\n$kubectl version\n```\n")
	if got := lib.Procedures()[0].Steps[0].Script.Text; !strings.Contains(got, " aws sts") || strings.Contains(got, "$") {
		t.Errorf("runs %q", got)
	}
	lib = openText(t, "# A\n\n```bash\nkubectl=echo\n$kubectl version\n```\n")
	if got := lib.Procedures()[0].Steps[0].Script.Text; !strings.Contains(got, "$kubectl") {
		t.Errorf("runs %q", got)
	}
}

// TestBlankBehindBackslashInTranscript checks that a command which goes on behind a blank and a > prompt is read whole, so that the blank
// is what is said of it, and that a line that a command printed is none of it.
func TestBlankBehindBackslashInTranscript(t *testing.T) {
	t.Parallel()
	lib := openText(t, "# A\n\n```console\n$ aws ecs list-tasks \\ \n> --cluster shop \\\t\n>   --max-items 1\n[]\n"+
		"$ aws s3 ls \\ \nbucket\n```\n")
	s := lib.Procedures()[0].Steps[0]
	if want := "  aws ecs list-tasks \\ \n  --cluster shop \\\t\n    --max-items 1\n"; !strings.HasPrefix(s.Script.Text, want) {
		t.Errorf("runs %q, want %q first", s.Script.Text, want)
	}
	if all := lib.Procedures()[0].Steps; strings.Contains(all[len(all)-1].Script.Text, "bucket") {
		t.Errorf("runs what was printed: %q", all[len(all)-1].Script.Text)
	}
}

// TestFilesAmongCommands checks that the text of a file, and another language that begins with words of the shell's, are shown and not run:
// nothing is said of what the shell makes of them, and the commands beside them are run.
func TestFilesAmongCommands(t *testing.T) {
	t.Parallel()
	for text, run := range map[string]string{
		"# Create config.json\n{\n  \"id\": \"a-$(date +%s)\",\n  \"list\": {\n    \"n\": 1\n  }\n}": "",
		"echo a > .env\n\n# Load it in code\nimport dotenv from 'dotenv';\n" +
			"if (process.env.A === 'b') {\n  dotenv.config();\n}": "echo a > .env",
		"aws acm list-certificates | jq .x\n\"arn:aws:acm:eu-west-1:1:certificate/a\"\n" +
			"\"arn:aws:acm:eu-west-1:1:certificate/b\"": "aws acm list-certificates | jq .x",
	} {
		lib := openText(t, "# A\n\n```bash\n"+text+"\n```\n")
		var got []string
		for _, s := range lib.Procedures()[0].Steps {
			for line := range strings.Lines(s.Script.Text) {
				if line = strings.TrimSpace(line); line != "" && !isHash(line) {
					got = append(got, line)
				}
			}
		}
		if strings.Join(got, "\n") != run {
			t.Errorf("%q: runs %q, want %q", text, got, run)
		}
		if found := findingsOf(lib, "shell-syntax"); found != "" {
			t.Errorf("%q: %s", text, found)
		}
	}
}

// TestMakefile checks that rules of make are shown, and not run.
func TestMakefile(t *testing.T) {
	t.Parallel()
	lib := openText(t, "# A\n\n```bash\n# Add to the Makefile:\n"+
		"destroy: plan ## Destroy it\n\taws cloudformation delete-stack --stack-name a\n```\n")
	for _, s := range lib.Procedures()[0].Steps {
		if s.Script.Text != "" {
			t.Errorf("%q runs %q", s.Title, s.Script.Text)
		}
	}
}

// TestOtherPlaces checks that a remark names each place once: a block above several procedures opens each.
func TestOtherPlaces(t *testing.T) {
	t.Parallel()
	lib := openText(t, "# Procedures\n\n## Prerequisites\n\n```bash\naws configure\n```\n\n## Deploy tasks\n\n```bash\naws s3 ls\n```\n\n"+
		"## Backup tasks\n\n```bash\naws s3 ls\n```\n\n## Restore tasks\n\n```bash\naws s3 ls\naws configure\n```\n")
	if got := findingsOf(lib, "by-hand"); strings.Contains(got, "line 6, 6") || strings.Contains(got, "lines 6") {
		t.Error(got)
	}
}
