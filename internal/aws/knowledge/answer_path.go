package knowledge

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/opsbook/opsbook/internal/document"
)

// walked are the objects at a path, through lists and structures alike: "Reservations.Instances" are the instances of all
// reservations. The empty path is the answer itself.
func walked(o *document.Object, path string) []*document.Object {
	at := []*document.Object{o}
	if path == "" {
		return at
	}
	for name := range strings.SplitSeq(path, ".") {
		var next []*document.Object
		for _, each := range at {
			if inner := child(each, name); inner != nil {
				next = append(next, inner)
			}
			next = append(next, members(each, name)...)
		}
		at = next
	}
	return at
}

// searchedPath is the value at a path of names; nil where there is none.
func searchedPath(o *document.Object, path string) document.Value {
	if path == "" {
		return nil
	}
	v, _ := inside(o, strings.Split(path, "."))
	return v
}

// textAt is a text or a number at a path; empty where there is none. Of paths behind "|" the first counts that has one.
func textAt(o *document.Object, path string) string {
	for each := range strings.SplitSeq(path, "|") {
		if v := searchedPath(o, each); v != nil {
			if text := textOf(document.NewObject(document.Member{Name: "v", Value: v}), "v"); text != "" {
				return text
			}
		}
	}
	return ""
}

// timeAt is a moment at a path; zero where there is none.
func timeAt(o *document.Object, path string) time.Time {
	text, _ := searchedPath(o, path).(string)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// numberAt is a number at a path, also of one that is written as a text, as attributes are; false where there is none.
func numberAt(o *document.Object, path string) (float64, bool) {
	v := searchedPath(o, path)
	if text, ok := v.(string); ok {
		parsed, err := document.Number(text)
		if err != nil {
			return 0, false
		}
		v = parsed
	}
	return float(v)
}

// truthAt is a boolean at a path; false where there is none.
func truthAt(o *document.Object, path string) bool {
	v, _ := searchedPath(o, path).(bool)
	return v
}

// textsAt are the texts of a list at a path.
func textsAt(o *document.Object, path string) []string {
	list, _ := searchedPath(o, path).(document.List)
	var out []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}

// lastPart is the last part of an ARN or of an address; any other text as it is.
func lastPart(text string) string {
	if !strings.HasPrefix(text, "arn:") && !strings.HasPrefix(text, "https://") {
		return text
	}
	text = strings.TrimRight(text, "/:")
	// The last part of a target group's or a load balancer's ARN is a number, behind its name.
	if parts := strings.Split(text, "/"); len(parts) > 2 && strings.Contains(parts[0], ":elasticloadbalancing:") {
		return parts[len(parts)-2]
	}
	return text[strings.LastIndexAny(text, "/:")+1:]
}

// longestReason is how much of a service's own words a sentence has.
const longestReason = 160

// shortened is a text in one line, cut where it is long.
func shortened(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= longestReason {
		return text
	}
	return string([]rune(text)[:longestReason-1]) + "…"
}

// upperFirst begins with a capital what is a word, and leaves names such as arn:… and i-0ab.
func upperFirst(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if strings.ContainsAny(first, "-_:./0123456789") {
		return s
	}
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
