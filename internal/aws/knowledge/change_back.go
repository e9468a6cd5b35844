package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// becomes foretells that one member becomes a value.
func becomes(path, value string) func(c Change, input, before *document.Object) []procedures.Difference {
	return func(_ Change, _, before *document.Object) []procedures.Difference {
		v := searched(quotedPath(path), before)
		old := ""
		if v != nil {
			old = fmt.Sprint(v)
		}
		if old == value {
			return nil
		}
		return []procedures.Difference{{Path: path, Before: old, After: value}}
	}
}

// only is an input of some members of another.
func only(input *document.Object, names ...string) *document.Object {
	out := &document.Object{}
	for _, name := range names {
		if v, ok := input.Get(name); ok {
			out.Set(name, v)
		}
	}
	return out
}

func concurrencyBack(input, before *document.Object) (*document.Object, string) {
	n, ok := before.Get("ReservedConcurrentExecutions")
	if !ok {
		return nil, "it had no reserved concurrency before; aws lambda delete-function-concurrency takes it away again"
	}
	out := only(input, "FunctionName")
	out.Set("ReservedConcurrentExecutions", n)
	return out, ""
}

func retentionBack(input, before *document.Object) (*document.Object, string) {
	days, ok := before.Get("retentionInDays")
	if !ok {
		return nil, "it kept everything before: aws logs delete-retention-policy does so again"
	}
	out := only(input, "logGroupName")
	out.Set("retentionInDays", days)
	return out, ""
}

func secretBack(_, _ *document.Object) (*document.Object, string) {
	return nil, "aws secretsmanager update-secret-version-stage puts AWSCURRENT on the version from before, which has AWSPREVIOUS then"
}

func parameterBack(input, before *document.Object) (*document.Object, string) {
	if before == nil {
		return nil, "it was not there before: aws ssm delete-parameter takes it away again"
	}
	if kind, _ := before.Get("Type"); kind == "SecureString" {
		return nil, "its value from before is encrypted and is not read here; AWS keeps it as the version before"
	}
	out := only(input, "Name")
	for _, name := range []string{"Type", "Value"} {
		v, _ := before.Get(name)
		out.Set(name, v)
	}
	out.Set("Overwrite", true)
	return out, ""
}

const onDemand = "PAY_PER_REQUEST"

// capacity is the read and write units of a table or an input.
func capacity(o *document.Object) (read, write string) {
	return fmt.Sprint(searched("ProvisionedThroughput.ReadCapacityUnits", o)), fmt.Sprint(searched("ProvisionedThroughput.WriteCapacityUnits", o))
}

// tableForetold knows that a table's units are none as long as it is on-demand.
func tableForetold(c Change, input, before *document.Object) []procedures.Difference {
	if before == nil {
		return nil
	}
	after := c.laid(input, before)
	mode := textOf(input, "BillingMode")
	if mode == onDemand {
		put(after, []string{"ProvisionedThroughput", "ReadCapacityUnits"}, 0, false)
		put(after, []string{"ProvisionedThroughput", "WriteCapacityUnits"}, 0, false)
	}
	return c.Compare(before, after)
}

func tableBack(input, before *document.Object) (*document.Object, string) {
	if before == nil {
		return nil, "how the table was is not known"
	}
	out := only(input, "TableName")
	mode := textOf(input, "BillingMode")
	was, _ := searched("BillingModeSummary.BillingMode", before).(string)
	if mode != "" && mode != was {
		out.Set("BillingMode", was)
	}
	read, write := capacity(before)
	wantRead, wantWrite := capacity(input)
	switch {
	case was == onDemand:
	case mode == onDemand, wantRead != "<nil>" && (wantRead != read || wantWrite != write):
		throughput, _ := before.Get("ProvisionedThroughput")
		part, _ := throughput.(*document.Object)
		out.Set("ProvisionedThroughput", only(part, "ReadCapacityUnits", "WriteCapacityUnits"))
	}
	for _, name := range []string{"DeletionProtectionEnabled", "TableClass"} {
		if v, ok := input.Get(name); ok {
			path := name
			if name == "TableClass" {
				path = "TableClassSummary.TableClass"
			}
			old := searched(quotedPath(path), before)
			if old == nil && name == "TableClass" {
				old = "STANDARD"
			}
			if old == nil {
				old = false
			}
			if !document.Equal(old, v) {
				out.Set(name, old)
			}
		}
	}
	for _, name := range []string{"GlobalSecondaryIndexUpdates", "StreamSpecification", "SSESpecification", "ReplicaUpdates"} {
		if _, ok := input.Get(name); ok {
			return nil, "nothing is known of what undoes a change of " + name
		}
	}
	if out.Len() == 1 {
		return nil, "it changes nothing that is known"
	}
	return out, ""
}

// settingOf maps the end of a patch's path to the member of a method's settings.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
var settingOf = map[string]string{
	"throttling/rateLimit": "throttlingRateLimit", "throttling/burstLimit": "throttlingBurstLimit", "logging/loglevel": "loggingLevel", "logging/dataTrace": "dataTraceEnabled", "metrics/enabled": "metricsEnabled",
	"caching/enabled": "cachingEnabled", "caching/ttlInSeconds": "cacheTtlInSeconds", "caching/dataEncrypted": "cacheDataEncrypted",
}

// patched is the path in a stage that a patch of it changes, member by member; nil where it is not known.
func patched(path string) []string {
	path = strings.TrimPrefix(path, "/")
	for end, member := range settingOf {
		if method, ok := strings.CutSuffix(path, "/"+end); ok {
			return []string{"methodSettings", strings.ReplaceAll(method, "~1", "/"), member}
		}
	}
	if name, ok := strings.CutPrefix(path, "variables/"); ok {
		return []string{"variables", name}
	}
	if strings.Contains(path, "/") || path == "" {
		return nil
	}
	return []string{path}
}

// patch is one operation of an input's patchOperations.
type patch struct {
	op, path, value string
	at              []string
	old             document.Value
}

func patchesOf(input, before *document.Object) []patch {
	v, _ := input.Get("patchOperations")
	list, _ := v.(document.List)
	var out []patch
	for _, item := range list {
		o, _ := item.(*document.Object)
		p := patch{op: textOf(o, "op"), path: textOf(o, "path"), value: textOf(o, "value")}
		p.at = patched(p.path)
		var here document.Value = before
		for _, name := range p.at {
			inner, _ := here.(*document.Object)
			here, _ = inner.Get(name)
		}
		if p.at != nil {
			p.old = here
		}
		out = append(out, p)
	}
	return out
}

func stageForetold(_ Change, input, before *document.Object) []procedures.Difference {
	var out []procedures.Difference
	for _, p := range patchesOf(input, before) {
		if p.at == nil {
			continue
		}
		d := procedures.Difference{Path: strings.Join(p.at, "."), After: p.value}
		if p.op == "remove" {
			d.After = ""
		}
		if p.old != nil {
			d.Before = fmt.Sprint(p.old)
		}
		if d.Before != d.After {
			out = append(out, d)
		}
	}
	return out
}

func stageBack(input, before *document.Object) (*document.Object, string) {
	var back document.List
	for _, p := range patchesOf(input, before) {
		switch {
		case p.at == nil:
			return nil, "nothing is known of what undoes the patch " + p.path
		case p.old == nil && len(p.at) == 2:
			back = append(back, document.NewObject(document.Member{Name: "op", Value: "remove"}, document.Member{Name: "path", Value: p.path}))
		case p.old == nil:
			return nil, p.path + " was not set before, and no call is known that takes it away again"
		case fmt.Sprint(p.old) != p.value || p.op == "remove":
			back = append(back, document.NewObject(document.Member{Name: "op", Value: "replace"}, document.Member{Name: "path", Value: p.path}, document.Member{Name: "value", Value: fmt.Sprint(p.old)}))
		}
	}
	if len(back) == 0 {
		return nil, "it changes nothing that is known"
	}
	out := only(input, "restApiId", "stageName")
	out.Set("patchOperations", back)
	return out, ""
}

// itemsOf are the objects of a list of a document.
func itemsOf(o *document.Object, name string) []*document.Object {
	v, _ := o.Get(name)
	list, _ := v.(document.List)
	var out []*document.Object
	for _, item := range list {
		if inner, ok := item.(*document.Object); ok {
			out = append(out, inner)
		}
	}
	return out
}

// tagged says why deleting tags would not undo their creation: one of them was there before, with another value.
func tagged(input, before *document.Object) string {
	for _, tag := range itemsOf(input, "Tags") {
		for _, had := range itemsOf(before, "Tags") {
			if key := textOf(tag, "Key"); textOf(had, "Key") == key {
				return fmt.Sprintf("the tag %s was %q on %s before: aws ec2 create-tags sets it so again", key, textOf(had, "Value"), textOf(had, "ResourceId"))
			}
		}
	}
	return ""
}

// hasPolicy reports whether the policy of a call was attached before.
func hasPolicy(input, before *document.Object) bool {
	for _, p := range itemsOf(before, "AttachedPolicies") {
		if textOf(p, "PolicyArn") == textOf(input, "PolicyArn") {
			return true
		}
	}
	return false
}

// attached says of an attachment, or of a detachment, that it changes nothing.
func attached(attach bool) func(input, before *document.Object) string {
	return func(input, before *document.Object) string {
		switch {
		case before == nil || hasPolicy(input, before) != attach:
			return ""
		case attach:
			return "the policy was attached before already"
		}
		return "the policy was not attached before"
	}
}

func policyForetold(attach bool) func(c Change, input, before *document.Object) []procedures.Difference {
	return func(_ Change, input, before *document.Object) []procedures.Difference {
		if before == nil || hasPolicy(input, before) == attach {
			return nil
		}
		arn := textOf(input, "PolicyArn")
		d := procedures.Difference{Path: "AttachedPolicies[" + arn + "]", Before: "attached"}
		if attach {
			d.Before, d.After = "", "attached"
		}
		return []procedures.Difference{d}
	}
}

// parameterForetold does not show what is to be kept encrypted.
func parameterForetold(c Change, input, before *document.Object) []procedures.Difference {
	out := c.Compare(before, c.laid(input, before))
	if textOf(input, "Type") != "SecureString" && textOf(before, "Type") != "SecureString" {
		return out
	}
	for i, d := range out {
		if d.Path == "Value" && d.Before != "" {
			out[i].Before = notShown
		}
		if d.Path == "Value" {
			out[i].After = "another value " + notShown
		}
	}
	return out
}
