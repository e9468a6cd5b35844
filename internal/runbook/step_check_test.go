package runbook

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// TestChecks reads blocks of one page and looks for findings that need more than one command line to be seen.
func TestChecks(t *testing.T) {
	rules := []string{"not-supplied", "does-not-wait", "no-end", "alternative", "not-finished", "example-value", "same-script"}
	tests := []struct{ name, block, want string }{
		{
			"a script that is not there", "./scripts/a.sh x",
			"4 warning no heading and no file beside the runbooks supplies the script ./scripts/a.sh",
		},
		{"a script in a heading", "./scripts/there.sh x", ""},
		{"a script in the folder", "bash tools/check.sh", ""},
		{
			"a script of an interpreter's", "python3 tools/verify.py --table x",
			"4 warning no heading and no file beside the runbooks supplies the script tools/verify.py",
		},
		{
			"inside watch", "watch -n 30 './scripts/a.sh staging'",
			"4 warning no heading and no file beside the runbooks supplies the script ./scripts/a.sh",
		},
		{
			"a document", "aws cloudwatch put-dashboard --dashboard-body file://d/board.json --dashboard-name x",
			"4 warning the file d/board.json is not supplied",
		},
		{"a document that is there", "aws cloudwatch put-dashboard --dashboard-body file://board.json --dashboard-name x", ""},
		{"a document of an earlier step", "aws s3api list-buckets > out.json\n\naws lambda invoke --payload fileb://out.json x", ""},
		{"a document with a variable", "aws lambda invoke --payload fileb://$NAME.json x", ""},
		{"a folder", "cd infrastructure/ && terraform plan", "4 warning the folder infrastructure/ is not supplied"},
		{"a folder that was cloned", "git clone https://example.com/infra.git\ncd infra", ""},
		{"a clone of an address that is asked for", "git clone <your-repo-url>\ncd shop", ""},
		{
			"another folder after a clone", "git clone https://example.com/infra.git\nkubectl apply -f k8s/",
			"5 warning the folder k8s/ is not",
		},
		{"a folder of tests", "pytest tests/smoke/ --env=staging", "4 warning the folder tests/smoke/ is not supplied"},
		{"somebody else's folder", "cd /opt/app && cd ~ && cd - && cd \"$HOME/x\"", ""},
		{"an image", "docker run --rm aquasec/trivy fs /src", ""},
		{"a manifest", "kubectl apply -f k8s/web.yaml", "4 warning the file k8s/web.yaml is not supplied"},
		{"a workflow", "gh workflow run deploy.yml", "4 note `gh workflow run` starts the workflow and does not wait"},
		{"a workflow that is waited for", "gh workflow run \"$WORKFLOW\" && gh run watch --exit-status", ""},
		{
			"watch under a time", "# Monitor for 15 minutes\nwatch -n 5 date",
			"5 note `watch` has no end: you have to cancel the step. In a step of its own it is a bake",
		},
		{"a loop without an end", "while true; do aws s3 ls; sleep 5; done", "4 note this loop has no end"},
		{"a loop with an end", "while true; do aws s3 ls && break; done", ""},
		{
			"alternatives", "# One\naws dynamodb update-table --table-name t\n\n# Or two\naws dynamodb update-table --table-name t --x",
			"(line 7) is an alternative to this",
		},
		{
			"used too early",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders-copy " +
				"--db-snapshot-identifier s\n\n# Verify\naws rds " +
				"describe-db-instances --db-instance-identifier orders-copy",
			"8 warning `rds restore-db-instance-from-db-snapshot` (line 4) returns before `orders-copy` is ready",
		},
		{
			"a definition that is run twice is no result of the first", "# Once\naws ecs run-task --cluster shop " +
				"--task-definition api:12\n\n# For good\naws ecs update-service --cluster shop --service api --task-definition api:12", "",
		},
		{
			"a revision is not the service of its name", "# Go\naws ecs update-service --cluster shop --service api --desired-count 2\n\n" +
				"# Clean up\naws ecs deregister-task-definition --task-definition api:11", "",
		},
		{
			"one of what can be done", "# Start\naws ec2 start-instances --instance-ids <ids>\n\n" +
				"# Stop\naws ec2 stop-instances --instance-ids <ids>\n\n# Reboot\naws ec2 reboot-instances --instance-ids <ids>", "",
		},
		{
			"waited for",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders-copy " +
				"--db-snapshot-identifier s\naws rds wait db-instance-available --db-instance-identifier " +
				"orders-copy\n\n# Verify\naws rds describe-db-instances --db-instance-identifier orders-copy", "",
		},
		{
			"waited for by somebody",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders-copy " +
				"--db-snapshot-identifier s\n\n# Wait 20 minutes\n\n# Verify\naws rds describe-db-instances " +
				"--db-instance-identifier orders-copy", "",
		},
		{
			"another resource",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders-copy " +
				"--db-snapshot-identifier s\n\n# Verify\naws rds describe-db-instances --db-instance-identifier orders", "",
		},
		{
			"taken away too early",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders-copy " +
				"--db-snapshot-identifier s\n\n# Clean up\naws rds " +
				"delete-db-instance --db-instance-identifier orders-copy", "8 warning `orders-copy` is deleted here",
		},
		{
			"another resource of a longer name",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders " +
				"--db-snapshot-identifier s\n\n# Clean up\naws rds delete-db-instance --db-instance-identifier orders-archive", "",
		},
		{
			"a name in a comment",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders-copy " +
				"--db-snapshot-identifier s\n\n# Clean up beside orders-copy\naws rds delete-db-instance --db-instance-identifier x", "",
		},
		{
			"something else between",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders-copy " +
				"--db-snapshot-identifier s\n\n# Another\naws rds create-db-instance --db-instance-identifier another-one\n\n" +
				"# Clean up\naws rds delete-db-instance --db-instance-identifier orders-copy", "11 warning `orders-copy` is deleted here",
		},
		{
			"deleted twice",
			"# One\naws rds delete-db-instance --db-instance-identifier orders-copy\n\n" +
				"# Two\naws rds delete-db-instance --db-instance-identifier orders-copy", "",
		},
		{
			"how far it is", "# Restore\naws dynamodb restore-table-from-backup --target-table-name orders-copy --backup-arn b\n\n" +
				"# Monitor\naws dynamodb describe-table --table-name orders-copy --query Table.TableStatus", "",
		},
		{
			"what it is made of", "# Restore\naws dynamodb restore-table-to-point-in-time --source-table-name orders " +
				"--target-table-name orders-copy --use-latest-restorable-time\n\n# Back up\naws dynamodb create-backup " +
				"--table-name orders --backup-name x", "",
		},
		{
			"where it is kept", "# Back up\naws backup start-backup-job --backup-vault-name main-vault --resource-arn a\n\n" +
				"# Look\naws backup update-vault --backup-vault-name main-vault", "",
		},
		{
			"the cluster of a service", "# Roll\naws ecs update-service --cluster main --service orders\n\n" +
				"# Another\naws ecs run-task --cluster main --task-definition mailer", "",
		},
		{
			"a service and its task", "# Roll\naws ecs update-service --cluster main --service orders\n\n" +
				"# Again\naws ecs update-tags --service orders", "8 warning `ecs update-service` (line 4) returns before `orders` is ready",
		},
		{
			"a deployment of the same name", "# Roll\naws ecs update-service --cluster main --service orders\n\n" +
				"# On Kubernetes\nkubectl rollout restart deployment orders", "",
		},
		{
			"stopped, which can be started", "# Reboot\naws ec2 reboot-instances --instance-ids i-1 i-2\n\n" +
				"# Stop\naws ec2 stop-instances --instance-ids i-2",
			"8 warning `ec2 reboot-instances` (line 4) returns before `i-2` is ready",
		},
		{
			"a program that names it",
			"# Restore\naws rds restore-db-instance-from-db-snapshot --db-instance-identifier orders-copy " +
				"--db-snapshot-identifier s\n\n# Verify\npsql -h orders-copy.example -c 'select 1'", "",
		},
		{
			"an example's ARN",
			"aws sns publish --message hi \\\n  --topic-arn arn:aws:sns:us-east-1:123456789012:topic",
			"5 warning arn:aws:sns:us-east-1:123456789012:topic is an example value",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lib := openFiles(t, map[string]string{
				"page.md":        "# P\n## Q\n```bash\n" + tt.block + "\n```\n## scripts/there.sh\n```bash\naws s3 ls \"$1\"\n```\n",
				"tools/check.sh": "aws s3 ls\n",
				"board.json":     "{}",
			})
			checkLibrary(t, lib)
			if got := findingsOf(lib, rules...); !strings.Contains(strings.ToLower(got), strings.ToLower(tt.want)) ||
				(tt.want == "") != (got == "") {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestScriptFiles(t *testing.T) {
	files := map[string]string{
		"page.md": "# P\n## Q\n```bash\n# Verify\n./scripts/there.sh web\n\n# Check\nbash " +
			"./tools/check.sh\n```\n## `scripts/there.sh`\n```bash\n#!/bin/bash\n# Looks at a " +
			"bucket\n\nBUCKET=$1\n\n# 1. List it\naws s3 ls \"$BUCKET\"\n\n# 2. Remove it\naws s3 rb \"$BUCKET\"\n```\n",
		"tools/check.sh": "aws s3 ls\n",
	}
	lib := openFiles(t, files)
	p, s, err := lib.Find("q#verify")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Analysis.Scripts) != 1 || len(s.Analysis.Programs) != 0 || len(p.Parameters) != 0 {
		t.Errorf("scripts %v, programs %v, fields %v", s.Analysis.Scripts, s.Analysis.Programs, p.Parameters)
	}
	if want := []string{"s3 ls", "s3 rb"}; !slices.Equal(s.Analysis.Calls, want) || s.Effect() != procedures.EffectChange {
		t.Errorf("the step that calls the script makes the calls %v, effect %s; want the script's: %v, change",
			s.Analysis.Calls, s.Effect(), want)
	}
	script, _, err := lib.Find("scripts/there.sh")
	if err != nil {
		t.Fatal(err)
	}
	step := script.Steps[0]
	if step.Title != "Looks at a bucket: removes the bucket <BUCKET>" || step.ScriptFile != "scripts/there.sh" || len(step.Parts) != 2 ||
		step.Parts[1] != (procedures.Part{Title: "Remove it", Line: 20}) || len(script.Steps) != 1 {
		t.Errorf("the script's step is %+v", step)
	}
	if script.Parameters[0].Name != "1" || script.Parameters[0].Title != "Bucket" {
		t.Errorf("its fields are %+v", script.Parameters)
	}
	if file, ok := lib.Script("./tools/check.sh"); !ok || file.File != "tools/check.sh" || file.Line != 1 {
		t.Errorf("the file is %+v", file)
	}
	files["page.md"] = strings.Replace(files["page.md"], "s3 rb", "s3 mb", 1)
	after, _, _ := openFiles(t, files).Find("q")
	if after.Digest == p.Digest {
		t.Error("a changed script file does not change the digest of the page that calls it")
	}
}

func TestPagesAreSafe(t *testing.T) {
	lib := openText(t, `# P
## Q
<script>alert(1)</script><img src=x onerror=alert(1)>

[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](vbscript:x) ![e](javascript:x) <javascript:alert(1)>

| a | b |
|:-:|--:|
| 1 | <b onclick="x()">2</b> |

### Sub {onclick="x()" style="color:red"}

- [ ] Tick <img src=x onerror=y> [link](javascript:z)
`+"\n```python\n# <script>alert(1)</script>\nprint('<img src=x onerror=y>')\n```\n\n```bash\n# List "+
		"<script>alert(1)</script>\n# - <img src=x onerror=y>\naws s3 ls\n```\n"+`
[other](other.md#a-page) [here](#sub) ![pic](pics/a.png)
`)
	var page strings.Builder
	for _, c := range lib.Chapters {
		page.WriteString(c.About)
	}
	for _, p := range lib.Procedures() {
		for _, c := range p.Content {
			page.WriteString(c.HTML)
			if c.Step != nil {
				page.WriteString(c.Step.About + Highlight(c.Step.Language, c.Step.Source))
			}
		}
	}
	lower := strings.ToLower(page.String())
	for _, bad := range []string{
		"<script", `="javascript:`, `="vbscript:`, `="data:text`, "onerror=y>", "onclick=\"", "style=", "<img src=x",
	} {
		if strings.Contains(lower, bad) {
			t.Errorf("the page has %q:\n%s", bad, page.String())
		}
	}
	for _, good := range []string{
		`href="/procedures/other/a-page"`, `href="/procedures/page/q/sub"`, `src="pics/a.png"`, `align="center"`, `class="chroma"`,
	} {
		if !strings.Contains(page.String(), good) {
			t.Errorf("the page has no %q:\n%s", good, page.String())
		}
	}
}

// TestAnsweredBeforeItIsDone keeps an analyser's note where nothing on the page waits for the change.
func TestAnsweredBeforeItIsDone(t *testing.T) {
	change := "# Copy\naws dynamodb create-backup --table-name x --backup-name y\n\n"
	for block, want := range map[string]bool{
		change: true,
		change + "# Look\naws dynamodb list-backups --table-name x\n":                                                         true,
		change + "#| title: It is there\n#| until: length(BackupSummaries) > `0`\naws dynamodb list-backups --table-name x\n": false,
		change + "# Wait 5 minutes\n": false,
		strings.TrimSpace(change) + "\naws dynamodb wait table-exists --table-name x\n\n":                   false,
		change + "# Wait for AVAILABLE\n":                                                                   false,
		"# Copy\naws dynamodb create-backup --table-name x --backup-name y # until it is asked for\n":       true,
		change + "# Again\naws dynamodb create-backup --table-name x --backup-name z\n\n# Wait 5 minutes\n": true,
	} {
		lib := OpenText("page.md", "# P\n## Q\n```bash\n"+block+"```\n", Options{Analyser: noting{}})
		step := lib.Procedures()[0].Steps[0]
		if got := slices.ContainsFunc(step.Findings, func(m procedures.Finding) bool { return m.Rule == "asynchronous" }); got != want {
			t.Errorf("%s\nnoted: %t", block, got)
		}
		if got := slices.ContainsFunc(lib.Findings, func(m procedures.Finding) bool {
			return m.Rule == "asynchronous" && m.Line == step.Script.Line+1
		}); got != want {
			t.Errorf("%s\nnoted in the library: %t", block, got)
		}
	}
}

// noting takes a script with create-backup for a change that is answered before it is done.
type noting struct{}

func (noting) Analyse(s procedures.Script) procedures.Analysis {
	a := procedures.Analysis{Effect: procedures.EffectRead}
	if strings.Contains(s.Text, "create-backup") {
		a.Effect = procedures.EffectChange
		a.Findings = []procedures.Finding{
			{
				File: s.File, Line: s.Line + 1, Severity: procedures.SeverityNote, Rule: "asynchronous",
				Message: "it is answered before it is done",
			},
		}
	}
	return a
}

func TestNumbersOfFilesOrderThem(t *testing.T) {
	for file, want := range map[string]string{
		"2-weekly-maintenance.md": "weekly-maintenance", "ops/03_scaling.md": "ops/scaling",
		"2024-outage.md": "2024-outage", "1.md": "1", "12-factor/10-logs.md": "factor/logs",
	} {
		if got := fileID(file); got != want {
			t.Errorf("%s is %s, want %s", file, got, want)
		}
	}
}
