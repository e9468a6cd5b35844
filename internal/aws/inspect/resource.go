package inspect

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/iam"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
)

// resources are the ARNs of what a call works on, as far as its input names it; exact reports that they are complete.
// The forms are those of AWS's service authorization reference, in package iam. Of several the first that is complete
// is taken, otherwise the first that names anything, with * for what is missing.
func (in *inspection) resources(ctx context.Context, action string, entry knowledge.Operation,
	who caller) (arns document.List, exact bool) {
	region := in.Identity.Region
	if region == "" {
		if id, err := in.Load(ctx); err == nil {
			region = id.Region
		}
	}
	known := map[string]string{"Partition": who.partition, "Region": region, "Account": who.account}
	if in.line.Service.EndpointPrefix == "apigateway" { // its resources are the paths of its requests
		path, whole := filled(strings.NewReplacer("{", "${").Replace(in.line.Operation.URI), known, in.line.Input, "")
		if path == "" {
			return nil, false
		}
		return document.List{fmt.Sprintf("arn:%s:apigateway:%s::%s", who.partition, region, path)}, whole
	}
	for _, form := range iam.Resources(action) {
		arn, whole := filled(form, known, in.line.Input, entry.Resource(in.line.Input))
		if whole {
			return document.List{arn}, true
		}
		if arn != "" && len(arns) == 0 {
			arns = document.List{arn}
		}
	}
	return arns, false
}

var blanks = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{(\w+)\}`) })

// filled puts what is known into the form of an ARN. A blank that nothing is known of becomes *; where that is so of all,
// nothing is returned. resource is the name of what the call changes, for a form with one blank that no member fills.
//
//	arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}   becomes
//	arn:aws:lambda:eu-west-1:123456789012:function:checkout
func filled(form string, known map[string]string, input *document.Object, resource string) (arn string, whole bool) {
	whole = true
	found := false
	asARN := ""
	names := 0
	for _, m := range blanks().FindAllStringSubmatch(form, -1) {
		if known[m[1]] == "" {
			names++
		}
	}
	arn = blanks().ReplaceAllStringFunc(form, func(blank string) string {
		name := blank[2 : len(blank)-1]
		if v := known[name]; v != "" {
			return v
		}
		value := named(input, name)
		if value == "" && names == 1 && !strings.ContainsAny(resource, ", ") {
			value = resource
		}
		if strings.HasPrefix(value, "arn:") {
			asARN = value
		}
		if value == "" {
			whole = false
			return "*"
		}
		found = true
		return strings.TrimPrefix(value, "/")
	})
	switch {
	case asARN != "":
		return asARN, true
	case !found && !whole:
		return "", false
	}
	return arn, whole
}

// bare is a name without what its last word says of its kind: ${FunctionName}, ${DbInstanceName} and DBInstanceIdentifier name the same.
// The rules were made for the names that occur, and are tried in this order, each once.
func bare(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "_", "")
	for _, end := range []string{"withoutleadingslash", "withpath", "name", "identifier", "id", "arn", "url"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

// elsewhere are blanks whose member has another name.
var elsewhere = map[string]string{"ObjectName": "Key"}

// named is the text of the member that a blank of an ARN names; a list of one counts, and of a queue's URL its last part.
// A member of another name counts as well with Target in front or an s behind.
func named(input *document.Object, blank string) string {
	want := bare(blank)
	for name, v := range input.All() {
		if bare(name) != want && bare(strings.TrimPrefix(name, "Target")) != want &&
			bare(strings.TrimSuffix(name, "s")) != want && name != elsewhere[blank] {
			continue
		}
		if l, ok := v.(document.List); ok && len(l) == 1 {
			v = l[0]
		}
		text, _ := v.(string)
		if strings.HasPrefix(text, "https://") {
			text = text[strings.LastIndex(text, "/")+1:]
		}
		if text != "" {
			return text
		}
	}
	return ""
}
