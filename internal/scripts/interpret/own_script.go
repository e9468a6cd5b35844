package interpret

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// called is a script that a line calls.
type called struct {
	script  procedures.Script
	args    []string // the first one is its name
	from    int      // where its arguments begin among the line's words
	options []string // as set takes them
	own     bool     // the run has written it, and it may hold a field's value
}

// ownScript is a script that the run itself has written. What it calls is seen when it runs, and confirmed or refused as any other line.
func (r *running) ownScript(name, at string) (script procedures.Script, refused string, ok bool) {
	if !r.wrote(at) {
		return script, "", false
	}
	f, err := r.Files.Open(at)
	if err != nil {
		return script, name + " cannot be read", false
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return script, name + " is a folder", false
	}
	text, err := io.ReadAll(io.LimitReader(f, limits.ScriptBytes.Value+1))
	switch {
	case err != nil:
		return script, name + " cannot be read", false
	case len(text) > limits.ScriptBytes.Size():
		return script, limits.ScriptBytes.Reached().At(name).Error(), false
	case strings.HasPrefix(string(text), "#!") && !isShell(name, string(text)):
		return script, name + " is not a shell script: its first line names another interpreter", false
	}
	return procedures.Script{File: name, Line: 1, Text: string(text), Name: name}, "", true
}

// executable reports whether a file of the run may be executed.
func (r *running) executable(at string) bool {
	info, err := r.Files.Stat(at)
	return err == nil && info.Mode()&0o111 != 0
}

// shellLine is the script that `bash FILE` runs: it is interpreted like the step, unless the configuration has a bash.
// One that reads its commands from elsewhere is a program like any other.
func (r *running) shellLine(h interp.HandlerContext, args []string) (c called, is bool) {
	name := path.Base(args[0])
	if name != "bash" && name != "sh" || !slices.Contains([]string{"", "/bin/", "/usr/bin/"}, args[0][:len(args[0])-len(name)]) {
		return c, false
	}
	if r.Programs != nil && !r.Rehearse {
		if _, allowed := r.Programs(args); allowed {
			return c, false
		}
	}
	at, options, text, ok := shell.Invoked(args)
	if !ok || text { // see shellText
		return c, false
	}
	c = called{options: options, args: args[at:], from: at + 1}
	if c.script, _, is = r.scriptAt(h, args[at]); is {
		c.script.Name, c.own = args[at], r.mayHoldValue(r.under(h.Dir).at(args[at]))
	}
	return c, is
}

// looksAt refuses a file that is sourced and has something in it that is not run here: the rest of the script would go on without it.
func (r *running) looksAt(name, text string) error {
	p := r.scripts.prepared(procedures.Script{File: name, Line: 1, Text: text}, false)
	why := p.refused
	if left := p.study.Analysis.ByHand; why == "" && len(left) > 0 {
		why = left[0].String()
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("nothing of %s was run: %s", name, why)
}

// writes notes that a file is written. What it returns is called when that has ended, with the field whose value was used until then:
// without any the file holds none, and is read as a script.
func (u *usage) writes(at string, appends bool) (ended func(typed string)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	plain := !appends || u.plain[at]
	delete(u.plain, at)
	return func(typed string) {
		if typed != "" || !plain {
			return
		}
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.plain == nil {
			u.plain = map[string]bool{}
		}
		u.plain[at] = true
	}
}

// mayHoldValue reports whether a file may hold a field's value: the run has written it, and a value was used before it was closed.
func (r *running) mayHoldValue(at string) bool {
	r.used.mu.Lock()
	defer r.used.mu.Unlock()
	return r.wrote(at) && !r.used.plain[at]
}

// watchedFiles are the files of a command: what it writes is noted.
type watchedFiles struct {
	procedures.Files
	used  *usage
	at    func(name string) string
	typed func() string
}

// Create implements procedures.Files.
func (w watchedFiles) Create(name string, appending bool) (io.WriteCloser, error) {
	file, err := w.Files.Create(name, appending)
	if err != nil {
		return nil, err
	}
	return &watchedFile{file, w.used.writes(w.at(name), appending), w.typed}, nil
}

type watchedFile struct {
	io.WriteCloser
	ended func(string)
	typed func() string
}

// Close implements io.Closer.
func (w *watchedFile) Close() error {
	w.ended(w.typed())
	return w.WriteCloser.Close()
}
