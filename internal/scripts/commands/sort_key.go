package commands

import (
	"cmp"
	"fmt"
	"iter"
	"math/big"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// sortKey is one -k F[.C][OPTS][,F[.C][OPTS]], or the whole line.
type sortKey struct {
	from, fromChar         int // counted from 1
	to, toChar             int // 0: to the end of the line, or of the field
	order                  string
	startBlanks, endBlanks bool // blanks are passed over before the characters are counted
	given                  bool // by -k
}

// keyForm is F[.C][OPTS][,F[.C][OPTS]].
var keyForm = lazy.Regexp(`^(\d+)(?:\.(\d+))?([bdfghiMnRrV]*)(?:,(\d+)(?:\.(\d+))?([bdfghiMnRrV]*))?$`)

// sortOrders are the options that say how keys are compared, by their letters.
var sortOrders = []struct{ letter, name string }{
	{"b", "ignore-leading-blanks"}, {"d", "dictionary-order"}, {"f", "ignore-case"}, {"g", "general-numeric-sort"},
	{"h", "human-numeric-sort"}, {"i", "ignore-nonprinting"}, {"M", "month-sort"}, {"n", "numeric-sort"}, {"V", "version-sort"},
}

// sortKeys reads -k, each with the order of the global options unless it has its own.
// Without -k the whole line is the key.
func sortKeys(p *parsed) ([]sortKey, error) {
	global := ""
	for _, o := range sortOrders {
		if p.has(o.name) {
			global += o.letter
		}
	}
	for _, word := range p.values["sort"] {
		i := slices.IndexFunc(sortOrders, func(o struct{ letter, name string }) bool {
			return shortens(word, o.name) && strings.ContainsAny(o.letter, "ghMnV")
		})
		switch {
		case shortens(word, "random"):
			return nil, missing("--sort=random", "")
		case i < 0:
			return nil, &badWordError{"sort", word}
		}
		global += sortOrders[i].letter
	}
	keys := []sortKey{{from: 1, order: global, startBlanks: strings.Contains(global, "b")}}
	if p.has("key") {
		keys = nil
	}
	for _, text := range p.values["key"] {
		m := keyForm().FindStringSubmatch(text)
		if m == nil || number(m[1]) == 0 || m[2] != "" && number(m[2]) == 0 || m[4] != "" && number(m[4]) == 0 {
			return nil, fmt.Errorf("invalid field specification ‘%s’", text)
		}
		k := sortKey{
			from: number(m[1]), fromChar: number(m[2]), to: number(m[4]), toChar: number(m[5]), order: m[3] + m[6],
			given: true, startBlanks: strings.Contains(m[3], "b"), endBlanks: strings.Contains(m[6], "b"),
		}
		if k.order == "" {
			k.order, k.startBlanks, k.endBlanks = global, strings.Contains(global, "b"), strings.Contains(global, "b")
			if p.has("reverse") {
				k.order += "r"
			}
		}
		keys = append(keys, k)
	}
	for _, k := range keys {
		if err := k.compatible(); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// compatible is an error where a key is compared in two ways.
func (k sortKey) compatible() error {
	ways := 0
	for _, letters := range []string{"n", "g", "h", "M", "VRdi"} {
		if strings.ContainsAny(k.order, letters) {
			ways++
		}
	}
	if strings.Contains(k.order, "R") {
		return missing("-k with R", "")
	}
	if ways > 1 {
		return fmt.Errorf("options '-%s' are incompatible", strings.NewReplacer("b", "", "f", "", "r", "").Replace(k.order))
	}
	return nil
}

// sorter compares lines.
type sorter struct {
	keys      []sortKey
	separator string
	reverse   bool
	plain     bool // no last resort: lines with equal keys keep their order
	meter     *limits.Meter
	failed    error // why the step ends: what remains is not compared
}

// compare is byKeys with GNU's last resort, the whole line.
func (s *sorter) compare(a, b string) int {
	if c := s.byKeys(a, b); c != 0 || s.plain {
		return c
	}
	return s.turn(strings.Compare(a, b))
}

// turn reverses an order where -r is given.
func (s *sorter) turn(c int) int {
	if s.reverse {
		return -c
	}
	return c
}

// A key with r is reversed, and so is the whole line by -r.
func (s *sorter) byKeys(a, b string) int {
	if s.failed != nil {
		return 0
	}
	if s.failed = s.meter.Work(int64(len(a)+len(b)) + lineWork); s.failed != nil {
		return 0
	}
	for _, k := range s.keys {
		c := compareKeys(s.field(a, k), s.field(b, k), k.order)
		if c == 0 {
			continue
		}
		// a key without options inherits r when it is read: see sortKeys
		if strings.Contains(k.order, "r") || s.reverse && !k.given {
			return -c
		}
		return c
	}
	return 0
}

// check reports the first line that is out of order, with -u also one that equals the line before.
func (s *sorter) check(inv *procedures.Invocation, p *parsed, lines []string, how checking) int {
	name := "-"
	if len(p.operands) > 0 {
		name = p.operands[0]
	}
	for i := 1; i < len(lines); i++ {
		order := s.compare(lines[i-1], lines[i])
		if order <= 0 && !(p.has("unique") && order == 0) {
			continue
		}
		if how == checksAndTells {
			complain(inv, 1, "%s:%d: disorder: %s", name, i+1, lines[i])
		}
		return 1
	}
	if s.failed != nil {
		return complain(inv, 2, "%v", s.failed)
	}
	return 0
}

// isBlank reports whether a byte stands between fields.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }

// field cuts a key out of a line. Without a separator a field begins with the blanks before it.
func (s *sorter) field(line string, k sortKey) string {
	if k.from == 1 && k.fromChar <= 1 && k.to == 0 && !k.startBlanks {
		return line
	}
	skip := func(at int, blanks bool) int {
		for blanks && at < len(line) && isBlank(line[at]) {
			at++
		}
		return at
	}
	from, to, n := len(line), len(line), 0
	for start, end := range s.fields(line) {
		if n++; n == k.from {
			from = min(skip(start, k.startBlanks)+max(0, k.fromChar-1), len(line))
		}
		if k.to > 0 && n == k.to {
			to = end
			if k.toChar > 0 {
				to = min(skip(start, k.endBlanks)+k.toChar, len(line))
			}
		}
		if n >= max(k.from, k.to) {
			break
		}
	}
	if from >= to {
		return ""
	}
	return line[from:to]
}

// fields are where each field begins and ends, in bytes. A separator is in no field.
func (s *sorter) fields(line string) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		if s.separator != "" {
			at := 0
			for part := range strings.SplitSeq(line, s.separator) {
				if !yield(at, at+len(part)) {
					return
				}
				at += len(part) + len(s.separator)
			}
			return
		}
		for i := 0; i < len(line); {
			start := i
			for i < len(line) && isBlank(line[i]) {
				i++
			}
			for i < len(line) && !isBlank(line[i]) {
				i++
			}
			if !yield(start, i) {
				return
			}
		}
	}
}

// compareKeys compares as the letters of order say, after what d, i and f leave of the two; without any, bytes do.
func compareKeys(a, b, order string) int {
	a, b = translated(a, order), translated(b, order)
	trimmed := func(text string) string { return strings.TrimLeft(text, " \t\n") }
	switch {
	case strings.Contains(order, "n"):
		return decimal(trimmed(a)).Cmp(decimal(trimmed(b)))
	case strings.Contains(order, "g"):
		return compareFloats(trimmed(a), trimmed(b))
	case strings.Contains(order, "h"):
		return compareHuman(trimmed(a), trimmed(b))
	case strings.Contains(order, "M"):
		return cmp.Compare(month(trimmed(a)), month(trimmed(b)))
	case strings.Contains(order, "V"):
		return compareVersions(a, b)
	}
	return strings.Compare(a, b)
}

// translated is what d (blanks, letters and digits), i (what can be printed) and f (as capitals) leave of a key.
func translated(text, order string) string {
	dictionary, printing, fold := strings.Contains(order, "d"), strings.Contains(order, "i"), strings.Contains(order, "f")
	if !dictionary && !printing && !fold {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := range len(text) {
		c := text[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		switch {
		case dictionary && !isBlank(c) && !letter && (c < '0' || c > '9'):
			continue
		case printing && !dictionary && (c < ' ' || c > '~'):
			continue
		case fold && letter:
			c &^= 0x20
		}
		out = append(out, c)
	}
	return string(out)
}

// month is that of the three letters that a text begins with, from 1; 0 for none.
func month(text string) int {
	if len(text) < 3 {
		return 0
	}
	at := strings.Index("JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", strings.ToUpper(text[:3]))
	if at%3 != 0 {
		return 0
	}
	return at/3 + 1
}

var (
	decimalForm = lazy.Regexp(`^-?\d*(?:\.\d*)?`)
	floatForm   = lazy.Regexp(`^(?i:[+-]?(?:0x(?:[\da-f]+\.?[\da-f]*|\.[\da-f]+)(?:p[+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|` +
		`inf(?:inity)?|nan(?:\(\w*\))?))`)
)

// decimal is the number that a text begins with, 0 where it begins with none.
// Numbers are exact; of one with more than 400 characters the first 400 count.
func decimal(text string) *big.Rat {
	digits := strings.TrimSuffix(decimalForm().FindString(text), ".")
	if len(digits) > 400 {
		digits = digits[:400]
	}
	if r, ok := new(big.Rat).SetString(digits); ok {
		return r
	}
	return new(big.Rat)
}

// compareHuman compares by the letters K, M, G … first and by the numbers only where these are the same, as GNU's does: 2000K is less
// than 1M.
func compareHuman(a, b string) int {
	return cmp.Or(cmp.Compare(unitOf(a), unitOf(b)), decimal(a).Cmp(decimal(b)))
}

// unitOf is the power of a number's letter, negative for a negative number.
func unitOf(text string) int {
	number := decimalForm().FindString(text)
	rest := text[len(number):]
	if rest == "" || strings.Trim(number, "-.0") == "" {
		return 0
	}
	power := strings.IndexByte("KMGTPEZY", rest[0]) + 1
	if rest[0] == 'k' {
		power = 1
	}
	if number[0] == '-' {
		return -power
	}
	return power
}

// Texts that are no numbers come first and are equal; then what is no number, but named so.
func compareFloats(a, b string) int {
	x, rankX := float(a)
	y, rankY := float(b)
	if rankX < 2 || rankY < 2 {
		return cmp.Compare(rankX, rankY)
	}
	return x.Cmp(y)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// float is the number that a text begins with, as strtold reads it. Its rank is 0 where there is none, 1 for what is named no number.
func float(text string) (value *big.Float, rank int) {
	form := strings.ToLower(floatForm().FindString(text))
	switch {
	case form == "":
		return nil, 0
	case strings.Contains(form, "nan"):
		return nil, 1
	case strings.Contains(form, "inf"):
		return new(big.Float).SetInf(form[0] == '-'), 2
	}
	base := 10
	if strings.Contains(form, "0x") {
		base = 0
	}
	if _, exponent, ok := strings.Cut(form, "e"); ok && !strings.Contains(form, "0x") && len(exponent) > 5 {
		form = form[:len(form)-len(exponent)] + exponent[:5] // of which nothing is left, or too much
	}
	value, _, err := big.ParseFloat(form, base, 64, big.ToNearestEven)
	if err != nil && value == nil {
		return new(big.Float), 2
	}
	return value, 2
}
