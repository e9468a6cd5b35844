package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/confined"
	"github.com/opsbook/opsbook/internal/procedures"
)

// effectWords are the words of title_words.txt for one kind of deed, as one expression.
func effectWords(t *testing.T, kinds ...string) *regexp.Regexp {
	t.Helper()
	text, err := os.ReadFile("../../internal/runbook/title_words.txt")
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	kind := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			kind = strings.TrimSuffix(name, "]")
			continue
		}
		if strings.HasPrefix(line, "#") || !slices.Contains(kinds, kind) {
			continue
		}
		for w := range strings.FieldsSeq(line) {
			start, isStart := strings.CutSuffix(w, "*")
			switch {
			case strings.ContainsFunc(w, func(r rune) bool {
				return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
			}):
				words = append(words, regexp.QuoteMeta(w))
			case isStart:
				words = append(words, `(?:^|[^\pL\pN])`+regexp.QuoteMeta(start))
			default:
				words = append(words, `(?:^|[^\pL\pN])`+regexp.QuoteMeta(w)+`(?:$|[^\pL\pN])`)
			}
		}
	}
	return regexp.MustCompile("(?i)" + strings.Join(words, "|"))
}

// saysWhatItDoes reports whether a title has a word for a step's effect, or what is called: the operation, or the program.
func saysWhatItDoes(words *regexp.Regexp, s *procedures.Step) bool {
	if words.MatchString(s.Title) || outOf.MatchString(s.Title) {
		return true
	}
	title := strings.ToLower(s.Title)
	for _, call := range s.Analysis.Calls {
		_, operation, _ := strings.Cut(call, " ")
		verb, _, _ := strings.Cut(operation, "-")
		if verb != "" && strings.Contains(title, strings.TrimSuffix(verb, "y")) {
			return true
		}
	}
	names := append(slices.Clone(s.Analysis.Programs), s.Analysis.Scripts...)
	return slices.ContainsFunc(names, func(name string) bool {
		return strings.Contains(title, strings.ToLower(name[strings.LastIndex(name, "/")+1:]))
	})
}

// programs are lines of programs that are known to change something.
var programs = regexp.MustCompile(`\b(?:terraform (?:apply|destroy)|kubectl (?:delete|apply|rollout|scale)|` +
	`helm (?:uninstall|upgrade|install)|docker push|rm -|DROP |xargs .*delete)`)

// certain reports whether a step is known to change something: a program that nobody knows counts as a change, and may be none.
func certain(s *procedures.Step) bool {
	return programs.MatchString(s.Script.Text) || slices.ContainsFunc(s.Analysis.Detail, func(d procedures.PlannedCall) bool {
		_, operation, _ := strings.Cut(d.Command, " ")
		return d.Effect.Changes() && !strings.HasPrefix(operation, "describe-") && !strings.HasPrefix(operation, "list-")
	})
}

// outOf is "take the target out".
var outOf = regexp.MustCompile(`(?i)\btak\w+ .*\bout\b`)

// hiding are the steps of a folder whose titles hide what they do.
func hiding(t *testing.T, documents []*document) []string {
	t.Helper()
	destroy, change := effectWords(t, "destroy"), effectWords(t, "destroy", "change")
	var found []string
	for _, d := range documents {
		for _, s := range d.steps() {
			if s.Kind != procedures.KindScript || s.Annotations.Title != "" || s.ScriptFile != "" || !certain(s) {
				continue // its author named it, it is called as its file, or nobody knows what it does
			}
			words := change
			switch s.Effect() {
			case procedures.EffectDestroy:
				words = destroy
			case procedures.EffectChange:
			default:
				continue
			}
			if !saysWhatItDoes(words, s) {
				found = append(found, fmt.Sprintf("%s:%d: %s: %q: %v", s.File, s.Line, s.Effect(), s.Title, s.Analysis.Calls))
			}
		}
	}
	return found
}

// TestNoTitleHidesAnEffect holds the titles of the corpus, and of generated blocks, against what their steps do.
func TestNoTitleHidesAnEffect(t *testing.T) {
	lib, err := open(confined.Dir(corpus))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hiding(t, documents(lib)) {
		t.Error(h)
	}
	files := fstest.MapFS{}
	for i, line := range hidden {
		for k, comment := range disguises {
			const before, read = "# Runbook of the shop\n\n## Daily work\n\n", "\naws sts get-caller-identity\n"
			text := before + comment + "\n\n```bash\n" + line + "\n```\n\n## More\n\n" + comment + "\n\n```bash" + read + line + "\n```\n"
			if strings.HasPrefix(comment, "#") {
				text = before + "```bash\n" + comment + "\n" + line + "\n\n" + comment + read + "\n" + line + "\n```\n"
			}
			files[fmt.Sprintf("%d-%d.md", i, k)] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	if lib, err = open(files); err != nil {
		t.Fatal(err)
	}
	if n := len(lib.Documents); n != len(hidden)*len(disguises) {
		t.Errorf("%d documents", n)
	}
	for _, h := range hiding(t, documents(lib)) {
		t.Error(h)
	}
}

// disguises are comments, labels and sentences over a line that does not say what it does.
var disguises = []string{
	"", "# Check it", "# Watch it", "# If the shop is slow", "# The shop", "# Prod", "# 1. Shop", "# Now", "# (production)", "# Verify:",
	"# Note: ask first.", "# 最初に確認", "# Ver el estado", "# Prüfen", "**The shop**", "Look at the shop:", "- The shop:",
	"# =====", "# Shop 🛒",
}

// hidden are lines that change or destroy.
var hidden = []string{
	"aws ecs update-service --cluster web --service shop --desired-count 0",
	"aws cloudformation delete-stack --stack-name shop",
	"aws rds delete-db-instance --db-instance-identifier shop --skip-final-snapshot",
	"aws s3 rm s3://shop-data --recursive",
	"aws s3 sync s3://shop-data s3://shop-copy --delete",
	"aws ec2 terminate-instances --instance-ids i-0a1b2c3d4e5f60718",
	"aws dynamodb delete-table --table-name shop",
	"aws sqs purge-queue --queue-url \"$QUEUE_URL\"",
	"aws iam detach-role-policy --role-name shop --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess",
	"aws lambda update-function-configuration --function-name shop --memory-size 512",
	"aws route53 change-resource-record-sets --hosted-zone-id Z0AB --change-batch file://change.json",
	"aws elbv2 modify-listener --listener-arn \"$LISTENER\" --port 443",
	"aws logs delete-log-group --log-group-name /shop",
	"aws secretsmanager put-secret-value --secret-id shop --secret-string \"$VALUE\"",
	"aws kms schedule-key-deletion --key-id \"$KEY\" --pending-window-in-days 7",
	"aws autoscaling set-desired-capacity --auto-scaling-group-name shop --desired-capacity 0",
	"aws cloudfront create-invalidation --distribution-id \"$ID\" --paths '/*'",
	"aws ssm send-command --instance-ids i-0a1b2c3d4e5f60718 --document-name AWS-RunShellScript --parameters commands=uptime",
	"for q in a b; do aws sqs delete-queue --queue-url \"$q\"; done",
	"if [ -n \"$OLD\" ]; then aws ec2 delete-snapshot --snapshot-id \"$OLD\"; fi",
	"ID=$(aws ec2 run-instances --image-id ami-0a1b2c3d4e5f60718 --query 'Instances[0].InstanceId' --output text)",
	"aws ec2 describe-volumes --query 'Volumes[].VolumeId' --output text | xargs -n1 aws ec2 delete-volume --volume-id",
	"terraform destroy -auto-approve",
	"terraform apply tfplan",
	"kubectl delete namespace shop",
	"kubectl rollout restart deployment/shop",
	"helm uninstall shop",
	"rm -rf build",
	"docker push registry/shop",
	"psql \"$URL\" -c 'DROP TABLE orders'",
}

// brokenTitle is what no title has that is made of commands: a gap where a name is missing, what stands for a value in a script, a value
// of Go.
var brokenTitle = regexp.MustCompile(`  |^ | $| [.,:;]|[$` + "`" + `]|map\[|[&*]\{|<nil>|%!|\[\]|<>`)

// TestTitlesOfOperations makes titles of operations of all services, with names that are texts, variables, arguments, lists or missing.
func TestTitlesOfOperations(t *testing.T) {
	t.Parallel()
	values := []string{
		"", "orders", `"$NAME"`, "$1", `"$@"`, `"${NAMES[@]}"`, "a b", "$(cat name)",
		`"x-$(date +%s)"`, "'[{\"Key\":\"a\"}]'", "Key=a,Value=b", "<name>",
		"arn:aws:sns:eu-west-1:123456789012:orders", "${NAME:-x}", "$((1 + 2))",
	}
	files, number := fstest.MapFS{}, 0
	for _, name := range models.Services() {
		s, err := models.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		text.WriteString("# Work on the shop\n")
		for op := range s.Operations() {
			if number++; number%150 != 0 {
				continue
			}
			for i, value := range values {
				line := "aws " + bind.CommandOf(s.Name) + " " + bind.Dashed(op.Name)
				if op.Input != nil && value != "" {
					for _, member := range op.Input.Required {
						line += " --" + bind.Dashed(member) + " " + value
					}
				}
				fmt.Fprintf(&text, "\n## Part %d of %s\n\n```bash\n%s\n```\n\n```bash\n# Look at it\n%s\n```\n", i, op.Name, line, line)
			}
		}
		files[name+".md"] = &fstest.MapFile{Data: []byte(text.String())}
	}
	for i, line := range append(slices.Clone(hidden), "s3 rm",
		"aws s3 rm $1", "aws s3 rb \"s3://$(cat name)\"", "A=aws; $A $X", "$X a", "aws $X") {
		files[fmt.Sprintf("hidden-%d.md", i)] = &fstest.MapFile{Data: []byte("# Work on it\n\n## Shop\n\n```bash\n" + line + "\n```\n\n" +
			"```bash\n# Look at it\n" + line + "\n```\n")}
	}
	lib, err := open(files)
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	for _, d := range documents(lib) {
		for _, s := range d.steps() {
			steps++
			if brokenTitle.MatchString(s.Title) {
				t.Errorf("%s:%d: %q", s.File, s.Line, s.Title)
			}
		}
	}
	if steps < 1500 {
		t.Errorf("%d steps", steps)
	}
}

// TestWhatIsNotKnownIsShownToDestroy lists a step whose operation is only known when it runs as one that may destroy, with a title that
// says so, and one whose operations the document tells by these.
func TestWhatIsNotKnownIsShownToDestroy(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]struct {
		effect procedures.Effect
		calls  string
		title  string
	}{
		"# Check it\naws dynamodb \"$OP\" --table-name t":     {procedures.EffectDestroy, "", "only known when it runs"},
		"# Check it\naws dynamodb describe-$X":                {procedures.EffectRead, "", ""},
		"# Check it\n$CMD dynamodb list-tables":               {procedures.EffectDestroy, "", "only known when it runs"},
		"# Check it\nA=aws\n$A sqs purge-queue --queue-url u": {procedures.EffectDestroy, "sqs purge-queue", "deletes all messages"},
		"# Check it\nfor x in describe delete; do aws dynamodb $x-table --table-name t; done": {
			procedures.EffectDestroy, "dynamodb describe-table,dynamodb delete-table", "deletes the table t",
		},
		"# Check it\nfind . -exec aws s3 rm s3://b/k \\;":            {procedures.EffectDestroy, "s3 rm", "deletes s3://b/k"},
		"# Check it\nx=1; a[$(aws sqs purge-queue --queue-url u)]=2": {procedures.EffectDestroy, "sqs purge-queue", "deletes all messages"},
	} {
		lib, err := open(fstest.MapFS{"a.md": {Data: []byte("# Work on it\n\n## Shop\n\n```bash\n" + script + "\n```\n")}})
		if err != nil {
			t.Fatal(err)
		}
		s := documents(lib)[0].steps()[0]
		undecided := want.effect == procedures.EffectDestroy && want.calls == ""
		if s.Effect() != want.effect || strings.Join(s.Analysis.Calls, ",") != want.calls || !strings.Contains(s.Title, want.title) ||
			undecided != (len(s.Analysis.Undecided) > 0) {
			t.Errorf("%s: %s, %q, %q, undecided %q", script, s.Effect(), s.Title, s.Analysis.Calls, s.Analysis.Undecided)
		}
	}
}
