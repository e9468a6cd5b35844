// Package terminal shows what a step printed as a terminal would: colours, lines that are written over, links. It never writes above the
// line that goes on, and hides nothing: what it does not follow stands there in letters. What was printed stays as it is stored;
// verdicts and downloads have it from there.
package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

const (
	// MaxColumns is from how many columns on a line goes on in the next, so that one that never ends costs no more than this.
	MaxColumns = 4096
	// maxSequence bounds an escape sequence, in bytes: one that does not end until there is shown.
	maxSequence = 2048
	// maxMarks is how many combining marks a letter has at most.
	maxMarks = 8
	tabStop  = 8
)

// Run is text that looks the same.
type Run struct {
	Text  string
	Class string // classes of css/terminal.css, and of where it comes from; empty for plain text of standard output
	Link  string // an https address; empty for none
}

// Line is one line, without its end.
type Line struct {
	Runs []Run
	Long bool // it goes on in the next: it has MaxColumns
}

// Text is the line as it can be read.
func (l Line) Text() string {
	if len(l.Runs) == 1 {
		return l.Runs[0].Text
	}
	var b strings.Builder
	for _, r := range l.Runs {
		b.WriteString(r.Text)
	}
	return b.String()
}

// Size is how many bytes its text has, and its end.
func (l Line) Size() int {
	n := 1
	for _, r := range l.Runs {
		n += len(r.Text)
	}
	return n
}

// look is how a cell looks. Cells share it: it is never changed.
type look struct {
	source string // where it comes from, as a class
	link   string
	fg, bg uint8 // 1 to 16; 0 for that of the page
	flags  flags
}

// cell is a letter with its marks. A tab is one cell as long as the line is only added to.
type cell struct {
	letter rune // 0 is the second half of a wide one
	marks  string
	look   *look
}

// Screen is the line that goes on, and those that have ended since the last Take. The zero value is empty. It belongs to one goroutine.
type Screen struct {
	cells   []cell
	at      int    // the cell that is written next
	pen     *look  // how
	back    bool   // a carriage return came, which a line end would make part of itself
	columns bool   // cells are columns: tabs are spaces, and wide letters have two
	pending string // the beginning of a sequence that the next text goes on with

	lines []Line
	taken int  // cells that were there at the last Take
	over  bool // one of them was written over since
}

// Write adds what was printed. Source is its class: "stderr", or "" for standard output.
func (s *Screen) Write(source, text string) {
	s.source(source)
	if s.pending != "" {
		text, s.pending = s.pending+text, ""
	}
	for text != "" {
		text = text[s.step(text):]
	}
}

// Note adds text that nobody printed, as it is: it writes over nothing, and ends what the output began.
func (s *Screen) Note(source, text string) {
	if rest := s.pending; rest != "" {
		s.pending = ""
		s.show(rest)
	}
	before := s.pen
	s.back, s.at = false, len(s.cells)
	s.pen = &look{source: source}
	for text != "" {
		line, rest, ended := strings.Cut(text, "\n")
		for _, r := range line {
			if r != '\t' {
				r = Glyph(r)
			}
			s.put(r, s.pen)
		}
		if ended {
			s.end()
		}
		text = rest
	}
	s.pen = before
}

func (s *Screen) source(source string) {
	if s.pen == nil {
		s.pen = &look{source: source}
	} else if s.pen.source != source {
		next := *s.pen
		next.source = source
		s.pen = &next
	}
}

// step takes the beginning of text, and returns how many bytes of it.
func (s *Screen) step(text string) int {
	if len(s.cells) == 0 && s.at == 0 && !s.back {
		if n := s.plain(text); n > 0 {
			return n
		}
	}
	c := text[0]
	switch {
	case c == '\n':
		s.end()
		return 1
	case c == '\r':
		s.back = true
		return 1
	case c == '\b':
		s.place(s.column() - 1)
		return 1
	case c == '\t':
		s.tab()
		return 1
	case c == escape:
		return s.escape(text)
	case c < utf8.RuneSelf:
		s.put(Glyph(rune(c)), s.control(c < ' ' || c == 0x7f))
		return 1
	}
	r, n := utf8.DecodeRuneInString(text)
	s.put(Glyph(r), s.control(unicode.IsControl(r)))
	return n
}

// plain takes a whole line without anything in it that has to be followed, and returns 0 where the next is none.
func (s *Screen) plain(text string) int {
	n := strings.IndexByte(text, '\n')
	if n <= 0 || n > MaxColumns {
		return 0
	}
	line := text[:n]
	for i := range len(line) {
		if c := line[i]; (c < ' ' && c != '\t') || c > '~' {
			return 0
		}
	}
	if s.pen.link != "" || strings.Contains(line, secure) {
		return 0
	}
	s.lines = append(s.lines, Line{Runs: []Run{{Text: line, Class: s.pen.class()}}})
	s.over = true
	return n + 1
}

// control is the pen, or that of what is not printed but shown.
func (s *Screen) control(is bool) *look {
	if !is {
		return s.pen
	}
	return &look{source: s.pen.source, flags: shown}
}

// show puts text there as letters that nothing follows.
func (s *Screen) show(text string) {
	pen := s.control(true)
	for _, r := range text {
		s.put(Glyph(r), pen)
	}
}

// column is where the next letter goes.
func (s *Screen) column() int {
	if s.back {
		return 0
	}
	return s.at
}

// place goes to a column of the line. From there on cells are columns.
func (s *Screen) place(at int) {
	at = min(max(at, 0), MaxColumns-1)
	if !s.columns {
		before := len(s.cells)
		s.spread()
		s.over = s.over || len(s.cells) != before
		if !s.back && s.at == before {
			at += len(s.cells) - before // the end is elsewhere now
		}
		at = min(at, MaxColumns-1)
	}
	s.back, s.at = false, at
}

// spread makes cells columns.
func (s *Screen) spread() {
	s.columns = true
	var wide []cell
	for i, c := range s.cells {
		two := isWide(c.letter)
		if wide == nil && (c.letter == '\t' || two) {
			wide = append(make([]cell, 0, len(s.cells)+tabStop), s.cells[:i]...)
		}
		switch {
		case wide == nil:
		case c.letter == '\t':
			for {
				wide = append(wide, cell{letter: ' ', look: c.look})
				if len(wide)%tabStop == 0 {
					break
				}
			}
		case two:
			wide = append(wide, c, cell{look: c.look})
		default:
			wide = append(wide, c)
		}
	}
	if wide != nil {
		s.cells = wide
	}
}

func (s *Screen) tab() {
	if s.back {
		s.place(0)
	}
	if !s.columns {
		s.put('\t', s.pen)
		return
	}
	s.place((s.at/tabStop + 1) * tabStop)
}

// put writes a letter.
func (s *Screen) put(r rune, as *look) {
	if s.back {
		s.place(0)
	}
	if unicode.In(r, unicode.Mn, unicode.Me) && s.at > 0 && s.at <= len(s.cells) {
		s.mark(r)
		return
	}
	if s.at >= MaxColumns {
		s.finish(true)
	}
	two := s.columns && isWide(r)
	for len(s.cells) < s.at {
		s.cells = append(s.cells, cell{letter: ' ', look: &look{}})
	}
	s.set(cell{letter: r, look: as})
	if two {
		s.set(cell{look: as})
	}
}

// set writes a cell. Of a wide letter that it writes over by half, nothing is left.
func (s *Screen) set(c cell) {
	if s.at < len(s.cells) {
		if s.at+1 < len(s.cells) && s.cells[s.at+1].letter == 0 {
			s.cells[s.at+1].letter = ' '
		}
		if s.cells[s.at].letter == 0 && c.letter != 0 && s.at > 0 {
			s.cells[s.at-1].letter, s.cells[s.at-1].marks = ' ', ""
		}
		s.cells[s.at] = c
		s.over = s.over || s.at < s.taken
	} else {
		s.cells = append(s.cells, c)
	}
	s.at++
}

func (s *Screen) mark(r rune) {
	i := s.at - 1
	if s.cells[i].letter == 0 && i > 0 {
		i--
	}
	if utf8.RuneCountInString(s.cells[i].marks) < maxMarks {
		s.cells[i].marks += string(r)
		s.over = s.over || i < s.taken
	}
}

// end ends the line.
func (s *Screen) end() { s.finish(false) }

func (s *Screen) finish(long bool) {
	l := lineOf(s.cells)
	l.Long = long
	s.lines = append(s.lines, l)
	s.cells, s.at, s.back, s.columns = s.cells[:0], 0, false, false
	s.taken, s.over = 0, true
}

// Taken is what came since the last Take.
type Taken struct {
	Ended []Line // lines that have ended since
	Last  Line   // the line that goes on
	// Added is what came after the line that goes on as it was, where nothing else happened; nil where something did.
	Added []Run
}

// Take returns what came since it was called last.
func (s *Screen) Take() Taken {
	t := Taken{Ended: s.lines, Last: lineOf(s.cells)}
	if !s.over && s.taken > 0 && !linked(s.cells, s.taken) {
		t.Added = lineOf(s.cells[s.taken:]).Runs
	}
	s.lines, s.taken, s.over = nil, len(s.cells), false
	return t
}

// Glyph is how a letter that nobody sees is shown: controls as their pictures, and what turns the direction of text as what cannot be
// shown.
func Glyph(r rune) rune {
	switch {
	case r < ' ':
		return '\u2400' + r // U+2400…: the control pictures
	case r == 0x7f:
		return '\u2421'
	case r >= 0x80 && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return '\ufffd'
	}
	return r
}

func isWide(r rune) bool {
	if r < 0x1100 {
		return false
	}
	kind := width.LookupRune(r).Kind()
	return kind == width.EastAsianWide || kind == width.EastAsianFullwidth
}
