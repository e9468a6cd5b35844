package expand

import (
	"cmp"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/scripts/internal"
	"mvdan.cc/sh/v3/syntax"
)

// Opsbook: what a person typed is marked, and the mark goes where the text goes. A marked text is expanded to one word wherever it stands:
// it is not split, not a pattern, and not a name. This file has the marks; the other files of the package pass them on.

// Mark says of a text that a person typed it, or that a script made it of what a person typed.
type Mark struct {
	// Field is the name of the field whose value it is.
	Field string
	// Made reports that the script made the text of the value: by ${x/a/b}, $(…), read or mapfile. It is split as any other, and is
	// neither an option nor a name all the same.
	Made bool
	// List reports that the value is a list on purpose: its items are words.
	List bool
}

// Span is a marked part of a text, from byte From up to To. One of no bytes is an empty value, which is a word.
type Span struct {
	From, To int
	Mark
}

// Marks are the marked parts of a text, in their order.
type Marks []Span

// Text is a text with its marks.
type Text struct {
	Str string
	Marks
}

// Whole marks all of a text.
func Whole(text string, m Mark) Marks { return Marks{{0, len(text), m}} }

// Lead is the mark of the first byte of a text; ok is false where the author wrote it.
func (m Marks) Lead() (mark Mark, ok bool) {
	for _, s := range m {
		if s.From == 0 && s.To > 0 {
			return s.Mark, true
		}
	}
	return Mark{}, false
}

// First is the first mark of a text; ok is false for a text without any.
func (m Marks) First() (mark Mark, ok bool) {
	if len(m) == 0 {
		return Mark{}, false
	}
	return m[0].Mark, true
}

// Typed is the first mark of what a person typed as it is, without what a script made of it.
func (m Marks) Typed() (mark Mark, ok bool) {
	for _, s := range m {
		if !s.Made {
			return s.Mark, true
		}
	}
	return Mark{}, false
}

// made is a text that was made of others: it is marked where one of them is.
func (t Text) made(of ...Marks) Text {
	for _, m := range of {
		if first, ok := m.First(); ok {
			t.Marks = Whole(t.Str, Mark{Field: first.Field, Made: true})
			return t
		}
	}
	t.Marks = nil
	return t
}

// like is another form of a text, such as its capitals: a value stays one, and anything else is made of what it was.
func (t Text) like(str string) Text {
	if len(t.Marks) == 1 && t.Marks[0].From == 0 && t.Marks[0].To == len(t.Str) {
		return Text{str, Whole(str, t.Marks[0].Mark)}
	}
	return Text{Str: str}.made(t.Marks)
}

// cut is the part of a text from one byte up to another one.
func (t Text) cut(from, to int) Text {
	out := Text{Str: t.Str[from:to]}
	for _, s := range t.Marks {
		inside := s.From < to && s.To > from
		switch {
		case s.From == s.To:
			inside = from <= s.From && s.From <= to
		case from == to: // a value of which nothing is left is an empty value
			inside = s.From <= from && from <= s.To
		}
		if !inside {
			continue
		}
		s.From, s.To = max(s.From, from)-from, min(s.To, to)-from
		out.Marks = append(out.Marks, s)
	}
	return out
}

// Join are the texts behind one another, with a separator between.
func Join(texts []Text, sep string) Text {
	switch len(texts) {
	case 0:
		return Text{}
	case 1:
		return texts[0]
	}
	var b strings.Builder
	var marks Marks
	for i, t := range texts {
		if i > 0 {
			b.WriteString(sep)
		}
		marks = t.shift(marks, b.Len())
		b.WriteString(t.Str)
	}
	return Text{b.String(), marks}
}

// shift appends the text's marks to those of what stands before it.
func (t Text) shift(marks Marks, by int) Marks {
	for _, s := range t.Marks {
		s.From += by
		s.To += by
		if n := len(marks); n > 0 && marks[n-1].To == s.From && marks[n-1].Mark == s.Mark {
			marks[n-1].To = s.To
			continue
		}
		marks = append(marks, s)
	}
	return marks
}

// parts are the pieces of a text: an unmarked one is as its surroundings are, a marked one is as if it were quoted.
func (t Text) parts(quote quoteLevel) []fieldPart {
	if len(t.Marks) == 0 {
		return []fieldPart{{val: t.Str, quote: quote}}
	}
	var out []fieldPart
	at := 0
	for _, s := range t.Marks {
		if s.From > at {
			out = append(out, fieldPart{val: t.Str[at:s.From], quote: quote})
		}
		mark := s.Mark
		out = append(out, fieldPart{val: t.Str[s.From:s.To], quote: max(quote, quoteDouble), mark: &mark})
		at = s.To
	}
	if at < len(t.Str) {
		out = append(out, fieldPart{val: t.Str[at:], quote: quote})
	}
	return out
}

// joined is the text of a field.
func (cfg *Config) joined(parts []fieldPart) (Text, error) {
	str, err := cfg.fieldJoin(parts)
	if err != nil {
		return Text{}, err
	}
	out := Text{Str: str}
	at := 0
	for _, p := range parts {
		if p.mark != nil {
			out.Marks = Text{Marks: Marks{{0, len(p.val), *p.mark}}}.shift(out.Marks, at)
		}
		at += len(p.val)
	}
	return out, nil
}

// named is a file's name that a pattern found, whose own marks are given.
func (cfg *Config) named(dir, name string, pattern Marks) Text {
	text := Text{Str: name}.made(pattern)
	if len(text.Marks) > 0 || cfg.Names == nil {
		return text
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, name)
	}
	if mark := cfg.Names(path); mark != nil {
		text.Marks = Whole(name, *mark)
	}
	return text
}

// expression is a field as a regular expression, in which what is quoted stands for itself, and what is marked too.
func (cfg *Config) expression(parts []fieldPart) (string, error) {
	for i, p := range parts {
		if p.mark != nil || p.quote > quoteNone {
			parts[i].val = regexp.QuoteMeta(p.val)
		}
	}
	return cfg.fieldJoin(parts)
}

// Texts pairs strings with their marks, which are nil or as many.
func Texts(list []string, marks []Marks) []Text {
	out := make([]Text, len(list))
	for i, s := range list {
		out[i].Str = s
		if i < len(marks) {
			out[i].Marks = marks[i]
		}
	}
	return out
}

// Untext takes texts apart; marks is nil where none is marked.
func Untext(texts []Text) (list []string, marks []Marks) {
	list = make([]string, len(texts))
	for i, t := range texts {
		list[i] = t.Str
		if len(t.Marks) > 0 && marks == nil {
			marks = make([]Marks, len(texts))
		}
		if marks != nil {
			marks[i] = t.Marks
		}
	}
	return list, marks
}

// Text is the variable's value as a string, with its marks.
func (v Variable) Text() Text {
	switch v.Kind {
	case String:
		return Text{v.Str, v.Marks}
	case Indexed:
		if t, ok := v.element(0); ok {
			return t
		}
	case Associative:
		return Text{v.Map["0"], v.MapMarks["0"]}
	}
	return Text{}
}

// element is the element of an indexed array at an index.
func (v Variable) element(i int) (Text, bool) {
	pos := i
	if v.Indexes != nil {
		var ok bool
		if pos, ok = slices.BinarySearch(v.Indexes, i); !ok {
			return Text{}, false
		}
	}
	if pos < 0 || pos >= len(v.List) {
		return Text{}, false
	}
	t := Text{Str: v.List[pos]}
	if pos < len(v.ListMarks) {
		t.Marks = v.ListMarks[pos]
	}
	return t, true
}

// Element is the element of an indexed array at an index; empty where there is none.
func (v Variable) Element(i int) Text {
	t, _ := v.element(i)
	return t
}

// keys are those of an associative array, in bash's order: that of its table of hashes, in which what came last stands first in its row.
func (v Variable) keys() []Text {
	place := make(map[string]int, len(v.keyOrder))
	for i, k := range v.keyOrder {
		place[k] = i + 1
	}
	rows := uint32(1024)
	for uint32(len(v.Map)) >= 2*rows {
		rows *= 4
	}
	out := make([]Text, 0, len(v.Map))
	for k := range v.Map {
		t := Text{Str: k}
		if m, ok := v.KeyMarks[k]; ok {
			t.Marks = Whole(k, m)
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Text) int {
		return cmp.Or(cmp.Compare(hashOf(a.Str)&(rows-1), hashOf(b.Str)&(rows-1)),
			cmp.Compare(place[b.Str], place[a.Str]), cmp.Compare(a.Str, b.Str))
	})
	return out
}

// hashOf is bash's hash of a key.
func hashOf(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h *= 16777619
		h ^= uint32(int32(int8(s[i])))
	}
	return h
}

// members are the values of an associative array, in the order of its keys.
func (v Variable) members() []Text {
	var out []Text
	for _, key := range v.keys() {
		out = append(out, Text{v.Map[key.Str], v.MapMarks[key.Str]})
	}
	return out
}

// Keys are those of an associative array, in bash's order.
func (v Variable) Keys() []Text { return v.keys() }

// WithoutMember is an associative array without the member of a key.
func (v Variable) WithoutMember(key string) Variable {
	v.Map, v.MapMarks, v.KeyMarks = maps.Clone(v.Map), maps.Clone(v.MapMarks), maps.Clone(v.KeyMarks)
	delete(v.Map, key)
	delete(v.MapMarks, key)
	delete(v.KeyMarks, key)
	v.keyOrder = slices.DeleteFunc(slices.Clone(v.keyOrder), func(k string) bool { return k == key })
	return v
}

// IsMarked reports whether anything of the variable's value is marked.
func (v Variable) IsMarked() bool {
	return len(v.Marks)+len(v.ListMarks)+len(v.MapMarks)+len(v.KeyMarks) > 0
}

// FieldError says that the value of a field stands where a value cannot stand.
type FieldError struct {
	Field string
	Pos   syntax.Pos // where the script uses it; may not be known
	Why   string     // a sentence that begins with a verb: "would name a variable"
}

// Error implements error.
func (e *FieldError) Error() string { return "the value of the field " + e.Field + " " + e.Why }

// nameOf is an error where a text that becomes a name is marked.
func nameOf(t Text, pos syntax.Pos, what string) error {
	if m, ok := t.First(); ok {
		why := "would name " + what + ": a name is written in the script, and no value becomes one"
		return &FieldError{Field: m.Field, Pos: pos, Why: why}
	}
	return nil
}

// Number is a marked text as arithmetic takes it: the number itself, and no name of a variable whose value counts. What a script made of
// a value counts as zero where it is none, as in bash.
func Number(t Text, pos syntax.Pos) (int64, error) {
	text := strings.TrimSpace(t.Str)
	if typed, ok := t.Typed(); ok && text != "" && !isNumber(text) {
		return 0, &FieldError{Field: typed.Field, Pos: pos, Why: "is no whole number: " + strconv.Quote(shortened(text))}
	}
	if syntax.ValidName(text) {
		return 0, nil
	}
	return atoi(text), nil
}

// isNumber reports whether arithmetic reads a text as a number of its own: decimal, 0x1f, 017 or 2#101.
func isNumber(s string) bool {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "+"), "-")
	if base, digits, ok := strings.Cut(s, "#"); ok {
		n, err := strconv.Atoi(base)
		return err == nil && n >= 2 && n <= 64 && digits != "" && syntax.ValidName("a"+strings.ReplaceAll(digits, "@", ""))
	}
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		return hex != "" && strings.Trim(hex, "0123456789abcdef") == ""
	}
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// shortened is a text for a message.
func shortened(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// withListMarks marks the only element of a list.
func (v Variable) withListMarks(m Marks) Variable {
	if len(m) > 0 {
		v.ListMarks = []Marks{m}
	}
	return v
}

// WithElement is an indexed array with the element at an index, which is not negative, set. The variable's own lists stay as they are.
func (v Variable) WithElement(k int, t Text) Variable {
	list, indexes := slices.Clone(v.List), slices.Clone(v.Indexes)
	if len(v.ListMarks) > 0 || len(t.Marks) > 0 {
		marks := make([]Marks, len(v.List))
		copy(marks, v.ListMarks)
		marks, _ = internal.SetIndexedElem(marks, slices.Clone(v.Indexes), k, t.Marks)
		v.ListMarks = marks
	}
	v.List, v.Indexes = internal.SetIndexedElem(list, indexes, k, t.Str)
	v.Kind, v.Str, v.Marks = Indexed, "", nil
	return v
}

// WithoutElement is an indexed array without the element at an index.
func (v Variable) WithoutElement(k int) Variable {
	if len(v.ListMarks) > 0 {
		marks := make([]Marks, len(v.List))
		copy(marks, v.ListMarks)
		v.ListMarks, _ = internal.DeleteIndexedElem(marks, slices.Clone(v.Indexes), k)
	}
	v.List, v.Indexes = internal.DeleteIndexedElem(slices.Clone(v.List), slices.Clone(v.Indexes), k)
	return v
}

// WithMember is an associative array with the member of a key set. The variable's own maps stay as they are.
func (v Variable) WithMember(key, t Text) Variable {
	v.Map, v.MapMarks, v.KeyMarks = maps.Clone(v.Map), maps.Clone(v.MapMarks), maps.Clone(v.KeyMarks)
	v.SetMember(key, t)
	return v
}

// SetMember sets the member of a key in the variable's own maps.
func (v *Variable) SetMember(key, t Text) {
	if v.Map == nil {
		v.Map = map[string]string{}
	}
	if _, there := v.Map[key.Str]; !there {
		v.keyOrder = append(slices.Clip(v.keyOrder), key.Str)
	}
	v.Map[key.Str] = t.Str
	v.Kind = Associative
	delete(v.MapMarks, key.Str)
	if len(t.Marks) > 0 {
		if v.MapMarks == nil {
			v.MapMarks = map[string]Marks{}
		}
		v.MapMarks[key.Str] = t.Marks
	}
	if mark, ok := key.First(); ok { // a key that is a value once stays one
		if v.KeyMarks == nil {
			v.KeyMarks = map[string]Mark{}
		}
		v.KeyMarks[key.Str] = mark
	}
}

// AnyMark is a mark of the variable's value; ok is false where there is none.
func (v Variable) AnyMark() (mark Mark, ok bool) {
	if mark, ok = v.Marks.First(); ok {
		return mark, true
	}
	for _, m := range v.ListMarks {
		if mark, ok = m.First(); ok {
			return mark, true
		}
	}
	for _, m := range v.MapMarks {
		if mark, ok = m.First(); ok {
			return mark, true
		}
	}
	for _, mark = range v.KeyMarks {
		return mark, true
	}
	return Mark{}, false
}

// NameError is an error where the first n bytes of a text, which become a name, are marked in part.
func (t Text) NameError(n int, pos syntax.Pos, what string) error {
	return nameOf(t.cut(0, n), pos, what)
}

// From is the text from a byte on.
func (t Text) From(at int) Text { return t.cut(at, len(t.Str)) }

// Like is another form of the text, such as its capitals.
func (t Text) Like(str string) Text { return t.like(str) }

// HasElement reports whether an indexed array has an element at an index.
func (v Variable) HasElement(i int) bool {
	_, ok := v.element(i)
	return ok
}
