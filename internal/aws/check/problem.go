package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/procedures"
)

// findings words what bind finds wrong, one finding a word: the one that says most.
// An unknown member and a wrong value name their cause; what else is wrong with the same word usually follows from it.
// Word 0 is the line itself, of which several things may be said.
func (c *call) findings() {
	said := map[int]bool{}
	for _, kind := range []bind.Kind{bind.KindMember, bind.KindEnum} {
		for _, e := range c.Problems {
			if e.Kind == kind && !said[e.Word] {
				said[e.Word] = true
				c.problem(e)
			}
		}
	}
	for _, e := range c.Problems {
		if e.Word == 0 || !said[e.Word] {
			said[e.Word] = true
			c.problem(e)
		}
	}
}

// say records a finding of an error.
// Parts that are not known are shown as they are written in the runbook.
func (c *call) say(e *bind.Error, rule string, corrected map[int]string, format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = c.unknowns.shown(text)
		}
	}
	c.Find(procedures.SeverityError, rule, c.Words[e.Word], corrected, format, args...)
}

// problem words one of bind's errors.
// Each kind has one rule, whose name the runbook's findings show: aws-service, aws-operation, aws-option,
// aws-required, aws-value, aws-number, aws-shorthand, aws-enum, aws-length, query and aws-usage.
func (c *call) problem(e *bind.Error) {
	switch e.Kind {
	case bind.KindService:
		c.unknownService(e)
	case bind.KindChoice:
		c.unknownOperation(e)
	case bind.KindOption:
		c.unknownOption(e)
	case bind.KindRequired:
		c.say(e, "aws-required", nil, "%s also needs %s.", c.name(), strings.Join(e.Names, ", "))
	case bind.KindNoValue:
		c.say(e, "aws-value", nil, "--%s needs a value.", e.Name)
	case bind.KindNumber:
		what := "a whole number"
		if e.Shape != nil && (e.Shape.Type == models.TypeFloat || e.Shape.Type == models.TypeDouble) {
			what = "a number"
		}
		c.say(e, "aws-number", nil, "--%s takes %s, not %s.", optionOf(e), what, e.Name)
	case bind.KindSyntax:
		c.wrongSyntax(e)
	case bind.KindMember:
		c.unknownMember(e)
	case bind.KindMissing:
		if e.Given == nil {
			c.say(e, "aws-required", nil, "%s also needs %s.", c.name(), e.Name)
			return
		}
		c.say(e, "aws-shorthand", nil, "--%s also needs %s: %s.", optionOf(e), e.Name, form(e.Shape))
	case bind.KindEnum:
		c.wrongEnum(e)
	case bind.KindLong:
		c.say(e, "aws-length", nil, "%s is longer than the %s characters that %s can have.", e.Name,
			strconv.Itoa(int(*e.Shape.Max)), memberOf(e))
	case bind.KindType:
		if e.Shape.Type == models.TypeTimestamp {
			c.say(e, "aws-value", nil, "--%s takes a time such as 2026-01-31T12:00:00Z, not %s.", optionOf(e), c.Words[e.Word].Text)
			return
		}
		c.say(e, "aws-value", nil, "%s of --%s takes %s.", e.Path, optionOf(e), article(e.Shape.Type))
	case bind.KindQuery:
		c.say(e, "query", nil, "--query is not valid JMESPath: %s.", firstLine(e.Name))
	case bind.KindOther:
		if len(e.Names) > 0 && strings.HasPrefix(e.Option, "--") {
			c.wrongChoice(e)
			return
		}
		c.say(e, "aws-usage", nil, "%s.", sentence(e.Message))
	}
}

// optionOf is the name of the option that an error is about.
func optionOf(e *bind.Error) string {
	if e.Given != nil {
		return e.Given.Option.Name
	}
	return strings.TrimPrefix(e.Option, "--")
}

// memberOf is how a value is called: by its option, or by the name of the member that it is in its option.
func memberOf(e *bind.Error) string {
	if name := lastName(e.Path); e.Given == nil || e.Given.Option.Member == nil || name != e.Given.Option.Member.Name {
		return name
	}
	return "--" + e.Given.Option.Name
}

// lastName is the last name of a path: "Name" of "Filters[0].Name", "Statistics" of "Statistics[1]".
func lastName(path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	name, _, _ = strings.Cut(name, "[")
	return name
}

// article puts "a" or "an" before the name of a type.
func article(kind string) string {
	if strings.HasPrefix(kind, "i") {
		return "an " + kind
	}
	return "a " + kind
}

// otherCommands are commands of the CLI that are no service.
var otherCommands = []string{"ddb", "history", "cli-dev"}

// unknownService corrects a service's name, or says that the command needs the machine of the person who types it.
// A name that is far from every service is not corrected.
func (c *call) unknownService(e *bind.Error) {
	near := bind.Nearest(e.Name, bind.ServiceCommands())
	switch {
	case slices.Contains(otherCommands, e.Name):
		c.say(e, "aws-service", nil, "aws %s is not supported here: it works on the machine of the person who types it.", e.Name)
	case near == "":
		c.say(e, "aws-service", nil, "AWS has no service %s.", e.Name)
	default:
		c.say(e, "aws-service", map[int]string{e.Word: near}, "AWS has no service %s. The nearest is %s.", e.Name, near)
	}
}

// unknownOperation corrects the name of an operation or waiter.
// The suggestions are those of the service, with the commands that the CLI adds.
func (c *call) unknownOperation(e *bind.Error) {
	what := "operation"
	if e.Option == "subcommand" {
		what = "waiter"
	}
	service := bind.CommandOf(c.Service.Name)
	near := bind.Nearest(e.Name, e.Names)
	if near == "" {
		c.say(e, "aws-operation", nil, "%s has no %s %s.", service, what, e.Name)
		return
	}
	c.say(e, "aws-operation", map[int]string{e.Word: near}, "%s has no %s %s. The nearest is %s.", service, what, e.Name, near)
}

// unknownOption corrects an option's name, its attached value kept; a word that is no option at all is said to be one
// too many.
//
//	--vpcs-ids=x   becomes   --vpc-ids=x
func (c *call) unknownOption(e *bind.Error) {
	name, value, attached := strings.Cut(e.Name, "=")
	if !strings.HasPrefix(name, "--") {
		c.say(e, "aws-option", nil, "%s does not take %s: it is neither an option nor the value of one.", c.name(), e.Name)
		return
	}
	var names []string
	for _, o := range bind.Options(c.Operation) {
		names = append(names, o.Name)
	}
	near := bind.Nearest(strings.TrimPrefix(name, "--"), names)
	if near == "" {
		c.say(e, "aws-option", nil, "%s has no option %s.", c.name(), name)
		return
	}
	corrected := "--" + near
	if source := c.Words[e.Word].Source; attached && value != "" {
		corrected += source[strings.IndexByte(source, '='):]
	}
	c.say(e, "aws-option", map[int]string{e.Word: corrected}, "%s has no option %s. The nearest is --%s.", c.name(), name, near)
}

// wrongChoice corrects the value of an option that every command has.
// It is about global options and those of the command itself, whose choices the CLI lists.
func (c *call) wrongChoice(e *bind.Error) {
	var corrected map[int]string
	if near := bind.Nearest(e.Name, e.Names); near != "" {
		corrected = c.replaced(e.Word, near)
	}
	c.say(e, "aws-enum", corrected, "%s is not a valid value of %s; it takes %s.", e.Name, e.Option, strings.Join(e.Names, ", "))
}

// wrongSyntax says what an option takes whose value cannot be read.
// A value with neither "=" nor a bracket was not meant as shorthand; a parser's message would not help there.
func (c *call) wrongSyntax(e *bind.Error) {
	if !strings.Contains(e.Name, "=") && !strings.ContainsAny(e.Name, "{[") {
		c.say(e, "aws-shorthand", nil, "--%s takes %s, not %s.", optionOf(e), form(e.Shape), e.Name)
		return
	}
	_, why, _ := strings.Cut(e.Message, "': ")
	c.say(e, "aws-shorthand", nil, "--%s cannot be read: %s. It takes %s.", optionOf(e),
		strings.TrimSuffix(firstLine(why), " for input"), form(e.Shape))
}

// form says what a shape takes: Type=DIMENSION|TAG,Key=string.
// At most six members are shown, and enumerations of less than six values. Structures inside are named by their type
// only.
func form(s *models.Shape) string {
	switch {
	case s == nil:
		return "another value"
	case s.Type == models.TypeMap:
		return "KEY=" + form(s.Value.Shape)
	case s.Type == models.TypeList:
		return form(s.Element.Shape) + " …"
	case s.Type != models.TypeStructure:
		return s.Type
	}
	var parts []string
	for _, m := range s.Members[:min(6, len(s.Members))] {
		what := m.Shape.Type
		if n := len(m.Shape.Enum); n > 0 && n < 6 {
			what = strings.Join(m.Shape.Enum, "|")
		}
		parts = append(parts, m.Name+"="+what)
	}
	return strings.Join(parts, ",")
}

// unknownMember corrects Start to StartDate, and what is nearly a member's name.
// All wrong members of one structure in a word are said and corrected together, or else not corrected at all.
func (c *call) unknownMember(e *bind.Error) {
	var names []string
	for _, m := range e.Shape.Members {
		names = append(names, m.Name)
	}
	source, whole, wrong := c.Words[e.Word].Source, true, []string{}
	for _, other := range c.Problems {
		if other.Word != e.Word || other.Kind != bind.KindMember || other.Shape != e.Shape || slices.Contains(wrong, other.Name) {
			continue
		}
		wrong = append(wrong, other.Name)
		near := nearestMember(other.Name, names)
		fixed, ok := renamed(source, other.Name, near)
		if whole = whole && ok && near != ""; whole {
			source = fixed
		}
	}
	var corrected map[int]string
	if whole {
		corrected = map[int]string{e.Word: source}
	}
	c.say(e, "aws-shorthand", corrected, "--%s has no %s; AWS takes %s.", optionOf(e), strings.Join(wrong, " and no "),
		strings.Join(names, ", "))
}

// nearestMember is the member that a name begins, or is most like; "" where there is none.
// The beginning goes first: Start is StartDate, though another name may be more like it.
func nearestMember(name string, names []string) string {
	if i := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(strings.ToLower(n), strings.ToLower(name)) }); i >= 0 {
		return names[i]
	}
	return bind.Nearest(name, names)
}

// renamed is the source of a word with another name for a key, where exactly one place has it: key=… or "key": ….
// Where the key stands twice, which one is meant is open, and nothing is corrected.
func renamed(source, key, to string) (string, bool) {
	at, found := 0, 0
	for from := 0; ; {
		i := strings.Index(source[from:], key)
		if i < 0 {
			break
		}
		i, from = from+i, from+i+len(key)
		rest := strings.TrimLeft(source[from:], "\\\"' ")
		before := i == 0 || strings.ContainsRune(",{[\"' ", rune(source[i-1]))
		if before && (strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, ":")) {
			at = i
			found++
		}
	}
	if found != 1 {
		return "", false
	}
	return source[:at] + to + source[at+len(key):], true
}

// allowed lists what an enumeration takes, as far as it is short.
// More than twelve would hide the sentence.
func allowed(s *models.Shape) string {
	list := strings.Join(s.Enum[:min(12, len(s.Enum))], ", ")
	if len(s.Enum) > 12 {
		list += ", …"
	}
	return list
}

// wrongEnum corrects a value that is nearly one of the enumeration, several in one word, and Type=SERVICE.
// Several values in one word, with commas, are the usual error where AWS takes a list: the correction separates them.
func (c *call) wrongEnum(e *bind.Error) {
	member := memberOf(e)
	if !strings.HasPrefix(member, "--") {
		c.wrongMemberEnum(e, member)
		return
	}
	if parts := strings.Split(e.Name, ","); len(parts) > 1 && slices.ContainsFunc(parts, func(x string) bool {
		return slices.Contains(e.Shape.Enum, x)
	}) {
		several := strings.Join(parts, " ")
		c.say(e, "aws-enum", map[int]string{e.Word: several},
			"%s is one value to AWS, and not one that %s takes: separate the values with spaces: %s.", e.Name, member, several)
		return
	}
	var corrected map[int]string
	if near := bind.Nearest(e.Name, e.Shape.Enum); near != "" && c.Words[e.Word].Known {
		corrected = c.replaced(e.Word, near)
		if strings.ContainsAny(c.Words[e.Word].Text, "[{") { // a list in JSON
			corrected = nil
		}
	}
	c.say(e, "aws-enum", corrected, "%s is not a valid value of %s; AWS takes %s.", e.Name, member, allowed(e.Shape))
}

// wrongMemberEnum words a wrong value of a structure's member. Type=SERVICE becomes Type=DIMENSION,Key=SERVICE: a
// value in capitals that is none of the enumeration is taken for that of the structure's other member, where it has one that is free.
func (c *call) wrongMemberEnum(e *bind.Error, member string) {
	source := c.Words[e.Word].Source
	pair := member + "=" + e.Name
	within := shapeAt(c.Operation.Input, e.Path[:max(0, strings.LastIndexByte(e.Path, '.'))])
	free := ""
	if within != nil && len(within.Members) == 2 && strings.ToUpper(e.Name) == e.Name {
		for _, m := range within.Members {
			if m.Name != member && m.Shape.Type == models.TypeString && len(m.Shape.Enum) == 0 && !strings.Contains(source, m.Name+"=") {
				free = m.Name
			}
		}
	}
	var corrected map[int]string
	near := bind.Nearest(e.Name, e.Shape.Enum)
	switch once := strings.Count(source, pair) == 1; {
	case once && near != "":
		corrected = map[int]string{e.Word: strings.Replace(source, pair, member+"="+near, 1)}
	case once && free != "":
		corrected = map[int]string{e.Word: strings.Replace(source, pair, member+"="+e.Shape.Enum[0]+","+free+"="+e.Name, 1)}
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
