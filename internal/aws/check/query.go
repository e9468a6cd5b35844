package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// checkQuery looks the members of --query up in the output.
// A member that the output does not have gives null, without an error: the script would go on with nothing. The
// output's shape finds it before.
func (c *call) checkQuery() {
	q := c.Globals.Expression
	if q == nil || c.Operation.Output == nil {
		return
	}
	w := c.Words[c.Query]
	check := &queryCheck{}
	check.walk(q.Root(), c.Operation.Output)
	if check.unknown != "" {
		var fixed map[int]string
		if check.near != "" && same(check.near, check.unknown) {
			word := regexp.MustCompile(`\b` + regexp.QuoteMeta(check.unknown) + `\b`)
			fixed = map[int]string{c.Query: word.ReplaceAllString(w.Source, check.near)}
		}
		c.Find(procedures.SeverityError, "query-member", w, fixed, "%s has no member %s%s.", check.within,
			check.unknown, orNearest(check.near, check.members))
	}
	if check.literal != "" {
		c.literalQuery(check.literal, w)
	}
	// The rule unordered is about lists whose order AWS does not promise, of which [0] takes the newest only by
	// chance, and so does [-1].
	if list := c.entry.Unordered; list != "" && check.first == list {
		key := sortKey(c.Operation.Output, list)
		one := fmt.Sprintf("%s[%d]", list, check.index)
		var sorted map[int]string
		if check.index == 0 || check.index == -1 { // the newest is meant
			sorted = map[int]string{c.Query: strings.Replace(w.Source, one, "sort_by("+list+", &"+key+")[-1]", 1)}
		}
		c.Find(procedures.SeverityWarning, "unordered", w, sorted,
			"%s is any one of them: AWS does not promise an order. Sort first, such as sort_by(%s, &%s)[-1].", one, list, key)
	}
}

// literalQuery says of null, true and false in a filter that JMESPath takes them for names of members. No answer has such a member, so
// each is null: `==null` works by chance, and `==false` holds of what is missing.
func (c *call) literalQuery(name string, w procedures.Word) {
	if name != "null" {
		c.Find(procedures.SeverityWarning, "query-literal", w, nil,
			"%s is the name of a member to JMESPath, which no answer has: the filter compares with null. The value is written "+
				"in backticks: `%s`.", name, name)
		return
	}
	bare := regexp.MustCompile(`([=!]=\s*)null\b`)
	var fixed map[int]string
	if strings.HasPrefix(w.Source, "'") && bare.MatchString(w.Source) {
		fixed = map[int]string{c.Query: bare.ReplaceAllString(w.Source, "$1`null`")}
	}
	c.Find(procedures.SeverityWarning, "query-literal", w, fixed,
		"null is the name of a member to JMESPath, and is null only because no answer has it. The value is written in backticks: `null`.")
}

// orNearest ends a sentence with the nearest member, or with the first of those that there are.
func orNearest(near string, members []string) string {
	if near != "" {
		return "; the nearest is " + near
	}
	return "; it has " + strings.Join(members[:min(8, len(members))], ", ")
}

// sortKey is the member that a list is sorted by: its first moment, as a rule when something was made.
// "Timestamp" where the elements have no moment: the correction then shows the form only.
func sortKey(output *models.Shape, list string) string {
	m := output.Member(list)
	if m == nil || m.Shape.Element == nil {
		return "Timestamp"
	}
	for _, inner := range m.Shape.Element.Shape.Members {
		if inner.Shape.Type == models.TypeTimestamp {
			return inner.Name
		}
	}
	return "Timestamp"
}

// firstLine is the first line of a message, without its colon.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSuffix(line, ":")
}

// queryCheck walks a query beside the shape of what it is asked of.
// It ends at the first unknown member, since everything behind that is unknown as well.
type queryCheck struct {
	unknown, within, near string
	members               []string
	first                 string // the list of which one is taken, by its index
	index                 int
	literal               string // null, true or false, written as the name of a member
}

// listOf is a list of a shape, as projections give; nil where the shape is not known.
func listOf(s *models.Shape) *models.Shape {
	if s == nil {
		return nil
	}
	return &models.Shape{Type: models.TypeList, Element: &models.Member{Shape: s}}
}

// elementOf is the shape of a list's elements, nil for what is no list.
func elementOf(s *models.Shape) *models.Shape {
	if s == nil || s.Element == nil {
		return nil
	}
	return s.Element.Shape
}

// walk returns the shape of what a node gives, nil where it is not known.
// What has no shape is not checked: literals, most functions, and what JMESPath computes.
func (c *queryCheck) walk(n *document.Node, s *models.Shape) *models.Shape {
	if s == nil || c.unknown != "" {
		return nil
	}
	switch n.Kind {
	case document.NodeField:
		return c.field(n, s)
	case document.NodeSub, document.NodePipe, document.NodeIndexed:
		at := s
		for i, child := range n.Children {
			if n.Kind == document.NodeIndexed && i == 1 && child.Kind == document.NodeIndex && n.Children[0].Kind == document.NodeField {
				c.first, c.index = n.Children[0].Name, child.Index
			}
			at = c.walk(child, at)
		}
		return at
	// An index gives one element; a slice and the current node keep the shape.
	case document.NodeIndex:
		return elementOf(s)
	case document.NodeSlice, document.NodeCurrent, document.NodeIdentity:
		return s
	case document.NodeProjection, document.NodeFilter:
		element := elementOf(c.walk(n.Children[0], s))
		if n.Kind == document.NodeFilter {
			c.walk(n.Children[2], element)
		}
		return listOf(c.walk(n.Children[1], element))
	case document.NodeFlatten:
		l := c.walk(n.Children[0], s)
		if inner := elementOf(l); inner != nil && inner.Type == models.TypeList {
			return inner
		}
		return l
	case document.NodeFunction:
		return c.function(n, s)
	case document.NodeLiteral, document.NodeReference:
		return nil
	}
	for _, child := range n.Children {
		c.walk(child, s)
	}
	return nil
}

// field looks a name up in a structure. NextToken is passed over: the client adds it.
// A map has any key. A document type and a structure without members may hold anything.
func (c *queryCheck) field(n *document.Node, s *models.Shape) *models.Shape {
	switch s.Type {
	case models.TypeMap:
		return s.Value.Shape
	case models.TypeStructure:
		if m := s.Member(n.Name); m != nil {
			return m.Shape
		}
		if s.Document || len(s.Members) == 0 || n.Name == "NextToken" {
			return nil
		}
		if n.Name == "null" || n.Name == "true" || n.Name == "false" {
			c.literal = n.Name
			return nil
		}
		c.unknown, c.within = n.Name, s.Name
		for _, m := range s.Members {
			c.members = append(c.members, m.Name)
		}
		c.near = bind.Nearest(n.Name, c.members)
	}
	return nil
}

// function walks the arguments of a function and returns the shape of what it gives, where that is one of its
// arguments'.
// An expression reference such as &Timestamp is evaluated on the elements of the first argument.
func (c *queryCheck) function(n *document.Node, s *models.Shape) *models.Shape {
	var first *models.Shape
	for i, arg := range n.Children {
		if arg.Kind == document.NodeReference {
			c.walk(arg.Children[0], elementOf(first))
			continue
		}
		if shape := c.walk(arg, s); i == 0 {
			first = shape
		}
	}
	switch n.Name {
	case "sort_by", "reverse", "sort":
		return first
	case "max_by", "min_by":
		return elementOf(first)
	}
	return nil
}
