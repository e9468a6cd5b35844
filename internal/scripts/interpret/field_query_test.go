package interpret

import (
	"strings"
	"testing"
)

// TestAValueIsOneValueOfAQuery gives values to programs of jq and to queries, in each of the places where one can stand.
func TestAValueIsOneValueOfAQuery(t *testing.T) {
	t.Parallel()
	values := []string{"web", "prod_db", "env", "halt", "input", "true", "7", "1.5", "i-0abc", "a b", "a(b)", `a"b`, "a'b", `a\(1)`, "a`b",
		`x") or ("`, "1 or true", ".x", "a|b", "a\nb", "$__prog_args"}
	const (
		names   = "web prod_db env halt input true"
		numbers = "true 7 1.5"
	)
	for script, fits := range map[string]func(value string) bool{
		`jq ".[] | select(.name == \"$V\")" f`:                         without(`"\`),
		`jq -r ".a[\"x-$V\"]" f`:                                       without(`"\`),
		`jq ".a \"\\(.b)$V\"" f`:                                       without(`"\`),
		`jq --arg a "$V" '.x == $a' f`:                                 without(""),
		`jq ".a.$V" f`:                                                 among(names),
		`jq ".[] | select(.n > $V)" f`:                                 among(numbers),
		`jq "\"\\(.b | f(1) | $V)\"" f`:                                among(numbers),
		"jq \". # '$V\" f":                                             without("\n"),
		`jq "$V" f`:                                                    among(numbers),
		`aws ec2 describe-vpcs --query "Vpcs[?n=='$V']"`:               without(`'\`),
		`aws ec2 describe-vpcs --query="Vpcs[?n=='$V'].a"`:             without(`'\`),
		`aws ec2 describe-vpcs --quer="Vpcs[?n=='$V'].a"`:              without(`'\`),
		`aws --que "Vpcs[?n=='$V']" ec2 describe-vpcs`:                 without(`'\`),
		`timeout 5 jq -n "\"$V\""`:                                     without(`"\`),
		"aws ec2 describe-vpcs --query \"Vpcs[?n==\\`\\\"$V\\\"\\`]\"": without("`\"\\"),
		"aws ec2 describe-vpcs --query \"Vpcs[?n==\\`$V\\`]\"":         without("`\"\\"),
		`aws ec2 describe-vpcs --query "Vpcs[].$V"`:                    among(names + " 7"),
		`aws ec2 describe-vpcs --query "$V"`:                           without(""), // all of it is the person's
		`aws ec2 describe-vpcs --output text --vpc-ids "$V"`:           without(""),
	} {
		for _, value := range values {
			got := runTyped(t, script, value)
			refused := strings.Contains(got.said(), "would be read as a part of the query")
			if refused == fits(value) {
				t.Errorf("%s with %q: refused is %v: %s", script, value, refused, got.said())
			}
			if refused && len(got.probe.lines) > 0 {
				t.Errorf("%s with %q: was called", script, value)
			}
		}
	}
}

func without(characters string) func(string) bool {
	return func(value string) bool { return !strings.ContainsAny(value, characters) }
}

func among(words string) func(string) bool {
	return func(value string) bool {
		return strings.Contains(" "+words+" ", " "+value+" ") && !strings.Contains(value, " ")
	}
}
