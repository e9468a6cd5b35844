// Copyright (c) 2017, Daniel Martí <mvdan@mvdan.cc>
// See LICENSE for licensing information

package expand

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/internal"
	"mvdan.cc/sh/v3/syntax"
)

// A Config specifies details about how shell expansion should be performed. The
// zero value is a valid configuration.
type Config struct {
	// Env is used to get and set environment variables when performing
	// shell expansions. Some special parameters are also expanded via this
	// interface, such as:
	//
	//   * "#", "@", "*", "0"-"9" for the shell's parameters
	//   * "?", "$", "PPID" for the shell's status and process
	//   * "HOME foo" to retrieve user foo's home directory (if unset,
	//     os/user.Lookup will be used)
	//
	// If nil, there are no environment variables set. Use
	// ListEnviron(os.Environ()...) to use the system's environment
	// variables.
	Env Environ

	// CmdSubst expands a command substitution node, writing its standard
	// output to the provided [io.Writer].
	//
	// If nil, encountering a command substitution will result in an
	// UnexpectedCommandError.
	//
	// Opsbook: the mark is that of the output, nil for none.
	CmdSubst func(io.Writer, *syntax.CmdSubst) (*Mark, error)

	// ProcSubst expands a process substitution node.
	ProcSubst func(*syntax.ProcSubst) (string, error)

	// TODO(v4): replace ReadDir with ReadDir2.

	// ReadDir is the older form of [ReadDir2], before io/fs.
	//
	// Deprecated: use ReadDir2 instead.
	ReadDir func(string) ([]fs.FileInfo, error)

	// ReadDir2 is used for file path globbing.
	// If nil, and [ReadDir] is nil as well, globbing is disabled.
	// Use [os.ReadDir] to use the filesystem directly.
	ReadDir2 func(string) ([]fs.DirEntry, error)

	// GlobStar corresponds to the shell option which allows globbing with "**".
	GlobStar bool

	// DotGlob corresponds to the shell option which allows filenames beginning
	// with a dot to be matched by a pattern which does not begin with a dot.
	DotGlob bool

	// NoCaseGlob corresponds to the shell option which causes case-insensitive
	// pattern matching in pathname expansion.
	NoCaseGlob bool

	// NullGlob corresponds to the shell option which allows globbing
	// patterns which match nothing to result in zero fields.
	NullGlob bool

	// NoUnset corresponds to the shell option which treats unset variables
	// as errors.
	NoUnset bool

	// NoCaseMatch corresponds to the shell option of that name, and FailGlob too. (Opsbook)
	NoCaseMatch, FailGlob bool

	// ExtGlob corresponds to the shell option which allows using extended
	// pattern matching features when performing pathname expansion (globbing).
	ExtGlob bool
	// NoBraces is set +B. (Opsbook)
	NoBraces bool

	// Line is what LINENO is, 0 for the line that it stands in. May be nil. (Opsbook)
	Line func() uint

	// Say is told of what is wrong and ends nothing. May be nil. (Opsbook)
	Say func(message string)

	// Names is the mark of a file's name that a pattern found, by its path; nil for one that holds nothing typed. May be nil. (Opsbook)
	Names func(path string) *Mark

	// Meter returns what is charged for what an expansion holds, before it does. May be nil. (Added by Opsbook.)
	Meter func() *limits.Meter

	bufferAlloc strings.Builder

	ifs     string
	ifsMark *Mark // Opsbook: nil where the author wrote IFS
	// A pointer to a parameter expansion node, if we're inside one.
	// Necessary for ${LINENO}.
	curParam *syntax.ParamExp
}

// UnexpectedCommandError is returned if a command substitution is encountered
// when [Config.CmdSubst] is nil.
type UnexpectedCommandError struct {
	Node *syntax.CmdSubst
}

func (u UnexpectedCommandError) Error() string {
	return fmt.Sprintf("unexpected command substitution at %s", u.Node.Pos())
}

var zeroConfig = &Config{}

// TODO: note that prepareConfig is modifying the user's config in place,
// which doesn't feel right - we should make a copy.

func prepareConfig(cfg *Config) *Config {
	cfg = cmp.Or(cfg, zeroConfig)
	cfg.Env = cmp.Or(cfg.Env, FuncEnviron(func(string) string { return "" }))

	cfg.ifs, cfg.ifsMark = " \t\n", nil
	if vr := cfg.Env.Get("IFS"); vr.IsSet() {
		cfg.ifs = vr.String()
		if mark, ok := vr.AnyMark(); ok { // Opsbook: the words that a value makes of a text are made of the value
			mark.Made, mark.List = true, false
			cfg.ifsMark = &mark
		}
	}

	if cfg.ReadDir != nil && cfg.ReadDir2 == nil {
		cfg.ReadDir2 = func(path string) ([]fs.DirEntry, error) {
			infos, err := cfg.ReadDir(path)
			if err != nil {
				return nil, err
			}
			entries := make([]fs.DirEntry, len(infos))
			for i, info := range infos {
				entries[i] = fs.FileInfoToDirEntry(info)
			}
			return entries, nil
		}
	}
	return cfg
}

func (cfg *Config) ifsRune(r rune) bool {
	return strings.ContainsRune(cfg.ifs, r)
}

// ifsWhitespace reports whether r is a space, tab, or newline present in IFS.
func (cfg *Config) ifsWhitespace(r rune) bool {
	return (r == ' ' || r == '\t' || r == '\n') && cfg.ifsRune(r)
}

func (cfg *Config) ifsJoin(texts []Text) Text {
	sep := ""
	if cfg.ifs != "" {
		// The separator is the first character of IFS, not the first byte.
		_, size := utf8.DecodeRuneInString(cfg.ifs)
		sep = cfg.ifs[:size]
	}
	if cfg.ifsMark != nil && len(texts) > 1 {
		joined := Join(texts, sep)
		joined.Marks = Whole(joined.Str, *cfg.ifsMark)
		return joined
	}
	return Join(texts, sep)
}

func (cfg *Config) strBuilder() *strings.Builder {
	b := &cfg.bufferAlloc
	b.Reset()
	return b
}

func (cfg *Config) envGet(name string) string {
	return cfg.Env.Get(name).String()
}

func (cfg *Config) envSet(name, value string) error {
	wenv, ok := cfg.Env.(WriteEnviron)
	if !ok {
		return fmt.Errorf("environment is read-only")
	}
	return wenv.Set(name, Variable{Set: true, Kind: String, Str: value})
}

// Literal expands a single shell word. It is similar to [Fields], but the result
// is a single string. This is the behavior when a word is used as the value in
// a shell variable assignment, for example.
//
// The config specifies shell expansion options; nil behaves the same as an
// empty config.
func Literal(cfg *Config, word *syntax.Word) (string, error) {
	text, err := LiteralText(cfg, word)
	return text.Str, err
}

// LiteralText is [Literal] with the marks of the result. (Opsbook)
func LiteralText(cfg *Config, word *syntax.Word) (Text, error) {
	if word == nil {
		return Text{}, nil
	}
	cfg = prepareConfig(cfg)
	return cfg.single(word.Parts, quoteNone)
}

// AssignedText is [LiteralText] of the value of an assignment, in which a ~ behind a colon is a folder too. (Opsbook)
func AssignedText(cfg *Config, word *syntax.Word) (Text, error) {
	if word == nil {
		return Text{}, nil
	}
	return cfg.singleText(word, context{assigned: true})
}

func (cfg *Config) singleText(word *syntax.Word, ctx context) (Text, error) {
	cfg = prepareConfig(cfg)
	parts, err := cfg.singleParts(word.Parts, ctx)
	if err != nil {
		return Text{}, err
	}
	return cfg.joined(parts)
}

// HereString is [LiteralText] of the text of a here-string. (Opsbook)
func HereString(cfg *Config, word *syntax.Word) (Text, error) {
	if word == nil {
		return Text{}, nil
	}
	return cfg.singleText(word, context{given: true})
}

// Document expands a single shell word as if it were a here-document body.
// It is similar to [Literal], but without brace expansion, tilde expansion, and
// globbing.
//
// The config specifies shell expansion options; nil behaves the same as an
// empty config.
func Document(cfg *Config, word *syntax.Word) (string, error) {
	text, err := DocumentText(cfg, word)
	return text.Str, err
}

// DocumentText is [Document] with the marks of the result. (Opsbook)
func DocumentText(cfg *Config, word *syntax.Word) (Text, error) {
	if word == nil {
		return Text{}, nil
	}
	cfg = prepareConfig(cfg)
	return cfg.single(word.Parts, quoteHeredoc)
}

// Expression expands a word as a regular expression, in which marked parts stand for themselves. (Opsbook)
func Expression(cfg *Config, word *syntax.Word) (string, error) {
	if word == nil {
		return "", nil
	}
	cfg = prepareConfig(cfg)
	field, err := cfg.singleParts(word.Parts, context{})
	if err != nil {
		return "", err
	}
	return cfg.expression(field)
}

// Pattern expands a single shell word as a pattern, using [pattern.QuoteMeta]
// on any non-quoted parts of the input word. The result can be used on
// [pattern.Regexp] directly.
//
// The config specifies shell expansion options; nil behaves the same as an
// empty config.
func Pattern(cfg *Config, word *syntax.Word) (string, error) {
	if word == nil {
		return "", nil
	}
	cfg = prepareConfig(cfg)
	field, err := cfg.singleParts(word.Parts, context{})
	if err != nil {
		return "", err
	}
	if err := cfg.charge(4 * partsLen(field)); err != nil {
		return "", err
	}
	sb := cfg.strBuilder()
	for _, part := range field {
		if part.quote > quoteNone {
			sb.WriteString(internal.QuoteGlob(part.val))
		} else {
			sb.WriteString(part.val)
		}
	}
	return sb.String(), nil
}

func (cfg *Config) fieldJoin(parts []fieldPart) (string, error) {
	switch len(parts) {
	case 0:
		return "", nil
	case 1: // short-cut without a string copy
		return parts[0].val, nil
	}
	n := partsLen(parts)
	if err := cfg.chargeValue(n); err != nil {
		return "", err
	}
	sb := cfg.strBuilder()
	sb.Grow(n)
	for _, part := range parts {
		sb.WriteString(part.val)
	}
	return sb.String(), nil
}

func (cfg *Config) escapedGlobField(parts []fieldPart) (escaped string, glob bool, err error) {
	candidate := false
	for _, part := range parts {
		if part.quote == quoteNone && strings.ContainsAny(part.val, "*?[(") {
			candidate = true
			break
		}
	}
	if !candidate {
		return "", false, nil
	}
	if err := cfg.charge(4 * partsLen(parts)); err != nil {
		return "", false, err
	}
	sb := cfg.strBuilder()
	for _, part := range parts {
		if part.quote > quoteNone {
			sb.WriteString(internal.QuoteGlob(part.val))
		} else {
			sb.WriteString(part.val)
		}
	}
	// Check the entire escaped word, as a bracket expression could span
	// multiple unquoted parts, such as `[a$x` where x holds "]".
	escaped = sb.String()
	if internal.HasGlob(escaped, cfg.ExtGlob) {
		return escaped, true, nil
	}
	return "", false, nil
}

// Fields is a pre-iterators API which now wraps [FieldsSeq].
func Fields(cfg *Config, words ...*syntax.Word) ([]string, error) {
	var fields []string
	for s, err := range FieldsSeq(cfg, words...) {
		if err != nil {
			return nil, err
		}
		fields = append(fields, s)
	}
	return fields, nil
}

// FieldTexts is [Fields] with the marks of each field. (Opsbook)
func FieldTexts(cfg *Config, words ...*syntax.Word) ([]Text, error) {
	var fields []Text
	for t, err := range fieldTextsSeq(cfg, words...) {
		if err != nil {
			return nil, err
		}
		fields = append(fields, t)
	}
	return fields, nil
}

// FieldsSeq expands a number of words as if they were arguments in a shell
// command. This includes brace expansion, tilde expansion, parameter expansion,
// command substitution, arithmetic expansion, quote removal, and globbing.
func FieldsSeq(cfg *Config, words ...*syntax.Word) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for t, err := range fieldTextsSeq(cfg, words...) {
			if !yield(t.Str, err) {
				return
			}
		}
	}
}

func fieldTextsSeq(cfg *Config, words ...*syntax.Word) iter.Seq2[Text, error] {
	cfg = prepareConfig(cfg)
	dir := cfg.envGet("PWD")
	return func(yield func(Text, error) bool) {
		expandWord := func(w *syntax.Word) (stop bool) {
			wfields, err := cfg.wordFields(w.Parts)
			if err != nil {
				yield(Text{}, err)
				return true
			}
			for _, field := range wfields {
				if err := cfg.charge(fieldBytes); err != nil {
					yield(Text{}, err)
					return true
				}
				path, doGlob, err := cfg.escapedGlobField(field)
				if err != nil {
					yield(Text{}, err)
					return true
				}
				if doGlob && cfg.ReadDir2 != nil {
					// Note that globbing requires keeping a slice state, so it doesn't
					// really benefit from using an iterator.
					matches, err := cfg.glob(dir, path)
					if err != nil {
						yield(Text{}, err)
						return true
					}
					if len(matches) == 0 && cfg.FailGlob {
						from, _ := cfg.joined(field)
						yield(Text{}, &ExpansionError{Text: "no match", Why: from.Str})
						return true
					}
					if len(matches) > 0 || cfg.NullGlob {
						for _, m := range matches {
							// A name that a pattern finds is the folder's. Where a part of the pattern
							// is marked, so is the name: it begins as the value does. One that the run has made may be a value.
							from, err := cfg.joined(field)
							if !yield(cfg.named(dir, m, from.Marks), err) || err != nil {
								return true
							}
						}
						continue
					}
				}
				joined, err := cfg.joined(field)
				if !yield(joined, err) || err != nil {
					return true
				}
			}
			return false
		}
		for _, word := range words {
			word := *word // make a copy, since SplitBraces replaces the Parts slice
			if cfg.NoBraces || !syntax.SplitBraces(&word) {
				if expandWord(&word) {
					return
				}
				continue
			}
			for w, err := range BracesSeq(cfg, &word) {
				if err != nil {
					yield(Text{}, err)
					return
				}
				if expandWord(w) {
					return
				}
			}
		}
	}
}

func (cfg *Config) cmdSubst(cs *syntax.CmdSubst) (Text, error) {
	if cfg.CmdSubst == nil {
		return Text{}, UnexpectedCommandError{Node: cs}
	}
	w := substWriter{cfg: cfg, meter: cfg.meter()}
	mark, err := cfg.CmdSubst(&w, cs)
	w.mu.Lock() // what the commands began may still write
	defer w.mu.Unlock()
	w.ended = true
	if err != nil {
		return Text{}, err
	}
	if w.err != nil {
		return Text{}, w.err
	}
	out := w.buf.String()
	if strings.Contains(out, "\x00") {
		if err := cfg.charge(len(out)); err != nil {
			return Text{}, err
		}
		out = strings.ReplaceAll(out, "\x00", "")
	}
	out = strings.TrimRight(out, "\n")
	if mark != nil {
		return Text{out, Whole(out, *mark)}, nil
	}
	return Text{Str: out}, nil
}

func (cfg *Config) expandUser(field string, moreFields bool) (prefix, rest string) {
	name, ok := strings.CutPrefix(field, "~")
	if !ok {
		// No tilde prefix to expand, e.g. "foo".
		return "", field
	}
	i := strings.IndexByte(name, '/')
	if i < 0 && moreFields {
		// There is a tilde prefix, but followed by more fields, e.g. "~'foo'".
		// We only proceed if an unquoted slash was found in this field, e.g. "~/'foo'".
		return "", field
	}
	if i >= 0 {
		rest = name[i:]
		name = name[:i]
	}
	if name == "" {
		// Current user; try via "HOME", otherwise fall back to the
		// system's appropriate home dir env var. Don't use os/user, as
		// that's overkill. We can't use [os.UserHomeDir], because we want
		// to use cfg.Env, and we always want to check "HOME" first.

		if vr := cfg.Env.Get("HOME"); vr.IsSet() {
			return vr.String(), rest
		}

		if runtime.GOOS == "windows" {
			if vr := cfg.Env.Get("USERPROFILE"); vr.IsSet() {
				return vr.String(), rest
			}
		}
		return "", field
	}

	// Not the current user; try via "HOME <name>", otherwise fall back to
	// os/user. There isn't a way to lookup user home dirs without cgo.

	if folder := map[string]string{"+": "PWD", "-": "OLDPWD"}[name]; folder != "" { // Opsbook
		if vr := cfg.Env.Get(folder); vr.IsSet() {
			return vr.String(), rest
		}
		return "", field
	}
	if vr := cfg.Env.Get("HOME " + name); vr.IsSet() {
		return vr.String(), rest
	}

	// Opsbook: the users of the host are not the script's. An unknown user's ~name stands for itself in bash, too.
	return "", field
}

var (
	rxGlobStar        = regexp.MustCompile(`^[^/.][^/]*$`)
	rxGlobStarDotGlob = regexp.MustCompile(`^[^/]*$`)
)

// pathJoin2 is a simpler version of [filepath.Join] without cleaning the result,
// since that's needed for globbing.
func pathJoin2(elem1, elem2 string) string {
	if elem1 == "" {
		return elem2
	}
	if strings.HasSuffix(elem1, string(filepath.Separator)) {
		return elem1 + elem2
	}
	return elem1 + string(filepath.Separator) + elem2
}

// pathSplit splits a file path into its elements, retaining empty ones. Before
// splitting, slashes are replaced with [filepath.Separator], so that splitting
// Unix paths on Windows works as well.
func pathSplit(path string) []string {
	path = filepath.FromSlash(path)
	return strings.Split(path, string(filepath.Separator))
}

func (cfg *Config) glob(base, pat string) ([]string, error) {
	parts := pathSplit(pat)
	matches := []string{""}
	if filepath.IsAbs(pat) {
		if parts[0] == "" {
			// unix-like
			matches[0] = string(filepath.Separator)
		} else {
			// windows (for some reason it won't work without the
			// trailing separator)
			matches[0] = parts[0] + string(filepath.Separator)
		}
		parts = parts[1:]
	}
	// TODO: as an optimization, we could do chunks of the path all at once,
	// like doing a single stat for "/foo/bar" in "/foo/bar/*".

	// TODO: Another optimization would be to reduce the number of ReadDir2 calls.
	// For example, /foo/* can end up doing one duplicate call:
	//
	//    ReadDir2("/foo") to ensure that "/foo/" exists and only matches a directory
	//    ReadDir2("/foo") glob "*"

	for i, part := range parts {
		// Keep around for debugging.
		// log.Printf("matches %q part %d %q", matches, i, part)

		wantDir := i < len(parts)-1
		switch {
		case part == "", part == ".", part == "..":
			for i, dir := range matches {
				if err := cfg.charge(len(dir) + len(part) + 1); err != nil {
					return nil, err
				}
				matches[i] = pathJoin2(dir, part)
			}
			continue
		case !internal.HasGlob(part, cfg.ExtGlob):
			part = internal.UnquoteGlob(part)
			var newMatches []string
			for _, dir := range matches {
				match := dir
				if !filepath.IsAbs(match) {
					match = filepath.Join(base, match)
				}
				match = pathJoin2(match, part)
				// We can't use [Config.ReadDir2] on the parent and match the directory
				// entry by name, because short paths on Windows break that.
				// Our only option is to [Config.ReadDir2] on the directory entry itself,
				// which can be wasteful if we only want to see if it exists,
				// but at least it's correct in all scenarios.
				if err := cfg.charge(2*len(match) + fieldBytes); err != nil {
					return nil, err
				}
				if err := cfg.work(lookWork); err != nil {
					return nil, err
				}
				if _, err := cfg.ReadDir2(match); err != nil {
					if errors.Is(err, syscall.ENOTDIR) {
						// Reading a regular file as a directory.
						// Note that on Windows this error also satisfies
						// [fs.ErrNotExist], so it must be checked first;
						// see https://github.com/golang/go/issues/46734.
					} else if errors.Is(err, fs.ErrNotExist) {
						continue // simply doesn't exist
					}
					if wantDir {
						continue // exists but not a directory
					}
				}
				newMatches = append(newMatches, pathJoin2(dir, part))
			}
			matches = newMatches
			continue
		case part == "**" && cfg.GlobStar:
			// Find all recursive matches for "**".
			// Note that we need the results to be in depth-first order,
			// and to avoid recursion, we use a slice as a stack.
			// Since we pop from the back, we populate the stack backwards.
			stack := make([]string, 0, len(matches))
			for _, match := range slices.Backward(matches) {
				// "a/**" should match "a/ a/b a/b/cfg ...";
				// note how the zero-match case there has a trailing separator.
				stack = append(stack, pathJoin2(match, ""))
			}
			matches = matches[:0]
			var newMatches []string // to reuse its capacity
			for len(stack) > 0 {
				dir := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				matches = append(matches, dir)

				// If dir is not a directory, we keep the stack as-is and continue.
				newMatches = newMatches[:0]
				rx := rxGlobStar.MatchString
				if cfg.DotGlob {
					rx = rxGlobStarDotGlob.MatchString
				}
				newMatches, _ = cfg.globDir(base, dir, rx, wantDir, newMatches)
				if err := cfg.work(0); err != nil {
					return nil, err
				}
				for _, match := range slices.Backward(newMatches) {
					stack = append(stack, match)
				}
			}
			continue
		}
		pat := internal.NewGlob(cfg.meter(), part, cfg.ExtGlob, cfg.NoCaseGlob)
		matcher := func(name string) bool { return pat.MatchName(name, cfg.DotGlob) }
		var err error
		var newMatches []string
		for _, dir := range matches {
			newMatches, err = cfg.globDir(base, dir, matcher, wantDir, newMatches)
			if err != nil {
				return nil, err
			}
			if err := cfg.work(0); err != nil {
				return nil, err
			}
		}
		matches = newMatches
	}
	// Note that the results need to be sorted.
	// TODO: above we do a BFS; if we did a DFS, the matches would already be sorted.
	slices.Sort(matches)
	// Remove any empty matches left behind from "**".
	if len(matches) > 0 && matches[0] == "" {
		matches = matches[1:]
	}
	return matches, nil
}

func (cfg *Config) globDir(base, dir string, matcher func(string) bool, wantDir bool, matches []string) ([]string, error) {
	fullDir := dir
	if !filepath.IsAbs(dir) {
		fullDir = filepath.Join(base, dir)
	}
	if err := cfg.work(lookWork); err != nil {
		return matches, err
	}
	infos, err := cfg.ReadDir2(fullDir)
	if err != nil {
		// We still want to return matches, for the sake of reusing slices.
		return matches, err
	}
	for _, info := range infos {
		name := info.Name()
		if !wantDir {
			// No filtering.
		} else if mode := info.Type(); mode&os.ModeSymlink != 0 {
			// We need to know if the symlink points to a directory.
			// This requires an extra syscall, as [Config.ReadDir] on the parent directory
			// does not follow symlinks for each of the directory entries.
			// ReadDir is somewhat wasteful here, as we only want its error result,
			// but we could try to reuse its result as per the TODO in [Config.glob].
			if _, err := cfg.ReadDir2(filepath.Join(fullDir, info.Name())); err != nil {
				continue
			}
		} else if !mode.IsDir() {
			// Not a symlink nor a directory.
			continue
		}
		if matcher(name) {
			if err := cfg.charge(2*(len(dir)+len(name)) + fieldBytes); err != nil {
				return matches, err
			}
			matches = append(matches, pathJoin2(dir, name))
		}
	}
	return matches, nil
}
