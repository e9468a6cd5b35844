package runbook

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// naming is where a step's title is from, until the whole page is known.
type naming struct {
	step    *procedures.Step
	around  string // the label or heading that it stands under
	heading string
	above   string // the comment line above its title
	colon   bool   // its comment ended with a colon
	guessed bool   // it was made of its commands
	written bool   // its author wrote `#| title:`
}

// nameSteps completes the titles of a page, of which those with a condition are done on demand. Short ones get what stands over
// them before them, those that hide an effect get what is
// done behind them, and equal ones a number. The identifiers stay those of the author's own words.
func (b *pageBuilder) nameSteps() {
	for _, n := range b.namings {
		s := n.step
		s.OnDemand = s.OnDemand || isConditional(s.Title) && (s.Effect().Changes() || !asksWhen(s.Title))
		if n.written || s.Kind != procedures.KindScript {
			continue
		}
		phrase := ""
		if effect := s.Effect(); effect.Changes() && (s.ScriptFile == "" || s.Title != s.ScriptFile) {
			all := b.deedsOf(s.Script.Text)
			for _, d := range all { // xargs, say, is of no known effect, and what it runs is
				effect = effect.Worse(d.effect)
			}
			if deeds := worst(all, effect); len(deeds) > 0 && !says(s.Title, effect, deeds) {
				phrase = ": " + deedPhrase(deeds)
			}
		}
		if does, runs := strings.CutPrefix(phrase, ": runs "); runs && n.guessed && strings.Contains(s.Title, does) {
			phrase = "" // it was made of that line
		}
		if n.guessed || phrase == "" {
			b.prefix(n)
		}
		if phrase != "" {
			s.Title = strings.TrimRight(s.Title, ":： ") + phrase
		}
	}
	seen := map[string]int{}
	for _, s := range b.p.Steps {
		s.Title, s.Group = visible(s.Title), visible(s.Group)
		title := strings.ToLower(s.Title)
		seen[title]++
		if n := seen[title]; n > 1 {
			s.Title = fmt.Sprintf("%s (%d)", s.Title, n)
		}
	}
}

// prefix puts the line above a title, or the label or heading around it, before it where it says too little alone: it has one or two
// words, ended with a colon, or was made of commands. One that says what it changes is enough.
func (b *pageBuilder) prefix(n naming) {
	s := n.step
	if s.Title == b.p.Title {
		return
	}
	if !n.guessed {
		if !n.colon && titleLength(s.Title) > 2 {
			return
		}
		if s.Effect().Changes() && says(s.Title, procedures.EffectChange, nil) &&
			titleLength(pronouns().ReplaceAllString(s.Title, "")) > 1 {
			return
		}
	}
	before := n.around
	if n.above != "" {
		before = n.above
	}
	if sayNothing[strings.ToLower(before)] {
		before = n.heading
	}
	before = strings.TrimRight(plainTitle(before), ":： ")
	own := plainTitle(s.Title) // without the emoji of the heading that it may be
	if before == "" || strings.Contains(strings.ToLower(before), strings.ToLower(own)) ||
		strings.HasPrefix(strings.ToLower(own), strings.ToLower(before)) {
		return
	}
	s.Title = before + ": " + s.Title
	if strings.EqualFold(plainTitle(s.Group), before) {
		s.Group = ""
	}
}

// sayNothing are labels that are no beginning of a title.
var sayNothing = setOf("actions action steps step commands command run solution example examples procedure do " +
	"resolution cli script output " +
	"pasos acciones comandos étapes commandes schritte befehle 手順 步骤 命令")

// pronouns stand for what a title does not name.
var pronouns = lazy.Regexp(`(?i)\b(?:it|them|this|that|these|those|all|es|sie|lo|la|los|las|le|les|tout|todo|alles)\b`)

// titleLength counts the words of a title; two letters of a script without blanks count as one.
func titleLength(title string) int {
	words, letters := 0, 0
	for _, w := range strings.FieldsFunc(title, betweenWords) {
		n := 0
		for _, r := range w {
			if unspaced(r) {
				n++
			}
		}
		if letters += n; n == 0 {
			words++
		}
	}
	return words + (letters+1)/2
}
