package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/opsbook/opsbook/internal/aws/bind"
)

const about = `Opsbook makes the Markdown runbooks of a team live: every step is a button.

Without further options everything happens on the sandbox, an AWS account that is
simulated inside this program: nothing is sent anywhere.

    opsbook                                    the portal, http://127.0.0.1:8080
    opsbook --runbooks ./runbooks              the same, with your runbooks
    opsbook list                               what becomes of them, and what is wrong
    opsbook run morning-health-check           one of them, here in the terminal
    opsbook aws sts get-caller-identity        one call`

// helpOptions are how help looks: commands first, and what all commands take apart from what one takes. Each flag
// names its variable nowhere else: the group says the rule.
func helpOptions() []kong.Option {
	return []kong.Option{
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.ValueFormatter(func(v *kong.Value) string { return v.Help }), // the group says what the variables are called
		kong.ExplicitGroups([]kong.Group{{Key: "all", Title: "Flags of all commands; --name is OPSBOOK_NAME as a variable:"}}),
	}
}

// Help implements kong.HelpProvider.
func (*serveCommand) Help() string {
	return `Pages are served until SIGINT or SIGTERM; what only reads is then finished or put back.
Nobody has to sign in, so that only this machine may reach the portal; or a proxy that
signs people in, and takes away the header by which it names them where a client sends
it. Requests that come past the proxy are then refused.

    opsbook serve --runbooks ./runbooks
    opsbook serve --addr 127.0.0.1:9000 --account aws
    opsbook serve --addr 0.0.0.0:8080 --behind-proxy 10.0.0.0/24 \
      --user-header X-Remote-User --host opsbook.example.com

The flags of this command are variables too (OPSBOOK_ADDR …), but --fault.`
}

// Help implements kong.HelpProvider.
func (*listCommand) Help() string {
	return `Mistakes are listed with file and line, and with the corrected line where there is one.
The exit status is 0 whatever is found.

    opsbook list --runbooks ./runbooks
    opsbook list --format json | jq .mistakes`
}

// Help implements kong.HelpProvider.
func (*runCommand) Help() string {
	return `Standard output is what the script prints, and nothing else; verdicts go to standard
error. What changes something asks first, and is refused where there is no terminal. A
dry run reads what the calls' values need, and prints the calls, one a line, as a
shell takes them.

    opsbook run morning-health-check
    opsbook run log-review#errors-of-the-api-function
    opsbook run deploy --set VERSION=1.4.2 --environment staging --yes
    opsbook run morning-health-check --fault alarm
    opsbook run deploy --set VERSION=1.4.2 --dry-run > calls.sh
    opsbook run deploy-to-production#half-an-hour-at-10

A bake (bake 30m --every 1m -- COMMAND) looks as long as it says, and watch until Ctrl-C
or the time in its comment. A bake that Ctrl-C ends has not passed.

Exit status: 0 nothing failed; 1 a verdict is fail; 2 something could not be
executed, or was refused; 3 wrong usage, before any call.`
}

// Help implements kong.HelpProvider.
func (*sandboxCommand) Help() string {
	return `It prints the variables that point a client of AWS at it: the AWS CLI, Terraform, an SDK.

    opsbook sandbox --fault throttled`
}

// awsHelp stands for kong's help, because all words after aws are the call's.
const awsHelp = `Usage: opsbook [flags] aws SERVICE OPERATION [options]

Make one call, printing what the AWS CLI (version 2) prints, with its exit status. Any
operation of any service is known. Opsbook's own flags stand before the word aws.

    opsbook aws dynamodb list-tables
    opsbook aws cloudwatch describe-alarms --state-value ALARM --output table
    opsbook --account aws aws s3 ls
    opsbook --environment staging aws sts get-caller-identity --query Account --output text

What an operation takes, as a form to fill in:

    opsbook aws dynamodb create-backup --generate-cli-skeleton

Flags of all commands: opsbook --help
`

// asksForHelp reports whether the words after aws ask for no call.
func asksForHelp(args []string) bool {
	return len(args) == 1 && (args[0] == "help" || args[0] == "--help" || args[0] == "-h")
}

// They match messages of kong, which has no kinds of errors for these.
var (
	missingValue = regexp.MustCompile(`^(--?[\w-]+): expected .* value but got "EOL"`)
	missingWord  = regexp.MustCompile(`^expected "<([\w-]+)>`)
	notAnyOf     = regexp.MustCompile(`must be one of (.*) but got "(.*)"$`)
)

// usage says what is wrong with a command line, and where to read on. kong’s messages name its own syntax; those
// that people meet are put into the words of the help. --help is proposed for the command only where it was typed.
func usage(parser *kong.Kong, args []string, err error) string {
	text, command := err.Error(), ""
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		if selected := parse.Context.Selected(); selected != nil &&
			strings.Contains(" "+strings.Join(args, " ")+" ", " "+selected.Name+" ") {
			command = selected.Name + " "
		}
	}
	switch {
	case strings.HasPrefix(text, "unexpected argument ") && command == "":
		text = unknownCommand(parser, strings.Fields(strings.TrimPrefix(text, "unexpected argument "))[0])
	case missingValue.MatchString(text):
		text = missingValue.FindStringSubmatch(text)[1] + " wants a value"
	case missingWord.MatchString(text):
		text = command + "wants a " + missingWord.FindStringSubmatch(text)[1] + "; opsbook list shows what there is"
	case strings.Contains(text, `"<key>=<value>"`):
		text = strings.Replace(text, `"<key>=<value>"`, "NAME=VALUE", 1)
	case notAnyOf.MatchString(text):
		text = notAnyOf.ReplaceAllStringFunc(text, func(part string) string {
			m := notAnyOf.FindStringSubmatch(part)
			return fmt.Sprintf("is %q; it must be one of %s", m[2],
				strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(m[1], `,""`), `"`, ""), ",", ", "))
		})
	}
	return fmt.Sprintf("opsbook: %s\nTry: opsbook %s--help", text, command)
}

// unknownCommand says that a word is no command, and which one may have been meant.
func unknownCommand(parser *kong.Kong, word string) string {
	var names []string
	for _, c := range parser.Model.Children {
		names = append(names, c.Name)
	}
	hint := ""
	if near := bind.Nearest(word, names); near != "" {
		hint = fmt.Sprintf(", did you mean %q?", near)
	}
	return fmt.Sprintf("there is no command %q%s", word, hint)
}
