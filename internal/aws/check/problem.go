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
	if at := slices.IndexFunc(c.Words, func(w procedures.Word) bool { return c.isLeftOut(w.Text) }); at > 0 {
		c.Find(procedures.SeverityError, "left-out", c.Words[at], nil,
			"%s stands for what was left out, so the line cannot be sent as it is: write it out.", c.Words[at].Text)
		return
	}
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

// isLeftOut reports a word that stands for others which the author left out.
func (c *call) isLeftOut(word string) bool {
	return word == "..." || word == "…" || word == "[...]" || word == "<...>"
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
		c.say(e, "aws-required", nil, "`%s` also needs %s.", c.name(), strings.Join(e.Names, ", "))
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
			c.say(e, "aws-required", nil, "`%s` also needs %s.", c.name(), e.Name)
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
		if strings.HasPrefix(e.Message, "Invalid base64") {
			c.say(e, "raw-payload", c.longer("--cli-binary-format raw-in-base64-out"),
				"Version 2 of the AWS CLI takes --%s as base64, and this is a text: --cli-binary-format raw-in-base64-out "+
					"sends it as it is.", optionOf(e))
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
	near := calledOtherwise[e.Name]
	if near == "" {
		near = bind.Nearest(e.Name, bind.ServiceCommands())
	}
	switch {
	case slices.Contains(otherCommands, e.Name):
		c.say(e, "aws-service", nil, "aws %s is not supported here: it works on the machine of the person who types it.", e.Name)
	case near == "":
		c.say(e, "aws-service", nil, "AWS has no service %s.", e.Name)
	default:
		c.say(e, "aws-service", c.spelled(e, near), "AWS has no service %s. The nearest is %s.", e.Name, near)
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
	near := nearestOperation(e.Name, e.Names)
	if other := elsewhere(service, e.Name); other != "" && near != e.Name {
		c.say(e, "aws-operation", nil, "`%s` has no %s %s; `%s` has it.", service, what, e.Name, other)
		return
	}
	switch near {
	case "":
		c.say(e, "aws-operation", nil, "`%s` has no %s %s.", service, what, e.Name)
		return
	case e.Name: // the line could not be read for another reason, which is said
		return
	}
	c.say(e, "aws-operation", c.spelled(e, near), "`%s` has no %s %s. The nearest is %s.", service, what, e.Name, near)
}

// unknownOption corrects an option's name, its attached value kept; a word that is no option at all is said to be one
// too many.
//
//	--vpcs-ids=x   becomes   --vpc-ids=x
func (c *call) unknownOption(e *bind.Error) {
	name, value, attached := strings.Cut(e.Name, "=")
	if c.isLeftOut(e.Name) {
		return
	}
	if flag, off := c.flagBefore(e); flag != "" {
		c.say(e, "aws-option", nil, "--%s takes no value: it is given or left out; --%s says the opposite.", flag, off)
		return
	}
	if !strings.HasPrefix(name, "--") {
		c.say(e, "aws-option", nil, "`%s` does not take %s: it is neither an option nor the value of one.", c.name(), e.Name)
		return
	}
	var names []string
	for _, o := range bind.Options(c.Operation) {
		names = append(names, o.Name)
	}
	near := bind.Nearest(strings.TrimPrefix(name, "--"), names)
	if near == "" {
		c.say(e, "aws-option", nil, "`%s` has no option %s.", c.name(), name)
		return
	}
	corrected := "--" + near
	if source := c.Words[e.Word].Source; attached && value != "" {
		corrected += source[strings.IndexByte(source, '='):]
	}
	var fixed map[int]string
	if same(near, strings.TrimPrefix(name, "--")) {
		fixed = map[int]string{e.Word: corrected}
	}
	c.say(e, "aws-option", fixed, "`%s` has no option %s. The nearest is --%s.", c.name(), name, near)
}

// wrongChoice corrects the value of an option that every command has.
// It is about global options and those of the command itself, whose choices the CLI lists.
func (c *call) wrongChoice(e *bind.Error) {
	var corrected map[int]string
	if near := bind.Nearest(e.Name, e.Names); near != "" && same(near, e.Name) {
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

// nearestMember is the one member that a name begins, or spells in another way; "" where there is none.
//
//	Start   is StartDate, where no other member begins so
func nearestMember(name string, names []string) string {
	found := ""
	for _, n := range names {
		switch {
		case same(n, name):
			return n
		case !strings.HasPrefix(strings.ToLower(n), strings.ToLower(name)):
		case found != "":
			return ""
		default:
			found = n
		}
	}
	return found
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
