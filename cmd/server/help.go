package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"
)

const about = `Opsbook makes the Markdown runbooks of a team live: every step is a button.

Without further options everything happens on the sandbox, an AWS account that is
simulated inside this program: nothing is sent anywhere.

    opsbook                                    the portal, http://127.0.0.1:8080
    opsbook --runbooks ./runbooks              the same, with your runbooks
    opsbook list                               what becomes of them, and what is wrong
    opsbook run morning-health-check           one of them, here in the terminal
    opsbook aws sts get-caller-identity        one call`

// allCommands are opsbook's commands as its help lists them. The first is executed where none is named.
func allCommands() []*command {
	return []*command{
		{
			name: "serve", action: &serveCommand{}, help: serveHelp,
			summary: "Serve the portal; what opsbook does when not told otherwise.",
			reaches: "it is the portal: this table says who may do what there",
		},
		{
			name: "lint", action: &lintCommand{}, summary: "Check runbooks, for people, editors and CI.", help: lintHelp,
			reaches: "nothing of a portal: runbooks and configuration",
			several: "[FILE|DIR…]",
		},
		{
			name: "list", action: &listCommand{}, summary: "List chapters, procedures, steps and mistakes.", help: listHelp,
			reaches: "nothing of a portal: runbooks and configuration",
		},
		{
			name: "run", action: &runCommand{}, summary: "Run a procedure, or one step of it.", help: runHelp,
			reaches:  "the database of the data folder, beside no portal on SQLite; AWS with the credentials of whoever runs it",
			argument: "procedure", argumentHelp: "An identifier of list, or any end of one; with #STEP one step.",
		},
		{
			name: "aws", action: awsCommand{}, summary: "Make one call, printing what the AWS CLI prints.", verbatim: true,
			reaches: "nothing of a portal: AWS with the credentials of whoever runs it",
		},
		{
			name: "sandbox", action: &sandboxCommand{}, help: sandboxHelp,
			summary: "Serve the simulated AWS account on a loopback address.",
			reaches: "nothing of a portal: it listens on loopback",
		},
		{
			name: "backup", action: backupCommand{}, summary: "Write what the database holds into a file.", help: backupHelp,
			reaches:  "the database, all of it, beside a portal that uses it",
			argument: "file", argumentHelp: "A file that is not there yet.",
		},
		{
			name: "restore", action: restoreCommand{}, summary: "Restore a backup into an empty database.", help: restoreHelp,
			reaches:  "an empty database",
			argument: "file", argumentHelp: "What backup wrote.",
		},
		{
			name: "ready", action: &readyCommand{}, summary: "Ask a server of this machine whether it is ready.", help: readyHelp,
			reaches: "a server of this machine: `GET /readyz`, which answers everybody",
		},
		{
			name: "check", action: checkCommand{}, summary: "Check that the database is whole.", help: checkHelp,
			reaches: "the database, beside a portal that uses it",
		},
		{
			name: "notify", action: &notifyCommand{}, summary: "Send a test message to a notification of opsbook.yaml.", help: notifyHelp,
			reaches:  "the address of a notification, with its secret; nothing of a portal",
			argument: "name", argumentHelp: "The name that it has there.",
		},
		{
			name: "may", action: &mayCommand{}, summary: "Say whether somebody may do something, and by which role.", help: mayHelp,
			reaches: "nothing of a portal: configuration and runbooks",
			several: "PERSON VERB [PROCEDURE]",
		},
		{
			name: "audit", action: &auditCommand{}, summary: "Verify or export the audit log, or erase in it.", help: auditHelp,
			reaches: "the database: verify and export beside a portal that uses it, erase too where it is PostgreSQL",
			several: "verify|export|erase [NUMBER]",
		},
		{
			name: "token", action: &tokenCommand{}, summary: "Make, list or end tokens for programs.", help: tokenHelp,
			several: "add|list|end [NAME]",
			reaches: "the database, beside a portal that uses it",
		},
		{
			name: "user", action: &userCommand{}, summary: "Let people in with passwords: add, reset, disable or list.", help: userHelp,
			several: "add|reset|groups|disable|list [EMAIL]",
			reaches: "the database, beside a portal that uses it",
		},
		{
			name: "gameday", action: &gamedayCommand{}, help: gamedayHelp, several: "[PROCEDURE]",
			summary: "Let the sandbox break something in secret, and measure how long you take.",
			reaches: "nothing of a portal: runbooks, and an account of its own on loopback",
		},
		{
			name: "version", action: versionCommand{}, summary: "Print the version of the product and of the API models.",
			reaches: "nothing",
		},
	}
}

const serveHelp = `The portal serves until SIGINT or SIGTERM. Steps that only read then finish, or return to
the queue. Without sign_in in opsbook.yaml nobody signs in, and only this machine can reach
the portal. A proxy in front may sign people in instead; it removes the header with their
name from what clients send, and requests that bypass it are refused.

    opsbook serve --runbooks ./runbooks
    opsbook serve --addr 127.0.0.1:9000 --account aws
    opsbook serve --addr 0.0.0.0:8080 --behind-proxy 10.0.0.0/24 \
      --user-header X-Remote-User --url https://opsbook.example.com

The flags of this command are variables too (OPSBOOK_ADDR …), but --fault.`

const listHelp = `Mistakes are listed with file and line, and with the corrected line where there is one.
The exit status is 0 whatever is found.

    opsbook list --runbooks ./runbooks
    opsbook list --format json | jq .mistakes
    opsbook list --coverage                what runs, what is done by hand, and why`

const runHelp = `Standard output is what the script prints, and nothing else; verdicts go to standard
error. What changes something asks first, and is refused where there is no terminal. A
dry run reads what the calls' values need, and prints the calls, one a line, as a
shell takes them.

    opsbook run morning-health-check
    opsbook run log-review#errors-of-the-api-function
    opsbook run deploy --set VERSION=1.4.2 --environment staging --yes
    opsbook run morning-health-check --fault alarm
    opsbook run deploy --set VERSION=1.4.2 --dry-run > calls.sh
    opsbook run deploy-to-production#half-an-hour-at-10
    opsbook run rotate --set-file DB_PASSWORD=./password

Everybody on the machine can see the values of --set with ps. A secret is given by a file,
by standard input (--set-file NAME=-) or by the variable OPSBOOK_PARAM_NAME.

A bake (#| bake: 30m over a command) takes samples for as long as it says. A watch ends
with Ctrl-C, or after the time in its comment. A bake that Ctrl-C ends has not passed.

Exit status: 0 nothing failed; 1 a verdict is fail; 2 something could not be
executed, or was refused; 3 wrong usage, before any call; 4 nothing failed, and a step
is left to be done by hand.`

const lintHelp = `Every finding has its place and its rule: docs/lint explains each. Without files and folders,
the folder of runbooks is checked. A comment in a document turns a rule off, and so does
its front matter: lint: {disable: [asynchronous]}

    opsbook lint docs/runbooks
    opsbook lint --max-warnings 0 --format github docs/runbooks
    opsbook lint --fix docs/runbooks/rollback.md

--fix writes the corrections of lines that cannot work as they are, and of nothing else.

Exit status: 0 no errors; 1 errors, or more warnings than --max-warnings; 2 a file could not
be written; 3 wrong usage.`

const readyHelp = `For health checks where there is no shell, as in the image. It asks for /readyz.

    opsbook ready --addr 127.0.0.1:9000

Exit status: 0 it is ready; 1 it is not; 2 nothing answers.`

const sandboxHelp = `It prints the variables that point a client of AWS at it: the AWS CLI, Terraform, an SDK.

    opsbook sandbox --fault throttled`

const gamedayHelp = `The sandbox picks a fault that a check of the procedure sees, of all procedures without one,
and begins it at a moment that nobody knows. It prints the variables that point the AWS CLI or an
SDK at it. Look, mend, look again: it says when the first reading was red, and ends when a change
has mended it. Ctrl-C gives up, and reveals the fault. The portal has game days too, at /gameday.

    opsbook gameday deploy --runbooks ./runbooks
    opsbook gameday --within 1m

Exit status: 0 mitigated; 1 given up; 2 it could not be begun; 3 wrong usage.`

// awsHelp is all help of aws: all words after it are the call's.
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

// helpText is the help of the line's command, or of opsbook where none is named.
func (l *commandLine) helpText() string {
	c := l.command
	var text strings.Builder
	switch {
	case c.verbatim:
		return awsHelp
	case !l.named:
		text.WriteString("Usage: opsbook [COMMAND] [flags]\n\n" + about + "\n\nCommands:\n")
		var rows [][2]string
		for _, c := range l.commands {
			rows = append(rows, [2]string{c.name, c.summary})
		}
		columns(&text, rows)
		l.flagsHelp(&text)
		text.WriteString("\nMore of a command: opsbook COMMAND --help\n")
		return text.String()
	case c.argument != "":
		fmt.Fprintf(&text, "Usage: opsbook %s %s [flags]\n\n%s\n", c.name, strings.ToUpper(c.argument), c.summary)
	case c.several != "":
		fmt.Fprintf(&text, "Usage: opsbook %s %s [flags]\n\n%s\n", c.name, c.several, c.summary)
	default:
		fmt.Fprintf(&text, "Usage: opsbook %s [flags]\n\n%s\n", c.name, c.summary)
	}
	if c.help != "" {
		text.WriteString("\n" + c.help + "\n")
	}
	if c.argument != "" {
		text.WriteString("\nArguments:\n")
		columns(&text, [][2]string{{strings.ToUpper(c.argument), c.argumentHelp}})
	}
	l.flagsHelp(&text)
	return text.String()
}

// flagsHelp lists flags: the command's where one is named, and those of all commands.
func (l *commandLine) flagsHelp(text *strings.Builder) {
	var own, common [][2]string
	l.all.VisitAll(func(f *pflag.Flag) {
		row := [2]string{"--" + f.Name, f.Usage}
		if f.Shorthand != "" {
			row[0] = "-" + f.Shorthand + ", " + row[0]
		}
		if parts := strings.SplitN(f.Usage, "`", 3); len(parts) == 3 { // `VALUE` and what it is for
			row = [2]string{row[0] + " " + parts[1], strings.TrimSpace(parts[2])}
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" {
			row[1] += " Default: " + f.DefValue
		}
		switch {
		case l.common.Lookup(f.Name) != nil:
			common = append(common, row)
		case l.named || f.Name == "help":
			own = append(own, row)
		}
	})
	text.WriteString("\nFlags:\n")
	columns(text, own)
	text.WriteString("\nFlags of all commands; --name is OPSBOOK_NAME as a variable:\n")
	columns(text, common)
}

// columns writes rows of a name and what it means, indented and aligned.
func columns(text *strings.Builder, rows [][2]string) {
	width := 0
	for _, row := range rows {
		width = max(width, utf8.RuneCountInString(row[0]))
	}
	for _, row := range rows {
		fmt.Fprintf(text, "  %-*s  %s\n", width, row[0], row[1])
	}
}
