package runbook

import (
	"strings"
	"testing"
)

// TestNoShell has texts that people paste into fences of the shell, and texts that are the shell's: what each is, whatever the fence says.
func TestNoShell(t *testing.T) {
	for language, texts := range map[string][]string{
		"sql": {
			"SELECT 1;", "SELECT pid\nFROM pg_stat_activity\nWHERE state = 'active';", "-- end it\nSELECT pg_terminate_backend(1);",
			"ALTER USER shop WITH PASSWORD 'x';", "\\dt\nSELECT count(*) FROM orders;", "BEGIN;\nUPDATE x SET a = 1;\nCOMMIT;",
			"SHOW SLAVE STATUS;",
			"with a as (select 1) select * from a", "\\d+ orders",
		},
		"js": {
			"const x = require('aws-sdk');\nx.go();", "db.orders.find({ status: 'open' }).limit(5)", "console.log(JSON.stringify(x))",
			"function a(b) {\n  return b;\n}", "export default {\n  a: 1\n}", "import { S3 } from '@aws-sdk/client-s3';\nnew S3({});",
			"await fetch('https://x')\n", "list.map(x => {\n return x\n})", "async function a() {\n}", "rs.status({})",
		},
		"json": {"{\"a\": 1}", "\"Environment\": {\n  \"A\": \"b\"\n}", "[\n  {\"a\": 1},\n  ...\n]"},
		"yaml": {"a: 1\nb:\n  - c", "---\na: 1", "- name: x\n  run: y", "a: |\n  text (here)\n  more\nb: 2", "\"a\": 1\n'b': 2"},
		"log":  {"2024-05-01T10:00:00Z ERROR x (y)", "May  1 10:00:00 web-1 kernel: x", "I0906 09:42:09.399908 13538 x.go:1] y"},
		"python": {"import boto3\nboto3.client('s3')", "for x in range(3):\n    print(x)",
			"print(\"x\")", "s3 = boto3.client('s3')\ns3.y()"},
		"xml":   {"<?xml version=\"1.0\"?>\n<a/>", "<Error><Code>AccessDenied</Code></Error>"},
		"cron":  {"*/5 * * * * /usr/bin/true", "0 3 * * MON aws s3 ls"},
		"diff":  {"diff --git a/x b/x\n+a", "--- a/x\n+++ b/x\n@@ -1 +1 @@"},
		"http":  {"GET /health HTTP/1.1", "HTTP/1.1 200 OK\nContent-Type: text/html"},
		"nginx": {"server {\n  listen 80;\n}"},
		"ini": {"# postgresql.conf\nrestore_command = 'cp /wal/%f %p'\n\n# up to\nrecovery_target_time = '2026-01-02 15:45:00'",
			"region = eu-west-1\noutput = json"},
		"csv":        {"id,name,state\n1,a,b"},
		"dockerfile": {"FROM alpine\nRUN apk add x"},
		"text": {
			"# the usual check\n--health-check-path \"/\" \\\n--health-check-protocol HTTP",
			"An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
			"fatal error: An error occurred (404) when calling the HeadObject operation: Key \"x\" does not exist",
			"upload failed: ./a to s3://b/a An error occurred (AccessDenied)", "KeyError: 'x'", "image: shop:1.2",
			"NAME   READY\nshop-1   1/1", "Wait until it is finished (ten minutes), then go on.", "Yes -> go on\nNo -> call",
			"i-0abcdef1234567890\trunning", "123456789012", "ACTIVE", "Identity added: /home/x (/home/x)", "1. first\n2. second",
			"arn:aws:iam::123456789012:role/x", "Filesystem   Size  Used\n/dev/xvda1   50G   45G", "Plan: 1 to add, 0 to change.",
			"aws: error: argument command: Invalid choice", "no changes (see above)", "https://example.com/x",
		},
		"": {
			"aws s3 ls", "./deploy.sh (x", "mytool deploy --force",
			"kubectl get pods\nkubectl get svc", "kubectl get a,b,c\nkubectl get d,e,f",
			"X=1\necho $X", "for x in a b; do\n  aws s3 ls s3://$x\ndone", "if [ -f x ]; then\n  aws s3 ls\nfi", "f() {\n  aws s3 ls\n}\nf",
			"function f {\n  echo a\n}\nf", "Deploy() { aws s3 ls; }\nDeploy", "7z x a.7z", "import -window root x.png", "let x=1",
			"(cd x && aws s3 ls)", "! grep -q x y",
			"[ \"$ID\" ]", "[ \"${A:-}$B\" ]", "[ -f x ] && echo y", "while read -r x; do echo $x; done < y", "Rscript a.R",
			"export A=b", "uuidgen", "ssh-add ~/.ssh/id\n\nIdentity added: (x)",
			"$CMD run", "\"$tool\" run", "case $x in\n a) echo b;;\nesac",
			"set -euo pipefail\naws s3 ls", "{ aws s3 ls; }", "cat <<EOF\nSELECT 1;\nEOF",
			"/usr/local/bin/tool --x", "2>/dev/null aws s3 ls",
		},
	} {
		for _, text := range texts {
			if got := realLanguage(text); got != language {
				t.Errorf("%q is %q, want %q", text, got, language)
			}
			if language != "" && classifyBlock("bash", text) == blockShell {
				t.Errorf("%q would be a button", text)
			}
			if language != "" && classifyBlock("", text) == blockShell {
				t.Errorf("%q would be a button in a fence without a language", text)
			}
		}
	}
}

// TestPrintedBelow has what programs print below the command that printed it, in a fence of the shell: it is shown, and nothing of it runs.
func TestPrintedBelow(t *testing.T) {
	for _, printed := range []string{
		"{\n    \"a\": [\n        1\n    ]\n}", "[]", "ACTIVE", "None", "available", "123456789012",
		"i-0abcdef1234567890\trunning\ni-0abcdef12\tx",
		"An error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
		"\nAn error occurred (AccessDenied) when calling the PutObject operation: Access Denied",
		"upload: ./a.txt to s3://bucket/a.txt", "fatal error: Unable to locate credentials",
		"-------------\n|  Describe |\n+-----+-----+\n|  a  |  b  |\n+-----+-----+", "NAME      READY   STATUS\nshop-1    1/1     Running",
		"2024-05-01 10:00:00       1234 a.txt\n                           PRE logs/", "UserId: AIDA\nAccount: '123456789012'",
		"HTTP/2 200\ncontent-type: text/html\nserver: nginx", "---\nclusterArns:\n- arn:aws:ecs:eu-west-1:123456789012:cluster/shop",
		" ?column?\n----------\n        1\n(1 row)", "Plan: 1 to add, 0 to change, 0 to destroy.", "93.184.216.34",
		"deploy_application = false", "<html><body><h1>It works!</h1></body></html>",
		"ns-656.awsdns-18.net. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
		";; ANSWER SECTION:\na.example.com.\t300\tIN\tNS\tns-1.example.net.",
		"ns-1056.awsdns-04.org.\nns-9.awsdns-01.com.",
		"CONTAINER ID   IMAGE     COMMAND   NAMES\n4c01db0b339c   ubuntu    \"bash\"    test",
		"              total        used        free\nMem:           7976        5000        1000",
		"Server:\t\t10.0.0.2\nAddress:\t10.0.0.2#53\n\nNon-authoritative answer:\nName:\tdb.internal\nAddress: 10.0.1.5",
		"Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    main()\nKeyError: 'x'",
		"2024-05-01T10:00:00.000000+00:00 2024/05/01/[$LATEST]abc START RequestId: 1-2\n2024-05-01T10:00:01+00:00 ERROR (oops) x",
		"Waiting for changeset to be created..\nSuccessfully created/updated stack - shop",
	} {
		for _, fence := range []string{"bash", "sh", ""} {
			text := "aws s3api get-object --bucket b --key k x\n" + printed + "\n\n# Next\naws s3 ls s3://b"
			lib := openText(t, "# P\n## Q\n```"+fence+"\n"+text+"\n```\n")
			var steps []string
			for _, s := range lib.Procedures()[0].Steps {
				steps = append(steps, strings.Join(strings.Fields(s.Script.Text), " "))
				for _, m := range s.Findings {
					if m.Rule == "shell-syntax" {
						t.Errorf("%q in %q: %s", printed, fence, m.Message)
					}
				}
			}
			if want := "aws s3api get-object --bucket b --key k x|# Next aws s3 ls s3://b"; strings.Join(steps, "|") != want {
				t.Errorf("%q in %q: steps %q", printed, fence, steps)
			} else if got := lib.Procedures()[0].Steps[0].Expected; got != strings.TrimSpace(strings.ReplaceAll(printed, "\n\n", "\n")) {
				t.Errorf("%q in %q shows %q", printed, fence, got)
			}
		}
	}
}

// TestTypedBelow has second lines that are commands, however odd: they stay.
func TestTypedBelow(t *testing.T) {
	for _, typed := range []string{
		"mytool deploy", "X=1 aws s3 ls", "$TOOL run", "./x.sh", "scripts/x.sh a", "echo ACTIVE", "true", "7z x a.7z", "Rscript a.R",
		"aws s3 ls    s3://b    --recursive", "for x in a; do echo $x; done", "if true; then echo x; fi", "[ -f x ]", "uuidgen", "\"$X\" y",
	} {
		lib := openText(t, "# P\n## Q\n```bash\naws s3 ls\n"+typed+"\n```\n")
		s := lib.Procedures()[0].Steps[0]
		if !strings.Contains(s.Script.Text, typed) || s.Expected != "" {
			t.Errorf("%q was taken out: %q", typed, s.Script.Text)
		}
	}
}
