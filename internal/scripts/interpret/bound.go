package interpret

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/analyse"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
	"github.com/opsbook/opsbook/internal/scripts/reads"
	"github.com/opsbook/opsbook/internal/scripts/shell"
)

// What was approved is what is sent: a changing line is bound to everything that it is sent with, when it is planned and again just
// before it is sent. While it is sent it sees no other files and no other input than those that were compared.

// unknownWords begin unknownMark.
const unknownWords = "KNOWN-WHEN-CALL-"

// surroundings are what a changing line is given besides its words.
type surroundings struct {
	members []procedures.BoundMember
	files   procedures.Files // what it sees while it is sent
	stdin   io.Reader
	// unknown reports that a content holds what only an earlier change will tell.
	unknown bool
}

// bind finds out what a changing line would be sent with. command is nil for a program that is rehearsed. An error is why it cannot be
// approved.
func (r *running) bind(ctx context.Context, h interp.HandlerContext, command procedures.Command, info procedures.LineInfo, args []string,
	line int) (*surroundings, error) {
	s := &surroundings{members: slices.Clone(r.Place), stdin: h.Stdin}
	s.members = append(s.members, procedures.BoundMember{Name: "folder", Value: h.Dir})
	own := r.files(h, line)
	if r.Files == nil {
		own = &Folder{}
	}
	collected := &reads.Collector{Files: own}
	if r.Planning {
		collected.Mark = []byte(unknownWords)
	}
	program := command == nil || r.Commands == nil
	if !program {
		_, ours := r.ours(args)
		program = !ours
	}
	if err := r.bindInput(h, s, args, program, line); err != nil {
		return nil, err
	}
	binder, binds := command.(procedures.Binder)
	if binds {
		inv := r.invocation(h, args, line, 0)
		defer inv.Meter.Close()
		inv.Stdin, inv.Planning = s.again(), true
		inv.Report, inv.Note = func(procedures.Call) {}, func(string) {}
		inv.Files = withInput{own, s.again, &h}
		members, err := binder.Bound(ctx, inv)
		if err != nil {
			return nil, err
		}
		s.members = append(s.members, members...)
	}
	if !program || !binds {
		s.members = append(s.members, variableMembers(h, binds)...)
		names := info.Reads
		if !binds {
			for _, name := range reads.Candidates(args[1:]) {
				info, err := own.Stat(name)
				if err == nil && info.Mode()&fs.ModeDevice == 0 && name != "." && name != "/" && !slices.Contains(names, name) {
					names = append(slices.Clone(names), name)
				}
			}
		}
		for _, name := range names {
			if isInput(name) {
				continue
			}
			if err := collected.Add(ctx, fileLabel(args, name), name); err != nil {
				return nil, err
			}
		}
	}
	s.members = append(s.members, collected.Members...)
	s.unknown = s.unknown || collected.Marked
	slices.SortStableFunc(s.members, func(a, b procedures.BoundMember) int { return cmp.Compare(a.Name, b.Name) })
	s.files = own
	if binds && !program {
		s.files = &approvedFiles{Files: own, sums: collected.Sums}
	}
	if _, ok := s.stdin.(*os.File); !ok {
		s.files = withInput{s.files, s.again, &h}
	}
	return s, nil
}

// again is the standard input of the line from its beginning.
func (s *surroundings) again() io.Reader {
	if b, ok := s.stdin.(*bytes.Reader); ok {
		_, _ = b.Seek(0, io.SeekStart)
		return b
	}
	return s.stdin
}

// bindInput reads the standard input that a line is given. A line that may read what was not compared is given none.
func (r *running) bindInput(h interp.HandlerContext, s *surroundings, args []string, program bool, line int) error {
	file, isFile := h.Stdin.(*os.File)
	s.stdin = bytes.NewReader(nil)
	switch {
	case noInput(h.Stdin):
		return nil
	case readsInput(args), program && !h.Sourced() && r.inputs[analyse.PlaceOf(h.Pos)]:
		data, err := r.wholeInput(h.Stdin)
		if err != nil {
			return err
		}
		s.stdin, s.unknown = bytes.NewReader(data), r.Planning && bytes.Contains(data, []byte(unknownWords))
		s.members = append(s.members, procedures.ContentMember("standard input", data))
		return nil
	case !program:
		return nil // it reads none
	}
	// The program stands in something that has an input, such as a loop or a function. Whether it reads of it is not known.
	if isFile {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			at, err := file.Seek(0, io.SeekCurrent)
			if err != nil {
				return fmt.Errorf("its standard input cannot be read: %w", err)
			}
			data, err := r.wholeInput(io.NewSectionReader(file, at, limits.PlanInputBytes.Value+1))
			if err != nil {
				return err
			}
			s.stdin = file
			s.members = append(s.members, procedures.ContentMember("standard input", data))
			return nil
		}
	}
	r.emit(procedures.Event{Kind: procedures.EventNotice, Line: line, Text: args[0] +
		" is given no standard input: that of what it stands in is not a part of what is approved. " +
		"Redirect it on the line itself where it needs one."})
	return nil
}

// wholeInput is the standard input of a line. What it holds is charged until the step ends.
func (r *running) wholeInput(in io.Reader) ([]byte, error) {
	held := limits.Buffer{Meter: r.used.meter.Part(0)}
	if _, err := io.Copy(&held, io.LimitReader(in, limits.PlanInputBytes.Value+1)); err != nil {
		return nil, fmt.Errorf("its standard input cannot be read: %w", err)
	}
	if held.Len() > limits.PlanInputBytes.Size() {
		return nil, limits.PlanInputBytes.Reached()
	}
	return held.Bytes(), nil
}

// readsInput reports whether the words of a line say that it reads its standard input.
func readsInput(args []string) bool {
	return slices.ContainsFunc(args[1:], func(arg string) bool {
		return arg == "-" || strings.HasSuffix(arg, "@-") || strings.HasSuffix(arg, "=-") || strings.Contains(arg, "/dev/stdin") ||
			strings.Contains(arg, "/dev/fd/0") || strings.Contains(arg, "/proc/self/fd/0")
	})
}

// isInput reports whether a name is that of standard input.
func isInput(name string) bool {
	switch path.Clean(name) {
	case "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0":
		return true
	}
	return name == "-"
}

// inputs are the places of the calls that have a standard input of their own: redirected on the line, or from a pipe.
func inputs(file *syntax.File) map[analyse.Place]bool {
	out := map[analyse.Place]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			for _, to := range n.Redirs {
				switch to.Op {
				case syntax.RdrIn, syntax.RdrInOut, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
					if call, ok := n.Cmd.(*syntax.CallExpr); ok && (to.N == nil || to.N.Value == "0") {
						out[analyse.PlaceOf(call.Pos())] = true
					}
				}
			}
		case *syntax.BinaryCmd:
			if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
				if call, ok := n.Y.Cmd.(*syntax.CallExpr); ok {
					out[analyse.PlaceOf(call.Pos())] = true
				}
			}
		}
		return true
	})
	return out
}

// plansIntoFile reports whether a script lets terraform write a plan into a file.
func plansIntoFile(file *syntax.File) bool {
	found := false
	syntax.Walk(file, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if !ok || len(call.Args) < 2 || found {
			return !found
		}
		if !slices.Contains(terraforms, shell.CallName(call)) {
			return true
		}
		plans, writes := false, false
		for _, arg := range call.Args[1:] {
			text := arg.Lit()
			if text == "" && len(arg.Parts) > 0 { // -out="$FILE"
				if lit, ok := arg.Parts[0].(*syntax.Lit); ok {
					text = lit.Value
				}
			}
			plans = plans || text == "plan"
			writes = writes || strings.HasPrefix(text, "-") && strings.HasPrefix(strings.TrimLeft(text, "-"), "out")
		}
		found = plans && writes
		return !found
	})
	return found
}

// terraforms are the programs that write what they will change into a file.
var terraforms = []string{"terraform", "tofu"}

// appliesPlan reports whether a line applies such a file.
func appliesPlan(args []string) bool {
	return slices.Contains(terraforms, args[0]) && slices.Contains(args, "apply")
}

// variableMembers are the variables that a line of a command is given: AWS's, as the command looks them up; with all, of a command of which
// nothing is known, every exported one. What the interpreter sets by itself is left out.
func variableMembers(h interp.HandlerContext, known bool) []procedures.BoundMember {
	var out []procedures.BoundMember
	h.Env.Each(func(name string, v expand.Variable) bool {
		switch {
		case !v.IsSet() || slices.Contains(shell.Ambient, name) || strings.HasPrefix(name, "OPSBOOK_"):
		case strings.HasPrefix(name, "AWS_"), !known && v.Exported:
			out = append(out, procedures.VariableMember(name, v.String()))
		}
		return true
	})
	slices.SortFunc(out, func(a, b procedures.BoundMember) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b procedures.BoundMember) bool { return a.Name == b.Name })
}

// fileLabel is a file as people know it: by the option that it stands behind.
func fileLabel(args []string, name string) string {
	for i, arg := range args {
		named := arg == name
		for _, before := range []string{"//", "=", "@", ","} {
			named = named || strings.Contains(arg+",", before+name+",") || strings.Contains(arg+"}", before+name+"}")
		}
		if !named {
			continue
		}
		if option, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(option, "--") && strings.Contains(value, name) {
			return "`" + option + "` " + value
		}
		if i > 0 && strings.HasPrefix(args[i-1], "-") && !strings.HasPrefix(arg, "-") {
			return "`" + args[i-1] + "` " + short(arg, name)
		}
	}
	return "file " + name
}

// short is a word as it is written, where it is not long.
func short(word, name string) string {
	if len(word) > 120 {
		return name
	}
	return word
}

// approvedFiles are those of a line while it is sent: it reads what was compared, as it was compared, and what it writes by itself.
type approvedFiles struct {
	procedures.Files
	sums  map[string]reads.Sum
	wrote map[string]bool
}

// Open implements procedures.Files.
func (a *approvedFiles) Open(name string) (fs.File, error) {
	f, err := a.Files.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() || a.wrote[path.Clean(name)] {
		return f, nil
	}
	for known, sum := range a.sums {
		if path.Clean(known) == path.Clean(name) {
			return reads.Verified(f, sum), nil
		}
	}
	return nil, errors.Join(f.Close(), &fs.PathError{Op: "open", Path: name, Err: reads.ErrNotApproved})
}

// Create implements procedures.Files.
func (a *approvedFiles) Create(name string, appending bool) (io.WriteCloser, error) {
	f, err := a.Files.Create(name, appending)
	if err == nil && !appending {
		if a.wrote == nil {
			a.wrote = map[string]bool{}
		}
		a.wrote[path.Clean(name)] = true
	}
	return f, err
}

// withInput are files among which standard input is one, and what is read from, or written to, process substitutions.
type withInput struct {
	procedures.Files
	input func() io.Reader
	h     *interp.HandlerContext // nil where there are no substitutions
}

// Open implements procedures.Files.
func (w withInput) Open(name string) (fs.File, error) {
	if w.h != nil {
		if in := w.h.Substitution(name); in != nil {
			return inputFile{in}, nil
		}
	}
	if !isInput(name) || name == "-" {
		return w.Files.Open(name)
	}
	in := w.input()
	if in == nil {
		in = strings.NewReader("")
	}
	return inputFile{in}, nil
}

// Create implements procedures.Files.
func (w withInput) Create(name string, appending bool) (io.WriteCloser, error) {
	if w.h != nil {
		if to := w.h.SubstitutionTo(name); to != nil {
			return openWriter{to}, nil
		}
	}
	return w.Files.Create(name, appending)
}

// Stat implements procedures.Files.
func (w withInput) Stat(name string) (fs.FileInfo, error) {
	if w.h != nil && w.h.Substitution(name) != nil {
		return inputInfo{}, nil
	}
	return w.Files.Stat(name)
}

// openWriter stays open when a command closes it: the statement around does.
type openWriter struct{ io.Writer }

// Close implements io.Closer.
func (openWriter) Close() error { return nil }

// inputFile is standard input as a file.
type inputFile struct{ io.Reader }

// Stat implements fs.File.
func (inputFile) Stat() (fs.FileInfo, error) { return inputInfo{}, nil }

// Close implements fs.File.
func (inputFile) Close() error { return nil }

type inputInfo struct{ dirInfo }

func (inputInfo) Name() string      { return "stdin" }
func (inputInfo) IsDir() bool       { return false }
func (inputInfo) Mode() fs.FileMode { return fs.ModeNamedPipe | 0o400 }
