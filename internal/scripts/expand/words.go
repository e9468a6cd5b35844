package expand

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// Opsbook: this file expands the parts of words, and splits what they hold, as bash does it.

// fieldPart is a part of a word that is expanded.
type fieldPart struct {
	val   string
	quote quoteLevel
	mark  *Mark // nil for what the author wrote
	split bool  // it is split where IFS says; what the author wrote is not
}

type quoteLevel uint

const (
	quoteNone quoteLevel = iota
	quoteDouble
	quoteHeredoc
	quoteSingle
)

// context is how parts are expanded.
type context struct {
	quote quoteLevel // quoteNone, quoteDouble, or quoteHeredoc
	// one lets "*" be joined with the first character of IFS: where no words are made, as in an assignment.
	one bool
	// operand is that of an operator such as :-, whose text is split like any other that is expanded.
	operand bool
	// assigned expands a ~ behind a colon too.
	assigned bool
	// given is that of the text of a here-string.
	given bool
}

// expandParts are the parts of a word, in the elements of the lists in it: between two elements a field ends in any case. A word
// without any list has one element.
func (cfg *Config) expandParts(wps []syntax.WordPart, ctx context) ([][]fieldPart, error) {
	out := [][]fieldPart{nil}
	add := func(parts ...fieldPart) { out[len(out)-1] = append(out[len(out)-1], parts...) }
	list := func(elems [][]fieldPart) {
		for i, elem := range elems {
			if i > 0 {
				out = append(out, nil)
			}
			add(elem...)
		}
	}
	for i, wp := range wps {
		switch wp := wp.(type) {
		case *syntax.Lit:
			add(cfg.literalParts(wp.Value, i == 0, len(wps) > i+1, ctx)...)
		case *syntax.SglQuoted:
			if ctx.quote != quoteNone && ctx.operand && !wp.Dollar { // in "${x:-'q'}" it is text
				inner, err := cfg.quotedOperand(wp.Value, ctx)
				if err != nil {
					return nil, err
				}
				add(fieldPart{quote: quoteDouble, val: "'"})
				list(inner)
				add(fieldPart{quote: quoteDouble, val: "'"})
				break
			}
			add(fieldPart{quote: quoteSingle, val: SingleQuoted(wp)})
		case *syntax.DblQuoted:
			if len(wp.Parts) == 0 {
				add(fieldPart{quote: quoteDouble})
				break
			}
			inner, err := cfg.expandParts(wp.Parts, context{quote: quoteDouble, one: ctx.one})
			if err != nil {
				return nil, err
			}
			if !emptyList(wp.Parts, inner) {
				list(inner)
			}
		case *syntax.ParamExp:
			elems, err := cfg.paramParts(wp, ctx)
			if err != nil {
				return nil, err
			}
			list(elems)
		case *syntax.CmdSubst:
			val, err := cfg.cmdSubst(wp)
			if err != nil {
				return nil, err
			}
			add(ctx.parts(val)...)
		case *syntax.ArithmExp:
			n, err := Arithm(cfg, wp.X)
			if err != nil {
				return nil, err
			}
			add(ctx.parts(Text{Str: strconv.Itoa(n)})...)
		case *syntax.ProcSubst:
			path, err := cfg.ProcSubst(wp)
			if err != nil {
				return nil, err
			}
			add(fieldPart{quote: quoteSingle, val: path})
		case *syntax.ExtGlob:
			inner, err := cfg.extendedParts(wp.Pattern.Value)
			if err != nil {
				return nil, err
			}
			add(fieldPart{val: wp.Op.String()})
			add(inner...)
			add(fieldPart{val: ")"})
		default:
			return nil, fmt.Errorf("unhandled word part: %T", wp)
		}
	}
	return out, nil
}

// emptyList reports whether "…" is no word at all: a list without elements stands in it, and everything else in it is empty.
func emptyList(wps []syntax.WordPart, parts [][]fieldPart) bool {
	if len(parts) != 1 || len(parts[0]) == 0 || len(parts[0]) >= len(wps) || slices.ContainsFunc(parts[0], func(p fieldPart) bool {
		return p.val != ""
	}) {
		return false
	}
	return slices.ContainsFunc(wps, func(wp syntax.WordPart) bool {
		p, ok := wp.(*syntax.ParamExp)
		return ok && (p.Param != nil && p.Param.Value == "@" || p.Index != nil && nodeLit(p.Index) == "@")
	})
}

// extendedParts are those of the patterns in @(…), which the parser leaves as text.
func (cfg *Config) extendedParts(text string) ([]fieldPart, error) {
	var out []fieldPart
	expand := func(s string, quote quoteLevel) error {
		if !strings.ContainsAny(s, "$`") {
			if s != "" || quote != quoteNone {
				out = append(out, fieldPart{val: s, quote: quote})
			}
			return nil
		}
		if err := cfg.charge(300 * len(s)); err != nil {
			return err
		}
		word, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Document(strings.NewReader(s))
		if err != nil || word == nil {
			return &ExpansionError{Text: s, Why: "bad substitution"}
		}
		for _, part := range word.Parts {
			if lit, ok := part.(*syntax.Lit); ok {
				out = append(out, fieldPart{val: lit.Value, quote: quote})
				continue
			}
			parts, err := cfg.singleParts([]syntax.WordPart{part}, context{quote: quote})
			if err != nil {
				return err
			}
			out = append(out, parts...)
		}
		return nil
	}
	plain := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\\':
			i++
		case '\'', '"':
			end := strings.IndexByte(text[i+1:], c)
			if end < 0 {
				return nil, &ExpansionError{Text: text, Why: "bad substitution"}
			}
			if err := expand(text[plain:i], quoteNone); err != nil {
				return nil, err
			}
			inner := text[i+1 : i+1+end]
			if c == '\'' {
				out = append(out, fieldPart{val: inner, quote: quoteSingle})
			} else if err := expand(inner, quoteDouble); err != nil {
				return nil, err
			}
			i += end + 1
			plain = i + 1
		}
	}
	return out, expand(text[plain:], quoteNone)
}

// quotedOperand is what stands between single quotes in "${x:-'$y'}", where they are text.
func (cfg *Config) quotedOperand(text string, ctx context) ([][]fieldPart, error) {
	if !strings.ContainsAny(text, "$`\\") {
		return [][]fieldPart{{{quote: quoteDouble, val: text}}}, nil
	}
	if err := cfg.charge(300 * len(text)); err != nil {
		return nil, err
	}
	word, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Document(strings.NewReader(text))
	if err != nil || word == nil {
		return nil, &ExpansionError{Text: text, Why: "bad substitution"}
	}
	return cfg.expandParts(word.Parts, ctx)
}

// parts are those of a text that was expanded. What a person typed is not split.
func (ctx context) parts(t Text) []fieldPart {
	if ctx.quote != quoteNone {
		if len(t.Marks) == 0 {
			return []fieldPart{{val: t.Str, quote: quoteDouble}}
		}
		return t.parts(quoteDouble)
	}
	parts := t.parts(quoteNone)
	for i := range parts {
		mark := parts[i].mark
		parts[i].split = mark == nil || mark.Made || mark.List
	}
	return parts
}

// SingleQuoted is the text of '…' or $'…'.
func SingleQuoted(q *syntax.SglQuoted) string {
	if !q.Dollar {
		return q.Value
	}
	text, _ := unescape(q.Value, escapesOfQuotes)
	text, _, _ = strings.Cut(text, "\x00") // a word holds no zero byte
	return text
}

// literalParts are those of a text that the author wrote.
func (cfg *Config) literalParts(s string, first, more bool, ctx context) []fieldPart {
	s, _, _ = strings.Cut(s, "\x00")
	if ctx.quote != quoteNone {
		return []fieldPart{{val: quotedLiteral(s, ctx), quote: quoteDouble}}
	}
	var out []fieldPart
	if first && strings.HasPrefix(s, "~") {
		head, tail := s, ""
		if i := strings.IndexByte(s, ':'); i >= 0 {
			head, tail = s[:i], s[i:]
		}
		if prefix, rest := cfg.expandUser(head, more && tail == ""); prefix != "" || rest != head {
			out = append(out, fieldPart{quote: quoteSingle, val: prefix})
			s = rest + tail
		}
	}
	if ctx.assigned {
		for {
			i := strings.Index(s, ":~")
			if i < 0 {
				break
			}
			behind, rest, _ := strings.Cut(s[i+1:], ":")
			prefix, after := cfg.expandUser(behind, more && rest == "" && !strings.HasSuffix(s, ":"))
			if prefix == "" && after == behind {
				break
			}
			out = append(out, fieldPart{val: s[:i+1]}, fieldPart{quote: quoteSingle, val: prefix})
			s = after + strings.TrimPrefix(s[i+1:], behind)
		}
	}
	// Escaped characters are quoted, so that they are neither operators nor split.
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i == len(s)-1 {
			break // a trailing backslash is kept as it is
		}
		_, size := utf8.DecodeRuneInString(s[i+1:])
		if i > 0 {
			out = append(out, fieldPart{val: s[:i], split: ctx.operand})
		}
		if s[i+1] != '\n' {
			out = append(out, fieldPart{quote: quoteSingle, val: s[i+1 : i+1+size]})
		}
		s = s[i+1+size:]
	}
	if s != "" {
		out = append(out, fieldPart{val: s, split: ctx.operand})
	}
	return out
}

// quotedLiteral is a text between double quotes, in which a backslash quotes few characters.
func quotedLiteral(s string, ctx context) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			switch s[i+1] {
			case '\n':
				i++
				continue
			case '\\', '$', '`':
				i++
			case '"':
				if ctx.quote == quoteDouble {
					i++
				}
			case '}':
				if ctx.operand {
					i++
				}
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// joinedParts is what elements are where no words are made: joined by a space.
func joinedParts(elems [][]fieldPart) []fieldPart {
	if len(elems) == 1 {
		return elems[0]
	}
	var out []fieldPart
	for i, elem := range elems {
		if i > 0 {
			out = append(out, fieldPart{val: " ", quote: quoteDouble})
		}
		out = append(out, elem...)
	}
	return out
}

// singleParts are the parts of a word that stays one.
func (cfg *Config) singleParts(wps []syntax.WordPart, ctx context) ([]fieldPart, error) {
	ctx.one = true
	elems, err := cfg.expandParts(wps, ctx)
	if err != nil {
		return nil, err
	}
	return joinedParts(elems), nil
}

// single is a word that stays one, as a text.
func (cfg *Config) single(wps []syntax.WordPart, quote quoteLevel) (Text, error) {
	parts, err := cfg.singleParts(wps, context{quote: quote})
	if err != nil {
		return Text{}, err
	}
	return cfg.joined(parts)
}

// wordFields are the fields of a word: its parts, split where IFS says.
//
// Blanks of IFS around a field belong to nobody. Any other character of IFS ends a field, with the blanks around it, even one in which
// nothing is.
func (cfg *Config) wordFields(wps []syntax.WordPart) ([][]fieldPart, error) {
	elems, err := cfg.expandParts(wps, context{})
	if err != nil {
		return nil, err
	}
	s := splitter{cfg: cfg}
	for i, elem := range elems {
		if i > 0 {
			s.end()
			s.blank = false
		}
		for _, part := range elem {
			if err := s.part(part); err != nil {
				return nil, err
			}
		}
	}
	s.end()
	return s.fields, nil
}

// splitter makes fields of parts.
type splitter struct {
	cfg    *Config
	fields [][]fieldPart
	field  []fieldPart // the one that is made now
	begun  bool
	blank  bool // a blank has ended the field before, and a separator behind it is the same end
}

// end ends the field that was begun.
func (s *splitter) end() {
	if s.begun {
		s.fields = append(s.fields, s.field)
	}
	s.field, s.begun = nil, false
}

func (s *splitter) part(part fieldPart) error {
	if !part.split {
		if part.val != "" || part.quote != quoteNone {
			s.field, s.begun, s.blank = append(s.field, part), true, false
		}
		return nil
	}
	if part.mark != nil && part.mark.List { // an item of a list is a value
		item := *part.mark
		item.List = false
		part.mark = &item
	}
	val := part.val
	if err := s.cfg.work(len(val)); err != nil {
		return err
	}
	from := -1
	take := func(to int) error {
		if from < 0 {
			return nil
		}
		if err := s.cfg.charge(fieldBytes + to - from); err != nil {
			return err
		}
		piece := part
		if piece.val = val[from:to]; len(piece.val) != len(val) { // it does not keep the whole value alive
			piece.val = strings.Clone(piece.val)
			piece.mark = cmp.Or(part.mark, s.cfg.ifsMark)
		}
		s.field, s.begun, s.blank = append(s.field, piece), true, false
		from = -1
		return nil
	}
	for i, r := range val {
		switch {
		case !s.cfg.ifsRune(r):
			if from < 0 {
				from = i
			}
			continue
		case s.cfg.ifsWhitespace(r):
			if err := take(i); err != nil {
				return err
			}
			if s.begun {
				s.end()
				s.blank = true
			}
		default:
			if err := take(i); err != nil {
				return err
			}
			if !s.blank { // else the blank before it has ended the field
				if err := s.cfg.charge(fieldBytes); err != nil {
					return err
				}
				s.begun = true
				s.end()
			}
			s.blank = false
		}
	}
	return take(len(val))
}

// ReadFields splits a line as the read builtin does, into n fields of which the last one is the rest; -1 for as many as there are.
// Without raw a backslash quotes what follows it.
func ReadFields(cfg *Config, s string, n int, raw bool) []string {
	cfg = prepareConfig(cfg)
	if cfg.charge(6*len(s)) != nil {
		return nil // the meter ends what asked
	}
	l := line{cfg: cfg}
	quoted := false
	for _, r := range s {
		if r == '\\' && !raw && !quoted {
			quoted = true
			continue
		}
		l.runes, l.quoted = append(l.runes, r), append(l.quoted, quoted)
		quoted = false
	}
	l.blanks()
	var fields []string
	for l.at < len(l.runes) {
		if cfg.charge(fieldBytes) != nil {
			return nil
		}
		if n > 0 && len(fields) == n-1 {
			begin := l.at
			field := l.field()
			if l.at < len(l.runes) { // more than one field, and a separator at its end stays
				end := len(l.runes)
				for end > begin && !l.quoted[end-1] && cfg.ifsWhitespace(l.runes[end-1]) {
					end--
				}
				field = string(l.runes[begin:end])
			}
			return append(fields, field)
		}
		fields = append(fields, l.field())
	}
	return fields
}

// line is what is read, whose quoted characters separate nothing.
type line struct {
	cfg    *Config
	runes  []rune
	quoted []bool
	at     int
}

func (l *line) blanks() {
	for l.at < len(l.runes) && !l.quoted[l.at] && l.cfg.ifsWhitespace(l.runes[l.at]) {
		l.at++
	}
}

// field takes a field with the separator behind it.
func (l *line) field() string {
	begin := l.at
	for l.at < len(l.runes) && (l.quoted[l.at] || !l.cfg.ifsRune(l.runes[l.at])) {
		l.at++
	}
	field := string(l.runes[begin:l.at])
	l.blanks()
	if l.at < len(l.runes) && !l.quoted[l.at] && l.cfg.ifsRune(l.runes[l.at]) {
		l.at++
		l.blanks()
	}
	return field
}
