// Package knowledge is what is known of AWS's operations beyond their models: what each does to the world, how its answer is
// judged, when it is done, what rolls it back. One file has one service, with all that is known of its operations.
//
// A rule of thumb for each verdict, which all rules of this package follow:
//
//   - pass: the answer says that it is as it should be.
//   - warn: a person should look at it, today rather than at night: something in progress, near a limit, or unusual.
//   - fail: it is broken, or open to others, now.
//   - nodata: the answer cannot tell, such as an empty list that may be a misspelt name.
//   - info: there is nothing to judge, and the sentence says what there is.
//
// An operation that changes something declares what reads the resource before and after (see Change). Where a
// rollback cannot be made of the call and the read, NoRollback says why in a sentence for the review dialog:
// a wrong rollback is worse than none.
//
// To add a service: a file with its name, a function that returns its service, and a line in registry.go. The
// tests walk all that is declared against the models, so that a misspelt operation, member or waiter fails.
package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws/iam"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Operation is all that is known of one operation. Services declare theirs with what neither the models nor the IAM access levels
// say; Of fills in the rest.
type Operation struct {
	Service, Name string // as the models have them
	// Effect is declared only where the access level and the verb say the wrong one.
	Effect  procedures.Effect
	Actions []string // IAM actions, "lambda:InvokeFunction"
	Price   float64  // US dollars a request
	// Slow reports that it answers before it is done: the next line may meet the state from before.
	Slow bool
	// Secret reports that its answer reveals a secret, which is masked on pages and in records.
	Secret bool
	// Drawn reports that AWS made the secret for this call: it was not there before.
	Drawn bool
	// Unordered is the list in its answer whose order AWS does not promise.
	Unordered string
	// Thresholds are the numbers that its verdict rule judges by and that a page offers as fields.
	Thresholds []Threshold

	// sentence is what it does, where {Member} stands for a value of the input and {Member:text %s} for a text that is left out
	// without the value.
	sentence string
	resource string // the member that names what it changes; guessed by its name where it is not declared
	// tellingRead is the operation that tells whether the change was made, where it is neither change.ReadOperation nor follows
	// from the change's name.
	tellingRead string

	rule      verdictRule
	resources resourceRule
	// reads are the members of the answer that the rule looks at, see survey.reads; empty where it is not declared.
	reads string
	// errors are codes of errors that are answers, or about which more is known. One without a reason has the service's message.
	errors map[string]procedures.Judgement
	// errorResources is what an error says of the thing that the call was about.
	errorResources func(input *document.Object, code string, j *procedures.Judgement) []procedures.ResourceVerdict

	change Change
	// hints are advice about a line before it runs; nil for none.
	hints func(w Written) []Hint
}

// verdictRule judges an answer; nil where there is nothing to judge.
type verdictRule func(q answered) *procedures.Judgement

// resourceRule lists what an answer says of the things in it.
type resourceRule func(q answered) []procedures.ResourceVerdict

// answered is a call with its answer, as verdict rules see it.
type answered struct {
	input  *document.Object
	answer *document.Object
	now    time.Time
	// variable looks one of the script up, for thresholds; nil where there are none.
	variable func(name string) (string, bool)
}

// said is a text of the call's input; empty where it has none.
func (q answered) said(member string) string { return q.input.Text(member) }

var known sync.Map // "service Operation" → Operation

// Of returns what is known of an operation, by the models' names. What is not known is a change.
func Of(service, name string) Operation {
	key := service + " " + name
	if o, ok := known.Load(key); ok {
		return o.(Operation)
	}
	s := serviceOf(service)
	o := s.operations[name]
	o.Service, o.Name, o.Price = service, name, s.price
	var level iam.Level
	if m, err := models.Load(service); err == nil && m.Operation(name) != nil {
		op := m.Operation(name)
		action, found := iam.Action(m, op)
		level = found
		if action != "" {
			o.Actions = []string{action}
		}
		if o.resource == "" {
			o.resource = resourceMember(op)
		}
	}
	if o.Effect == "" {
		o.Effect = effectOf(name, level)
	}
	if o.Effect.Changes() && begins(name, s.slow) {
		o.Slow = true
	}
	// Nothing here changes while the program runs, so that an operation is worked out once.
	known.Store(key, o)
	return o
}

// Verbs of operations, for those whose access level is not known or does not tell.
var (
	destroyVerbs = []string{
		"Delete", "Terminate", "Purge", "Deregister", "Remove", "Revoke", "Cancel", "Release", "Disassociate", "Destroy", "Abort",
		"Disable", "Detach", "Drop", "Reject", "Reset", "Stop", "Unregister", "Unsubscribe", "Deprovision", "Withdraw", "Close", "Leave",
		"Discard", "Evict", "Forget", "Shutdown", "Decommission", "Undeploy", "Clear", "Unlink", "Unshare", "Unassign", "FastReset",
	}
	// beforeVerbs are words of names before the verb that tells: BatchDeleteImage, AdminDeleteUser, StartBulkDisassociate….
	beforeVerbs = []string{"Batch", "Admin", "Bulk", "Force", "Start", "Execute", "Request"}
	readVerbs   = []string{
		"List", "Describe", "Get", "Head", "Lookup", "Search", "Query", "Scan", "BatchGet", "Select", "Filter", "Count", "Estimate",
		"Preview", "Validate", "Test", "Simulate", "Check", "Discover", "View", "Detect", "Poll",
	}
)

// begins reports whether a name begins with one of some verbs.
func begins(name string, verbs []string) bool {
	return slices.ContainsFunc(verbs, func(verb string) bool { return strings.HasPrefix(name, verb) })
}

// destroys reports whether a name says that something is taken away: by its verb, or by the deletion that it asks for
// (CreateDataDeletionJob, StartRemoteDelete), and not by a protection against one.
func destroys(name string) bool {
	for _, word := range beforeVerbs {
		if rest, ok := strings.CutPrefix(name, word); ok && rest != "" && destroys(rest) {
			return true
		}
	}
	asked := strings.HasPrefix(name, "Start") || strings.HasPrefix(name, "Schedule") || strings.HasSuffix(name, "Job")
	return begins(name, destroyVerbs) ||
		asked && (strings.Contains(name, "Deletion") || strings.HasSuffix(name, "Delete") || strings.HasSuffix(name, "Decommission"))
}

// onlyReads reports whether a verb says so whatever the access level is: some that only read are listed as permissions management.
func onlyReads(name string) bool {
	for _, verb := range []string{"List", "Describe", "Head"} {
		if rest, ok := strings.CutPrefix(name, verb); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			return true
		}
	}
	return false
}

// effectOf tells the effect by the access level, and by the verb where a level is not known or does not tell.
func effectOf(name string, level iam.Level) procedures.Effect {
	switch {
	// IAM's access levels come first; the verb decides for operations that they do not know.
	case level == iam.Read || level == iam.List, onlyReads(name):
		return procedures.EffectRead
	case destroys(name):
		return procedures.EffectDestroy
	case level == iam.Unknown && begins(name, readVerbs):
		return procedures.EffectRead
	}
	return procedures.EffectChange
}

// resourceMember guesses the member that names what an operation works on: the first required
// one that ends in a name's word, else the first required string.
func resourceMember(op *models.Operation) string {
	if op.Input == nil {
		return ""
	}
	first := ""
	for _, name := range op.Input.Required {
		m := op.Input.Member(name)
		if m.Shape.Type != models.TypeString && m.Shape.Type != models.TypeList {
			continue
		}
		lower := strings.ToLower(name)
		for _, word := range []string{"name", "identifier", "id", "arn", "ids", "bucket", "url", "cluster", "service", "key"} {
			if strings.HasSuffix(lower, word) {
				return name
			}
		}
		if first == "" {
			first = name
		}
	}
	return first
}

// Resource is the name of what a call changes, "" where it is not known.
func (o Operation) Resource(input *document.Object) string { return textOf(input, o.resource) }

// Judge judges an answer by the operation's verdict rule; without one it says what the answer has, and is nil where there is
// nothing to say. variable looks one of the script up, which may set a threshold; it may be nil.
// A hostile answer is judged as one without data and never panics.
func (o Operation) Judge(
	input *document.Object, answer document.Value, now time.Time, variable func(string) (string, bool),
) *procedures.Judgement {
	object, _ := answer.(*document.Object)
	q := answered{input, object, now, variable}
	if o.rule == nil {
		return o.plain(q)
	}
	if object == nil {
		return nil
	}
	return o.cutShort(o.rule(q), object)
}

// maxResourceVerdicts bounds what is kept of one answer.
const maxResourceVerdicts = 500

// ResourceVerdicts lists what an answer says of the things in it; nil where no rule is known. Where there are too many, the worst
// are kept.
func (o Operation) ResourceVerdicts(
	input *document.Object, answer document.Value, now time.Time, variable func(string) (string, bool),
) []procedures.ResourceVerdict {
	object, _ := answer.(*document.Object)
	if o.resources == nil || object == nil {
		return nil
	}
	all := o.resources(answered{input, object, now, variable})
	if len(all) <= maxResourceVerdicts {
		return all
	}
	// Verdicts are listed from the worst to the best; equal ones keep the answer's order.
	slices.SortStableFunc(all, func(a, b procedures.ResourceVerdict) int {
		return slices.Index(procedures.Verdicts, a.Verdict) - slices.Index(procedures.Verdicts, b.Verdict)
	})
	return all[:maxResourceVerdicts]
}

// ResourceVerdictsOfError is what an error says of the thing that the call was about, whose name it puts into the judgement;
// nil where nothing is known of it.
func (o Operation) ResourceVerdictsOfError(input *document.Object, code string, j *procedures.Judgement) []procedures.ResourceVerdict {
	if o.errorResources == nil {
		return nil
	}
	return o.errorResources(input, code, j)
}

// judge is a judgement with a sentence.
func judge(v procedures.Verdict, format string, args ...any) *procedures.Judgement {
	return &procedures.Judgement{Verdict: v, Reason: fmt.Sprintf(format, args...)}
}
