package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/procedures"
)

// allowed lists what an enumeration takes, as far as it is short.
// More than twelve would hide the sentence.
func allowed(s *models.Shape) string {
	list := strings.Join(s.Enum[:min(12, len(s.Enum))], ", ")
	if len(s.Enum) > 12 {
		list += ", …"
	}
	return list
}

// wrongEnum corrects a value in another spelling, several in one word, and Type=SERVICE. Several values in one word, with commas, are the
// usual error where AWS takes a list: the correction separates them. A value that is only not known is sent: AWS adds values, and the
// models are older than the service.
func (c *call) wrongEnum(e *bind.Error) {
	member := memberOf(e)
	if !strings.HasPrefix(member, "--") {
		c.wrongMemberEnum(e, member)
		return
	}
	isOne := func(x string) bool { return slices.Contains(e.Shape.Enum, x) }
	if parts := strings.Split(e.Name, ","); len(parts) > 1 && slices.ContainsFunc(parts, isOne) {
		several, why := strings.Join(parts, " "), "%s is one value to AWS, and not one that %s takes: separate the values with spaces: %s."
		if i := slices.IndexFunc(parts, func(x string) bool { return !isOne(x) }); i >= 0 {
			c.say(e, "aws-enum", nil, why+" It does not take %s: %s.", e.Name, member, several, parts[i], allowed(e.Shape))
			return
		}
		c.say(e, "aws-enum", map[int]string{e.Word: several}, why, e.Name, member, several)
		return
	}
	near := bind.Nearest(e.Name, e.Shape.Enum)
	if near == "" || !same(near, e.Name) {
		c.unknownEnum(e, member, near)
		return
	}
	var corrected map[int]string
	if c.Words[e.Word].Known && !strings.ContainsAny(c.Words[e.Word].Text, "[{") { // not a list in JSON
		corrected = c.replaced(e.Word, near)
	}
	c.say(e, "aws-enum", corrected, "%s is not a valid value of %s; AWS takes %s.", e.Name, member, allowed(e.Shape))
}

// unknownEnum says of a value that the models do not have it. It is sent.
func (c *call) unknownEnum(e *bind.Error, member, near string) {
	text := fmt.Sprintf("%s is no value of %s that is known here (%s): it is sent as it is, and AWS refuses it if it is none. "+
		"Known are %s.", c.unknowns.shown(e.Name), member, models.Version(), allowed(e.Shape))
	if near != "" {
		text += " The nearest is " + near + "."
	}
	c.Find(procedures.SeverityNote, "aws-enum-unknown", c.Words[e.Word], nil, "%s", text)
}

// wrongMemberEnum words a wrong value of a structure's member. Type=SERVICE of Cost Explorer becomes Type=DIMENSION,Key=SERVICE: the value
// is that of the other member.
func (c *call) wrongMemberEnum(e *bind.Error, member string) {
	source := c.Words[e.Word].Source
	pair := member + "=" + e.Name
	within := shapeAt(c.Operation.Input, e.Path[:max(0, strings.LastIndexByte(e.Path, '.'))])
	once := strings.Count(source, pair) == 1
	near := bind.Nearest(e.Name, e.Shape.Enum)
	grouped := c.Service.Name == "ce" && within != nil && within.Name == "GroupDefinition" && strings.ToUpper(e.Name) == e.Name
	var corrected map[int]string
	switch {
	case near != "" && same(near, e.Name):
		if once {
			corrected = map[int]string{e.Word: strings.Replace(source, pair, member+"="+near, 1)}
		}
	case grouped && !strings.Contains(source, "Key="):
		if once {
			corrected = map[int]string{e.Word: strings.Replace(source, pair, member+"=DIMENSION,Key="+e.Name, 1)}
		}
	case grouped:
	default:
		c.unknownEnum(e, member+" of --"+optionOf(e), near)
		return
	}
	shape := within
	if shape == nil {
		shape = e.Shape
	}
	c.say(e, "aws-shorthand", corrected, "%s is not a valid %s of --%s; AWS takes %s: %s.", e.Name, member, optionOf(e),
		allowed(e.Shape), form(shape))
}

// shapeAt is the shape of a value by its path in an input, nil where the path leads nowhere.
//
//	Filters[0].Name   is the shape of Name in an element of Filters
func shapeAt(s *models.Shape, path string) *models.Shape {
	for _, name := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' }) {
		switch {
		case s == nil:
			return nil
		case s.Type == models.TypeStructure:
			m := s.Member(name)
			if m == nil {
				return nil
			}
			s = m.Shape
		case s.Type == models.TypeList:
			s = s.Element.Shape
		case s.Type == models.TypeMap:
			s = s.Value.Shape
		default:
			return nil
		}
	}
	return s
}
