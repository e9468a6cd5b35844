package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// cloudformationLiving is AWS CloudFormation: stacks, their resources and events, change sets. What a template says is not carried out.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html
func cloudformationLiving() *living {
	stack := func(a act) act { a.kind, a.by = "stack", "StackName"; return a }
	return &living{
		service: "cloudformation", token: "400 ValidationError Invalid NextToken.",
		estate: []string{"stack/" + estate},
		kinds: map[string]*kind{
			"stack": {
				shape: "DescribeStacks Stacks", id: "StackName", arn: "StackId", state: "StackStatus", healthy: cfnStack,
				born: "CREATE_IN_PROGRESS 6s CREATE_COMPLETE", plain: partOf("stack", 0),
				missing: "400 ValidationError Stack with id {name} does not exist",
				exists:  "400 AlreadyExistsException Stack [{name}] already exists",
			},
			"change-set": {
				shape: "DescribeChangeSet", id: "ChangeSetName", arn: "ChangeSetId", state: "Status", under: "stack", healthy: cfnChangeSet,
				born: "CREATE_IN_PROGRESS 2s CREATE_COMPLETE", plain: partOf("changeSet", 0), now: changeSetNow,
				missing: "400 ChangeSetNotFound ChangeSet [{name}] does not exist",
				exists:  "400 AlreadyExistsException ChangeSet {name} already exists",
			},
		},
		acts: map[string]act{
			"DescribeStacks": stack(act{does: reads, at: "Stacks"}),
			"ListStacks": {
				does: reads, kind: "stack", at: "StackSummaries", only: map[string]string{"StackStatusFilter": "StackStatus"},
			},
			"CreateStack": stack(act{
				does: creates, creating: true, changing: true, takes: cfnTemplate + " OnFailure", wraps: stackID,
			}),
			"UpdateStack": stack(act{
				does: changes, changing: true, takes: cfnTemplate + " UsePreviousTemplate", wraps: stackID, also: isComplete,
				life: "UPDATE_IN_PROGRESS 6s UPDATE_COMPLETE",
			}),
			"DeleteStack": stack(act{
				does: removes, life: "DELETE_IN_PROGRESS 6s gone", bare: true, takes: "RetainResources RoleARN ClientRequestToken",
				skips: true,
			}),
			"ContinueUpdateRollback": stack(act{
				does: changes, takes: "ResourcesToSkip RoleARN", bare: true, cures: "stack-stuck", also: isStuck,
				life: "UPDATE_ROLLBACK_IN_PROGRESS 4s UPDATE_ROLLBACK_COMPLETE",
			}),
			"CancelUpdateStack": stack(act{
				does: changes, bare: true, life: "UPDATE_ROLLBACK_IN_PROGRESS 4s UPDATE_ROLLBACK_COMPLETE",
			}),
			"DescribeStackEvents": stack(act{does: reads, wraps: stackEvents, takes: "NextToken"}),
			"DescribeStackResources": stack(act{does: reads, wraps: stackResources("StackResources"),
				takes: "LogicalResourceId PhysicalResourceId"}),
			"ListStackResources": stack(act{does: reads, wraps: stackResources("StackResourceSummaries"), takes: "NextToken"}),
			"GetTemplate": stack(act{
				does: reads, takes: "TemplateStage ChangeSetName", wraps: func([]*view, *request) *document.Object {
					return obj("TemplateBody", `{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}`, "StagesAvailable",
						document.List{"Original", "Processed"})
				},
			}),
			"ValidateTemplate": {does: func(*Sandbox, *request, *act, *kind) (*document.Object, error) {
				return obj("Parameters", document.List{}), nil
			}, takes: "TemplateBody TemplateURL"},
			"GetTemplateSummary": {does: func(*Sandbox, *request, *act, *kind) (*document.Object, error) {
				return obj("Parameters", document.List{}, "ResourceTypes", document.List{}), nil
			}, takes: "TemplateBody TemplateURL StackName"},
			"DetectStackDrift": stack(act{does: changes, takes: "LogicalResourceIds", wraps: func(all []*view,
				_ *request) *document.Object {
				return obj("StackDriftDetectionId", driftID(all[0]))
			}, also: func(v *view, _ *request) error {
				v.set("_drift", v.now.Format(time.RFC3339Nano))
				return nil
			}}),
			"DescribeStackDriftDetectionStatus": {does: driftStatus, takes: "StackDriftDetectionId"},
			"DescribeStackResourceDrifts": stack(act{does: reads, takes: "StackResourceDriftStatusFilters NextToken MaxResults",
				wraps: resourceDrifts}),
			"CreateChangeSet": {
				does: createsChangeSet, creating: true, changing: true, kind: "change-set", by: "ChangeSetName", in: "StackName",
				takes: cfnTemplate + " UsePreviousTemplate ChangeSetType",
			},
			"DescribeChangeSet": {does: reads, kind: "change-set", by: "ChangeSetName", in: "StackName",
				takes: "NextToken IncludePropertyValues"},
			"ExecuteChangeSet": {
				does: executes, kind: "change-set", by: "ChangeSetName", in: "StackName", takes: "DisableRollback", bare: true,
			},
			"DeleteChangeSet": {does: removes, kind: "change-set", by: "ChangeSetName", in: "StackName", bare: true},
			"ListChangeSets":  {does: reads, kind: "change-set", in: "StackName", at: "Summaries"},
		},
		faults: []Fault{
			{
				Name: "stack-stuck", Title: "The rollback of a stack's update failed", of: "stack", breaks: patch(`{"StackStatus":
"UPDATE_ROLLBACK_FAILED","StackStatusReason":"The following resource(s) failed to update: [Queue]."}`),
				Sees: "cloudformation describe-stacks --stack-name orders",
			},
			{
				Name: "drift", Title: "A resource of a stack was changed by hand", of: "stack", breaks: patch(`{"_drifted":"true"}`),
				Sees: "cloudformation describe-stack-resource-drifts --stack-name orders",
			},
		},
	}
}

// cfnTemplate are the members of a template, which is not carried out.
const cfnTemplate = "TemplateBody TemplateURL"

// stackID is the id of the stack that a call was about.
func stackID(all []*view, _ *request) *document.Object { return obj("StackId", all[0].text("StackId")) }

// isComplete refuses to update a stack that is being changed.
func isComplete(v *view, _ *request) error {
	if strings.HasSuffix(v.state, "_COMPLETE") && v.state != "ROLLBACK_COMPLETE" {
		return nil
	}
	return refuse(http.StatusBadRequest, "ValidationError", "Stack:%s is in %s state and can not be updated.", v.text("StackId"), v.state)
}

// isStuck refuses to continue a rollback that did not fail.
func isStuck(v *view, _ *request) error {
	if v.state == "UPDATE_ROLLBACK_FAILED" {
		return nil
	}
	return refuse(http.StatusBadRequest, "ValidationError", "Stack [%s] is in %s state. Only a stack in UPDATE_ROLLBACK_FAILED state can "+
		"continue its rollback.", v.name, v.state)
}

// parts are the resources of a stack.
func (v *view) parts() []*document.Object {
	status := "UPDATE_COMPLETE"
	if v.thing != nil && v.thing.Life != "" {
		status = strings.ReplaceAll(v.state, "UPDATE_ROLLBACK", "UPDATE")
	}
	drift := "IN_SYNC"
	var out []*document.Object
	for _, each := range [][3]string{
		{"Queue", "AWS::SQS::Queue", "https://sqs." + region + ".amazonaws.com/" + accountID + "/" + v.name + "-queue"},
		{"Topic", "AWS::SNS::Topic", "arn:aws:sns:" + region + ":" + accountID + ":" + v.name + "-topic"},
		{"Role", "AWS::IAM::Role", v.name + "-role-" + hexOf(12, "role", v.key)},
	} {
		if v.text("_drifted") != "" && each[0] == "Queue" {
			drift = "MODIFIED"
		}
		one := obj("StackName", v.name, "StackId", v.text("StackId"), "LogicalResourceId", each[0], "PhysicalResourceId", each[2],
			"ResourceType", each[1], "Timestamp", v.since, "LastUpdatedTimestamp", v.since, "ResourceStatus", status,
			"DriftInformation", obj("StackResourceDriftStatus", drift), "StackResourceDriftStatus", drift, "PropertyDifferences",
			document.List{})
		if v.state == "UPDATE_ROLLBACK_FAILED" {
			one.Set("ResourceStatus", map[bool]string{true: "UPDATE_FAILED", false: "UPDATE_COMPLETE"}[each[0] == "Queue"])
			if each[0] == "Queue" {
				one.Set("ResourceStatusReason", "Resource handler returned message: access denied")
			}
		}
		out = append(out, one)
		drift = "IN_SYNC"
	}
	return out
}

// stackResources lists the resources of a stack.
func stackResources(at string) func([]*view, *request) *document.Object {
	return func(all []*view, r *request) *document.Object {
		out := document.List{}
		for _, p := range all[0].parts() {
			if want := text(r.input, "LogicalResourceId"); want == "" || want == text(p, "LogicalResourceId") {
				out = append(out, p)
			}
		}
		return obj(at, out)
	}
}

// stackEvents are the newest of a stack, the newest first.
func stackEvents(all []*view, _ *request) *document.Object {
	v := all[0]
	event := func(o *document.Object) *document.Object {
		o.Set("EventId", uuid("event", v.key, text(o, "LogicalResourceId"), v.since.String()))
		return o
	}
	out := document.List{event(obj("StackName", v.name, "StackId", v.text("StackId"), "LogicalResourceId", v.name, "PhysicalResourceId",
		v.text("StackId"), "ResourceType", "AWS::CloudFormation::Stack", "Timestamp", v.since, "ResourceStatus", v.state,
		"ResourceStatusReason", orEmpty(v.text("StackStatusReason"))))}
	for _, p := range v.parts() {
		out = append(out, event(p))
	}
	return obj("StackEvents", out)
}

// orEmpty is nil, which leaves a member out, for an empty text.
func orEmpty(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// driftID is the id of a stack's detection.
func driftID(v *view) string { return uuid("drift", v.key) }

// driftStatus finds the detection of a stack, which takes three seconds.
func driftStatus(s *Sandbox, r *request, _ *act, _ *kind) (*document.Object, error) {
	for _, v := range s.all(r, "cloudformation stack", "") {
		if driftID(v) != text(r.input, "StackDriftDetectionId") {
			continue
		}
		at, _ := time.Parse(time.RFC3339Nano, v.text("_drift"))
		out := obj("StackId", v.text("StackId"), "StackDriftDetectionId", driftID(v), "DetectionStatus", "DETECTION_IN_PROGRESS",
			"Timestamp", at)
		if r.now.Sub(at) >= 3*time.Second {
			out.Set("DetectionStatus", "DETECTION_COMPLETE")
			out.Set("StackDriftStatus", map[bool]string{true: "DRIFTED", false: "IN_SYNC"}[v.text("_drifted") != ""])
			out.Set("DriftedStackResourceCount", int64(len(v.text("_drifted"))/4))
		}
		return shapedOutput(r, out), nil
	}
	return nil, refuse(http.StatusBadRequest, "ValidationError", "Drift detection id %s does not exist.", text(r.input,
		"StackDriftDetectionId"))
}

// resourceDrifts are those of a stack's resources.
func resourceDrifts(all []*view, r *request) *document.Object {
	out := document.List{}
	for _, p := range all[0].parts() {
		wanted := texts(r.input, "StackResourceDriftStatusFilters")
		if len(wanted) == 0 || strings.Contains(strings.Join(wanted, " "), text(p, "StackResourceDriftStatus")) {
			out = append(out, p)
		}
	}
	return obj("StackResourceDrifts", out)
}

// changeSetNow says whether a change set can be executed.
func changeSetNow(v *view) {
	if v.state == "CREATE_IN_PROGRESS" {
		v.doc.Set("ExecutionStatus", "UNAVAILABLE")
		v.doc.Set("Changes", document.List{})
	}
	if s := v.s.world.Things[keyOf("cloudformation stack", v.parent)]; s != nil {
		v.doc.Set("StackId", "arn:aws:cloudformation:"+region+":"+accountID+":stack/"+v.parent+"/"+uuid("stack",
			"cloudformation stack/"+v.parent))
	}
}

// createsChangeSet makes a change set; one of the type CREATE makes its stack, which is in review.
func createsChangeSet(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	name := endOf(text(r.input, "StackName"))
	if text(r.input, "ChangeSetType") == "CREATE" {
		if s.obstacle(r, "cloudformation stack/"+name) {
			return nil, refuse(http.StatusBadRequest, "ValidationError", "Stack [%s] already exists and cannot be created again with the "+
				"changeSet [%s].", name, text(r.input, "ChangeSetName"))
		}
		s.world.Things["cloudformation stack/"+name] = &thing{From: r.operation, Born: r.now, Life: "REVIEW_IN_PROGRESS", Since: r.now}
		s.world.Serial++
	}
	out, err := creates(s, r, a, k)
	if err != nil {
		return nil, err
	}
	v := s.see(r, "cloudformation change-set", wholeNames(r.input, a, k)[0])
	_ = out
	return obj("Id", v.text("ChangeSetId"), "StackId", v.text("StackId")), nil
}

// executes begins the update that a change set describes.
func executes(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	all, err := s.find(r, a, k)
	if err != nil {
		return nil, err
	}
	stack := s.see(r, "cloudformation stack", all[0].parent)
	l := life("UPDATE_IN_PROGRESS 6s UPDATE_COMPLETE")
	if stack.state == "REVIEW_IN_PROGRESS" {
		l = "CREATE_IN_PROGRESS 6s CREATE_COMPLETE"
	}
	stack.live(l)
	all[0].hold().Gone = true
	s.touch(r, stack.name, "AWS::CloudFormation::Stack")
	return obj(), nil
}

const (
	cfnStack = `{"StackId":"arn:aws:cloudformation:$region:$account:stack/$name/$uuid.stack","StackName":"$name","CreationTime":"$born",
"LastUpdatedTime":"$since","RollbackConfiguration":{},"StackStatus":"UPDATE_COMPLETE","DisableRollback":false,"NotificationARNs":[],
"Capabilities":["CAPABILITY_IAM"],"Outputs":[{"OutputKey":"Url","OutputValue":"https://$name.example.org","Description":"Where it is"}],
"Tags":[],"EnableTerminationProtection":false,"DriftInformation":{"StackDriftStatus":"NOT_CHECKED"},"Parameters":[]}`
	cfnChangeSet = `{"ChangeSetName":"$name","ChangeSetId":"arn:aws:cloudformation:$region:$account:changeSet/$name/$uuid.set",
"StackId":"arn:aws:cloudformation:$region:$account:stack/$parent/$uuid.stack","StackName":"$parent","CreationTime":"$born",
"ExecutionStatus":"AVAILABLE","Status":"CREATE_COMPLETE","NotificationARNs":[],"RollbackConfiguration":{},"Capabilities":[],"Changes":[
{"Type":"Resource","ResourceChange":{"Action":"Modify","LogicalResourceId":"Queue","PhysicalResourceId":"$parent-queue","ResourceType":
"AWS::SQS::Queue","Replacement":"False","Scope":["Properties"],"Details":[]}}],"IncludeNestedStacks":false}`
)
