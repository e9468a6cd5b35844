package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// finder is a line of find.
type finder struct {
	ctx      context.Context //nolint:containedctx // of one line
	inv      *procedures.Invocation
	words    []string
	i        int
	now      time.Time
	min, max int
	dry      bool // it is only read
	depth    bool // what is in a folder comes before it
	acts     bool // an action is written: nothing is printed by itself
	status   int
	batches  []*findBatch
	quit     bool
}

// found is a file that find looks at.
type found struct {
	name  string
	info  fs.FileInfo
	depth int
	start string
	prune bool
}

// findTest is a test or an action.
type findTest func(f *found) (bool, error)

// findBatch is -exec … +.
type findBatch struct {
	from  int
	words []string
	files []string
}

// findInner are the lines of -exec.
func findInner(words []procedures.Word) [][]procedures.Word {
	var out [][]procedures.Word
	for i := 1; i < len(words); i++ {
		if w := words[i].Text; w != "-exec" && w != "-execdir" && w != "-ok" && w != "-okdir" {
			continue
		}
		var line []procedures.Word
		for i++; i < len(words) && words[i].Text != ";" && words[i].Text != "+"; i++ {
			word := words[i]
			if strings.Contains(word.Text, "{}") {
				word.Text, word.Known = strings.ReplaceAll(word.Text, "{}", "$(…)"), false
			}
			line = append(line, word)
		}
		if len(line) > 0 {
			out = append(out, line)
		}
	}
	return out
}

// findCommand is find: its line may hold others.
type findCommand struct{ command }

// Inner implements procedures.Wrapper.
func (findCommand) Inner(words []procedures.Word) [][]procedures.Word { return findInner(words) }

// findValued are the primaries that take a value, and are carried out.
var findValued = strings.Fields(`-name -iname -path -wholename -ipath -regex -iregex -type -maxdepth -mindepth -newer -mtime -mmin -size
	-printf -perm`)

// isPrimary reports whether GNU's find has a primary of that name.
func isPrimary(name string) bool {
	return slices.ContainsFunc(recorded("find"), func(o option) bool { return o.long == name || o.long == strings.TrimPrefix(name, "--") })
}

// checkFind reads a line without carrying it out.
func checkFind(words []procedures.Word) []procedures.Finding {
	f := &finder{inv: &procedures.Invocation{}, words: knownTexts(words[1:]), dry: true}
	f.paths()
	var err error
	if f.i < len(f.words) {
		_, err = f.or()
	}
	return findingNotHere(words[0].Text, words[0], err)
}

// paths takes the places where it begins, which stand before the expression.
func (f *finder) paths() (starts []string) {
	for f.i < len(f.words) && (f.words[f.i] == "-L" || f.words[f.i] == "-P" || f.words[f.i] == "-H") {
		f.i++
	}
	for f.i < len(f.words) && !strings.HasPrefix(f.words[f.i], "-") && f.words[f.i] != "(" && f.words[f.i] != "!" {
		starts = append(starts, f.words[f.i])
		f.i++
	}
	return starts
}

// runFind goes through folders, in the order of names, and carries an expression out for each file.
func runFind(ctx context.Context, inv *procedures.Invocation) int {
	f := &finder{ctx: ctx, inv: inv, words: inv.Args[1:], now: inv.Now(), max: maxTree}
	starts := f.paths()
	if len(starts) == 0 {
		starts = []string{"."}
	}
	var test findTest
	var err error
	if f.i < len(f.words) {
		if test, err = f.or(); err == nil && f.i < len(f.words) {
			err = fmt.Errorf("paths must precede expression: `%s'", f.words[f.i])
		}
	}
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	for _, start := range starts {
		info, err := inv.Files.Stat(start)
		if err != nil {
			f.status = complain(inv, 1, "‘%s’: %s", start, fileError(err))
			continue
		}
		if err := f.visit(&found{name: start, info: info, start: start}, test); err != nil {
			return f.failed(err)
		}
	}
	for _, b := range f.batches {
		if len(b.files) > 0 && !f.exec(b.from, b.words, b.files) {
			f.status = 1
		}
	}
	return f.status
}

func (f *finder) failed(err error) int {
	var broken *writeError
	switch {
	case f.ctx.Err() != nil:
		return interrupted
	case errors.As(err, &broken):
		return 1
	}
	return complain(f.inv, 1, "%s", fileError(err))
}

// visit tests a file, and what is in it.
func (f *finder) visit(at *found, test findTest) error {
	if f.quit {
		return nil
	}
	if err := errors.Join(f.ctx.Err(), f.inv.Meter.Work(2000)); err != nil {
		return err
	}
	do := func() error {
		if at.depth < f.min {
			return nil
		}
		yes := true
		if test != nil {
			var err error
			if yes, err = test(at); err != nil {
				return err
			}
		}
		if yes && !f.acts {
			return write(f.inv.Stdout, []byte(at.name+"\n"))
		}
		return nil
	}
	if !f.depth {
		if err := do(); err != nil {
			return err
		}
	}
	if at.info.IsDir() && at.depth < f.max && !at.prune {
		entries, err := f.inv.Files.ReadDir(at.name)
		if err != nil {
			f.status = complain(f.inv, 1, "‘%s’: %s", at.name, fileError(err))
		}
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		for _, e := range entries {
			name := strings.TrimRight(at.name, "/") + "/" + e.Name()
			info, err := f.inv.Files.Stat(name)
			if err != nil {
				continue // it has gone
			}
			if err := f.visit(&found{name: name, info: info, depth: at.depth + 1, start: at.start}, test); err != nil {
				return err
			}
		}
	}
	if f.depth {
		return do()
	}
	return nil
}

// or, and, and not read an expression.
func (f *finder) or() (findTest, error) {
	left, err := f.and()
	for err == nil && f.i < len(f.words) && (f.words[f.i] == "-o" || f.words[f.i] == "-or") {
		f.i++
		var right findTest
		if right, err = f.and(); err == nil {
			first := left
			left = func(at *found) (bool, error) {
				if yes, err := first(at); yes || err != nil {
					return yes, err
				}
				return right(at)
			}
		}
	}
	return left, err
}

func (f *finder) and() (findTest, error) {
	left, err := f.not()
	for err == nil && f.i < len(f.words) && f.words[f.i] != "-o" && f.words[f.i] != "-or" && f.words[f.i] != ")" {
		if f.words[f.i] == "-a" || f.words[f.i] == "-and" {
			f.i++
		}
		var right findTest
		if right, err = f.not(); err == nil {
			first := left
			left = func(at *found) (bool, error) {
				if yes, err := first(at); !yes || err != nil {
					return false, err
				}
				return right(at)
			}
		}
	}
	return left, err
}

func (f *finder) not() (findTest, error) {
	if f.i >= len(f.words) {
		return nil, errors.New("expected an expression")
	}
	switch f.words[f.i] {
	case "!", "-not":
		f.i++
		test, err := f.not()
		return func(at *found) (bool, error) {
			yes, err := test(at)
			return !yes, err
		}, err
	case "(":
		f.i++
		test, err := f.or()
		if err == nil && (f.i >= len(f.words) || f.words[f.i] != ")") {
			err = errors.New("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
		}
		f.i++
		return test, err
	}
	return f.primary()
}

func (f *finder) value(name string) (string, error) {
	if f.i >= len(f.words) {
		return "", fmt.Errorf("missing argument to `%s'", name)
	}
	f.i++
	return f.words[f.i-1], nil
}

// primary is a test, an action or an option.
func (f *finder) primary() (findTest, error) {
	name := f.words[f.i]
	f.i++
	always := func(*found) (bool, error) { return true, nil }
	switch name {
	case "-print", "-print0", "-ls":
		f.acts = true
		end := map[string]string{"-print": "\n", "-print0": "\x00"}[name]
		if end == "" {
			return nil, missing("-ls", "")
		}
		return func(at *found) (bool, error) { return true, write(f.inv.Stdout, []byte(at.name+end)) }, nil
	case "-depth", "-d":
		f.depth = true
		return always, nil
	case "-mount", "-xdev", "-noleaf", "-true":
		return always, nil
	case "-false":
		return func(*found) (bool, error) { return false, nil }, nil
	case "-prune":
		return func(at *found) (bool, error) {
			at.prune = true
			return true, nil
		}, nil
	case "-quit":
		f.acts = true
		return func(*found) (bool, error) {
			f.quit = true
			return true, nil
		}, nil
	case "-empty":
		return func(at *found) (bool, error) {
			if !at.info.IsDir() {
				return at.info.Size() == 0, nil
			}
			entries, err := f.inv.Files.ReadDir(at.name)
			return len(entries) == 0, err
		}, nil
	case "-delete":
		f.acts, f.depth = true, true
		r := remover{ctx: f.ctx, inv: f.inv, empty: true}
		return func(at *found) (bool, error) {
			if at.name == "." {
				return true, nil
			}
			if err := r.remove(at.name, 0); err != nil {
				f.status = complain(f.inv, 1, "cannot delete ‘%s’: %s", at.name, fileError(err))
				return false, nil
			}
			return true, nil
		}, nil
	case "-exec":
		return f.execAction()
	}
	switch {
	case strings.HasPrefix(name, "-O"), strings.HasPrefix(name, "-D"), !slices.Contains(findValued, name) && isPrimary(name):
		return nil, missing(name, "")
	case !strings.HasPrefix(name, "-"):
		return nil, fmt.Errorf("paths must precede expression: `%s'", name)
	case !slices.Contains(findValued, name):
		return nil, &noOptionError{name, fmt.Sprintf("unknown predicate `%s'", name)}
	}
	value, err := f.value(name)
	if err != nil {
		return nil, err
	}
	return f.test(name, value)
}
