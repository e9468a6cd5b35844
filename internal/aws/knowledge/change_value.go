package knowledge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// values are the values of a resource, in order, less those that change by themselves.
func (c Change) values(o *document.Object) []value {
	var out []value
	c.gather(&out, "", o)
	return out
}

// maxLeaves bounds what is compared of a resource.
const maxValues = 5000

// gather adds the values of v below a path. Numbers are written as JSON writes them, so that 10 and 10.0 are the same.
func (c Change) gather(out *[]value, path string, v document.Value) {
	// A larger resource is compared in part, which keeps a hostile answer from taking minutes.
	if len(*out) >= maxValues {
		return
	}
	switch v := v.(type) {
	case nil:
	case *document.Object:
		for name, inner := range v.All() {
			at := name
			if path != "" {
				at = path + "." + name
			}
			if !slices.Contains(c.Volatile, at) && (!volatileNames().MatchString(name) || slices.Contains(c.Compared, at)) {
				c.gather(out, at, inner)
			}
		}
	case document.List:
		c.gatherList(out, path, v)
	case string:
		// Policies and dashboard bodies are text that holds JSON: compared as documents, white
		// space and the order of members are no difference.
		if inner := embedded(v); inner != nil {
			c.gather(out, path, inner)
			return
		}
		*out = append(*out, value{path, v})
	case float64:
		*out = append(*out, value{path, strconv.FormatFloat(v, 'f', -1, 64)})
	default:
		*out = append(*out, value{path, fmt.Sprint(v)})
	}
}

// embedded is the document that a text holds, such as a policy or a dashboard's body; nil for other texts.
func embedded(text string) document.Value {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return nil
	}
	v, err := document.Parse([]byte(trimmed))
	if err != nil {
		return nil
	}
	return v
}

// keys are members that tell the items of a list apart.
var keys = []string{"Name", "name", "Key", "key", "Id", "id", "ID", "Sid", "AlarmName", "GroupId", "Arn", "title", "properties.title"}

// tellsApart is the text of a member that tells an item apart, also of one inside another.
func tellsApart(o *document.Object, key string) string {
	outer, inner, nested := strings.Cut(key, ".")
	if !nested {
		return textOf(o, key)
	}
	return textOf(child(o, outer), inner)
}

// gatherList names items by what tells them apart, so that a list in another order is the same one.
func (c Change) gatherList(out *[]value, path string, list document.List) {
	by := ""
	for _, key := range keys {
		seen := map[string]bool{}
		for _, item := range list {
			o, _ := item.(*document.Object)
			if text := tellsApart(o, key); o != nil && text != "" && text != "<nil>" {
				seen[text] = true
			}
		}
		if len(seen) == len(list) && len(list) > 0 {
			by = key
			break
		}
	}
	// A list of scalars is one value; its order counts.
	plain := !slices.ContainsFunc(list, func(item document.Value) bool {
		switch item.(type) {
		case *document.Object, document.List:
			return true
		}
		return false
	})
	if plain {
		texts := make([]string, len(list))
		for i, item := range list {
			texts[i] = fmt.Sprint(item)
		}
		if len(texts) > 0 {
			*out = append(*out, value{path, strings.Join(texts, ", ")})
		}
		return
	}
	for i, item := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if o, _ := item.(*document.Object); by != "" {
			at = fmt.Sprintf("%s[%s]", path, tellsApart(o, by))
		}
		if row, ok := item.(document.List); ok { // a table, such as the metrics of a dashboard: a row is one value
			if data, err := document.AppendJSON(nil, row, "", true); err == nil {
				*out = append(*out, value{at, string(data)})
			}
			continue
		}
		c.gather(out, at, item)
	}
}
