// Copyright (c) 2017, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package interp

import (
	"cmp"
	cryptorand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/internal"
	"mvdan.cc/sh/v3/syntax"
)

func newOverlayEnviron(parent expand.Environ, background bool, held *limits.Meter) *overlayEnviron {
	oenv := &overlayEnviron{held: held}
	if !background {
		oenv.parent = parent
	} else {
		// We could do better here if the parent is also an overlayEnviron;
		// measure with profiles or benchmarks before we choose to do so.
		oenv.copying = true
		for name, vr := range parent.Each {
			oenv.Set(name, vr)
		}
		oenv.copying = false
	}
	return oenv
}

// overlayEnviron is our main implementation of [expand.WriteEnviron].
type overlayEnviron struct {
	// parent is non-nil if [values] is an overlay over a parent environment
	// which we can safely reuse without data races, such as non-background subshells
	// or function calls.
	parent expand.Environ

	// values maps normalized variable names, per [overlayEnviron.normalize].
	values map[string]namedVariable

	// We need to know if the current scope is a function's scope, because
	// functions can modify global variables. When true, [parent] must not be nil.
	funcScope bool

	// held is charged for the variables that are set here; nil charges nothing. (Added by Opsbook.)
	held    *limits.Meter
	copying bool // values are those of another environment, and held there
}

// namedVariable records the original name of a variable for platforms
// where variable names are matched in a case-insensitive way.
type namedVariable struct {
	// TODO(v4): consider adding this field to [expand.Variable],
	// as a general way for a variable to report its original name.
	// This can be useful for GOOS=windows with case insensitive env vars,
	// as otherwise it's not possible to Environ.Get a var
	// and know what was its original name without looping over Environ.Each.
	Name string
	expand.Variable
	held int64 // bytes that were charged for it
}

func (o *overlayEnviron) normalize(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

func (o *overlayEnviron) Get(name string) expand.Variable {
	normalized := o.normalize(name)
	if vr, ok := o.values[normalized]; ok {
		return vr.Variable
	}
	if o.parent != nil {
		return o.parent.Get(name)
	}
	return expand.Variable{}
}

func (o *overlayEnviron) Set(name string, vr expand.Variable) error {
	normalized := o.normalize(name)
	prev, inOverlay := o.values[normalized]
	// Manipulation of a global var inside a function.
	if o.funcScope && !vr.Local && !prev.Local {
		// In a function, the parent environment is ours, so it's always read-write.
		return o.parent.(expand.WriteEnviron).Set(name, vr)
	}
	if !inOverlay && o.parent != nil {
		prev.Variable = o.parent.Get(name)
	}

	if o.values == nil {
		o.values = make(map[string]namedVariable)
	}
	if vr.Kind == expand.KeepValue {
		vr.Kind = prev.Kind
		vr.Str = prev.Str
		vr.List = prev.List
		vr.Indexes = prev.Indexes
		vr.Map = prev.Map
		vr.Marks, vr.ListMarks, vr.MapMarks, vr.KeyMarks = prev.Marks, prev.ListMarks, prev.MapMarks, prev.KeyMarks
	} else if shadows := o.funcScope && vr.Local && !inOverlay && prev.Local; prev.ReadOnly && !shadows { // Opsbook: that of a caller
		return errReadOnly
	}
	size, err := o.hold(prev, &vr)
	if err != nil {
		return err
	}
	if !vr.IsSet() { // unsetting
		if prev.Local {
			vr.Local = true
			o.values[normalized] = namedVariable{name, vr, size}
			return nil
		}
		delete(o.values, normalized)
	}
	// modifying the entire variable
	vr.Local = prev.Local || vr.Local
	o.values[normalized] = namedVariable{name, vr, size}
	return nil
}

// hold charges a variable in the place of the one before, and returns for how much. A text that is part of a larger one becomes
// one of its own.
func (o *overlayEnviron) hold(prev namedVariable, vr *expand.Variable) (int64, error) {
	if o.held == nil {
		return 0, nil
	}
	size := int64(variableBytes)
	if !o.copying {
		size = sizeOf(*vr)
		if err := o.held.Value(size - variableBytes); err != nil {
			return 0, err
		}
	}
	if err := o.held.Charge(size); err != nil {
		return 0, err
	}
	o.held.Release(prev.held)
	if !o.copying {
		if err := o.held.Work(elementWork * int64(len(vr.List)+len(vr.Map))); err != nil {
			return 0, err
		}
		vr.Str = strings.Clone(vr.Str)
	}
	return size, nil
}

func (o *overlayEnviron) Each(f func(name string, vr expand.Variable) bool) {
	if o.parent != nil {
		o.parent.Each(f)
	}
	for _, vr := range o.values {
		if !f(vr.Name, vr.Variable) {
			return
		}
	}
}

func execEnv(env expand.Environ) []string {
	list := make([]string, 0, 64)
	for name, vr := range env.Each {
		if !vr.IsSet() {
			// If a variable is set globally but unset in the
			// runner, we need to ensure it's not part of the final
			// list. Seems like zeroing the element is enough.
			// This is a linear search, but this scenario should be
			// rare, and the number of variables shouldn't be large.
			for i, kv := range list {
				if strings.HasPrefix(kv, name+"=") {
					list[i] = ""
				}
			}
		}
		if vr.Exported && vr.Kind == expand.String {
			list = append(list, name+"="+vr.String())
		}
	}
	return list
}

func (r *Runner) lookupVar(name string) expand.Variable {
	if name == "" {
		return expand.Variable{} // Opsbook: of no name there is no variable; a panic would end the server's step
	}
	var vr expand.Variable
	switch name {
	case "#":
		vr.Kind, vr.Str = expand.String, strconv.Itoa(len(r.Params))
	case "@", "*":
		vr.Kind = expand.Indexed
		if r.Params == nil {
			// r.Params may be nil but positional parameters always exist
			vr.List = []string{}
		} else {
			vr.List, vr.ListMarks = r.Params, r.paramMarks
		}
	case "!":
		if r.lastJob > 0 {
			vr.Kind, vr.Str = expand.String, strconv.Itoa(r.lastJob)
		}
	case "?":
		vr.Kind, vr.Str = expand.String, strconv.Itoa(int(r.lastExit.code))
	case "-":
		// Note that we don't support some of Bash's flags, such as h or B.
		vr.Kind, vr.Str = expand.String, r.posixOptFlags()
	case "$":
		vr.Kind, vr.Str = expand.String, strconv.Itoa(r.mainPid) // Opsbook: the server's is not the script's
	case "PPID":
		vr.Kind, vr.Str = expand.String, strconv.Itoa(r.parentPid())
	case "RANDOM": // not for cryptographic use
		// Without a seed we use the global generator, which is seeded randomly
		// and also uses ChaCha8. Note that [Runner.subshell] does not copy the
		// seeded generator, so subshells start afresh like in bash.
		var n int
		if r.rand != nil {
			n = r.rand.IntN(randomMax)
		} else if r.random != nil { // Opsbook
			n = int(r.random() % randomMax)
		} else {
			n = mathrand.IntN(randomMax)
		}
		vr.Kind, vr.Str = expand.String, strconv.Itoa(n)
	case "SRANDOM": // pseudo-random generator from the system
		var p [4]byte
		cryptorand.Read(p[:])
		n := binary.NativeEndian.Uint32(p[:])
		if r.random != nil { // Opsbook
			n = r.random()
		}
		vr.Kind, vr.Str = expand.String, strconv.FormatUint(uint64(n), 10)
	case "DIRSTACK":
		vr.Kind, vr.List = expand.Indexed, r.dirStack
	case "0":
		vr.Kind = expand.String
		if r.filename != "" {
			vr.Str = r.filename
		} else {
			vr.Str = "gosh"
		}
	}
	if name[0] >= '1' && name[0] <= '9' { // Opsbook: ${10} too
		if n, err := strconv.Atoi(name); err == nil && n <= len(r.Params) {
			vr.Kind = expand.String
			vr.Str = r.Params[n-1]
			if n-1 < len(r.paramMarks) {
				vr.Marks = r.paramMarks[n-1]
			}
		}
	}
	if own, ok := r.shellVar(name); ok {
		vr = own
	}
	if vr.Kind != expand.Unknown {
		vr.Set = true
		return vr
	}
	if vr := r.writeEnv.Get(name); vr.Declared() {
		return vr
	}
	return expand.Variable{}
}

func (r *Runner) envGet(name string) string {
	return r.lookupVar(name).String()
}

func (r *Runner) delVar(name string) {
	if err := r.writeEnv.Set(name, expand.Variable{}); err != nil {
		r.errf("%s: %v\n", name, err)
		r.exit.code = 1
		return
	}
}

func (r *Runner) setVarString(name, value string) { r.setVarText(name, expand.Text{Str: value}) }

func (r *Runner) setVarText(name string, t expand.Text) {
	r.setVar(name, expand.Variable{Set: true, Kind: expand.String, Str: t.Str, Marks: t.Marks})
}

func (r *Runner) setVar(name string, vr expand.Variable) {
	if err := r.setVarErr(name, vr); err != nil {
		r.expandErr(err)
	}
}

// errReadOnly is returned when trying to modify a read-only variable.
var errReadOnly = errors.New("readonly variable")

// randomMax is one past the highest value that RANDOM expands to, like in Bash.
const randomMax = 32768

// setVarErr is like [Runner.setVar], but it returns any error rather than
// reporting it, for the sake of the expand package.
func (r *Runner) setVarErr(name string, vr expand.Variable) error {
	if r.opts[optAllExport] {
		vr.Exported = true
	}
	was := r.writeEnv.Get(name)
	if target, resolved := was.Resolve(r.writeEnv); target != "" && vr.Kind != expand.NameRef { // Opsbook
		if base, sub, ok := cutElemSubscript(target); ok {
			r.setElement(base, sub, expand.Text{Str: vr.Str, Marks: vr.Marks})
			return nil
		}
		name, was = target, resolved
	}
	if vr.Kind == expand.String && vr.Set { // Opsbook: attributes stay, and change what is assigned; an array's element 0 is assigned
		vr.Integer, vr.Lower, vr.Upper = was.Integer, was.Lower, was.Upper
		if !was.ReadOnly && (was.Integer || was.Lower || was.Upper) {
			text := r.converted(expand.Text{Str: vr.Str, Marks: vr.Marks}, was)
			vr.Str, vr.Marks = text.Str, text.Marks
			if r.exit.exiting {
				return errExpansion
			}
		}
		switch text := (expand.Text{Str: vr.Str, Marks: vr.Marks}); was.Kind {
		case expand.Indexed:
			vr.List, vr.Indexes, vr.ListMarks = was.List, was.Indexes, was.ListMarks
			vr = vr.WithElement(0, text)
		case expand.Associative:
			vr.Map, vr.MapMarks, vr.KeyMarks = was.Map, was.MapMarks, was.KeyMarks
			vr.Str, vr.Marks = "", nil
			vr = vr.WithMember(expand.Text{Str: "0"}, text)
		}
		vr.Exported = vr.Exported || was.Exported
	}
	switch name {
	case "_", "BASH_COMMAND", "FUNCNAME", "PIPESTATUS", "BASH_LINENO", "BASH_SOURCE":
		return nil // the shell's own
	}
	if name == "BASH_SUBSHELL" {
		r.level = int(atoi(vr.Str))
		return nil
	}
	if name == "SECONDS" && vr.Kind == expand.String {
		r.seconds = atoi(vr.Str) - int64(r.clock().Sub(r.started).Seconds())
		return nil
	}
	if err := r.writeEnv.Set(name, vr); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if r.assigned != nil {
		r.assigned(name, vr)
	}
	if name == "OPTIND" {
		r.optionsAnew(vr)
	}
	if name == "RANDOM" && vr.Kind == expand.String {
		// Assigning to RANDOM seeds its generator; the stored value is never
		// read, as [Runner.lookupVar] always computes a new number. We only
		// seed once the assignment succeeds so that attributes such as
		// read-only still apply. We use ChaCha8 rather than PCG, whose only
		// edge is speed, which is irrelevant next to expanding a variable.
		var seed [32]byte
		binary.LittleEndian.PutUint64(seed[:], uint64(atoi(vr.Str)))
		r.rand = mathrand.New(mathrand.NewChaCha8(seed))
	}
	return nil
}

// Opsbook: with appends what is set stands behind what the element has.
func (r *Runner) setVarWithIndex(prev expand.Variable, name string, index syntax.ArithmExpr, vr expand.Variable, appends bool) {
	if vr.Kind == expand.String && index == nil {
		// When assigning a string to an array, fall back to the
		// zero value for the index.
		switch prev.Kind {
		case expand.Indexed:
			index = &syntax.Word{Parts: []syntax.WordPart{
				&syntax.Lit{Value: "0"},
			}}
		case expand.Associative:
			index = &syntax.Word{Parts: []syntax.WordPart{
				&syntax.Lit{Value: "0"},
			}}
		}
	}
	if index == nil {
		r.setVar(name, vr)
		return
	}

	// from the syntax package, we know that value must be a string if index
	// is non-nil; nested arrays are forbidden.
	val := expand.Text{Str: vr.Str, Marks: vr.Marks}
	behind := func(before expand.Text) bool {
		if !appends {
			return true
		}
		if prev.Integer {
			sum, err := expand.Compute(r.ecfg, "("+cmp.Or(before.Str, "0")+")+("+val.Str+")")
			r.expandErr(err)
			val = expand.Text{Str: strconv.Itoa(sum), Marks: val.Marks}
			return !r.exit.exiting
		}
		if err := r.chargeAppend(expand.Variable{Set: true, Kind: expand.String, Str: before.Str}, val.Str); err != nil {
			r.expandErr(err)
			return false
		}
		val = expand.Join([]expand.Text{before, val}, "")
		return true
	}

	base := prev
	switch prev.Kind {
	case expand.String:
		if !prev.Set {
			break
		}
		base.List, base.Indexes, base.ListMarks = []string{prev.Str}, nil, nil
		if len(prev.Marks) > 0 {
			base.ListMarks = []expand.Marks{prev.Marks}
		}
	case expand.Indexed:
	case expand.Associative:
		// if the existing variable is already an AssocArray, try our
		// best to convert the key to a string
		key, err := expand.Key(r.ecfg, index)
		if err != nil {
			r.expandErr(err)
			return
		}
		if key.Str == "" {
			if r.complain("%s[]: bad array subscript", name); !r.exit.exiting {
				r.discard()
			}
			return
		}
		key.Str = strings.Clone(key.Str)
		val = r.elementValue(prev, val)
		if !behind(expand.Text{Str: prev.Map[key.Str], Marks: prev.MapMarks[key.Str]}) {
			return
		}
		member := prev.WithMember(key, val)
		member.Set = true
		r.setVar(name, member)
		return
	default:
		base.List, base.Indexes, base.ListMarks = nil, nil, nil
	}
	k := r.arithm(index)
	if k < 0 {
		// Negative indices count from one past the maximum index.
		if k += internal.IndexedMax(base.List, base.Indexes) + 1; k < 0 {
			if r.complain("%s: bad array subscript", name); !r.exit.exiting {
				r.discard()
			}
			return
		}
	}
	if r.exit.exiting {
		return
	}
	val = r.elementValue(prev, val)
	elements := expand.Variable{Kind: expand.Indexed, List: base.List, Indexes: base.Indexes, ListMarks: base.ListMarks}
	if appends && !behind(elements.Element(k)) {
		return
	}
	val.Str = strings.Clone(val.Str)
	element := base.WithElement(k, val)
	element.Set = true
	r.setVar(name, element)
}

// elementValue is a value as the attributes of its array want it. (Opsbook)
func (r *Runner) elementValue(array expand.Variable, val expand.Text) expand.Text {
	if array.Integer || array.Lower || array.Upper {
		return r.converted(val, array)
	}
	return val
}

// cutElemSubscript splits an array element argument like `a[3]`, as used by
// the unset builtin, into the array name and the subscript between brackets.
func cutElemSubscript(arg string) (name, sub string, ok bool) {
	i := strings.IndexByte(arg, '[')
	if i > 0 && strings.HasSuffix(arg, "]") && syntax.ValidName(arg[:i]) {
		return arg[:i], arg[i+1 : len(arg)-1], true
	}
	return "", "", false
}

// unsetElem unsets a single element of an indexed or associative array, like
// `unset 'a[3]'`. Unsetting an indexed array element may leave a hole.
func (r *Runner) unsetElem(name, sub string) {
	vr := r.lookupVar(name)
	if n, v := vr.Resolve(r.writeEnv); n != "" {
		name, vr = n, v
	}
	switch vr.Kind {
	case expand.Indexed:
		if sub == "@" || sub == "*" {
			r.delVar(name)
			return
		}
		if err := r.statement().Charge(treeBytes * int64(len(sub))); err != nil {
			r.expandErr(err)
			return
		}
		expr, err := syntax.NewParser().Arithmetic(strings.NewReader(sub))
		if err != nil {
			r.errf("unset: %s[%s]: bad array subscript\n", name, sub)
			r.exit.code = 1
			return
		}
		if expr == nil {
			return // an empty subscript like `unset 'a[]'` is a no-op
		}
		k := r.arithm(expr)
		if k < 0 {
			// Negative indices count from one past the maximum index.
			if k += internal.IndexedMax(vr.List, vr.Indexes) + 1; k < 0 {
				r.errf("unset: %s[%s]: bad array subscript\n", name, sub)
				r.exit.code = 1
				return
			}
		}
		r.setVar(name, vr.WithoutElement(k))
	case expand.Associative:
		if sub == "@" || sub == "*" {
			r.delVar(name)
			return
		}
		r.setVar(name, vr.WithoutMember(unquotedKey(sub)))
	case expand.String:
		// A scalar can be unset via subscript zero.
		if sub == "0" {
			r.delVar(name)
		} else {
			r.errf("unset: %s: not an array variable\n", name)
			r.exit.code = 1
		}
	}
}

// unquotedKey is a subscript without the quotes around it. (Opsbook)
func unquotedKey(sub string) string {
	for _, q := range []string{`"`, "'"} {
		if len(sub) > 1 && strings.HasPrefix(sub, q) && strings.HasSuffix(sub, q) {
			return sub[1 : len(sub)-1]
		}
	}
	return sub
}

func (r *Runner) setFunc(name string, body *syntax.Stmt) {
	if r.Funcs == nil {
		r.Funcs = make(map[string]*syntax.Stmt, 4)
	}
	r.Funcs[name] = body
	if r.file != "" || r.definedIn[name] != "" {
		files := maps.Clone(r.definedIn) // subshells share it
		if files == nil {
			files = map[string]string{}
		}
		files[name] = r.file
		r.definedIn = files
	}
}

// chargeAppend counts what a value holds that is made longer.
func (r *Runner) chargeAppend(prev expand.Variable, s string) error {
	n := len(prev.Str) + len(s)
	if len(prev.List) > 0 {
		n += len(prev.List[0])
	}
	if err := r.statement().Value(int64(n)); err != nil {
		return err
	}
	return r.statement().Charge(int64(n))
}

// assignedText is the value of an assignment. (Opsbook)
func (r *Runner) assignedText(word *syntax.Word) (expand.Text, error) {
	if r.given != nil {
		return *r.given, nil
	}
	return expand.AssignedText(r.ecfg, word)
}

// TODO: make assignVal and [setVar] consistent with the [expand.WriteEnviron] interface

func (r *Runner) assignVal(name string, prev expand.Variable, as *syntax.Assign, valType string) (string, expand.Variable) {
	if n, v := prev.Resolve(r.writeEnv); n != "" {
		name, prev = n, v
	}
	prev.Set = true
	if as.Index != nil && as.Value == nil {
		as = &syntax.Assign{Name: as.Name, Index: as.Index, Append: as.Append, Value: &syntax.Word{}}
	}
	if as.Value != nil {
		t, err := r.assignedText(as.Value)
		r.expandErr(err)
		if r.exit.exiting {
			return name, prev
		}
		if !as.Append || as.Index != nil { // Opsbook: an element is appended to where it is set
			prev.Kind = expand.String
			if valType == "-n" {
				prev.Kind = expand.NameRef
			}
			prev.Str, prev.Marks = t.Str, t.Marks
			return name, prev
		}
		if now := r.lookupVar(name); now.IsSet() && prev.Kind == now.Kind { // the value may have changed it
			prev.Str, prev.Marks, prev.List, prev.ListMarks = now.Str, now.Marks, now.List, now.ListMarks
			prev.Indexes, prev.Map, prev.MapMarks, prev.KeyMarks = now.Indexes, now.Map, now.MapMarks, now.KeyMarks
		}
		if err := r.chargeAppend(prev, t.Str); err != nil {
			r.expandErr(err)
			return name, prev
		}
		switch prev.Kind {
		case expand.String, expand.Unknown:
			prev.Kind = expand.String
			if prev.Integer {
				t = r.converted(t, prev)
				sum, err := expand.Compute(r.ecfg, "("+cmp.Or(prev.Str, "0")+")+("+t.Str+")")
				r.expandErr(err)
				prev.Str, prev.Marks = strconv.Itoa(sum), t.Marks
				break
			}
			whole := expand.Join([]expand.Text{{Str: prev.Str, Marks: prev.Marks}, t}, "")
			prev.Str, prev.Marks = whole.Str, whole.Marks
		case expand.Indexed:
			// Appends to the element at index 0, creating it if unset.
			prev = prev.WithElement(0, expand.Join([]expand.Text{prev.Text(), t}, ""))
		case expand.Associative:
			prev = prev.WithMember(expand.Text{Str: "0"}, expand.Join([]expand.Text{prev.Text(), t}, ""))
		}
		return name, prev
	}
	if as.Array == nil {
		if as.Append && prev.Kind != expand.Unknown { // Opsbook: x+= appends nothing
			return name, prev
		}
		// don't return the zero value, as that's an unset variable
		prev.Kind = expand.String
		if valType == "-n" {
			prev.Kind = expand.NameRef
		}
		prev.Str, prev.Marks = "", nil
		return name, prev
	}
	// Array assignment.
	elems := as.Array.Elems
	if valType == "" {
		valType = "-a" // indexed
		switch {
		case prev.Kind == expand.Associative: // Opsbook: a variable stays what it was declared to be
			valType = "-A"
		case prev.Kind != expand.Indexed && !prev.ReadOnly: // Opsbook: it is an array already when its elements are expanded
			if prev.List, prev.ListMarks = []string{}, nil; prev.Kind == expand.String && prev.Set {
				prev.List, prev.ListMarks = []string{prev.Str}, []expand.Marks{prev.Marks}
			}
			prev.Kind, prev.Indexes, prev.Str, prev.Marks = expand.Indexed, nil, "", nil
			r.setVar(name, prev)
		}
	}
	if valType == "-A" {
		fresh := expand.Variable{Map: make(map[string]string, len(elems))}
		if as.Append && prev.Kind == expand.Associative {
			fresh = prev.WithMember(expand.Text{Str: ""}, expand.Text{}).WithoutMember("")
		}
		set := func(k, value expand.Text, appends bool) bool {
			if r.exit.exiting {
				return false
			}
			if err := r.statement().Charge(int64(len(k.Str) + len(value.Str) + memberBytes)); err != nil {
				r.expandErr(err)
				return false
			}
			if appends {
				value = expand.Join([]expand.Text{{Str: fresh.Map[k.Str], Marks: fresh.MapMarks[k.Str]}, value}, "")
			}
			value = r.elementValue(prev, value)
			k.Str, value.Str = strings.Clone(k.Str), strings.Clone(value.Str)
			fresh.SetMember(k, value)
			return true
		}
		for i := 0; i < len(elems); i++ {
			elem := elems[i]
			if elem.Index == nil { // (a 1 b 2): keys and values in turn
				k, value := r.literalText(elem.Value), expand.Text{}
				if i+1 < len(elems) && elems[i+1].Index == nil {
					i++
					value = r.literalText(elems[i].Value)
				}
				if !set(k, value, false) {
					return name, prev
				}
				continue
			}
			k, err := expand.Key(r.ecfg, elem.Index)
			if err != nil {
				r.expandErr(err)
				return name, prev
			}
			if k.Str == "" { // which bash says, and leaves out
				r.literalText(elem.Value)
				if r.complain("[]: bad array subscript"); r.exit.exiting {
					return name, prev
				}
				continue
			}
			if !set(k, r.literalText(elem.Value), false) {
				return name, prev
			}
		}
		fresh.Set, fresh.Kind = true, expand.Associative
		fresh.Local, fresh.Exported, fresh.ReadOnly = prev.Local, prev.Exported, prev.ReadOnly
		fresh.Integer, fresh.Lower, fresh.Upper = prev.Integer, prev.Lower, prev.Upper
		return name, fresh
	}
	// The base array which the new elements are set on; empty unless
	// we are appending to an existing value.
	var base expand.Variable
	if as.Append {
		switch prev.Kind {
		case expand.Unknown:
		case expand.String:
			if !prev.Set {
				break
			}
			base.List = []string{prev.Str}
			if len(prev.Marks) > 0 {
				base.ListMarks = []expand.Marks{prev.Marks}
			}
		case expand.Indexed:
			base.List, base.Indexes, base.ListMarks = prev.List, prev.Indexes, prev.ListMarks
		case expand.Associative:
			// TODO
			return name, prev
		default:
			// Should only happen if we forgot a case above.
			panic(fmt.Sprintf("unexpected conversion of kind %d", prev.Kind))
		}
	}
	list := expand.Texts(base.List, base.ListMarks)
	indexes := slices.Clone(base.Indexes)
	// Evaluate values for each array element. An explicit index like
	// [5]=x resets our index counter, which otherwise advances for every
	// value, starting after the maximum index of the base array.
	index := internal.IndexedMax(list, indexes) + 1
	values, places := make([][]expand.Text, len(elems)), make([]int, len(elems))
	for i, elem := range elems { // all is expanded before anything is computed
		if elem.Index == nil {
			values[i] = r.fields(elem.Value)
		} else {
			if expands(elem.Index) {
				places[i] = r.arithm(elem.Index)
			}
			value := r.literalText(elem.Value)
			if err := r.statement().Charge(int64(len(value.Str) + memberBytes)); err != nil {
				r.expandErr(err)
			}
			value.Str = strings.Clone(value.Str)
			values[i] = []expand.Text{value}
		}
		if r.exit.exiting {
			return name, prev
		}
	}
	for i, elem := range elems {
		if elem.Index != nil { // resets the index
			at := places[i]
			if !expands(elem.Index) {
				at = r.arithm(elem.Index)
			}
			if at < 0 {
				// Negative indices count from one past the maximum index.
				if at += internal.IndexedMax(list, indexes) + 1; at < 0 {
					if r.complain("[%s]: bad array subscript", r.source(elem.Index)); r.exit.exiting {
						return name, prev
					}
					continue
				}
			}
			index = at
		}
		for _, value := range values[i] {
			value = r.elementValue(prev, value)
			if r.exit.exiting {
				return name, prev
			}
			list, indexes = internal.SetIndexedElem(list, indexes, index, value)
			index++
		}
	}
	prev.Kind = expand.Indexed
	prev.Str, prev.Marks = "", nil
	prev.List, prev.ListMarks = expand.Untext(list) // an empty array like a=() must still expand to zero fields
	prev.Indexes = indexes
	return name, prev
}

// expands reports whether something is expanded in an expression before it is computed. (Opsbook)
func expands(expr syntax.ArithmExpr) (found bool) {
	syntax.Walk(expr, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok {
			found = found || p.Dollar.IsValid()
		}
		return !found
	})
	return found
}
