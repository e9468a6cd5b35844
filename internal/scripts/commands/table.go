// Package commands holds the small commands that a script may use besides aws:
// date, curl, jq, grep and their like, run by the server itself. Each
// behaves as GNU's (or curl's, or jq's) for what runbooks use of it; an option
// that is not here is refused by name and never ignored.
//
// Exit statuses are those of the original: 0 for success, 1 for an error (2 with grep and sort,
// curl and jq have tables of their own), and interrupted when the step ends first. Messages go to
// standard error as "name: message", worded as the original's in English; texts are compared and
// sorted as in the C locale, whatever LANG says.
//
// A command keeps nothing between two lines, so one value serves all steps of all runs at the same
// time. It opens files only through Invocation.Files. Programs of the server are no part of the
// table: see [Programs].
package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Options say what the commands may reach.
type Options struct {
	// Transport answers curl's requests on the sandbox. Nil means the network, guarded:
	// see [Guard].
	Transport http.RoundTripper
	// Guard says which hosts curl may reach; unused where Transport is set.
	Guard Guard
}

// Table returns the commands by name: a row for each.
func Table(o Options) map[string]procedures.Command {
	return map[string]procedures.Command{
		"cmp":       command{options: cmpOptions, run: runCmp},
		"comm":      command{options: commOptions, run: runComm},
		"column":    command{options: columnOptions, run: runColumn, check: checkColumn},
		"cp":        command{options: cpOptions, run: runCp},
		"env":       wrapping{command{options: envOptions, run: runEnv, own: beforeOperand("env", envOptions)}, envFirst},
		"nice":      wrapping{command{options: niceOptions, run: runNice, own: ownNice, check: checkNice}, niceFirst},
		"nohup":     wrapping{command{options: []option{}, run: runNohup, own: ownNohup}, nohupFirst},
		"printenv":  command{options: printenvOptions, run: runPrintenv},
		"timeout":   wrapping{command{options: timeoutOptions, run: runTimeout, own: timeoutOwn}, timeoutFirst},
		"xargs":     wrapping{command{options: xargsOptions, run: runXargs, own: beforeOperand("xargs", xargsOptions)}, xargsFirst},
		"find":      findCommand{command{run: runFind, check: checkFind}},
		"ls":        command{options: lsOptions, run: runLs},
		"stat":      command{options: statOptions, run: runStat, check: checkStat},
		"expr":      command{run: runExpr},
		"fold":      command{options: foldOptions, run: runFold, own: oldWidth},
		"md5sum":    command{options: sumOptions, run: runSum},
		"chmod":     command{options: chmodOptions, run: runChmod, own: chmodWords},
		"mkdir":     command{options: mkdirOptions, run: runMkdir},
		"mktemp":    command{options: mktempOptions, run: runMktemp, own: ownTmpdir},
		"mv":        command{options: mvOptions, run: runMv},
		"nl":        command{options: nlOptions, run: runNl},
		"paste":     command{options: pasteOptions, run: runPaste},
		"join":      command{options: joinOptions, run: runJoin},
		"od":        command{options: odOptions, run: runOd},
		"xxd":       command{run: runXxd, check: checkXxd},
		"realpath":  command{options: realpathOptions, run: runRealpath},
		"rev":       command{options: revOptions, run: runRev},
		"rm":        command{options: rmOptions, run: runRm},
		"rmdir":     command{options: rmdirOptions, run: runRmdir},
		"sed":       command{options: sedOptions, run: runSed, check: checkSed},
		"sha1sum":   command{options: sumOptions, run: runSum},
		"sha224sum": command{options: sumOptions, run: runSum},
		"sha256sum": command{options: sumOptions, run: runSum},
		"sha384sum": command{options: sumOptions, run: runSum},
		"sha512sum": command{options: sumOptions, run: runSum},
		"split":     command{options: splitOptions, run: runSplit, own: oldSplit},
		"tac":       command{options: tacOptions, run: runTac},
		"touch":     command{options: touchOptions, run: runTouch},
		"uname":     command{options: unameOptions, run: runUname},
		"awk":       command{options: awkOptions, run: runAwk, check: checkAwk, own: beforeOperand("awk", awkOptions)},
		"gawk":      command{options: awkOptions, run: runAwk, check: checkAwk, own: beforeOperand("awk", awkOptions)},
		"mawk":      command{options: awkOptions, run: runAwk, check: checkAwk, own: beforeOperand("awk", awkOptions)},
		"base64":    command{options: base64Options, run: runBase64},
		"bc":        command{options: bcOptions, run: runBc},
		"basename":  command{options: basenameOptions, run: runBasename, own: beforeOperand("basename", basenameOptions)},
		"cat":       command{options: catOptions, run: runCat},
		"curl":      curl{transport: o.Transport, guard: o.Guard},
		"dig":       reaching{guard: o.Guard, sandbox: o.Transport != nil, describe: describeDig, run: runDig},
		"host": reaching{
			guard: o.Guard, sandbox: o.Transport != nil, describe: describeLookup("host"), run: runLookup("host"),
		},
		"nc": reaching{guard: o.Guard, sandbox: o.Transport != nil, describe: describeNC, run: runNC},
		"nslookup": reaching{
			guard: o.Guard, sandbox: o.Transport != nil, describe: describeLookup("nslookup"), run: runLookup("nslookup"),
		},
		"openssl": reaching{
			guard: o.Guard, sandbox: o.Transport != nil, describe: describeOpenSSL, run: runOpenSSL, local: opensslLocal, ours: opensslOurs,
		},
		"cut":     command{options: cutOptions, run: runCut},
		"date":    command{options: dateOptions, run: runDate, check: checkDate},
		"gdate":   command{options: dateOptions, run: runDate, check: checkDate}, // GNU's on macOS
		"diff":    command{options: diffOptions, run: runDiff, own: ownUnified},
		"dirname": command{options: dirnameOptions, run: runDirname},
		// grep takes its kind of pattern from the name that it is called by
		"egrep":  command{options: grepOptions, run: runGrep, check: checkGrep, own: oldContext},
		"fgrep":  command{options: grepOptions, run: runGrep, check: checkGrep, own: oldContext},
		"grep":   command{options: grepOptions, run: runGrep, check: checkGrep, own: oldContext},
		"head":   command{options: headOptions, run: runHead, own: oldCount},
		"gunzip": command{options: gzipOptions, run: runGzip},
		"gzip":   command{options: gzipOptions, run: runGzip},
		"zcat":   command{options: gzipOptions, run: runGzip},
		"jq":     command{takes: jqTakesValue, run: runJQ, check: checkJQ},
		"printf": command{run: runPrintf},
		"seq":    command{options: seqOptions, run: runSeq, own: seqOwn},
		"sleep":  command{run: runSleep},
		"sort":   command{options: sortOptions, run: runSort},
		"tail":   command{options: tailOptions, run: runTail, check: checkTail, own: oldTail},
		"tee":    command{options: teeOptions, run: runTee},
		"tr":     command{options: trOptions, run: runTr},
		"uniq":   command{options: uniqOptions, run: runUniq},
		"wc":     command{options: wcOptions, run: runWc},
	}
}

// A runFunc returns the exit status; a checkFunc has the words of a line before it runs, some of
// which may not be known yet.
type (
	runFunc   func(ctx context.Context, inv *procedures.Invocation) int
	checkFunc func(words []procedures.Word) []procedures.Finding
)

// command is one that stays inside the run: it reads and writes the run's files and nothing else.
type command struct {
	run   runFunc
	check checkFunc // what is wrong with a line; nil checks nothing
	// options are those that it knows, for telling their values from options; nil for a command that reads its words in a way of its own.
	options []option
	takes   func(words []string, i int) bool // in place of options
	// own are the words, without the command's name, that parseOptions reads; nil for all.
	own func(args []string) []string
}

// TakesValue implements procedures.ValueTaker.
func (c command) TakesValue(words []string, i int) bool {
	if c.takes != nil {
		return c.takes(words, i)
	}
	return awaitsValue(words[0], words[1:i], c.options)
}

// Describe implements procedures.Command.
func (c command) Describe(words []procedures.Word) procedures.LineInfo {
	p := procedures.LineInfo{Effect: procedures.EffectNone, WritesFiles: mayWriteFiles(words)}
	if c.check != nil {
		p.Findings = c.check(words)
	}
	if c.options != nil {
		args := knownTexts(words[1:])
		if c.own != nil {
			args = c.own(args)
		}
		_, err := parseOptions(words[0].Text, args, c.options)
		if c.asksVersion(append([]string{words[0].Text}, knownTexts(words[1:])...)) {
			err = nil
		}
		p.Findings = append(p.Findings, findingNotHere(words[0].Text, words[0], err)...)
	}
	return p
}

// Run implements procedures.Command.
// It does not begin when ctx has ended. What it writes is work, and what it is given is held while it runs.
func (c command) Run(ctx context.Context, inv *procedures.Invocation) int {
	if err := ctx.Err(); err != nil {
		return interrupted
	}
	if c.asksVersion(inv.Args) {
		if write(inv.Stdout, []byte(versionOf(inv.Args[0]))) != nil {
			return 1
		}
		return 0
	}
	if inv.Meter == nil {
		return c.run(ctx, inv)
	}
	if err := chargeWords(inv, 2); err != nil {
		return complain(inv, 1, "%v", err)
	}
	own := *inv
	own.Stdout = &worker{inv.Stdout, inv.Meter}
	return c.run(ctx, &own)
}

// chargeWords charges a command's words, times what they are copied.
func chargeWords(inv *procedures.Invocation, times int) error {
	n := 0
	for _, word := range inv.Args {
		n += len(word) + lineBytes
	}
	return inv.Meter.Charge(int64(n * times))
}

// worker counts what is written as work.
type worker struct {
	io.Writer
	meter *limits.Meter
}

// Write implements io.Writer.
func (w *worker) Write(p []byte) (int, error) {
	if err := w.meter.Work(int64(len(p) + lineWork)); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
}

// isOutput reports whether what is read is the file that the command writes to, and holds something: there would be no end to it.
func isOutput(inv *procedures.Invocation, r io.Reader) bool {
	type file interface{ Stat() (fs.FileInfo, error) }
	if c, ok := r.(*contextReader); ok {
		r = c.r
	}
	out := inv.Stdout
	if w, ok := out.(*worker); ok {
		out = w.Writer
	}
	from, reads := r.(file)
	to, writes := out.(file)
	if !reads || !writes {
		return false
	}
	a, errA := from.Stat()
	b, errB := to.Stat()
	return errA == nil && errB == nil && a.Mode().IsRegular() && a.Size() > 0 && os.SameFile(a, b)
}

// interrupted is the exit status after SIGINT, as shells say it.
const interrupted = 130

// complain writes "name: message" to standard error and returns status.
func complain(inv *procedures.Invocation, status int, format string, args ...any) int {
	fmt.Fprintf(inv.Stderr, "%s: %s\n", inv.Args[0], fmt.Sprintf(format, args...))
	notHereIn(inv, args)
	return status
}

// fileError words an error of the file system as the C library does.
func fileError(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "No such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "Permission denied (a script sees its run's folder and the runbooks' folder only)"
	case errors.Is(err, fs.ErrExist):
		return "File exists"
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok { // Go's texts are those of the C library, in lower case
		text := errno.Error()
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return err.Error()
}

// eachInput calls do with every named file in turn, "-" and no name at all meaning
// standard input. A file that cannot be read is complained about, makes the
// status 1, and the others are still read; an error of do ends it.
func eachInput(ctx context.Context, inv *procedures.Invocation, names []string, do func(name string, r io.Reader) error) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	status := 0
	for _, name := range names {
		if err := oneInput(ctx, inv, name, do); err != nil {
			if ctx.Err() != nil {
				return interrupted
			}
			// as SIGPIPE would end a process: silently
			var broken *writeError
			var bound *limits.Error
			if errors.As(err, &bound) {
				return complain(inv, 1, "%s: %v", name, bound)
			}
			if errors.As(err, &broken) {
				return 1 // the reader has gone, as after `| head`
			}
			if isNotHere(err) {
				return complain(inv, 1, "%v", err)
			}
			status = complain(inv, 1, "%s: %s", name, fileError(err))
		}
	}
	return status
}

// nullFile is empty, and is no file of a run.
const nullFile = "/dev/null"

// oneInput opens a file, or takes standard input for "-". A folder is an error, as reading one is
// in C.
func oneInput(ctx context.Context, inv *procedures.Invocation, name string, do func(string, io.Reader) error) error {
	switch name {
	case "-":
		return do(name, &contextReader{ctx, inv.Stdin, inv.Meter})
	case nullFile:
		return do(name, &contextReader{ctx, strings.NewReader(""), inv.Meter})
	}
	f, err := inv.Files.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return errors.New("Is a directory")
	}
	return do(name, &contextReader{ctx, f, inv.Meter})
}

// contextReader stops reading when the context ends. A nil reader is empty.
type contextReader struct {
	ctx   context.Context //nolint:containedctx // a reader is given no other
	r     io.Reader
	meter *limits.Meter // for which reading is work
}

// Read implements io.Reader. A read that waits already is not ended by the context.
func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.r == nil {
		return 0, io.EOF
	}
	n, err := c.r.Read(p)
	if bound := c.meter.Work(int64(n)); bound != nil {
		return 0, bound
	}
	return n, err
}

// writeError marks a failure to write, which ends a command without a word.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

// write writes all of p; its error is a *writeError.
func write(w io.Writer, p []byte) error {
	if _, err := w.Write(p); err != nil {
		return &writeError{err}
	}
	return nil
}
