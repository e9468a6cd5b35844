package procedures

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
)

// HasSample reports whether one of the calls was answered with a sample of the sandbox.
func HasSample(calls []Call) bool {
	return slices.ContainsFunc(calls, func(c Call) bool { return c.Simulated == SampleAnswer })
}

// MadeUp says how an answer of the sandbox is made up, in a word and in a sentence; empty for the answer of a real account, and for
// what the sandbox's own estate has.
func (c Call) MadeUp() (word, sentence string) {
	switch c.Simulated {
	case GrownAnswer:
		return "grown", "Made up: the sandbox has it because the line names it."
	case SampleAnswer:
		return "sample", "Made up: a sample whose shape is right and whose values say nothing."
	case EmptyAnswer:
		return "empty", "Made up: the sandbox has none of these."
	}
	return "", ""
}

// MadeUp says the same of several calls: how many of their answers are made up, "2 of 3 answers are made up"; empty for none.
func MadeUp(calls []Call) string {
	n := 0
	for _, c := range calls {
		if word, _ := c.MadeUp(); word != "" {
			n++
		}
	}
	switch {
	case n == 0:
		return ""
	case n == 1 && len(calls) == 1:
		return "the answer is made up"
	case n == len(calls):
		return fmt.Sprintf("all %d answers are made up", n)
	case n == 1:
		return fmt.Sprintf("1 of %d answers is made up", len(calls))
	}
	return fmt.Sprintf("%d of %d answers are made up", n, len(calls))
}

// OfSample is a judgement that rests on a sample: it does not pass.
func (j Judgement) OfSample() Judgement {
	if j.Verdict == Passed {
		j.Verdict, j.Reason = Info, "It rests on a sample of the sandbox, which says nothing of a real resource."
	}
	return j
}

// EndOfSample is a judgement of how a script ended that was answered with a sample: it neither passes nor fails.
func (j Judgement) EndOfSample() Judgement {
	if j.Verdict == Failed {
		j.Verdict = Info
		j.Reason = strings.TrimSuffix(j.Reason, ".") + ", on a sample of the sandbox, which says nothing of a real resource."
	}
	return j.OfSample()
}

// Touched are the files of the run that a script opened, asked about or listed, and those that it wrote or removed, by their paths
// from the run's folder: "/state.json".
type Touched struct{ Read, Wrote []string }

// UsesSample reports whether a script used a variable, a function, a file or a folder that was made of a sample. A nil state has none.
func (s *ScriptState) UsesSample(a Analysis, files Touched) bool {
	if s == nil {
		return false
	}
	for _, made := range s.Sampled {
		kind, name, other := strings.Cut(made, " ")
		switch kind + " " {
		case sampledFile:
			if slices.ContainsFunc(files.Read, func(read string) bool { return read == name || within(name, read) }) {
				return true
			}
		case sampledFolder:
			if s.Folder == name || within(s.Folder, name) {
				return true
			}
		default:
			if !other && (a.UsesAny || s.uses(slices.Concat(a.Uses, a.Optional, a.Programs), made, map[string]bool{}) ||
				configuresCalls(made) && len(a.Calls) > 0) {
				return true
			}
		}
	}
	return false
}

// uses reports whether a name is one of some, or is a word of the body of a function that they name.
func (s *ScriptState) uses(used []string, name string, known map[string]bool) bool {
	for _, u := range used {
		if u == name {
			return true
		}
		body, function := s.Functions[u]
		if known[u] || !function {
			continue
		}
		known[u] = true
		words := strings.FieldsFunc(body, func(c rune) bool {
			return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-'
		})
		if s.uses(words, name, known) {
			return true
		}
	}
	return false
}

// configuresCalls reports whether a variable is one by which aws finds where and as whom to call.
func configuresCalls(name string) bool { return strings.HasPrefix(name, "AWS_") }

// What begins the name of a file, and of the folder that scripts are in, in ScriptState.Sampled: no variable's name has a blank.
const (
	sampledFile   = "file "
	sampledFolder = "folder "
)

// within reports whether a file lies somewhere below a folder.
func within(file, folder string) bool {
	return strings.HasPrefix(file, strings.TrimSuffix(folder, "/")+"/")
}

// Sample notes what a script that was answered with a sample, or used what was made of one, has made: what the text of it sets, and what
// is another than before it.
func (s *ScriptState) Sample(a Analysis, files Touched, before *ScriptState) {
	if s == nil {
		return
	}
	made := slices.Clone(a.Sets)
	for _, name := range slices.Sorted(maps.Keys(s.Variables)) {
		if before == nil || !reflect.DeepEqual(s.Variables[name], before.Variables[name]) {
			made = append(made, name)
		}
	}
	for name, body := range s.Functions {
		if before == nil || before.Functions[name] != body {
			made = append(made, name)
		}
	}
	if before != nil { // that they are gone may say what the sample was
		for name := range before.Variables {
			if s.Variables[name] == nil {
				made = append(made, name)
			}
		}
	}
	if before == nil && s.Folder != "" || before != nil && before.Folder != s.Folder {
		made = append(made, sampledFolder+s.Folder)
	}
	for _, name := range files.Wrote {
		made = append(made, sampledFile+name)
	}
	for _, name := range a.Writes { // that it did not write them may say it, too
		if !path.IsAbs(name) && before != nil {
			name = path.Join(before.Folder, name)
		}
		made = append(made, sampledFile+path.Join("/", name))
	}
	slices.Sort(made)
	for _, name := range made {
		if !slices.Contains(s.Sampled, name) {
			s.Sampled = append(s.Sampled, name)
		}
	}
}
