package lines

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// texts are what people write for names and values, and some that they do not.
var texts = []string{
	"prod", "web-01", "my-app", "i-0123456789abcdef0", "arn:aws:iam::123456789012:role/ops", "a b", "x=y", "a,b", "Ünïcode", "12", "true",
	"https://example.com/x?y=1&z=2", "user@example.com", "2026-09-01", "{}", "null", "*",
	"/path/to/x", "0012", "it's", `say "hi"`, "5.0", "日本",
	"vpc-1", "key", "us-west-2", "10.0.0.0/16", "a.b.c", "[x]", "#1", "~", "50%", "a+b", "back\\slash",
}

// moments are forms of a timestamp.
var moments = []string{
	"2026-09-01", "2026-09-01T10:00:00Z", "2026-09-01T10:00:00+02:00", "1788220800", "1788220800.5", "2026-09-01T10:00:00.123Z",
	"2026-09-01 10:00", "20260901T100000Z", "Tue, 01 Sep 2026 10:00:00 GMT", "tomorrow",
}

// maker makes values and words.
type maker struct{ *rand.Rand }

func pick[T any](m maker, list []T) T { return list[m.IntN(len(list))] }

// once reports true one time in n.
func (m maker) once(n int) bool { return m.IntN(n) == 0 }

// tree is a value of a shape; texts stand for what is a text on the line.
func (m maker) tree(s *models.Shape, depth int) document.Value {
	switch s.Type {
	case models.TypeStructure:
		o := &document.Object{}
		if s.Document {
			return document.NewObject(document.Member{Name: "a", Value: int64(1)},
				document.Member{Name: "b", Value: document.List{"x", nil}})
		}
		members := s.Members
		if s.Union && len(members) > 0 {
			members = []*models.Member{pick(m, members)}
		}
		for _, member := range members {
			inner := slices.Contains([]string{models.TypeStructure, models.TypeList, models.TypeMap}, member.Shape.Type)
			if s.IsRequired(member.Name) && !m.once(40) && depth < 8 || s.Union || depth < 3 && m.once(len(members)+1) ||
				!inner && m.once(len(members)/3+2) {
				o.Set(member.Name, m.tree(member.Shape, depth+1))
			}
		}
		return o
	case models.TypeList:
		list := document.List{}
		for range 1 + m.IntN(2) {
			if depth < 8 {
				list = append(list, m.tree(s.Element.Shape, depth+1))
			}
		}
		return list
	case models.TypeMap:
		o := &document.Object{}
		for range 1 + m.IntN(2) {
			key := pick(m, []string{"Name", "env", "team", "a.b", "x y"})
			if len(s.Key.Shape.Enum) > 0 {
				key = pick(m, s.Key.Shape.Enum)
			}
			if depth < 8 {
				o.Set(key, m.tree(s.Value.Shape, depth+1))
			}
		}
		return o
	case models.TypeInteger, models.TypeLong:
		return int64(pick(m, []int{0, 1, 5, 10, 100, 443, 3600, 86400, -1}))
	case models.TypeFloat, models.TypeDouble, models.TypeBigDecimal:
		return pick(m, []float64{0, 0.5, 1, 99.9, 1e10, 1e-7})
	case models.TypeBoolean:
		return m.once(2)
	}
	return m.text(s)
}

// text is a scalar that is written as a text.
func (m maker) text(s *models.Shape) string {
	switch {
	case s.Type == models.TypeTimestamp:
		return pick(m, moments[:len(moments)-1])
	case s.Type == models.TypeBlob && !m.once(20):
		return base64.StdEncoding.EncodeToString([]byte(pick(m, texts)))
	case len(s.Enum) > 0 && !m.once(30):
		return pick(m, s.Enum)
	}
	text := pick(m, texts)
	if !m.once(2) {
		text = pick(m, texts[:4])
	}
	for s.Min != nil && len(text) < int(*s.Min) && len(text) < 200 && !m.once(40) {
		text += "x"
	}
	return text
}

// compact is a value as shorthand, where it can be written so.
func (m maker) compact(v document.Value, top bool) string {
	switch v := v.(type) {
	case *document.Object:
		var pairs []string
		for name, value := range v.All() {
			pairs = append(pairs, name+"="+m.compact(value, false))
		}
		text := strings.Join(pairs, ",")
		if top {
			return text
		}
		return "{" + text + "}"
	case document.List:
		var items []string
		for _, item := range v {
			items = append(items, m.compact(item, false))
		}
		text := strings.Join(items, ",")
		if len(items) > 1 && m.once(3) {
			return text
		}
		return "[" + text + "]"
	case string:
		switch {
		case !strings.ContainsAny(v, ` ,={}[]'"`) && !m.once(8):
			return v
		case m.once(4):
			return v
		case m.once(2):
			return "'" + strings.ReplaceAll(v, "'", `\'`) + "'"
		}
		return strconv.Quote(v)
	}
	return plain(v)
}

// plain is a scalar as a word.
func plain(v document.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	text, err := document.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// words are the words of an option's value: shorthand, JSON, a file, or words of their own.
func (m maker) words(l *Line, s *models.Shape, v document.Value) []string {
	scalar := s.Type != models.TypeStructure && s.Type != models.TypeMap && s.Type != models.TypeList
	if m.once(12) { // from a file
		text := plain(v)
		if s.Type == models.TypeBlob {
			name := m.file(l, plain(v))
			return []string{"fileb://" + name}
		}
		return []string{"file://" + m.file(l, text+pick(m, []string{"", "\n"}))}
	}
	if scalar {
		return []string{plain(v)}
	}
	if list, ok := v.(document.List); ok {
		var out []string
		simple := s.Element.Shape.Type != models.TypeList
		if !simple || m.once(3) {
			return []string{plain(v)}
		}
		for _, item := range list {
			_, object := item.(*document.Object)
			out = append(out, m.compact(item, object))
		}
		return out
	}
	if m.once(3) || s.Document {
		return []string{plain(v)}
	}
	return []string{m.compact(v, true)}
}

// file makes a file of the line, and returns its name.
func (m maker) file(l *Line, text string) string {
	name := "f" + strconv.Itoa(len(l.Files)) + ".json"
	if l.Files == nil {
		l.Files = map[string]string{}
	}
	l.Files[name] = text
	return name
}
