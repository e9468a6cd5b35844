package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// roleConfig is an entry of roles as the file has it; rules makes of it what the policy knows.
type roleConfig struct {
	Groups       oneOrMore        `yaml:"groups"`
	People       oneOrMore        `yaml:"people"`
	May          oneOrMore        `yaml:"may"`
	Environments roleEnvironments `yaml:"environments"`
	Effects      string           `yaml:"effects"`
	Procedures   oneOrMore        `yaml:"procedures"`
}

// oneOrMore is a list, or the one item of it.
type oneOrMore []string

// UnmarshalYAML reads a list or an item. What begins with ! and has no quotes is a tag of YAML, which would be lost, and with it what a
// role leaves out.
func (l *oneOrMore) UnmarshalYAML(n *yaml.Node) error {
	for _, item := range append([]*yaml.Node{n}, n.Content...) {
		if item.Style&yaml.TaggedStyle != 0 {
			return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s has no quotes, and YAML reads what begins with ! as a tag; "+
				"write it in quotes: %q", item.Line, strings.TrimSuffix(item.Tag, ","), strings.TrimSuffix(item.Tag, ","))}}
		}
	}
	if n.Kind == yaml.ScalarNode {
		*l = oneOrMore{n.Value}
		return nil
	}
	return n.Decode((*[]string)(l))
}

// roleEnvironments are environments with the worst effect in each; empty for that of the rule.
type roleEnvironments map[string]string

// UnmarshalYAML reads a mapping, a list or a name.
func (e *roleEnvironments) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		return n.Decode((*map[string]string)(e))
	}
	var names oneOrMore
	if err := n.Decode(&names); err != nil {
		return err
	}
	*e = roleEnvironments{}
	for _, name := range names {
		(*e)[name] = ""
	}
	return nil
}

// allVerbs is what stands for all actions, and, where a role says nothing of effects, for all of those.
const allVerbs = "all"

// roleName is a name that fits into a sentence and a line of a log.
var roleName = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// rules are the roles in the order of the file; nil where it has none.
func (c *configuration) rules() []access.Role {
	out := make([]access.Role, 0, len(c.roleOrder))
	for _, at := range c.roleOrder {
		r := c.Roles[at.name]
		role := access.Role{
			Name: at.name, File: at.file, Line: at.line, Groups: r.Groups, People: r.People, Effects: procedures.Effect(r.Effects),
			Procedures: r.Procedures,
		}
		for _, verb := range r.May {
			if verb == allVerbs {
				for _, a := range access.Actions {
					role.May = append(role.May, a.Action)
				}
				role.Effects = cmp.Or(role.Effects, procedures.EffectDestroy) // all is all: also of what is run
				continue
			}
			role.May = append(role.May, access.Action(verb))
		}
		for name, effect := range r.Environments {
			if role.Environments == nil {
				role.Environments = map[string]procedures.Effect{}
			}
			role.Environments[name] = procedures.Effect(effect)
		}
		out = append(out, role)
	}
	return out
}

// rolePlace is where a role stands.
type rolePlace struct {
	name, file string
	line       int
}

// checkRoles says what is wrong with the roles, and keeps where they are.
func (c *configuration) checkRoles(r *configurationReader, root *yaml.Node) {
	list := under(root, "roles")
	if c.Roles != nil && len(c.Roles) == 0 {
		r.add(list.Line, "roles is empty: nobody could do anything. Leave the key out, and everybody may do everything")
	}
	for i := 0; c.Roles != nil && list.Kind == yaml.MappingNode && i+1 < len(list.Content); i += 2 {
		key, node := list.Content[i], list.Content[i+1]
		role, ok := c.Roles[key.Value]
		if !ok {
			continue // the decoder has said why
		}
		c.roleOrder = append(c.roleOrder, rolePlace{key.Value, r.name, key.Line})
		c.checkRole(key.Value, role, func(field, format string, args ...any) {
			at := key.Line
			if n := under(node, field); n != node {
				at = n.Line
			}
			r.add(at, "role "+key.Value+": "+format, args...)
		})
	}
}

// checkRole says what is wrong with one role.
func (c *configuration) checkRole(name string, role *roleConfig, wrong func(field, format string, args ...any)) {
	if !roleName().MatchString(name) {
		wrong("", "a role's name is of letters, digits and any of _.-")
	}
	if role == nil {
		wrong("", "it says nothing: give it groups or people, and what they may")
		return
	}
	if len(role.Groups) == 0 && len(role.People) == 0 {
		wrong("", "it is nobody's: name groups: or people:")
	}
	for field, list := range map[string]oneOrMore{"groups": role.Groups, "people": role.People} {
		for _, item := range list {
			if strings.TrimSpace(item) != item || item == "" {
				wrong(field, "%s: %q is no name", field, item)
			}
		}
	}
	if len(role.May) == 0 {
		wrong("may", "it may nothing: name what with may: [view], or may: all")
	}
	for _, verb := range role.May {
		if verb != allVerbs && !access.Action(verb).Known() {
			names := verbs()
			wrong("may", "may: there is no %q%s; there is %s", verb, didYouMean("", verb, names), strings.Join(names, ", "))
		}
	}
	c.checkRoleEffects(role, wrong)
	for _, p := range role.Procedures {
		if !access.ValidPattern(p) {
			wrong("procedures", "procedures: %q is no pattern; in quotes, write a folder or procedure as opsbook list has it "+
				"(iam/rotate-keys), with * for any name and ** for any folders (\"iam/**\"), "+
				"and ! before what this role leaves out (\"!iam/**\")", p)
		}
	}
}

// checkRoleEffects says what is wrong with where, and up to what, a role counts.
func (c *configuration) checkRoleEffects(role *roleConfig, wrong func(field, format string, args ...any)) {
	if problem := effectProblem(role.Effects); problem != nil {
		wrong("effects", "effects: %v", problem)
	}
	known := c.environmentNames()
	if role.Environments != nil && len(role.Environments) == 0 {
		wrong("environments", "environments is empty; leave the key out for all of them")
	}
	for name, effect := range role.Environments {
		if !slices.Contains(known, name) {
			wrong("environments", "environments: there is no %q%s; there is %s", name, didYouMean("", name, known),
				strings.Join(known, ", "))
		}
		if problem := effectProblem(effect); problem != nil {
			wrong("environments", "environments: %s: %v", name, problem)
		}
		if effect != "" && role.Effects != "" {
			wrong("effects", "effects is said for the role, and again for the environment %s; say it once", name)
		}
	}
}

// effectProblem is what is wrong with an effect that a role may have; nil for nothing.
func effectProblem(effect string) error {
	if slices.Contains(worst, effect) {
		return nil
	}
	return fmt.Errorf("%q%s; it must be read, change or destroy: the worst that may be run",
		effect, didYouMean("", effect, worst[1:]))
}

// verbs are the names of all actions, and what stands for all of them.
func verbs() []string {
	out := make([]string, 0, len(access.Actions)+1)
	for _, a := range access.Actions {
		out = append(out, string(a.Action))
	}
	return append(out, allVerbs)
}
