package runbook

import (
	"cmp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
)

// setValue is a literal that a document sets a variable to, or gives as an example of its value.
type setValue struct {
	value   string
	line    int
	example bool // nobody means it to be used: your-cluster, <cluster>, 123456789012
}

// longestValue bounds what is taken for the value of a field, in bytes.
const longestValue = 200

var (
	envLanguages = setOf("env dotenv properties ini")
	// envLine is NAME=value, as .env files have it.
	envLine = lazy.Regexp(`^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$`)
	// keptSecret are names whose values no document should have.
	keptSecret = lazy.Regexp(`(?i)PASSW|TOKEN|SECRET|KEY`)
	// replaceWords is "Replace `x` and `y` with your cluster's name".
	replaceWords = lazy.Regexp("(?i)\\b(?:replace|substitute)\\s+" +
		"(?:(?:all|every|each|the|any|occurrences?|of|value|placeholders?)\\s+)*" +
		"(`[^`\\s]+`(?:\\s*(?:,|and|&)\\s*`[^`\\s]+`)*)\\s+(?:with|by)\\s+" +
		"(?:your\\s+own|your|the\\s+actual|the\\s+real|an?\\s+actual|actual)\\s+([^.,;:()`\\n]{2,60})")
	quotedWord = lazy.Regexp("`([^`]+)`")
)

// collectValues reads what the document sets variables to, and which words it says are to be replaced. Both hold in all of it: a
// variable that one section sets is the default of the field in another.
func (d *docReader) collectValues(tree ast.Node) {
	// their own, so that the order in which fields are named stays that of the steps
	p := newPlaceholders(string(d.source))
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock:
			d.fenceValues(n, p)
		case *ast.Paragraph, *ast.TextBlock:
			d.replacedIn(string(n.Lines().Value(d.source)))
		}
		return ast.WalkContinue, nil
	})
}

// fenceValues reads the assignments of one block.
func (d *docReader) fenceValues(n *ast.FencedCodeBlock, p *placeholders) {
	if n.Lines().Len() == 0 {
		return
	}
	language, text := fenceLanguage(infoOf(n, d.source)), d.fenceText(n)
	line := d.lineOf(n.Lines().At(0).Start)
	raw := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if envLanguages[language] {
		for i, l := range raw {
			if m := envLine().FindStringSubmatch(l); m != nil {
				value, _, _ := strings.Cut(m[2], " #")
				value = strings.TrimSpace(value)
				if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
					value = value[1 : n-1]
				}
				d.setValue(m[1], value, line+i, strings.ContainsAny(value, "<>$") || looksLikeExample(m[1], value))
			}
		}
		return
	}
	if classifyBlock(language, text) != blockShell {
		return
	}
	b := newBlock(language, line, raw)
	if !b.stripPrompts() {
		b.blankOutput(func(string) string { return "" })
	}
	masked, _ := maskAngles(strings.Join(b.shell, "\n"), p)
	b.shell = strings.Split(masked, "\n")
	for from := 0; from < len(b.shell); {
		to, file := b.nextChunk(from)
		if file != nil {
			d.chunkValues(strings.Join(b.shell[from:to], "\n"), file, line+from, p)
		}
		from = to
	}
}

// chunkValues reads the assignments of text that was parsed. Those of functions and those before a command are of these alone.
func (d *docReader) chunkValues(text string, file *syntax.File, line int, p *placeholders) {
	f := &wordFinder{text: text, p: p}
	f.find(file)
	take := func(list []*syntax.Assign) {
		for _, a := range list {
			if a.Name == nil || a.Value == nil || a.Append || a.Index != nil {
				continue
			}
			from, to := int(a.Value.Pos().Offset()), int(a.Value.End().Offset())
			example := slices.ContainsFunc(f.edits, func(e wordEdit) bool { return e.start < to && from < e.end })
			value := wordText(a.Value)
			if value == "" || to > len(text) {
				continue
			}
			example = example && !madeID().MatchString(value) || len(p.order(value)) > 0
			d.setValue(a.Name.Value, value, line+int(a.Pos().Line())-1, example)
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			return false
		case *syntax.DeclClause:
			take(n.Args)
		case *syntax.CallExpr:
			if len(n.Args) == 0 {
				take(n.Assigns)
			}
		}
		return true
	})
}

// setValue keeps what a variable is set to.
func (d *docReader) setValue(name, value string, line int, example bool) {
	if value == "" || len(value) > longestValue || strings.ContainsAny(value, "\n\r") || keptSecret().MatchString(name) {
		return
	}
	if strings.ContainsFunc(value, isSentinel) {
		return // a placeholder, which is a field itself
	}
	d.params.values[name] = append(d.params.values[name], setValue{value, line, example || value == "..." || value == "changeme"})
}

// looksLikeExample reports a value that a shell's assignment would have as a placeholder.
func looksLikeExample(name, value string) bool {
	text := name + "='" + strings.ReplaceAll(value, "'", "") + "'\n"
	file, err := parseShell(text)
	if err != nil {
		return false
	}
	f := &wordFinder{text: text, p: newPlaceholders(text)}
	f.find(file)
	return len(f.edits) > 0
}

// valueOf is what a field of a variable begins with: the nearest literal above a line, else the first below; with where it stands,
// all that the document sets it to where that is several, and an example.
func (d *docReader) valueOf(name string, line int) (value setValue, offered []string, example string) {
	for _, v := range d.params.values[name] {
		if v.example {
			example = cmp.Or(example, v.value)
			continue
		}
		if value.line == 0 || v.line <= line {
			value = v
		}
		if !slices.Contains(offered, v.value) {
			offered = append(offered, v.value)
		}
	}
	if len(offered) < 2 {
		offered = nil
	}
	return value, offered, example
}

// replacedIn reads a sentence such as "Replace `prod-cluster` with your cluster's name".
func (d *docReader) replacedIn(text string) {
	text = strings.ReplaceAll(text, "\n", " ")
	for _, m := range replaceWords().FindAllStringSubmatch(text, -1) {
		title := humanize(strings.TrimSpace(m[2]))
		for _, w := range quotedWord().FindAllStringSubmatch(m[1], -1) {
			d.replacedWord(w[1], title)
		}
	}
}

// replacedWord makes a word a placeholder; what is one already gets its title.
func (d *docReader) replacedWord(word, title string) {
	inside := strings.Trim(word, "<>{}[]$%@\"'")
	if strings.HasPrefix(word, "$") && variableName().MatchString(inside) {
		d.params.titles[inside] = cmp.Or(d.params.titles[inside], title)
		return
	}
	name := placeholderName(inside)
	if name == "" || len(word) < smallestPlaceholder || commonCommands[word] || strings.HasPrefix(word, "-") {
		return
	}
	d.params.note(name, placeholder{title: title})
	if inside == word {
		d.params.found[name].example = cmp.Or(d.params.found[name].example, word)
		d.params.replaced = append(d.params.replaced, replacedText{word, name})
	}
}
