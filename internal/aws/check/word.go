package check

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// unknowns are the parts of a line's words that are only known when it runs, as they are shown: "${NAME}", "$(…)", "<name>".
// They are numbered in their order, as bind.Unknown numbers its runes.
type unknowns []string

// words are those behind "aws" as bind reads them.
// A word that is split by the shell, or stands for all elements of an array, may become several.
func (u *unknowns) words(words []procedures.Word) []bind.Word {
	out := make([]bind.Word, len(words))
	for i, w := range words {
		out[i] = bind.Word{Text: w.Text}
		if !w.Known {
			out[i] = bind.Word{Text: u.mark(w), Several: w.Split || strings.Contains(w.Source, "[@]") || strings.Contains(w.Source, "$@")}
		}
	}
	return out
}

// mark is the text of a word with a rune for each part that is not known. Where none is found nothing of it is known.
//
//	logs-${ENV}/<name>   becomes   "logs-" + Unknown(0) + "/" + Unknown(1)
func (u *unknowns) mark(w procedures.Word) string {
	var out strings.Builder
	rest, found := w.Text, false
	for rest != "" {
		size := unknownSize(rest, w.Parameters)
		if size == 0 {
			out.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		found = true
		out.WriteRune(u.add(rest[:size]))
		rest = rest[size:]
	}
	if !found {
		return string(u.add(w.Text))
	}
	return out.String()
}

// add records a part that is not known, and returns the rune that stands for it.
func (u *unknowns) add(text string) rune {
	*u = append(*u, text)
	return bind.Unknown(len(*u) - 1)
}

// unknownSize is the size of the unknown part that a text begins with, 0 where it begins with none.
// The forms are Bash's expansions and the parameters of a procedure in angle brackets. Nested ones end at the first
// closing bracket.
func unknownSize(text string, parameters []string) int {
	for _, p := range parameters {
		if strings.HasPrefix(text, "<"+p+">") {
			return len(p) + len("<>")
		}
	}
	for _, form := range []struct{ begin, end string }{{"${", "}"}, {"$((", "))"}, {"$(", ")"}, {"<(", ")"}, {">(", ")"}, {"`", "`"}} {
		if !strings.HasPrefix(text, form.begin) {
			continue
		}
		if end := strings.Index(text[len(form.begin):], form.end); end >= 0 {
			return len(form.begin) + end + len(form.end)
		}
	}
	return 0
}

// shown is a text as the page shows it, with what stands for its unknown parts.
// It is the reverse of mark.
func (u unknowns) shown(text string) string {
	if len(u) == 0 {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if n := int(r - bind.Unknown(0)); n >= 0 && n < len(u) {
			out.WriteString(u[n])
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// document is a value with its texts as the page shows them. What a file holds is shown as its name.
func (u unknowns) document(v document.Value) document.Value {
	switch v := v.(type) {
	case string:
		return u.shown(v)
	case document.List:
		out := make(document.List, len(v))
		for i, item := range v {
			out[i] = u.document(item)
		}
		return out
	case *document.Object:
		if v == nil {
			return v
		}
		out := &document.Object{}
		for name, inner := range v.All() {
			out.Set(u.shown(name), u.document(inner))
		}
		return out
	}
	return v
}
