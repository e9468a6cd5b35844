package inspect

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// permissions says of each IAM action of a changing call whether this identity has it, without making the call: by the
// operation's own --dry-run where it has one (EC2), else by asking IAM (iam simulate-principal-policy). What cannot be found
// out is said, and is no error.
// An action without an answer has Allowed nil: it may work, and the review says so.
func (in *inspection) permissions(ctx context.Context, entry knowledge.Operation) []procedures.Permission {
	if len(entry.Actions) == 0 {
		return nil
	}
	if input := in.line.Operation.Input; input != nil && input.Member("DryRun") != nil {
		return in.dryRun(ctx, entry)
	}
	allowed, err := in.simulate(ctx, entry)
	if err != nil {
		allowed = nil
		for _, action := range entry.Actions {
			allowed = append(allowed, procedures.Permission{Action: action, Reason: notAsked(err)})
		}
	}
	return allowed
}

// notAsked says why IAM could not be asked.
// That this identity may not ask IAM says nothing about the action itself.
func notAsked(err error) string {
	var e *wire.ServiceError
	switch {
	case errors.As(err, &e) && strings.Contains(e.Code, "AccessDenied"):
		return "this identity may not ask IAM (" + simulation + ")"
	case errors.As(err, &e):
		return "IAM could not be asked: " + e.Code + ": " + e.Message
	}
	return "IAM could not be asked: " + err.Error()
}

const simulation = "iam:SimulatePrincipalPolicy"

// dryRun asks EC2 itself: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html
// A dry run checks the permission with the real resources and conditions, which a simulation cannot. Without an error
// the service did not treat the call as a dry run.
func (in *inspection) dryRun(ctx context.Context, entry knowledge.Operation) []procedures.Permission {
	p := procedures.Permission{Action: entry.Actions[0]}
	client, err := in.Client(ctx, in.line.Service)
	if err == nil {
		input := &document.Object{}
		for name, value := range in.line.Input.All() {
			input.Set(name, value)
		}
		input.Set("DryRun", true)
		_, err = client.Do(ctx, in.line.Operation, input)
	}
	var e *wire.ServiceError
	switch yes, no := true, false; {
	case err == nil:
		p.Reason = "the service did not say what a dry run came to"
	case errors.As(err, &e) && e.Code == "DryRunOperation":
		p.Allowed = &yes
	case errors.As(err, &e) && e.Code == "UnauthorizedOperation":
		p.Allowed, p.Reason = &no, "a dry run of it was refused"
	default:
		p.Reason = "a dry run of it failed: " + err.Error()
	}
	return []procedures.Permission{p}
}

// ask makes one call of another service with the identity of this line.
// It answers with an error as the service gives it, and is not recorded as a call of the step.
func (in *inspection) ask(ctx context.Context, service, operation string, input *document.Object) (*document.Object, error) {
	s, err := models.Load(service)
	if err != nil {
		return nil, err
	}
	globals := in.Globals
	globals.Endpoint = "" // --endpoint-url is for the line's own service
	client, err := in.connector.Session(in.Invocation, globals).Client(ctx, s)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(ctx, s.Operation(operation), input)
	if err != nil {
		return nil, err
	}
	return response.Output, nil
}

// reader reads more of the account, for the limits that a change may meet.
func (in *inspection) reader(ctx context.Context) knowledge.Reader {
	return func(service, operation string, input *document.Object) (*document.Object, error) {
		return in.ask(ctx, service, operation, input)
	}
}

// caller is who the calls of this line are made by: an ARN as IAM's policies are attached to, and as AWS says it.
// Of a federated user or a service, no policies can be simulated.
type caller struct {
	arn       string // of the user or role; empty for one that IAM has no policies of
	session   string // "arn:aws:sts::123456789012:assumed-role/ops/oncall"
	partition string
	account   string
}

var assumedRole = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/`) })

// caller asks STS, which needs no permission. A session of an assumed role is asked about as its role:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
func (in *inspection) caller(ctx context.Context) (caller, error) {
	answer, err := in.ask(ctx, "sts", "GetCallerIdentity", nil)
	if err != nil {
		return caller{}, err
	}
	session := answer.Text("Arn")
	c := caller{session: session, arn: session, account: answer.Text("Account"), partition: "aws"}
	if parts := strings.Split(session, ":"); len(parts) > 1 {
		c.partition = parts[1]
	}
	if m := assumedRole().FindStringSubmatch(session); m != nil {
		c.arn = fmt.Sprintf("arn:%s:iam::%s:role/%s", m[1], m[2], m[3])
		// A role of IAM Identity Center has a path, which the session does not tell.
		if answer, err := in.ask(ctx, "iam", "GetRole", document.NewObject(document.Member{Name: "RoleName", Value: m[3]})); err == nil {
			role, _ := answer.Get("Role")
			if arn := member(role, "Arn"); arn != "" {
				c.arn = arn
			}
		}
	}
	return c, nil
}

// member is a text of a document; empty where it has none.
func member(v document.Value, name string) string {
	o, _ := v.(*document.Object)
	value, _ := o.Get(name)
	text, _ := value.(string)
	return text
}

// simulate asks IAM. Only the identity's own policies, its boundary and the organization's are seen, not those of resources.
// One action is asked at a time, as each has resources of its own. A root user is not simulated: IAM has no policies
// of it.
func (in *inspection) simulate(ctx context.Context, entry knowledge.Operation) ([]procedures.Permission, error) {
	who, err := in.caller(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]procedures.Permission, 0, len(entry.Actions))
	if strings.HasSuffix(who.arn, ":root") {
		yes := true
		for _, action := range entry.Actions {
			out = append(out, procedures.Permission{
				Action: action, Allowed: &yes, Reason: "the root user may do everything that the organization allows",
			})
		}
		return out, nil
	}
	if !strings.Contains(who.arn, ":role/") && !strings.Contains(who.arn, ":user/") {
		return nil, fmt.Errorf("%s has no policies that could be simulated", who.session)
	}
	for _, action := range entry.Actions {
		arns, exact := in.resources(ctx, action, entry, who)
		input := document.NewObject(document.Member{Name: "PolicySourceArn", Value: who.arn},
			document.Member{Name: "ActionNames", Value: document.List{action}})
		if len(arns) > 0 {
			input.Set("ResourceArns", arns)
		}
		answer, err := in.ask(ctx, "iam", "SimulatePrincipalPolicy", input)
		if err != nil {
			return nil, err
		}
		out = append(out, decided(action, answer, exact))
	}
	return out, nil
}

// decided reads the answer about one action. exact reports that the resources were named as they are.
// With several resources the first that is not allowed decides. Only explicit denials, boundaries and organizations
// are certain; a missing permission may still come from the resource's own policy.
func decided(action string, answer *document.Object, exact bool) procedures.Permission {
	p := procedures.Permission{Action: action, Reason: "IAM gave no answer"}
	results, _ := answer.Get("EvaluationResults")
	list, _ := results.(document.List)
	yes, no := true, false
	for _, result := range list {
		switch decision := member(result, "EvalDecision"); {
		case decision == "allowed":
			if p.Allowed == nil {
				p.Allowed, p.Reason = &yes, ""
			}
			continue
		case detail(result, "OrganizationsDecisionDetail", "AllowedByOrganizations"):
			p.Allowed, p.Reason = &no, "a policy of the organization does not allow it"
		case detail(result, "PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"):
			p.Allowed, p.Reason = &no, "the identity's permissions boundary does not allow it"
		case decision == "explicitDeny":
			p.Allowed, p.Reason = &no, "a policy denies it"
		case missing(result) != "":
			p.Allowed, p.Reason = nil, "it depends on "+missing(result)
		case exact:
			p.Allowed, p.Reason = &no, "none of this identity's policies allows it; one of the resource itself could"
		default:
			p.Allowed, p.Reason = nil, "it is not allowed for every resource, and for this one IAM could not be asked"
		}
		return p
	}
	return p
}

// detail reports that a part of an evaluation denies the action.
func detail(result document.Value, name, flag string) bool {
	o, _ := result.(*document.Object)
	v, _ := o.Get(name)
	part, _ := v.(*document.Object)
	said, ok := part.Get(flag)
	return ok && said == false
}

// missing names the condition keys that a decision lacked.
func missing(result document.Value) string {
	o, _ := result.(*document.Object)
	v, _ := o.Get("MissingContextValues")
	list, _ := v.(document.List)
	names := make([]string, 0, len(list))
	for _, n := range list {
		names = append(names, fmt.Sprint(n))
	}
	return strings.Join(names, ", ")
}
