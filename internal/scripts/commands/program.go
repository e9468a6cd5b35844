package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Programs are the programs that an environment allows to run on the server, in its workspace. They run without a
// shell, each in a process group of its own, which ends with it.
type Programs struct {
	Allowed   []procedures.Program
	Effects   ProgramEffects
	Workspace string // a whole path
	// AWS returns AWS's variables by which a program calls as the environment does; nil gives none.
	AWS func(ctx context.Context) (map[string]string, error)
	// Getenv looks up the server's own variables.
	Getenv func(name string) string
}

// Command returns the program of a line, if the line is allowed.
func (p *Programs) Command(args []string) (procedures.Command, bool) {
	if len(args) == 0 {
		return nil, false
	}
	entry, ok := program(p.Allowed, args[0], args[1:])
	return &native{Programs: p, entry: entry}, ok
}

// native is an allowed program.
type native struct {
	*Programs
	entry procedures.Program
	left  []string // folders among the words that Bound did not compare
}

// Describe implements procedures.Command.
// The line plans itself: while planning, Run reports the exact command and its folder, and starts
// nothing.
func (n *native) Describe(words []procedures.Word) procedures.LineInfo {
	effect := n.Effects.Of(words)
	return procedures.LineInfo{Effect: effect, Plans: effect.Changes(), Generates: !effect.Changes() && generates(words)}
}

// generates reports whether a line prints a new value each time.
func generates(words []procedures.Word) bool {
	switch words[0].Text {
	case "uuidgen", "mktemp", "pwgen", "pwqgen", "apg", "makepasswd", "xkcdpass", "diceware", "shuf":
		return true
	case "openssl":
		return len(words) > 1 && (words[1].Text == "rand" || strings.HasPrefix(words[1].Text, "gen"))
	case "gpg":
		return slices.ContainsFunc(words, func(w procedures.Word) bool { return w.Text == "--gen-random" })
	}
	return false
}

// exitMissing is a shell's status of a command that is not there.
const exitMissing = 127

// Run implements procedures.Command. inv.Folder is where the program runs.
// A program that cannot be found or started, or whose folder or variables are refused, has the
// status 127 and an error verdict; one that the step's end stopped has 130. While planning, lines
// that only read are executed, as their output may be needed.
func (n *native) Run(ctx context.Context, inv *procedures.Invocation) int {
	started := time.Now()
	// the effect is decided again, now that every word is known
	words := make([]procedures.Word, len(inv.Args))
	for i, arg := range inv.Args {
		words[i] = procedures.Word{Text: arg, Known: true, Source: arg}
	}
	call := procedures.Call{Command: inv.Args[0], Args: inv.Args[1:], Effect: n.Effects.Of(words), Line: inv.Line}
	report := func(status int, reading procedures.Judgement) int {
		call.Status, call.RuleVerdict, call.Duration = status, &reading, time.Since(started)
		if reading.Verdict == procedures.Errored {
			call.Error, call.Advice = reading.Reason, reading.Advice
			fmt.Fprintf(inv.Stderr, "opsbook: %s\n", reading.Reason)
		}
		inv.Report(call)
		return status
	}
	path, folder, err := n.place(inv)
	if err == nil && inv.Planning && call.Effect.Changes() {
		call.Planned = n.planned(inv, call.Effect, folder)
		inv.Report(call)
		return 0
	}
	var variables []string
	if err == nil {
		variables, err = n.variables(ctx, inv)
	}
	if err != nil {
		return report(exitMissing, procedures.Judgement{Verdict: procedures.Errored, Reason: err.Error()})
	}
	status, said, err := start(ctx, process{
		path: path, args: inv.Args, folder: folder, variables: variables, stdin: inv.Stdin, stdout: inv.Stdout,
		stderr: inv.Stderr, plain: inv.Terminal,
	})
	switch {
	case err != nil:
		return report(exitMissing, procedures.Judgement{
			Verdict: procedures.Errored, Reason: fmt.Sprintf("%s could not be started: %v", inv.Args[0], err),
		})
	case ctx.Err() != nil:
		return report(interrupted, procedures.Judgement{
			Verdict: procedures.Skipped, Reason: inv.Args[0] + " was ended, with all that it had started.",
		})
	}
	return report(status, judge(inv.Args, status, said))
}

// judge is what a program's exit status says, with the line of its output that tells most.
// `terraform plan -detailed-exitcode` exits with 2 where there is something to apply, which is no
// failure.
func judge(args []string, status int, said string) procedures.Judgement {
	switch {
	case status == 0:
		return procedures.Judgement{Verdict: procedures.Passed, Reason: args[0] + " exited with 0."}
	case status == 2 && (args[0] == "terraform" || args[0] == "tofu") && hasOption(args[1:], "-detailed-exitcode", true):
		return procedures.Judgement{Verdict: procedures.Passed, Reason: args[0] + " exited with 2: there is something to apply."}
	}
	reason := fmt.Sprintf("%s exited with %d", args[0], status)
	if status > 128 {
		reason = fmt.Sprintf("%s was ended by the signal %d", args[0], status-128)
	}
	if line := decisiveLine(said); line != "" {
		reason += ": " + line
	}
	return procedures.Judgement{Verdict: procedures.Failed, Reason: strings.TrimSuffix(reason, ".") + "."}
}

var (
	errorWords = lazy.Regexp(`(?i)\b(?:error|fatal|failed|failure|exception|denied|cannot|unable|not found)\b`)
	hasLetter  = lazy.Regexp(`\pL`)
)

// maxDecisive bounds the line that a verdict quotes, in runes.
const maxDecisive = 300

// decisiveLine is the last line that speaks of an error, else the last one that says anything.
// Frames that terraform draws around its errors are cut off.
func decisiveLine(said string) string {
	last, telling := "", ""
	for line := range strings.Lines(said) {
		line = strings.Trim(line, " \t\r\n│╷╵┃|")
		if hasLetter().MatchString(line) {
			last = line
		}
		if errorWords().MatchString(line) {
			telling = line
		}
	}
	if telling != "" {
		last = telling
	}
	if runes := []rune(last); len(runes) > maxDecisive {
		last = string(runes[:maxDecisive]) + "…"
	}
	return last
}

// planned is the planned call of a line: the line itself, as nothing is known of what a program
// will change.
func (n *native) planned(inv *procedures.Invocation, effect procedures.Effect, folder string) *procedures.PlannedCall {
	return &procedures.PlannedCall{
		Command: inv.Args[0], Args: inv.Args[1:], Effect: effect, Line: inv.Line, Resource: n.Workspace,
		Does: "Runs exactly this command on the server, in " + folder + ". " + n.compared(inv.Args),
	}
}

// place says which file a line's program is, and in which folder it runs.
// Links are followed before the folder is compared with the workspace, so that none leads out of
// it.
func (n *native) place(inv *procedures.Invocation) (path, folder string, err error) {
	name := inv.Args[0]
	if path, err = n.find(name); err != nil {
		return "", "", err
	}
	root, err := filepath.EvalSymlinks(n.Workspace)
	if err != nil {
		return "", "", fmt.Errorf("the workspace %s cannot be entered: %w", n.Workspace, cause(err))
	}
	folder, err = filepath.EvalSymlinks(inv.Folder)
	switch {
	// the script made the folder among the run's files, which lie over the checkout only for
	// Opsbook's own commands
	case err != nil && strings.HasPrefix(inv.Folder, n.Workspace):
		return "", "",
			fmt.Errorf("there is no folder %s: %s runs in the workspace, and the run's own files are not there", inv.Folder, name)
	case err != nil, folder != root && !strings.HasPrefix(folder, root+string(filepath.Separator)):
		return "", "", fmt.Errorf("%s is not in the workspace %s, and %s runs nowhere else", inv.Folder, n.Workspace, name)
	}
	return path, folder, nil
}

// cause is an error without the path that the message around it names.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// find looks for a program in the server's PATH: never in the current folder, and whatever PATH the script has.
// The first regular file that somebody may execute counts.
func (n *native) find(name string) (string, error) {
	for _, dir := range n.folders() {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: it is in no folder of the server's PATH (%s)", name, strings.Join(n.folders(), ":"))
}

// folders are those of the server's PATH that are whole paths.
// A relative folder would depend on where the script stands.
func (n *native) folders() []string {
	return slices.DeleteFunc(filepath.SplitList(n.Getenv("PATH")), func(dir string) bool { return !filepath.IsAbs(dir) })
}

// passed are the server's own variables that every program is given.
var passed = []string{
	"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy",
	"https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
}

// ours are variables that the interpreter gives a script; a program has the server's. Its TMPDIR is the folder on the
// server that the script knows as /tmp.
var ours = []string{"PATH", "HOME", "PWD", "OLDPWD", "UID", "EUID", "GID", "TMPDIR", "IFS", "LANG", "SHLVL", "_"}

// leading are variables by which a program would run other code or write other files than its line says. A script that
// exports one is told so, and nothing is run.
var leading = lazy.Regexp(`^(?:`,
	`LD_.*|DYLD_.*|GLIBC_TUNABLES|GCONV_PATH|BASH_ENV|ENV|BASH_FUNC_.*|SHELLOPTS|BASHOPTS|TF_CLI_.*|`,
	`TF_REATTACH_PROVIDERS|GIT_.*|(?:MAN|GH_|AWS_)?PAGER|(?:GH_)?BROWSER|(?:GH_|KUBE_|GIT_)?EDITOR|VISUAL|`,
	`KUBECTL_.*|LESS.*|PYTHON.*|PYTEST_.*|NODE_(?:OPTIONS|PATH)|(?:NPM|npm)_.*|PERL5?(?:OPT|LIB|DB)?|`,
	`PERL5.*|RUBY.*|(?:JAVA_TOOL|_JAVA|JDK_JAVA)_OPTIONS|TRIVY_(?:OUTPUT|CONFIG|MODULE_DIR|RESET)|HELM_.*|`,
	`(?:SSH|SUDO)_ASKPASS|AWK(?:LIB)?PATH|OPENSSL_.*|SSLKEYLOGFILE|AWS_CONFIG_FILE|`,
	`AWS_SHARED_CREDENTIALS_FILE`,
	`)$`)

// harmless are variables that leading takes with the others.
var harmless = lazy.Regexp(`^GIT_(?:AUTHOR_.*|COMMITTER_.*|TERMINAL_PROMPT)$`)

// variables are a program's: a few of the server's, AWS's as the environment has them, the server's that the
// configuration names, and what the script exports. Opsbook's own are in none of them.
// The list is sorted, NAME=value each. Values of the configuration's variables, and AWS's secrets
// and tokens, are handed to inv.Secret so that they are masked. An exported variable that leading
// matches is an error, and nothing runs.
func (n *native) variables(ctx context.Context, inv *procedures.Invocation) ([]string, error) {
	out := map[string]string{"PATH": strings.Join(n.folders(), ":"), "TERM": "dumb", "NO_COLOR": "1", "PWD": inv.Folder}
	secret := func(value string) {
		if inv.Secret != nil {
			inv.Secret(value)
		}
	}
	for _, name := range passed {
		if v := n.Getenv(name); v != "" {
			out[name] = v
		}
	}
	if inv.Temporary != nil {
		folder, err := inv.Temporary()
		if err != nil {
			return nil, fmt.Errorf("%s is not run: the run's /tmp cannot be made: %w", inv.Args[0], err)
		}
		if folder != "" {
			out["TMPDIR"] = folder
		}
	}
	if n.AWS != nil {
		own, err := n.AWS(ctx)
		if err != nil {
			return nil, err
		}
		for name, v := range own {
			if out[name] = v; strings.Contains(name, "SECRET") || strings.Contains(name, "TOKEN") {
				secret(v)
			}
		}
	}
	for _, name := range n.entry.Variables {
		if v := n.Getenv(name); v != "" {
			out[name] = v
			secret(v)
		}
	}
	if inv.Exported != nil {
		for name, v := range inv.Exported {
			switch {
			case strings.HasPrefix(name, "OPSBOOK_") || slices.Contains(ours, name):
			case leading().MatchString(name) && !harmless().MatchString(name):
				return nil, fmt.Errorf("%s is not run: the script exports %s, with which it would do something else "+
					"than its line says", inv.Args[0], name)
			default:
				out[name] = v
			}
		}
	}
	list := make([]string, 0, len(out))
	for name, v := range out {
		list = append(list, name+"="+v)
	}
	slices.Sort(list)
	return list, nil
}

// process is a program that is about to be started.
type process struct {
	path, folder    string
	args, variables []string
	stdin           io.Reader // nil for none
	stdout, stderr  io.Writer
	plain           bool // colours are taken out of what it prints
}
