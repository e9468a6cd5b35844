package procedures

import "slices"

// Rule is one kind of finding. Its name stands in the finding, in `opsbook lint`, and in the comments that switch it off: it is never
// changed.
type Rule struct {
	Name string
	Why  string // what happens if nothing is done about it, in one or two sentences
}

// RuleOf is the rule of a name.
func RuleOf(name string) (Rule, bool) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// Rules are all kinds of findings, by name.
func Rules() []Rule { return slices.Clone(rules) }

// rules are sorted by name. A test compares them with what the rooms report.
var rules = []Rule{
	{"absolute-path", "A whole path is that of the machine of the person who typed it: here the file is not there."},
	{"alias", "A name that a document says it had leads elsewhere, or nowhere: links of that time are not led to it."},
	{"alternative", "Two steps are ways to the same end: running one right after the other may fail, so neither is part of Run all."},
	{"annotation", "An annotation that cannot be read, or that the step cannot follow, has no effect."},
	{"asynchronous", "AWS answers such a call before its change is complete: what follows may see the old state."},
	{"awk-program", "awk cannot read the program."},
	{"aws-enum", "AWS takes one of a fixed set of values here, and this is none of them."},
	{"aws-enum-unknown", "The models have no such value: AWS may have added it since. It is sent as it is."},
	{"aws-length", "The value is longer than AWS takes it."},
	{"aws-number", "The option takes a number."},
	{"aws-operation", "The service has no operation of this name, so the line is wrong usage."},
	{"aws-option", "The operation has no option of this name, so the line is wrong usage."},
	{"aws-required", "The operation needs a value that the line does not give."},
	{"aws-service", "AWS has no service of this name, or it is none that works on a server."},
	{"aws-shorthand", "The structure of this value is not the one that AWS takes."},
	{"aws-usage", "The AWS CLI refuses this line before anything is sent."},
	{"aws-value", "The option needs a value, or one of another type."},
	{"bake", "A bake that cannot be read is not begun."},
	{"bake-command", "bake is a word of ours: in a terminal the line is not found, and a later version does not read it."},
	{"billing-mode", "A table that pays by request takes no capacity: the mode has to be changed with it."},
	{"blank-after-backslash", "The line ends at the blank, and the next one is a command of its own."},
	{"brace-expansion", "bash makes several words of a list in braces that nothing quotes."},
	{"by-hand", "This opens a session, or works on the machine of the person who types it: a server cannot do it for them."},
	{"component", "What another tool would show in this place is not on the page."},
	{"composite-alarms", "The line leaves out composite alarms, which may be the only ones that ring."},
	{"curl-option", "curl has the options of everyday use here, and not this one."},
	{"curl-sends", "curl sends one request with one body here, by a method for pages, and this is another."},
	{"cut-continuation", "A comment behind a backslash ends the line: the options below it are a command of their own."},
	{"cut-table", "head cuts the table's lower edge off."},
	{"date-bsd", "This form of date is that of macOS; it is understood here, and not by date on Linux."},
	{"decimal-test", "[ compares whole numbers; a statistic prints as 12.0, and the test is an error that reads as false."},
	{"deprecated", "AWS has deprecated the operation."},
	{"does-not-wait", "The line starts something and does not wait for it: the next step may see the old version."},
	{"echo-escape", "bash prints the backslash as it is."},
	{"encoding", "The file is not UTF-8: some of its letters cannot be read."},
	{"environment-name", "One environment is called by two names in a document: one of them is probably a slip."},
	{"example-value", "The value is that of an example: the page asks for the real one."},
	{"expect-call", "The expectations of a step judge one of its calls, and more than one has the members that they name."},
	{"expect-member", "The answer has no member of this name: the expectation is null, and the verdict is nodata for ever."},
	{"fence-language", "The block is labelled as shell text, and no line of it is a command: it is shown, and not run."},
	{"field-is-no-command", "The value of a field never becomes the name of a command."},
	{"field-is-one-word", "The value of a field is one word, and several are meant here."},
	{"file-unreadable", "The file cannot be read."},
	{"folder-stays", "After cd the folder stays changed, and later paths are looked up there."},
	{"follows", "The line has no end: it follows what is written until somebody stops it."},
	{"front-matter", "Front matter that cannot be read has no effect."},
	{"heading-under-fence", "A comment that slipped out of its block would be read as the title of the document."},
	{"hidden-character", "A character that is not seen can make a title or a command look like another."},
	{"hidden-error", "Every error is thrown away, and AccessDenied looks as if there were nothing."},
	{"image-source", "An image that may not be shown is text: it is a file of the folder, or comes from a host that is allowed."},
	{"jq-filter", "jq cannot read the filter."},
	{"left-out", "Three dots stand for what the author left out, and are no value."},
	{"link-scheme", "A link that may not be followed is text: it is relative, or begins with http:, https:, mailto: or tel:."},
	{"lint-directive", "A rule that does not exist is turned off: the finding that was meant stays."},
	{"lookup-events", "The line asks for one region and at most fifty events."},
	{"missing-backslash", "The options on the next line are a command of their own, and this line is sent without them."},
	{"no-dimensions", "Without dimensions there is one number for everything, or none."},
	{"no-end", "The line goes on until somebody stops it."},
	{"not-carried-out", "It is not carried out here, and the real program has it: a step that began would take that for a failure."},
	{"not-finished", "The step relies on a change that may still be in progress."},
	{"not-run-here", "A construct that is not supported takes its statement with it: a person runs that, and the rest of the step runs."},
	{"not-supplied", "A file, script or folder is named that nothing supplies."},
	{"pasted-output", "Lines that look like output stand among commands."},
	{"poll", "A fixed wait is too short on a bad day: ask until it is done."},
	{"program-not-allowed", "No environment of the configuration runs the program: its step is unavailable on a real account."},
	{"query", "--query is not JMESPath, so the line is wrong usage."},
	{"query-literal", "A bare null, true or false in a query is the name of a member, and so always null."},
	{"query-member", "The answer has no member of this name: the query gives null, and nothing says so."},
	{"raw-payload", "The AWS CLI takes the value as base64, and refuses a text."},
	{"reveals-secret", "The line prints a secret."},
	{"same-id", "Two steps have one written id: links to it lead to the first."},
	{"same-script", "Two headings name one script: steps call the first."},
	{"same-title", "Two headings have one title: the name of the second changes when the first is removed."},
	{"sed-script", "sed cannot read the script."},
	{"shell-syntax", "The shell cannot read this, so it does not run."},
	{"single-quotes", "A variable in single quotes is text: its name is sent, and not its value."},
	{"stage-path", "API Gateway has no setting under this path."},
	{"stale-plan", "After a failed plan an old one is applied."},
	{"status-not-reached", "A step that makes changes ends at a command that fails: what only prints its status is not reached then."},
	{"text-is-one-line", "--output text prints the list on one line: a loop over lines runs once."},
	{"typographic", "The shell takes a typographic quote, dash or blank for a letter: the line means something else."},
	{"unclosed-fence", "Everything up to the next closing marks would be code: the text after the commands is not for a shell."},
	{"unordered", "AWS promises no order: the first of the list is any of them."},
}
