package runbook

import (
	"strings"
	"testing"
	"unicode"
)

// hiddenOnes are characters that are not seen: all of Unicode's categories of control and format, with some that are letters by name.
func hiddenOnes() []rune {
	all := []rune{0x3164, 0x115F, 0x1160, 0xFFA0, 0x2028, 0x2029, 0x85}
	for _, table := range []*unicode.RangeTable{unicode.Cc, unicode.Cf} {
		for _, r16 := range table.R16 {
			for r := rune(r16.Lo); r <= rune(r16.Hi); r += rune(r16.Stride) {
				all = append(all, r)
			}
		}
		for _, r32 := range table.R32 {
			all = append(all, rune(r32.Lo))
		}
	}
	return all
}

// TestNoTitleHidesACharacter puts each of them into every kind of title. The text of the document has them still, and a finding says so.
func TestNoTitleHidesACharacter(t *testing.T) {
	t.Parallel()
	for _, r := range hiddenOnes() {
		if r == '\n' || r == '\r' || r == '\t' || r == 0 {
			continue
		}
		x := string(r)
		lib := openText(t, strings.ReplaceAll("---\ntitle: \"The §shop\"\nchapter: \"Sh§ops\"\n---\n# The s§hop\n\n## Daily w§ork\n\n"+
			"### Look a§t it\n\n**Lab§el**\n\n```bash\n# First l§ine\n# Che§ck it\naws s3 ls\n\n#| title: \"Sa§id\"\naws s3 ls\n\n"+
			"# 3. As§k them\n```\n\n- [ ] Ta§sk\n\n```python\n# wor§k\n```\n", "§", x))
		said := false
		for _, m := range lib.Findings {
			said = said || m.Rule == "hidden-character"
		}
		if !said {
			t.Errorf("U+%04X has no finding", r)
		}
		check := func(what, title string) {
			if strings.Contains(title, x) {
				t.Errorf("U+%04X is in %s: %q", r, what, title)
			}
		}
		for _, c := range lib.Chapters {
			check("a chapter", c.Title)
		}
		for _, d := range lib.Documents {
			check("a document", d.Title)
		}
		steps := 0
		for _, p := range lib.Procedures() {
			check("a procedure", p.Title)
			for _, s := range p.Sections {
				check("a section", s.Title)
			}
			for _, s := range p.Steps {
				steps++
				check("a step", s.Title)
				check("a group", s.Group)
				for _, part := range s.Parts {
					check("a part", part.Title)
				}
			}
		}
		if steps < 3 {
			t.Errorf("U+%04X: %d steps", r, steps)
		}
	}
}

// TestJoinersOfLettersStay keeps what joins letters and emoji.
func TestJoinersOfLettersStay(t *testing.T) {
	t.Parallel()
	for _, title := range []string{
		"👩\u200d🔧 Fix it", "نمی\u200cخواهم", "क्\u200dष", "⚠\ufe0f Careful", "1\ufe0f\u20e3 First",
		"🏴\U000e0067\U000e0062\U000e007f", "Über",
	} {
		if got := visible(title); got != title {
			t.Errorf("%q is shown as %q", title, got)
		}
		for _, m := range openText(t, "# The shop\n\n"+title+"\n").Findings {
			if m.Rule == "hidden-character" {
				t.Errorf("%q: %s", title, m.Message)
			}
		}
	}
}
