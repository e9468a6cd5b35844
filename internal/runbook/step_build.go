package runbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"mvdan.cc/sh/v3/syntax"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// fence turns a fenced block into text, steps or a manual step.
// A label counts for a block under it; one of a list with several items only on the very next
// line.
func (b *pageBuilder) fence(n *ast.FencedCodeBlock) {
	language, text := fenceLanguage(infoOf(n, b.d.source)), b.d.fenceText(n)
	kind := classifyBlock(language, text)
	b.checkLanguage(n, language, text)
	if kind == blockText || b.isOutput(language, text) {
		b.closeList()
		b.expectedOutput(text)
		b.html.WriteString(b.d.html(n))
		return
	}
	first := n.Lines().At(0)
	line := b.d.lineOf(first.Start)
	indent := first.Start - b.d.lineStarts[line-1]
	raw := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	group := ""
	if b.label.text != "" && (!b.label.item || line-1 <= b.label.line+1) {
		group = b.label.text
	}
	if kind == blockProgram {
		b.program(spokenLanguage(language, text), line, raw, group)
		return
	}
	if !b.shell(language, line, indent, raw, group) { // nothing but comments
		b.closeList()
		b.html.WriteString(b.d.html(n))
	}
}

// outputLead is a word that announces output: "The output looks like this:". What begins with such a word is expectedStart.
var outputLead = lazy.Regexp(`(?i)\b(?:output|expected|response|returns?|result|looks? like|should see|ausgabe|erwartet\w*)\b`)

// announcesOutput reports whether the words over a block say that it shows what the step above it prints.
func (b *pageBuilder) announcesOutput() bool {
	n := len(b.p.Steps)
	return n > 0 && b.p.Steps[n-1].Kind == procedures.KindScript &&
		(outputLead().MatchString(b.lead+" "+b.label.text) || expectedStart().MatchString(b.lead) ||
			expectedStart().MatchString(b.label.text))
}

// isOutput reports a block that is announced as output and is no shell text by its fence, nor by its first words: one word, such as
// ACTIVE, is a command to the shell.
func (b *pageBuilder) isOutput(language, text string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return language == "" && b.announcesOutput() && !hasPrompt(text) && !runsCommand(first) && isAnswer(first)
}

// expectedOutput remembers a data block for the step above it when the words
// between them say that it shows the step's output. The block stays on the page too.
func (b *pageBuilder) expectedOutput(text string) {
	if b.announcesOutput() {
		s := b.p.Steps[len(b.p.Steps)-1]
		s.Expected = strings.TrimSpace(s.Expected + "\n" + strings.TrimSpace(text))
		words := b.lead + " " + b.label.text
		s.Demanded = demandLead().MatchString(words) && !sampleLead().MatchString(words)
	}
}

// demandLead is a word that says what an output has to be, and sampleLead one that says that it is only shown.
var (
	demandLead = lazy.Regexp(`(?i)\b(?:expected|should|must|` +
		`erwartet\w*|muss|attendu\w*|doit|debe\w*|esperad\w*|deve|attes\w*|verwacht)\b|` +
		`期待|想定|预期|預期|应|예상|기대|ожидаем|должн`)
	//nolint:misspell // French has it so
	sampleLead = lazy.Regexp(`(?i)\b(?:sample|example|similar|e\.g\.|looks? like|something like|beispiel|exemple|ejemplo|exemplo|` +
		`esempio|voorbeeld)\b|例|예시|пример`)
)

// program makes the manual step of a block in another language.
// Its title is the label around it, else a comment at the top of the code, else the sentence
// before it, else the page's.
func (b *pageBuilder) program(language string, line int, raw []string, group string) {
	about, title := "", group
	// a licence or a long comment further down is not what the code is about
	for _, l := range raw[:min(len(raw), 6)] {
		text, comment := codeComment(l)
		if !comment && text != "" {
			break
		}
		if about == "" {
			about = text
		}
	}
	if title == "" && about != "" && !fileName().MatchString(about) {
		title, about = cleanTitle(about), ""
	}
	if title == "" {
		title = cmp.Or(b.lead, cmp.Or(about, b.heading()))
	}
	text := strings.Join(raw, "\n")
	s := &procedures.Step{
		Kind: procedures.KindManual, Title: visible(title), Line: line, Language: language, Source: text,
		Why: fmt.Sprintf("%s does not run here. Run it elsewhere, then mark this step as done.", languageName(language)),
	}
	if about != "" && about != title {
		s.About = b.d.convert([]string{"`" + strings.ReplaceAll(about, "`", "") + "`"})
	}
	b.takeTask(s)
	b.add(s)
}

// codeComment is what a comment, or a string that documents a whole file, says; no words for a shebang. Where it is none, text is not
// empty if there is code.
func codeComment(line string) (text string, comment bool) {
	if strings.HasPrefix(line, "#!") {
		return "", true
	}
	line = strings.TrimSpace(line)
	if text = strings.TrimLeft(line, "#/-*;"); text == line {
		for _, quotes := range []string{`"""`, "'''"} {
			if inner, found := strings.CutPrefix(line, quotes); found {
				return strings.TrimSpace(strings.TrimSuffix(inner, quotes)), true
			}
		}
		return text, false
	}
	return strings.TrimSpace(text), true
}

// languageName is how people write a language of a fence.
func languageName(language string) string {
	switch language {
	case "js", "javascript", "jsx", "mjs", "node":
		return "JavaScript"
	case "ts", "typescript", "tsx":
		return "TypeScript"
	case "py":
		return "Python"
	case "sql", "php":
		return strings.ToUpper(language)
	case "insights":
		return "A query of Logs Insights"
	case "ps1", "pwsh", "powershell":
		return "PowerShell"
	}
	return humanize(language)
}

// shell makes the steps of a block that the shell runs.
// A heading that names a script makes one step of the first block under it, and so does a title or
// an id over the block. It reports whether there was a step.
func (b *pageBuilder) shell(language string, line, indent int, raw []string, group string) bool {
	blk := newBlock(language, line, raw)
	if !blk.stripPrompts() {
		blk.findForeign(b.opens)
		// a transcript has prompts to tell commands from output; without them only what is clearly
		// output counts
		blk.blankOutput(b.opens)
	}
	blk.findSessions(b.opens)
	units := blk.units(blk.parse(b.d.params, b.probe))
	plan := planBlock(blk, units, len(b.p.Steps) > 0, b.weigh)
	blockSaid, findings := readAnnotations(b.d.file, line, plan.blockOf)
	for _, a := range plan.stray {
		findings = append(findings, procedures.Finding{File: b.d.file, Line: line + a.line, Column: 1,
			Severity: procedures.SeverityWarning, Rule: "annotation",
			Message: "this annotation has no command under it, so it has no effect"})
	}
	drafts := plan.drafts
	if script := b.script; script != "" && language != "console" {
		b.script = ""
		drafts = b.scriptDraft(plan, script)
	} else if (blockSaid.set["title"] || blockSaid.set["id"]) && len(drafts) > 0 {
		drafts = []draft{plan.whole()}
	}
	unnamed := len(drafts) == 1 && drafts[0].title == ""
	b.nameDrafts(drafts, plan, group)
	if len(drafts) > 0 && len(b.p.Steps) > 0 && (plan.isAlternative(b.lead) || plan.isAlternative(group)) {
		drafts[0].alternative = true
	}
	for i := range drafts {
		s := b.step(blk, &drafts[i], indent, blockSaid, language)
		if i == 0 {
			s.Findings = append(s.Findings, findings...)
		}
		s.Group = cmp.Or(s.Group, group)
		if unnamed && s.Annotations.Title == "" {
			b.takeTask(s)
		}
		b.place(s, &drafts[i])
		named := drafts[i].named
		named.step, named.above, named.colon, named.written = s, drafts[i].above, drafts[i].colon, s.Annotations.Title != ""
		b.namings = append(b.namings, named)
		if named.guessed && !named.written {
			b.guessed = s
			s.Findings = withoutSameTitle(s.Findings) // nobody wrote such a title
		}
	}
	if len(drafts) == 0 {
		b.d.findings = append(b.d.findings, findings...)
	}
	b.pastedOutput(blk)
	return len(drafts) > 0
}

// scriptDraft makes the step of a script that a heading names; its title is that of the comments
// under its shebang, else the path.
func (b *pageBuilder) scriptDraft(plan *planner, path string) []draft {
	d := plan.whole()
	d.title = path
	if first, rest, _ := strings.Cut(plan.about, "\n"); first != "" && !fileName().MatchString(first) {
		d.title = strings.TrimSuffix(cleanTitle(first), ".")
		if rest != "" {
			d.about = strings.Split(rest, "\n")
		}
	}
	b.scripts = append(b.scripts, scriptFile{path: path})
	return []draft{d}
}

// nameDrafts finds titles for paragraphs that have none.
// The label or the sentence before a block is the title of its only step; of several steps each
// has one of its commands.
func (b *pageBuilder) nameDrafts(drafts []draft, plan *planner, group string) {
	for i := range drafts {
		d := &drafts[i]
		d.named.around, d.named.heading = cmp.Or(group, b.heading()), b.heading()
		if d.title != "" {
			continue
		}
		switch {
		case len(drafts) == 1 && group != "":
			d.title, d.named.around = group, b.heading()
		case len(drafts) == 1 && b.lead != "":
			d.title = b.lead
		default:
			d.title, d.named.guessed = b.commandTitle(strings.Join(plan.b.shell[d.first:d.last+1], "\n")), true
		}
		if d.title == "" {
			d.title = b.heading()
		}
	}
}

// commandTitle names a paragraph by the worst of its commands, of several equal ones by the first: "create subnet PUB_1A", "create 4
// subnets". One that calls nothing is named by the variables that it sets; "" for a text that does not parse.
func (b *pageBuilder) commandTitle(text string) string {
	effect, best := procedures.EffectNone, -1
	deeds := b.deedsOf(text)
	for i, d := range deeds {
		if preparing[d.words[0]] || d.words[0] == "" {
			continue
		}
		if worse := effect.Worse(d.effect); best < 0 || worse != effect {
			effect, best = worse, i
		}
	}
	if best >= 0 {
		number := 0
		for _, d := range deeds {
			if _, _, ours := d.operation(); ours && sameOperation(d, deeds[best]) {
				number++
			}
		}
		return deeds[best].plainDeed(number)
	}
	if names := assignedNames(text); len(names) > 0 {
		return "set " + strings.Join(names[:min(len(names), 3)], ", ")
	}
	return ""
}

// assignedNames are the variables that a text without calls sets.
func assignedNames(text string) []string {
	var names []string
	file, err := parseShell(text + "\n")
	if err != nil {
		return nil
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil && !slices.Contains(names, a.Name.Value) {
			names = append(names, a.Name.Value)
		}
		return true
	})
	return names
}

// preparing are commands that do not say what a paragraph is for.
var preparing = setOf("echo printf cd set export cat read sleep source . test [ mkdir date sudo chmod touch cp " +
	"mv ln exit true : pushd popd")

// step makes the step of a draft.
// An annotation's title goes before that of the comments, and the step's own annotations before
// those of the block.
func (b *pageBuilder) step(blk *block, d *draft, indent int, blockSaid annotations, language string) *procedures.Step {
	said, findings := readAnnotations(b.d.file, blk.line, d.annotations)
	if len(d.annotations) == 0 {
		findings = nil
	}
	if blockSaid.set["title"] || blockSaid.set["id"] {
		said.Title, said.ID, said.idLine = cmp.Or(said.Title, blockSaid.Title), cmp.Or(said.ID, blockSaid.ID),
			max(said.idLine, blockSaid.idLine)
	}
	said.About = cmp.Or(said.About, blockSaid.About)
	said.merge(blockSaid)
	first, last := trimBlank(blk, d.first, d.last)
	s := &procedures.Step{
		Kind: d.kind, Title: visible(cmp.Or(said.Title, d.title)), Group: d.group, Line: blk.line + first, Alternative: d.alternative,
		Language: language, Source: strings.Join(blk.raw[first:last+1], "\n"), Annotations: said.Annotations, Findings: findings,
	}
	if len(d.parts) > 1 || b.isScript(d) {
		s.Parts = d.parts
	}
	lines := d.about
	if said.About != "" {
		lines = append([]string{said.About, ""}, lines...)
	}
	s.About = b.d.convert(lines)
	s.Expected = strings.TrimSpace(strings.Join(d.expected, "\n") + "\n" + blk.expected(first, last))
	if d.kind == procedures.KindManual {
		s.Countdown = countdownOf(s.Title)
		watchMeanwhile(s, b.d.file)
		return s
	}
	if said.Manual {
		s.Kind = procedures.KindManual
		s.Why = "A person does this: the lines are what they would type."
	}
	text := strings.Join(blk.shell[first:last+1], "\n") + "\n"
	s.Script = procedures.Script{File: b.d.file, Line: blk.line + first, Text: text, Placeholders: b.d.params.in(text)}
	if b.isScript(d) {
		s.ScriptFile = b.scripts[len(b.scripts)-1].path
		s.Script.Name = s.ScriptFile
	}
	b.analyse(s, blk, first, last, indent)
	b.findJudged(s)
	b.leaveToPerson(s, blk, first, last)
	return s
}

// isScript reports whether the draft is that of the script file that the heading names.
func (b *pageBuilder) isScript(*draft) bool {
	n := len(b.scripts)
	return n > 0 && b.scripts[n-1].step == nil
}

// trimBlank moves both ends past blank lines; one line stays.
func trimBlank(blk *block, first, last int) (int, int) {
	for first < last && strings.TrimSpace(blk.raw[first]) == "" {
		first++
	}
	for last > first && strings.TrimSpace(blk.raw[last]) == "" {
		last--
	}
	return first, last
}

// place puts a finished step on the page and remembers what it leaves to later ones.
func (b *pageBuilder) place(s *procedures.Step, d *draft) {
	if b.isScript(d) && s.ScriptFile != "" {
		f := &b.scripts[len(b.scripts)-1]
		f.step, f.procedure, f.script, f.line = s, b.p, s.Script, s.Line
	}
	b.uses = append(b.uses, b.useOf(s)...)
	if s.Kind == procedures.KindScript {
		for _, name := range s.Analysis.Sets {
			b.known[name] = true
		}
	}
	if strings.EqualFold(s.Group, s.Title) {
		s.Group = ""
	}
	b.add(s)
}

// add puts a step on the page.
func (b *pageBuilder) add(s *procedures.Step) {
	b.addAwaiting()
	b.flush()
	s.File, s.Section = b.d.file, b.current
	s.ID = b.identify(s)
	if s.Kind == procedures.KindScript {
		s.After = slices.Clone(b.tasks)
	}
	b.p.Steps = append(b.p.Steps, s)
	b.p.Content = append(b.p.Content, procedures.Content{Step: s, Line: s.Line})
}
