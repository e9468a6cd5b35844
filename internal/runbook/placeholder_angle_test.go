package runbook

import (
	"slices"
	"strings"
	"testing"
)

// TestAnglesOfLanguages reads scripts in which < and > are redirections, markup, comparisons and patterns: none of them asks for
// anything.
func TestAnglesOfLanguages(t *testing.T) {
	t.Parallel()
	for _, script := range []string{
		"aws ecs list-services | jq 'select(.a<3 and .b>1)'",
		"cat <infile >outfile",
		"sort <in.txt >out.txt",
		"grep '<none>' file.txt",
		"sed 's/<td>/<b>/' page.html",
		"echo \"Usage: $0 <env>\"",
		"echo \"<html><body>\"",
		"awk '$1<b && c>d {print}' f",
		"awk 'NR<5 && NF>2' f",
		"[[ a < b ]] && [[ c > d ]]",
		"if (( i<n && n>2 )); then echo y; fi",
		"x=$(( a<b?c:d ))",
		"for (( i=0; i<n; i++ )); do echo $((n>i)); done",
		"cat <<EOF2\n<config><name>x</name></config>\n<dependency>\n  <groupId>a</groupId>\n</dependency>\nEOF2",
		"cat > page.html <<'X'\n<!DOCTYPE html>\n<div class=\"a\"><p>hi</p></div>\n<br/>\nX",
		"python3 - <<'PY'\nif a<b and c>d: print(1)\nPY",
		"perl -ne 'print if /(?<year>\\d{4})/' f",
		"grep -E '<(error|fatal)>' log",
		"aws logs filter-log-events --log-group-name x --filter-pattern '{ $.latency > 3 && $.a < 5 }'",
		"aws logs start-query --query-string 'filter a<3 and b>1'",
		"aws ec2 describe-instances --query 'Reservations[?a<b && c>d]'",
		"psql -c \"select * from t where a<b and c>d\"",
		"jq -r '.[] | select(.n<10 or .m>3) | .x' f",
		"diff <(sort a) <(sort b) > out",
		"while read x; do echo $x; done <list >res",
		"cmd <in 2>err",
		"tr '<' '>' <a >b",
		"printf '<%s>\\n' x",
		"xmllint --xpath '//a[b<c and d>e]' f",
		"curl -d '<Envelope><Body/></Envelope>' https://x.example",
		"sed -n '/<start>/,/<end>/p' f",
		"sed 's/<pass>[^<]*<\\/pass>/<pass>x<\\/pass>/' f",
		"git log --format='%an <%ae>' ",
		"git commit --author=\"Ana <ana@example.com>\"",
		"test a \\< b -a c \\> d",
		"expr a '<' b",
		"bc <<< \"a<b\"",
		"echo \"$1\" | grep -oP '(?P<year>\\d{4})-(?<month>\\d\\d)'",
		"sed -E 's/\\k<name>/x/' f",
		"mysql shop <dump.sql 2>errors",
		"cat <<E\nusage: deploy <env>\n  --tag <tag>\nE",
		"printf 'Usage: %s <env> <tag>\\n' \"$0\"",
		"grep -c '<null>' f",
		"let \"x = a<b\"",
		"while (( i<n || m>2 )); do :; done",
		"perl -pe 's/<start>.*<end>//' f",
		"awk '$1<max-min || $2>3' f",
		"python3 -c 'print(a<b or c>d)'",
		"python3 - <<'E'\nprint([x for x in y if x<n and x>m])\nE",
		"sqlite3 f 'select * from t where a<b and c>d'",
		"echo '<ul><li>x<li>y</ul>'",
	} {
		lib := openText(t, "# Work on it\n\n## Shop\n\n```bash\n"+script+"\n```\n")
		for _, p := range lib.Procedures() {
			for _, field := range p.Parameters {
				if field.Name != "1" && strings.ToLower(field.Name) == field.Name {
					t.Errorf("%s asks for %s", script, field.Name)
				}
			}
		}
	}
}

// TestAnglesThatAreMeant reads lines whose authors mean a word to be replaced.
func TestAnglesThatAreMeant(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"aws ecs describe-services --cluster <cluster> --services <service>":         "cluster service",
		"aws s3 ls s3://<bucket>/<prefix>":                                           "bucket prefix",
		"aws s3 cp <file> s3://my-<env>-bucket/":                                     "file env",
		"kubectl logs <pod> > out.txt":                                               "pod",
		"kubectl get pods -n <namespace> | grep '<name>'":                            "namespace name",
		"grep \"<request-id>\" app.log":                                              "request-id",
		"grep <pattern> app.log":                                                     "pattern",
		"grep '<start>' f; aws logs tail x --since <start>":                          "start",
		"echo \"<your-token>\" | docker login --password-stdin":                      "your-token",
		"psql \"postgres://<user>:<password>@<host>/db\" < dump.sql":                 "user password host",
		"jq '.[\"<key>\"]' f":                                                        "key",
		"jq '.[] | select(.id == \"<id>\")' f":                                       "id",
		"sed -i 's/OLD/<new-value>/' f":                                              "new-value",
		"X=<value>":                                                                  "value",
		"export AWS_PROFILE=<profile>":                                               "profile",
		"aws dynamodb get-item --table-name t --key '{\"id\": {\"S\": \"<id>\"}}'":   "id",
		"curl -H \"Authorization: Bearer <token>\" https://<host>/x":                 "token host",
		"cat <file> > other":                                                         "file",
		"ssh <user>@<host>":                                                          "user host",
		"aws ecs list-tasks --cluster <cluster or service>":                          "cluster-or-service",
		"aws dynamodb scan --table-name <table>":                                     "table",
		"aws lambda invoke --function-name f --payload '{\"code\": \"<code>\"}' out": "code",
		"cat <<E > f\nname: <name>\ntable: <table>\nE":                               "name table",
		"(( x > <limit> ))":                                                          "limit",
		"[[ \"$HOME\" == <value> ]]":                                                 "value",
		"psql -c \"select * from t where id = <id> limit <n>\"":                      "id n",
		"aws logs tail x --since <n>h":                                               "n",
		"echo '<name><your-name></name>' > f.xml":                                    "your-name",
	} {
		lib := openText(t, "# Work on it\n\n## Shop\n\n```bash\n"+script+"\n```\n")
		var got []string
		for _, p := range lib.Procedures() {
			for _, field := range p.Parameters {
				got = append(got, field.Name)
			}
		}
		names := strings.Fields(want)
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
			t.Errorf("%s asks for %q, want %q", script, got, names)
		}
	}
}
