// Package endpoints finds the address of a service by the rule sets of the API models:
// https://smithy.io/2.0/additional-specs/rules-engine/specification.html
package endpoints

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Endpoint is where a request goes and how it is signed.
type Endpoint struct {
	URL           string
	Headers       map[string][]string
	SigningRegion string // empty: the client's
	SigningName   string // empty: the service's
	// PathEscapedOnce reports that the signer must not escape the path a second time (S3).
	PathEscapedOnce bool
}

// Parameters are the rule set's parameters by their names there, such as Region, UseFIPS or
// Bucket: string, bool or []string values.
type Parameters map[string]any

// ruleSet are the rules of a service.
type ruleSet struct {
	root *document.Object
	// used are the parameters that the rules look at, sorted. S3's has some, such as Key, that they do not.
	used []string
}

// parse reads a service's rules.
func parse(s *models.Service) (*ruleSet, error) {
	text, err := models.Rules(s.Name)
	if err != nil {
		return nil, err
	}
	v, err := document.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("endpoint rules of %s: %w", s.Name, err)
	}
	root, _ := v.(*document.Object)
	rules := &ruleSet{root: root}
	names := map[string]bool{}
	mentioned(list(root, "rules"), names)
	for name := range object(root, "parameters").All() {
		if names[name] {
			rules.used = append(rules.used, name)
		}
	}
	slices.Sort(rules.used)
	return rules, nil
}

// Resolve evaluates the service's rules. Parameters that the rules do not have are left
// out; those that are absent or "" take their defaults. An error says what the rules say,
// such as "Invalid Configuration: FIPS and custom endpoint are not supported". It is safe
// for concurrent use.
func Resolve(s *models.Service, p Parameters) (Endpoint, error) {
	rules, err := rulesOf(s)
	if err != nil {
		return Endpoint{}, err
	}
	return rules.resolve(p)
}

func (r *ruleSet) resolve(p Parameters) (Endpoint, error) {
	e := &evaluation{values: map[string]any{}}
	for name, v := range object(r.root, "parameters").All() {
		declared, _ := v.(*document.Object)
		if given, ok := p[name]; ok && given != nil && given != "" {
			e.values[name] = given
		} else if usual, ok := declared.Get("default"); ok {
			e.values[name] = usual
		}
	}
	endpoint, ok, err := e.rules(list(r.root, "rules"))
	if err == nil && !ok {
		err = errors.New("no endpoint rule matches")
	}
	return endpoint, err
}

// object is a member that is an object; nil, which reads as an empty one, where there is none.
func object(o *document.Object, name string) *document.Object {
	v, _ := o.Get(name)
	inner, _ := v.(*document.Object)
	return inner
}

// list is a member that is a list, or nil.
func list(o *document.Object, name string) document.List {
	v, _ := o.Get(name)
	l, _ := v.(document.List)
	return l
}

// text is a member that is a string, or "".
func text(o *document.Object, name string) string {
	v, _ := o.Get(name)
	s, _ := v.(string)
	return s
}

// evaluation holds the values that are known in one scope: parameters, and what conditions
// assigned.
type evaluation struct{ values map[string]any }

// rules returns the endpoint of the first rule that applies; ok is false where none does.
// What a rule's conditions assign is known to that rule and those below it only.
func (e *evaluation) rules(rules document.List) (Endpoint, bool, error) {
	for _, r := range rules {
		rule, _ := r.(*document.Object)
		scope := &evaluation{values: e.values}
		// Without conditions nothing is assigned, and the scope can be shared.
		if len(list(rule, "conditions")) > 0 {
			scope.values = make(map[string]any, len(e.values)+2)
			for k, v := range e.values {
				scope.values[k] = v
			}
		}
		if !scope.conditions(list(rule, "conditions")) {
			continue
		}
		switch text(rule, "type") {
		case "tree":
			if endpoint, ok, err := scope.rules(list(rule, "rules")); ok || err != nil {
				return endpoint, ok, err
			}
		case "error":
			// The rules' own sentence is the error: it tells a person what to set.
			v, _ := rule.Get("error")
			return Endpoint{}, false, fmt.Errorf("%v", scope.value(v))
		default:
			return scope.endpoint(object(rule, "endpoint")), true, nil
		}
	}
	return Endpoint{}, false, nil
}

// conditions reports whether all hold, in their order: a later one may use what an earlier
// one assigned.
func (e *evaluation) conditions(conditions document.List) bool {
	for _, c := range conditions {
		condition, _ := c.(*document.Object)
		v := e.call(condition)
		if v == nil || v == false {
			return false
		}
		if name := text(condition, "assign"); name != "" {
			e.values[name] = v
		}
	}
	return true
}

// endpoint fills in a rule's templates. Of the ways of signing that it names, SigV4 is
// taken where it is among them.
func (e *evaluation) endpoint(o *document.Object) Endpoint {
	url, _ := o.Get("url")
	out := Endpoint{URL: fmt.Sprint(e.value(url)), Headers: map[string][]string{}}
	for name, v := range object(o, "headers").All() {
		values, _ := v.(document.List)
		for _, value := range values {
			out.Headers[name] = append(out.Headers[name], fmt.Sprint(e.value(value)))
		}
	}
	for _, s := range list(object(o, "properties"), "authSchemes") {
		scheme, _ := s.(*document.Object)
		name := text(scheme, "name")
		if name != "sigv4" && name != "sigv4-s3express" && name != "sigv4a" {
			continue
		}
		if v, ok := scheme.Get("signingName"); ok {
			out.SigningName = fmt.Sprint(e.value(v))
		}
		if v, ok := scheme.Get("signingRegion"); ok {
			out.SigningRegion = fmt.Sprint(e.value(v))
		}
		v, _ := scheme.Get("disableDoubleEncoding")
		out.PathEscapedOnce = v == true
		if name == "sigv4" {
			break
		}
	}
	return out
}

// value evaluates a literal, a template, a reference ({"ref": "Region"}) or a call ({"fn":
// "isSet", "argv": […]}).
func (e *evaluation) value(v document.Value) any {
	switch v := v.(type) {
	case string:
		return e.template(v)
	case *document.Object:
		if name, ok := v.Get("ref"); ok {
			return e.values[name.(string)]
		}
		if _, ok := v.Get("fn"); ok {
			return e.call(v)
		}
	}
	return v
}

// template fills {Name} and {Name#path} in a string:
// "https://lambda.{Region}.{PartitionResult#dnsSuffix}". What is not set is "".
func (e *evaluation) template(s string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			out.WriteString("{" + rest)
			return out.String()
		}
		name, path, _ := strings.Cut(name, "#")
		v := e.values[name]
		if path != "" {
			v = attribute(v, path)
		}
		if v != nil {
			fmt.Fprint(&out, v)
		}
		s = after
	}
}
