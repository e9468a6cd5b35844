package analyse

import (
	"maps"
	"slices"
	"strconv"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// following is what a walker knows of the functions of a script. A function is read where it is declared, and read again where it is
// called, with the arguments that it has there: only then is it known what "$1-table" does.
type following struct {
	seen map[*syntax.CallExpr]bool // the calls that were read
	told map[told]bool             // the calls of an API that are in the analysis
	// waiting are functions with lines of which the declaration does not tell all; called those that were followed.
	waiting, called map[*syntax.FuncDecl]bool
	declaring       []*syntax.FuncDecl // whose declarations are walked
	depth           int                // how deep in functions that are followed
	budget          *int               // how many calls may still be followed
	written         map[string]string  // what stands in the files that the script writes, as far as it is in the script
	frame           *values            // the variables of the followed function's caller that it hides; nil outside of one
}

// told is a call of an API by the line that makes it.
type told struct {
	by      *syntax.CallExpr
	command string
}

// The bounds of following calls. What is beyond them may do anything that its function may do.
const (
	maxCallDepth = 8
	maxCalls     = 300
)

func newFollowing() following {
	budget := maxCalls
	return following{
		seen: map[*syntax.CallExpr]bool{}, told: map[told]bool{}, waiting: map[*syntax.FuncDecl]bool{}, called: map[*syntax.FuncDecl]bool{},
		budget: &budget, written: map[string]string{},
	}
}

// reading is how much of a line is taken.
type reading int

const (
	readWhole    reading = iota
	readAsIs             // what is wrong with it, and what is known of it without the values that are followed
	readFollowed         // what it does, with one of the values that it may have
)

// remember notes what a variable is from here on; nil for what is not known.
func (w *walker) remember(name string, value choices) {
	name = w.target(name)
	if value == nil || len(value) > maxChoices {
		delete(w.values, name)
		return
	}
	w.values[name] = value
}

// repeated walks a loop. What is set in it is, at its beginning, what it was before or what a round before set.
func (w *walker) repeated(body []*syntax.Stmt, walk func()) {
	for round, again := 0, true; again; round++ {
		again = w.round(body, round > 2)
	}
	before := maps.Clone(w.values)
	w.loop++
	walk()
	w.loop--
	w.values = joined(before, w.values)
}

// round adds what one round of a loop sets, and reports whether anything was added. With last, what still changes is not known.
func (w *walker) round(body []*syntax.Stmt, last bool) bool {
	changed := false
	forget := func(names ...string) {
		for _, name := range names {
			name = w.target(name)
			changed = changed || w.values[name] != nil
			delete(w.values, name)
		}
	}
	read := map[string]bool{}
	var visit func(n syntax.Node) bool
	visit = func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			return false
		case *syntax.Assign:
			if n.Name == nil {
				return true
			}
			name := w.target(n.Name.Value)
			before := w.values[name]
			if before == nil {
				return true
			}
			after, ok := slices.Clone(before), true
			value := w.assigned(n)
			for _, words := range value {
				if ok {
					after, ok = after.add(words)
				}
			}
			if !ok || value == nil || last && len(after) > len(before) {
				forget(name)
				return true
			}
			changed = changed || len(after) > len(before)
			w.values[name] = after
		case *syntax.WordIter:
			forget(n.Name.Value)
		case *syntax.LetClause:
			forget(letNames(n)...)
		case *syntax.BinaryArithm, *syntax.UnaryArithm:
			forget(setByArithmetic(n))
		case *syntax.CallExpr:
			name := shell.CallName(n)
			forget(setBy(literals(n))...)
			switch name {
			case "shift", "set":
				forget("@")
			case "source", ".":
				clear(w.values)
			}
			if !read[name] {
				read[name] = true
				for _, f := range w.functions(name) {
					syntax.Walk(f.Body, visit)
				}
			}
		}
		return true
	}
	for _, s := range body {
		syntax.Walk(s, visit)
	}
	return changed && !last
}

// functions are the declarations of a name in the script.
func (w *walker) functions(name string) []*syntax.FuncDecl {
	var out []*syntax.FuncDecl
	if name == "" || !w.isFunction(name) {
		return nil
	}
	syntax.Walk(w.File, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil && f.Name.Value == name {
			out = append(out, f)
		}
		return true
	})
	return out
}

// declared reads a function where it is declared. A name that is set may be called, but is no command.
func (w *walker) declared(c *syntax.FuncDecl) {
	if c.Name == nil {
		return // refused
	}
	w.setVariable(c.Name.Value)
	w.Analysis.OnlyPrints = false
	w.function++
	w.declaring = append(w.declaring, c)
	before := w.values
	w.values = values{}
	w.stmt(c.Body)
	w.values = before
	w.declaring = w.declaring[:len(w.declaring)-1]
	w.function--
}

// wait reports that what a line does is known where its function is called.
func (w *walker) wait() bool {
	if len(w.declaring) == 0 {
		return false
	}
	for _, f := range w.declaring {
		w.waiting[f] = true
	}
	return true
}

// follow reads what a function does where it is called with these arguments; nil where they are not known.
func (w *walker) follow(c *syntax.CallExpr, name string, args []procedures.Word, known bool) {
	for _, f := range w.functions(name) {
		if !w.waiting[f] {
			continue
		}
		w.called[f] = true
		if w.depth >= maxCallDepth || *w.budget <= 0 {
			w.undecided(c)
			continue
		}
		*w.budget--
		w.followed(f, args, known)
	}
}

func (w *walker) followed(f *syntax.FuncDecl, args []procedures.Word, known bool) {
	study, set, frame, arguments := w.Study, w.set, w.frame, w.values["@"]
	inner := *study
	inner.Analysis = procedures.Analysis{Effect: procedures.EffectNone, OnlyPrints: true}
	inner.Wrong, inner.fixes = map[Place]string{}, nil
	hidden := values{}
	w.Study, w.set, w.frame = &inner, maps.Clone(set), &hidden
	delete(w.values, "@")
	if known {
		words := make([]piece, len(args))
		for i, word := range args {
			words[i] = piece{word.Text, word.Known}
		}
		w.values["@"] = choices{words}
	}
	w.depth++
	w.function++
	w.stmt(f.Body)
	w.function--
	w.depth--
	w.Study, w.set, w.frame = study, set, frame
	for name, value := range hidden {
		w.remember(name, value)
	}
	if delete(w.values, "@"); arguments != nil {
		w.values["@"] = arguments
	}
	w.merge(&inner.Analysis)
}

// merge adds what a followed call does.
func (w *walker) merge(a *procedures.Analysis) {
	to := &w.Analysis
	to.Effect, to.WritesFiles, to.UsesAny = to.Effect.Worse(a.Effect), to.WritesFiles || a.WritesFiles, to.UsesAny || a.UsesAny
	to.Calls, to.Detail = append(to.Calls, a.Calls...), append(to.Detail, a.Detail...)
	for _, list := range []struct {
		to   *[]string
		from []string
	}{
		{&to.Hosts, a.Hosts}, {&to.Reads, a.Reads}, {&to.Writes, a.Writes}, {&to.Programs, a.Programs}, {&to.Scripts, a.Scripts},
		{&to.Undecided, a.Undecided}, {&to.Optional, a.Optional},
	} {
		for _, item := range list.from {
			*list.to = add(*list.to, item)
		}
	}
}

// hide keeps the value that a variable has outside of the followed function which declares it.
func (w *walker) hide(d *syntax.DeclClause) {
	if w.frame == nil || d.Variant.Value == "export" || d.Variant.Value == "readonly" {
		return
	}
	for _, a := range d.Args {
		if a.Name == nil {
			continue
		}
		if _, known := (*w.frame)[a.Name.Value]; !known {
			(*w.frame)[a.Name.Value] = w.values[a.Name.Value]
		}
	}
}

// arguments are what shift and set leave.
func (w *walker) arguments(words []procedures.Word) {
	before, known := w.values["@"]
	switch words[0].Text {
	case "shift":
		n := 1
		if len(words) > 1 {
			number, err := strconv.Atoi(words[1].Text)
			if n = number; err != nil || number < 0 || !words[1].Known {
				known = false
			}
		}
		if delete(w.values, "@"); !known {
			return
		}
		var after choices
		for _, list := range before {
			after, _ = after.add(list[min(n, len(list)):])
		}
		w.values["@"] = after
	case "set":
		at := slices.IndexFunc(words, func(word procedures.Word) bool { return word.Text == "--" })
		if at < 0 {
			return
		}
		list := make([]piece, 0, len(words)-at)
		for _, word := range words[at+1:] {
			list = append(list, piece{word.Text, word.Known})
		}
		w.values["@"] = choices{list}
	}
}

// undecided notes a line of which it is only known when it runs what it does. It may destroy.
func (w *walker) undecided(c *syntax.CallExpr) {
	if w.wait() {
		return
	}
	w.Analysis.Effect = w.Analysis.Effect.Worse(procedures.EffectDestroy)
	w.Analysis.Undecided = add(w.Analysis.Undecided, w.sourceOf(c))
}

// rest reads what the walk has not come by: functions that the script does not call are called by later steps, with what is not known
// here; and what no construct's own reading has found is read as well, so that no command is left out.
func (w *walker) rest(file *syntax.File) {
	for _, s := range file.Stmts {
		if _, left := w.left[s]; left {
			continue
		}
		w.top = s
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDecl:
				if w.waiting[n] && !w.called[n] {
					w.followed(n, nil, false)
				}
			case *syntax.CallExpr:
				if !w.seen[n] {
					w.call(n)
				}
			}
			return true
		})
	}
	w.top = nil
}
