package engine

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// form says what a value must be, in words: people who fill in a field read no regular expressions. A pattern of several parts is not
// worded; an example of the runbook stands for it.
func form(q *procedures.Parameter) string {
	if words := patternWords(q.Pattern); words != "" {
		return "must be " + words
	}
	if q.Example != "" {
		return "does not have the form that the runbook asks for, such as " + q.Example
	}
	if q.Default != "" && !q.Secret {
		return "does not have the form that the runbook asks for, such as " + q.Default
	}
	return "does not have the form that the runbook asks for (the pattern of " + q.Name + " in its front matter)"
}

// patternWords words a pattern of one class of letters, or of alternatives; it is empty for others.
func patternWords(pattern string) string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return ""
	}
	least, most := 1, 1
	if re.Op == syntax.OpConcat && len(re.Sub) == 3 && re.Sub[0].Op == syntax.OpBeginText && re.Sub[2].Op == syntax.OpEndText {
		re = re.Sub[1] // the whole value is compared anyway
	}
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	switch re.Op {
	case syntax.OpPlus:
		re, most = re.Sub[0], -1
	case syntax.OpStar:
		re, least, most = re.Sub[0], 0, -1
	case syntax.OpRepeat:
		re, least, most = re.Sub[0], re.Min, re.Max
	case syntax.OpAlternate:
		return alternatives(re)
	}
	if re.Op != syntax.OpCharClass {
		return ""
	}
	class := classWords(re.Rune)
	switch {
	case class == "":
		return ""
	case most < 0 && least <= 1:
		return "of " + class
	case most < 0:
		return fmt.Sprintf("at least %d of %s", least, class)
	case least == 1 && most == 1:
		return "one of " + class
	case least == most:
		return fmt.Sprintf("%d of %s", least, class)
	}
	return fmt.Sprintf("%d to %d of %s", least, most, class)
}

// alternatives words alternatives that are plain texts.
func alternatives(re *syntax.Regexp) string {
	var texts []string
	for _, s := range re.Sub {
		if s.Op != syntax.OpLiteral || s.Flags&syntax.FoldCase != 0 {
			return ""
		}
		texts = append(texts, string(s.Rune))
	}
	return "one of " + strings.Join(texts, ", ")
}

// classWords words a class: its ranges of letters and digits, and its single signs. It is empty where it has other ranges.
func classWords(ranges []rune) string {
	known := map[[2]rune]string{{'a', 'z'}: "small letters", {'A', 'Z'}: "capital letters", {'0', '9'}: "digits"}
	var words, signs []string
	for i := 0; i+1 < len(ranges); i += 2 {
		low, high := ranges[i], ranges[i+1]
		switch word := known[[2]rune{low, high}]; {
		case word != "":
			words = append(words, word)
		case high-low < 3 && high < 0x7f && low > ' ':
			for r := low; r <= high; r++ {
				signs = append(signs, string(r))
			}
		case high-low < 26 && low >= 'A' && high <= 'z' && (high <= 'Z' || low >= 'a'), low >= '0' && high <= '9':
			words = append(words, fmt.Sprintf("%c to %c", low, high))
		default:
			return ""
		}
	}
	all := slices.Concat(words, signs)
	if len(all) > 1 {
		return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
	}
	return strings.Join(all, "")
}
