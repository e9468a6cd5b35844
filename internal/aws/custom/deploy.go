package custom

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// deploy is `aws cloudformation deploy`: a change set from a template of the run's folder or the runbooks', and its execution.
// awscli/customizations/cloudformation/deploy.py and deployer.py. Its plan compares the template with the stack's, by reading alone.
type deploy struct{}

var deployCommand = &bind.Command{Options: []bind.CommandOption{
	{Name: "template-file", Required: true}, {Name: "stack-name", Required: true}, {Name: "s3-bucket"}, {Name: "force-upload", Flag: true},
	{Name: "s3-prefix"}, {Name: "kms-key-id"}, {Name: "parameter-overrides", Many: true}, {Name: "capabilities", Many: true},
	{Name: "no-execute-changeset", Flag: true}, {Name: "disable-rollback", Flag: true}, {Name: "no-disable-rollback", Flag: true},
	{Name: "role-arn"}, {Name: "notification-arns", Many: true}, {Name: "fail-on-empty-changeset", Flag: true},
	{Name: "no-fail-on-empty-changeset", Flag: true}, {Name: "tags", Many: true},
}}

func readDeploy(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return deployCommand.Read(without(without(args, "cloudformation"), "deploy"), known)
}

// most is the largest template that goes into the call itself, in bytes.
const mostTemplate = 51200

func plannedDeploy(l *bind.CommandLine) procedures.PlannedCall {
	does := "Makes a change set of the stack " + l.Value("stack-name") + " from " + l.Value("template-file")
	actions := []string{"cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet", "cloudformation:DescribeStacks"}
	if l.Has("no-execute-changeset") {
		does += ", and does not execute it"
	} else {
		does += ", and executes it"
		actions = append(actions, "cloudformation:ExecuteChangeSet")
	}
	if l.Has("s3-bucket") {
		actions = append(actions, "s3:PutObject")
	}
	return procedures.PlannedCall{
		Command: "cloudformation deploy", Effect: procedures.EffectChange, Resource: l.Value("stack-name"), Does: does + ".",
		Actions:     actions,
		ReadCommand: bind.Typed([]string{"aws", "cloudformation", "describe-stacks", "--stack-name", l.Value("stack-name")}),
	}
}

// Describe implements Command.
func (deploy) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := readDeploy(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(plannedDeploy(l))
	line.Refuse(words[0], judgeDeploy(l, known))
	if name := l.Value("template-file"); known(name) {
		line.Info.Reads = append(line.Info.Reads, name)
	}
}

// judgeDeploy finds what is wrong with values that are known already.
func judgeDeploy(l *bind.CommandLine, known func(string) bool) error {
	all := func(option string) bool {
		return !slices.ContainsFunc(l.Values(option), func(v string) bool { return !known(v) || strings.HasPrefix(v, "file://") })
	}
	if all("parameter-overrides") {
		if _, err := (&deployment{line: l}).overrides(); err != nil {
			return err
		}
	}
	if all("tags") {
		_, err := pairs(l.Values("tags"), "tags")
		return err
	}
	return nil
}

// deployment is one deploy that runs.
type deployment struct {
	*session.Session
	line     *bind.CommandLine
	stack    string
	template string
	content  *document.Object // of the template
}

// open reads the template, and what is wrong with the line's values.
func (d *deployment) open() error {
	name := d.line.Value("template-file")
	data, err := readFile(d.Session, name)
	if err != nil {
		return failed("Invalid template path %s", name)
	}
	v, err := document.ParseYAML(data)
	if err != nil {
		return failed("%v", err)
	}
	content, ok := v.(*document.Object)
	if !ok {
		return failed("%s is no template: it has no members", name)
	}
	d.template, d.content, d.stack = string(data), content, d.line.Value("stack-name")
	return nil
}

// Run implements Command.
func (deploy) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := readDeploy(args, nil)
	if err != nil {
		return 0, err
	}
	planned := plannedDeploy(l)
	s.Call.Command, s.Call.Effect = planned.Command, planned.Effect
	d := &deployment{Session: s, line: l}
	if s.Invocation.Planning {
		d.foresee(ctx, &planned)
		return s.PlanOnly(planned), nil
	}
	if err := s.Located(ctx); err != nil {
		return 0, err
	}
	if err := d.open(); err != nil {
		return 0, err
	}
	overrides, err := d.overrides()
	if err != nil {
		return 0, err
	}
	tags, err := pairs(l.Values("tags"), "tags")
	if err != nil {
		return 0, err
	}
	if len(d.template) > mostTemplate && !l.Has("s3-bucket") {
		return 0, failed("Templates with a size greater than 51,200 bytes must be deployed via an S3 Bucket. Please add the --s3-bucket " +
			"parameter to your command. The local template will be copied to that S3 bucket and then deployed.")
	}
	return d.run(ctx, overrides, tags)
}

// run makes the change set, waits for it, and executes it.
func (d *deployment) run(ctx context.Context, overrides, tags *document.Object) (int, error) {
	set, kind, err := d.create(ctx, overrides, tags)
	if err != nil {
		return 0, err
	}
	fmt.Fprint(d.Invocation.Stdout, "\nWaiting for changeset to be created..\n")
	made, err := waitFor(ctx, d.Session, "cloudformation", "ChangeSetCreateComplete",
		object("ChangeSetName", set, "StackName", d.stack), pace{every: 5})
	var waiter *wire.WaiterError
	if errors.As(err, &waiter) {
		return d.notMade(made, err)
	}
	if err != nil {
		return 0, err
	}
	changes := changesOf(made)
	d.Note("The change set: %s", changes)
	if d.line.Has("no-execute-changeset") {
		d.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: "A change set was made, and not executed: " + changes}
		fmt.Fprintf(d.Invocation.Stdout, "Changeset created successfully. Run the following command to review changes:\n"+
			"aws cloudformation describe-change-set --change-set-name %s\n", set)
		return 0, nil
	}
	if _, err := ask(ctx, d.Session, "cloudformation", "ExecuteChangeSet", object("ChangeSetName", set, "StackName", d.stack,
		"DisableRollback", d.line.Has("disable-rollback"))); err != nil {
		return 0, err
	}
	fmt.Fprint(d.Invocation.Stdout, "Waiting for stack create/update to complete\n")
	end := "StackUpdateComplete"
	if kind == "CREATE" {
		end = "StackCreateComplete"
	}
	// The AWS CLI asks every 30 seconds, for as long.
	_, err = waitFor(ctx, d.Session, "cloudformation", end, object("StackName", d.stack), pace{every: 5, attempts: 720})
	if errors.As(err, &waiter) {
		return 0, failed("Failed to create/update the stack. Run the following command\nto fetch the list of events leading up to the "+
			"failure\naws cloudformation describe-stack-events --stack-name %s", d.stack)
	}
	if err != nil {
		return 0, err
	}
	d.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Passed, Reason: "The stack " + d.stack + " is deployed: " + changes}
	fmt.Fprintf(d.Invocation.Stdout, "Successfully created/updated stack - %s\n", d.stack)
	return 0, nil
}

// notMade tells a change set without changes, which is no failure unless the line says so, from one that failed.
func (d *deployment) notMade(set *document.Object, err error) (int, error) {
	status, reason := set.Text("Status"), set.Text("StatusReason")
	if status == "FAILED" && strings.Contains(reason, "The submitted information didn't contain changes.") ||
		strings.Contains(reason, "No updates are to be performed") {
		empty := "No changes to deploy. Stack " + d.stack + " is up to date"
		if d.line.Has("fail-on-empty-changeset") {
			return 0, failed("%s", empty)
		}
		fmt.Fprintf(d.Invocation.Stdout, "\n%s\n", empty)
		d.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Passed, Reason: empty + "."}
		return 0, nil
	}
	return 0, failed("Failed to create the changeset: %v Status: %s. Reason: %s", err, status, reason)
}

// changesOf says what a change set changes.
func changesOf(set *document.Object) string {
	var out []string
	for _, c := range objects(set, "Changes") {
		v, _ := c.Get("ResourceChange")
		change, ok := v.(*document.Object)
		if !ok {
			continue
		}
		text := change.Text("Action") + " " + change.Text("LogicalResourceId") + " (" + change.Text("ResourceType") + ")"
		if r := change.Text("Replacement"); r == "True" || r == "Conditional" {
			text += ", replaced: " + strings.ToLower(r)
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return "no resource is named in it."
	}
	return strings.Join(out, "; ") + "."
}

// exists reports whether the stack is there. One that only a change set has made is not.
func (d *deployment) exists(ctx context.Context) (bool, error) {
	answer, err := ask(ctx, d.Session, "cloudformation", "DescribeStacks", object("StackName", d.stack))
	var service *wire.ServiceError
	switch {
	case errors.As(err, &service) && strings.Contains(service.Message, "Stack with id "+d.stack+" does not exist"):
		return false, nil
	case err != nil:
		return false, err
	}
	stacks := objects(answer, "Stacks")
	return len(stacks) == 1 && stacks[0].Text("StackStatus") != "REVIEW_IN_PROGRESS", nil
}

// create makes the change set, of a new stack or of one that is there.
func (d *deployment) create(ctx context.Context, overrides, tags *document.Object) (set, kind string, err error) {
	there, err := d.exists(ctx)
	if err != nil {
		return "", "", err
	}
	kind = "CREATE"
	before := map[string]bool{} // the parameters that keep their value
	if there {
		kind = "UPDATE"
		summary, err := ask(ctx, d.Session, "cloudformation", "GetTemplateSummary", object("StackName", d.stack))
		if err != nil {
			return "", "", err
		}
		for _, p := range objects(summary, "Parameters") {
			before[p.Text("ParameterKey")] = true
		}
	}
	now := d.Invocation.Now().UTC()
	input := object("ChangeSetName", fmt.Sprintf("awscli-cloudformation-package-deploy-%d", now.Unix()), "StackName", d.stack,
		"TemplateBody", d.template, "ChangeSetType", kind, "Parameters", d.parameters(overrides, before),
		"Capabilities", texts(d.line.Values("capabilities")),
		"Description", "Created by AWS CLI at "+now.Format("2006-01-02T15:04:05.000000")+" UTC", "Tags", tagList(tags))
	if d.line.Has("s3-bucket") {
		address, err := d.upload(ctx)
		if err != nil {
			return "", "", err
		}
		input.Delete("TemplateBody")
		input.Set("TemplateURL", address)
	}
	if d.line.Has("role-arn") {
		input.Set("RoleARN", d.line.Value("role-arn"))
	}
	if d.line.Has("notification-arns") {
		input.Set("NotificationARNs", texts(d.line.Values("notification-arns")))
	}
	answer, err := ask(ctx, d.Session, "cloudformation", "CreateChangeSet", input)
	return answer.Text("Id"), kind, err
}

// parameters are the template's, each with its new value or the one that it has.
func (d *deployment) parameters(overrides *document.Object, before map[string]bool) document.List {
	out := document.List{}
	v, _ := d.content.Get("Parameters")
	declared, _ := v.(*document.Object)
	for _, key := range declared.Keys() {
		switch value, given := overrides.Get(key); {
		case given:
			out = append(out, object("ParameterKey", key, "ParameterValue", value))
		case before[key]:
			out = append(out, object("ParameterKey", key, "UsePreviousValue", true))
		}
	}
	return out
}

func tagList(tags *document.Object) document.List {
	out := document.List{}
	for key, value := range tags.All() {
		out = append(out, object("Key", key, "Value", value))
	}
	return out
}

// pairs reads Key=Value words.
func pairs(values []string, option string) (*document.Object, error) {
	out := &document.Object{}
	for _, text := range values {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, failed("['%s'] value passed to --%s must be of format Key=Value", text, option)
		}
		out.Set(key, value)
	}
	return out, nil
}

// overrides reads --parameter-overrides: Key=Value words, or one of the forms of JSON that the AWS CLI takes.
func (d *deployment) overrides() (*document.Object, error) {
	values := d.line.Values("parameter-overrides")
	if len(values) == 0 {
		return &document.Object{}, nil
	}
	text, err := loaded(d.Session, "parameter-overrides", values[0])
	if err != nil {
		return nil, err
	}
	v, err := document.Parse([]byte(text))
	if err != nil {
		if text != values[0] { // a file has to be JSON
			return nil, failed("%v", err)
		}
		return pairs(values, "parameter-overrides")
	}
	switch v := v.(type) {
	case *document.Object:
		inner, _ := v.Get("Parameters")
		if o, ok := inner.(*document.Object); ok {
			return o, nil
		}
	case document.List:
		if out, ok := overrideList(v); ok {
			return out, nil
		}
	}
	return nil, &bind.Error{Status: bind.ExitUsage, Message: `An error occurred (ParamValidation): JSON passed to --parameter-overrides ` +
		`must be one of the formats: ["Key1=Value1","Key2=Value2", ...] , ` +
		`[{"ParameterKey": "Key1", "ParameterValue": "Value1"}, ...] , ["Parameters": {"Key1": "Value1", "Key2": "Value2", ...}]`}
}

// overrideList reads ["Key=Value"] and [{"ParameterKey": …, "ParameterValue": …}].
func overrideList(list document.List) (*document.Object, bool) {
	out := &document.Object{}
	for _, item := range list {
		switch item := item.(type) {
		case string:
			key, value, ok := strings.Cut(item, "=")
			if !ok {
				return nil, false
			}
			out.Set(key, value)
		case *document.Object:
			key, hasKey := item.Get("ParameterKey")
			value, hasValue := item.Get("ParameterValue")
			name, isText := key.(string)
			if !hasKey || !hasValue || !isText || item.Len() != 2 {
				return nil, false
			}
			out.Set(name, value)
		default:
			return nil, false
		}
	}
	return out, true
}
