package runbook

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// draft is a step of a block before its page is known.
type draft struct {
	kind        procedures.Kind
	title       string
	group       string
	about       []string // Markdown lines
	expected    []string
	first, last int // indices of its lines in the block
	annotations []comment
	alternative bool
	numbered    bool              // its comment had a number
	colon       bool              // its comment ended with a colon
	above       string            // the comment line above its title
	parts       []procedures.Part // the paragraphs of which it is made, by their comments
	prints      bool              // it only prints, as echo does
	named       naming            // where its title is from
}

// planner turns the units of a block into drafts.
type planner struct {
	b          *block
	drafts     []draft
	head       []unit    // paragraphs at the top that have no comment
	about      string    // what a shebang's comments say
	introduced bool      // a step has them
	group      string    // the label that a banner or several comment lines set
	member     bool      // whether the members of group are numbered
	scoped     bool      // group goes on until the numbering changes
	orNext     bool      // a comment that only says "or" // the step that comes next is an alternative
	follows    bool      // the page has steps before this block
	blockOf    []comment // annotations for all steps of the block
	stray      []comment // annotations over nothing
	texts      []string  // of comments with no step above them, for the next one
	weigh      func(text string) weight
}

// These decide by words what a comment is. They know English, German and a few words of French, Spanish and Italian.
var (
	alternativeStart = lazy.Regexp(`(?i)^(?:(?:or|alternatively|alternative|oder|alternativ|alternativamente|` +
		`ou|o (?:bien|si|con|usar|mediante)|или|of)\b|または|或者|또는)`)
	loneOr        = lazy.Regexp(`(?i)^(?:or|oder|ou|o)[:.]?$`)
	optionStart   = lazy.Regexp(`(?i)^option\s*(?:#\s*)?([a-z]|\d+)?\b`)
	expectedStart = lazy.Regexp(`(?i)^(?:(?:expected|sample|example)(?: output| result| response)\b|` +
		`expected\b|outputs?\b|results?\b|response(?:\s+(?:body|code|is|should|must)\b|\s*[:=]|\s*$|\s+[{\[\d"])|` +
		`(?:verify|check|confirm|ensure):\s*(?:\\?[{\["]|\w+\s*={1,2}\s*\S)|` +
		`returns\b|return:|(?:it |this )?should (?:be|return|show|print|see|say|output|display)\b|` +
		`you should see\b|[=-]>|→|⇒|➜|[{\[]\s*$|\{\s*"|` +
		`erwartet|ausgabe\b|ergebnis\b|soll (?:zeigen|sein)|sollte\b|sortie\b|résultat|attendu|` +
		`doit (?:afficher|renvoyer|être)|réponse\b|salida\b|` +
		`resultado\b|respuesta\b|debe (?:mostrar|devolver|decir|ser)|debería|esperado|se espera|saída\b|` +
		`resposta\b|deve (?:mostrar|retornar|ser)|` +
		`uscita\b|risultato\b|atteso|verwacht|uitvoer\b|ожидаем|вывод\b|результат|ответ\b|должн|期待|想定|出力|結果|応答|预期|預期|输出|返回|` +
		`结果|应该|应显示|应为|예상|기대|출력|결과|응답)`)
	noteStart = lazy.Regexp(`(?i)^(?:note|nb|n\.b\.|warning|hint|tip|info|important|caution|see|todo|` +
		`fixme|example|e\.g\.|hinweis|achtung|wichtig|remarque|nota)\b`)
	humanStart = lazy.Regexp(`(?i)^(?:wait|monitor|post|notify|announce|tell|ask|inform|confirm with|` +
		`contact|page|call|e-?mail|message|get approval|open a ticket|manually|warte\w*|benachrichtig\w*|` +
		`informier\w*)\b`)
	mention     = lazy.Regexp(`(?:^|\s)[#@][a-z][\w-]+`)
	decoration  = lazy.Regexp(`^[\s=#*~_+-]*$`)
	bulletStart = lazy.Regexp(`^(?:[-*•]|\d+[.)])\s+`)
	fileName    = lazy.Regexp(`^[\w./-]+\.[A-Za-z]{1,4}$`)
)

// planBlock makes the drafts of a block out of its units.
// follows reports whether the page has steps before the block: only then can its first step be an
// alternative.
func planBlock(b *block, units []unit, follows bool, weigh func(text string) weight) *planner {
	p := &planner{b: b, follows: follows, weigh: weigh}
	units = p.takeShebang(units)
	for i := range units {
		u := units[i]
		if u.statements {
			p.paragraph(u)
			continue
		}
		var next *unit
		if i+1 < len(units) && units[i+1].statements && len(units[i+1].notes) == 0 {
			next = &units[i+1]
		}
		p.comments(u, next, hasNumber(u) && (i > 0 && hasNumber(units[i-1]) || i+1 < len(units) && hasNumber(units[i+1])))
	}
	p.finish()
	return p
}

// takeShebang removes a shebang with the comments right under it and keeps what they say.
// A script's comments at its top are about the whole of it: they name its only step, or the step
// that is the file.
func (p *planner) takeShebang(units []unit) []unit {
	if len(units) == 0 {
		return units
	}
	first := &units[0]
	shebang := slices.IndexFunc(first.notes, func(n comment) bool { // the file's name may stand above it
		return strings.HasPrefix(strings.TrimSpace(p.b.raw[n.line]), "#!")
	})
	if shebang < 0 {
		return units
	}
	var lines []string
	for i, n := range first.notes {
		if i != shebang && !decoration().MatchString(n.text) {
			lines = append(lines, n.text)
		}
	}
	p.about = strings.Join(lines, "\n")
	if len(units) > 1 && first.blankAfter && len(first.annotations) == 0 && !first.statements {
		return units[1:]
	}
	first.notes = nil
	if !first.statements && len(first.annotations) == 0 {
		return units[1:]
	}
	return units
}

// paragraph places a unit that has statements.
// A paragraph without a comment belongs to the step above it where it changes nothing, or the same once more; so does one that only
// prints. At the top of a block what calls nothing waits in head for the first step, as `set -e` does.
func (p *planner) paragraph(u unit) {
	p.printedAbove(&u)
	titled := len(titleLines(u.notes)) > 0
	if (!titled && len(u.annotations) == 0 && !p.orNext) || (u.prints && len(u.annotations) == 0) {
		if n := len(p.drafts); n > 0 && p.drafts[n-1].kind == procedures.KindScript && (titled || p.joins(&p.drafts[n-1], u)) {
			p.extend(&p.drafts[n-1], u)
			return
		} else if n == 0 && (u.prints || !titled && !p.weigh(p.text(u.first, u.last)).calls) {
			p.head = append(p.head, u)
			return
		}
	}
	d := p.begin(u)
	if len(p.drafts) == 0 && len(p.head) > 0 {
		d.first = p.head[0].first
		p.head = nil
	}
	p.drafts = append(p.drafts, d)
}

// text is what runs of the lines between two.
func (p *planner) text(first, last int) string {
	return strings.Join(p.b.shell[first:last+1], "\n") + "\n"
}

// joins reports whether a paragraph without a comment belongs to the step above it: it makes nothing worse, or repeats what that does.
func (p *planner) joins(d *draft, u unit) bool {
	w := p.weigh(p.text(u.first, u.last))
	return !w.changes || w.repeats(p.weigh(p.text(d.first, d.last)))
}

// extend gives a paragraph to the step above it.
// Its title, if it has one, becomes a part of that step.
func (p *planner) extend(d *draft, u unit) {
	d.last = u.last
	d.prints = d.prints && u.prints
	if title := titleOf(u.notes); title != "" {
		d.parts = append(d.parts, procedures.Part{Title: visible(title), Line: p.b.line + u.first})
	}
	d.about = append(d.about, textLines(u.notes)...)
}

// begin makes the draft of a paragraph and settles which group it is in.
// With several comment lines the last is the title, the first the group, and what stands between
// them text.
func (p *planner) begin(u unit) draft {
	lines := titleLines(u.notes)
	d := draft{kind: procedures.KindScript, first: u.first, last: u.last, annotations: u.annotations, prints: u.prints}
	if len(lines) > 0 {
		raw := lines[len(lines)-1]
		d.numbered, d.colon = isNumbered(raw), strings.HasSuffix(raw, ":") || strings.HasSuffix(raw, "：")
		if len(lines) > 1 {
			d.above = cleanTitle(lines[len(lines)-2])
		}
		d.title = cleanTitle(raw)
		d.alternative = p.isAlternative(d.title)
		d.parts = []procedures.Part{{Title: visible(d.title), Line: p.b.line + u.first}}
		p.enterGroup(lines, d.numbered)
	}
	d.group = p.group
	if !p.scoped {
		p.group = ""
	}
	if p.orNext {
		d.alternative, p.orNext = true, false
	}
	d.about, p.texts = slices.Concat(p.texts, textLines(u.notes)), nil
	if len(lines) > 2 {
		d.about = append(lines[1:len(lines)-1:len(lines)-1], d.about...)
	}
	return d
}

// enterGroup reads the group off a paragraph's comment lines. A label over numbered titles, or a
// numbered label over others, holds until the numbering changes; any other is for this step alone.
func (p *planner) enterGroup(lines []string, numbered bool) {
	if len(lines) > 1 {
		p.group, p.member = cleanTitle(lines[0]), numbered
		p.scoped = isNumbered(lines[0]) != numbered || strings.HasSuffix(lines[0], ":")
		return
	}
	if p.scoped && numbered != p.member {
		p.group, p.scoped = "", false
	}
}

// isAlternative reports whether a title offers another way than the step before.
// "Or restart it" and "Option B: restart it" do, "Option 1" and "Option A" do not.
func (p *planner) isAlternative(title string) bool {
	if len(p.drafts) == 0 && !p.follows {
		return false
	}
	if alternativeStart().MatchString(title) {
		return true
	}
	m := optionStart().FindStringSubmatch(title)
	return m != nil && m[1] != "1" && !strings.EqualFold(m[1], "a")
}

// comments places a unit of comments with nothing right under it. next is the paragraph
// without a comment that follows, or nil. numbered reports that it has a number as its neighbours have.
// `# Expected: 3 rows` is expected output of the step above it, `# Note: …` its text, `# or` makes
// the next step an alternative, a banner is a group, and `# Ask the team` is a task for a person.
// Any other comment is that of the paragraph under the blank line, else a task where it says what to do, else text.
func (p *planner) comments(u unit, next *unit, numbered bool) {
	lines, said := titleLines(u.notes), noteTexts(u.notes)
	expected := len(said) > 0 && expectedStart().MatchString(said[0])
	remark := !expected && len(said) > 0 &&
		(isRemark(said[0]) || p.answers(u) || noteStart().MatchString(said[0]) && !isOrder(said[0]) || isDisabled(u.notes))
	if expected || remark {
		p.flushHead() // it is about what stands above it
	}
	switch {
	case len(u.annotations) > 0 && len(said) == 0:
		p.looseAnnotations(u, next)
	case len(said) == 0:
	case len(lines) == 1 && loneOr().MatchString(lines[0]):
		p.orNext = true
	case expected && len(p.drafts) > 0:
		p.drafts[len(p.drafts)-1].print(u.notes)
		p.drafts[len(p.drafts)-1].last = u.last
	case remark && len(p.drafts) > 0 && !isHuman(lines):
		p.remark(u)
	case isBanner(u.notes) && len(p.drafts) > 0 && slices.ContainsFunc(said, func(l string) bool { return tableLine().MatchString(l) }):
		p.remark(u) // rows of a table that was commented out: they name nothing
	case len(lines) > 0 && isBanner(u.notes):
		p.group, p.scoped, p.member = cleanTitle(lines[len(lines)-1]), true, false
		if text := asText(u.notes); len(text) > 1 {
			p.texts = append(p.texts, text...) // a banner of several lines is prose
		}
		if next != nil {
			p.member = len(next.notes) > 0 && isNumbered(next.notes[0].text)
		}
	case next != nil && !isHuman(lines):
		next.notes = append(slices.Clone(u.notes), next.notes...)
		next.annotations = append(slices.Clone(u.annotations), next.annotations...)
		next.first = u.first
	case isHuman(lines) || numbered || isTask(u, lines):
		p.manual(u, lines)
	case len(p.drafts) > 0:
		p.remark(u)
	default:
		p.texts = append(p.texts, asText(u.notes)...)
	}
}

// looseAnnotations are for the block at its head, for the paragraph under a blank line elsewhere.
// Elsewhere without such a paragraph they have no effect, which is a finding.
func (p *planner) looseAnnotations(u unit, next *unit) {
	switch {
	case len(p.drafts) == 0 && len(p.head) == 0 && p.blockOf == nil:
		p.blockOf = u.annotations
	case next != nil:
		next.annotations = append(slices.Clone(u.annotations), next.annotations...)
		next.first = u.first
	default:
		p.stray = append(p.stray, u.annotations...)
	}
}

// manual makes a step that somebody does: its first comment line is the title, the rest its text.
func (p *planner) manual(u unit, lines []string) {
	p.flushHead()
	title := ""
	if len(lines) > 0 {
		title = lines[0]
	} else if text := textLines(u.notes); len(text) > 0 {
		title = strings.TrimLeft(text[0], "-*• ")
	}
	d := draft{
		kind: procedures.KindManual, title: cleanTitle(title), numbered: isNumbered(title), first: u.first,
		last: u.last, annotations: u.annotations,
	}
	d.alternative = p.isAlternative(d.title)
	if p.orNext {
		d.alternative, p.orNext = true, false
	}
	if p.scoped && d.numbered != p.member {
		p.group, p.scoped = "", false
	}
	d.group = p.group
	d.about, p.texts = p.texts, nil
	seen := false
	for _, text := range joinSentences(noteTexts(u.notes)) {
		if rest, ok := strings.CutPrefix(strings.TrimLeft(text, "-*• "), strings.TrimLeft(title, "-*• ")); ok && !seen {
			seen = true
			text = strings.TrimLeft(rest, ".。 ")
		}
		if text != "" {
			d.about = append(d.about, text)
		}
	}
	p.drafts = append(p.drafts, d)
}

// flushHead makes a step of the paragraphs at the top that have no comment.
func (p *planner) flushHead() {
	if len(p.head) == 0 {
		return
	}
	h := p.head[0]
	for _, u := range p.head[1:] {
		h.last, h.prints = u.last, h.prints && u.prints
	}
	p.head = nil
	p.drafts = append(p.drafts, p.begin(h))
}

// finish makes a step of what stands over nothing else.
// A block with a single step that has no title takes it from the comments under its shebang.
func (p *planner) finish() {
	p.flushHead()
	for i := range p.drafts { // what commands printed belongs to the step above it
		d := &p.drafts[i]
		for d.last+1 < len(p.b.output) && (p.b.output[d.last+1] || p.printedBelow(d.last+1)) {
			d.last++
		}
	}
	if len(p.drafts) > 0 && slices.Contains(p.b.output[:p.drafts[0].first], true) {
		p.drafts[0].first = 0 // what was printed before the first prompt is shown with it
	}
	defer p.introduce(p.about)
	if p.about != "" && !strings.Contains(p.about, "\n") && fileName().MatchString(p.about) {
		return
	}
	scripts := 0
	for _, d := range p.drafts {
		if d.kind == procedures.KindScript {
			scripts++
		}
	}
	if scripts == 1 && len(p.drafts) == 1 && p.drafts[0].title == "" {
		first, rest, _ := strings.Cut(p.about, "\n")
		p.drafts[0].title = cleanTitle(first)
		if rest != "" {
			p.drafts[0].about = append(strings.Split(rest, "\n"), p.drafts[0].about...)
		}
		p.introduced = true
	}
}

// introduce lets the first step say what the comments under a shebang say, where they are no title.
func (p *planner) introduce(about string) {
	if about != "" && len(p.drafts) > 0 && !p.introduced {
		p.drafts[0].about = append(append(strings.Split(about, "\n"), ""), p.drafts[0].about...)
	}
}

// printedBelow reports a blank line with output under it.
func (p *planner) printedBelow(i int) bool {
	for ; i < len(p.b.raw) && strings.TrimSpace(p.b.raw[i]) == ""; i++ {
	}
	return i < len(p.b.raw) && p.b.output[i]
}

// whole makes one step of all that the block runs: for script files and annotated blocks.
// A block that has a title or an id over it is one step, whatever paragraphs it has.
func (p *planner) whole() draft {
	d := draft{kind: procedures.KindScript, first: 0, last: len(p.b.raw) - 1, about: nil, prints: true}
	for _, other := range p.drafts {
		if other.kind != procedures.KindScript {
			continue
		}
		d.parts = append(d.parts, other.parts...)
		d.annotations = append(d.annotations, other.annotations...)
		d.prints = d.prints && other.prints
		d.expected = append(d.expected, other.expected...)
	}
	return d
}
