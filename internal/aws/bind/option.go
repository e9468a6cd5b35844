package bind

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// Option is one option of an operation.
// Options are made once for each operation and shared by all lines: read them only.
type Option struct {
	Name     string // without dashes
	Member   *models.Member
	Required bool
	Negates  bool // --no-name of a boolean
	hidden   bool // works, and is not suggested
	// apply, where set, puts the option's value into the input by itself.
	apply func(input *inputTree, o *Option, values []string) error
	keeps bool // apply keeps a value that is not known
	list  bool // takes any number of values; of an option without a member
	flag  bool // takes none
	own   bool // of the command itself, no member of the input
	// optional is the value of an option that may stand without one.
	optional string
}

// Boolean reports whether the option takes no value.
func (o *Option) Boolean() bool {
	return o.flag || o.Member != nil && o.Member.Shape.Type == models.TypeBoolean
}

// List reports whether the option takes any number of values.
func (o *Option) List() bool {
	return o.list || o.Member != nil && o.Member.Shape.Type == models.TypeList
}

// renamedOptions are those whose name would be that of a global option or reads badly:
// awscli/customizations/argrename.py. "*" stands for every operation.
// The key is service.operation.option in the CLI's spelling. The new name replaces the old one: the old one is
// refused, or read as the global option of that name.
var renamedOptions = map[string]string{
	"ec2.create-image.no-no-reboot": "reboot", "ec2.*.no-egress": "ingress", "ec2.*.no-disable-api-termination": "enable-api-termination",
	"swf.register-activity-type.version": "activity-version", "swf.register-workflow-type.version": "workflow-version",
	"datapipeline.*.query":                         "objects-query",
	"datapipeline.get-pipeline-definition.version": "pipeline-version", "emr.*.job-flow-ids": "cluster-ids",
	"emr.*.job-flow-id":              "cluster-id",
	"cloudsearchdomain.search.query": "search-query", "cloudsearchdomain.suggest.query": "suggest-query",
	"sns.subscribe.endpoint": "notification-endpoint",
	"deploy.*.s-3-location":  "s3-location", "deploy.*.ec-2-tag-filters": "ec2-tag-filters",
	"codepipeline.get-pipeline.version":              "pipeline-version",
	"codepipeline.create-custom-action-type.version": "action-version", "codepipeline.delete-custom-action-type.version": "action-version",
	"codepipeline.get-action-type.version": "action-version", "kinesisanalytics.add-application-output.output": "application-output",
	"kinesisanalyticsv2.add-application-output.output": "application-output",
	"route53.delete-traffic-policy.version":            "traffic-policy-version",
	"route53.get-traffic-policy.version":               "traffic-policy-version",
	"route53.update-traffic-policy-comment.version":    "traffic-policy-version",
	"gamelift.create-build.version":                    "build-version", "gamelift.update-build.version": "build-version",
	"gamelift.create-script.version": "script-version",
	"gamelift.update-script.version": "script-version", "route53domains.view-billing.start": "start-time",
	"route53domains.view-billing.end":    "end-time",
	"apigateway.create-rest-api.version": "api-version", "apigatewayv2.create-api.version": "api-version",
	"apigatewayv2.update-api.version":       "api-version",
	"pinpoint.get-campaign-version.version": "campaign-version", "pinpoint.get-segment-version.version": "segment-version",
	"pinpoint.delete-email-template.version":  "template-version",
	"pinpoint.delete-in-app-template.version": "template-version", "pinpoint.delete-push-template.version": "template-version",
	"pinpoint.delete-sms-template.version":   "template-version",
	"pinpoint.delete-voice-template.version": "template-version", "pinpoint.get-email-template.version": "template-version",
	"pinpoint.get-in-app-template.version": "template-version",
	"pinpoint.get-push-template.version":   "template-version", "pinpoint.get-sms-template.version": "template-version",
	"pinpoint.get-voice-template.version":    "template-version",
	"pinpoint.update-email-template.version": "template-version", "pinpoint.update-in-app-template.version": "template-version",
	"pinpoint.update-push-template.version": "template-version",
	"pinpoint.update-sms-template.version":  "template-version", "pinpoint.update-voice-template.version": "template-version",
	"stepfunctions.send-task-success.output": "task-output", "clouddirectory.publish-schema.version": "schema-version",
	"mturk.list-qualification-types.query":               "types-query",
	"workdocs.create-notification-subscription.endpoint": "notification-endpoint", "workdocs.describe-users.query": "user-query",
	"lex-models.delete-bot.version": "bot-version", "lex-models.delete-intent.version": "intent-version",
	"lex-models.delete-slot-type.version": "slot-type-version",
	"lex-models.get-intent.version":       "intent-version", "lex-models.get-slot-type.version": "slot-type-version",
	"lex-models.delete-bot-version.version":       "bot-version",
	"lex-models.delete-intent-version.version":    "intent-version",
	"lex-models.delete-slot-type-version.version": "slot-type-version", "lex-models.get-export.version": "resource-version",
	"license-manager.get-grant.version": "grant-version", "license-manager.delete-grant.version": "grant-version",
	"license-manager.get-license.version":        "license-version",
	"rekognition.create-stream-processor.output": "stream-processor-output",
	"eks.create-cluster.version":                 "kubernetes-version", "eks.update-cluster-version.version": "kubernetes-version",
	"eks.create-nodegroup.version": "kubernetes-version", "eks.update-nodegroup-version.version": "kubernetes-version",
	"eks.update-cluster-components-version.version": "kubernetes-version",
	"schemas.*.version":                             "schema-version", "sagemaker.delete-image-version.version": "version-number",
	"sagemaker.describe-image-version.version": "version-number",
	"sagemaker.list-aliases.version":           "version-number", "sagemaker.update-image-version.version": "version-number",
	"iotwireless.*.lo-ra-wan":         "lorawan",
	"ecs.*.no-enable-execute-command": "disable-execute-command", "ecs.execute-command.no-interactive": "non-interactive",
	"controltower.create-landing-zone.version": "landing-zone-version", "controltower.update-landing-zone.version": "landing-zone-version",
	"glue.get-unfiltered-partition-metadata.region": "resource-region", "glue.get-unfiltered-partitions-metadata.region": "resource-region",
	"glue.get-unfiltered-table-metadata.region": "resource-region", "agent-toolkit.*.name": "skill-name",
	"agent-toolkit.search-skills.query": "search-query",
}

// hiddenAliases are old names of options that still work: awscli/customizations/argrename.py. The CLI then leaves it
// to validation to ask for either.
var hiddenAliases = map[string]string{
	"mgn.replication-servers-security-groups-ids": "replication-servers-security-groups-i-ds",
	"mgn.source-server-ids":                       "source-server-i-ds",
	"mgn.replication-configuration-template-ids":  "replication-configuration-template-i-ds",
	"elasticache.preferred-cache-cluster-azs":     "preferred-cache-cluster-a-zs",
}

// optionName is the name that an option is typed by, after the CLI's renaming.
func optionName(service, operation, name string) string {
	for _, key := range []string{service + "." + operation + "." + name, service + ".*." + name} {
		if r, ok := renamedOptions[key]; ok {
			return r
		}
	}
	return name
}

// optionSet is all options of one operation, in the model's order.
type optionSet struct {
	list []*Option
	by   map[string]*Option
	// outfile is the name of the positional argument for a streaming answer, or "".
	outfile bool
	// conflicts are checked once all options are read.
	conflicts []conflict
	// complete, where set, adds what the CLI sends when nothing was given.
	complete func(input *document.Object)
}

// conflict refuses options beside others: the events operation-args-parsed of the AWS CLI. The message is made for the first option
// of them that is given; order is theirs.
type conflict struct {
	option  string
	order   []string
	message func(name string) string
}

// exclusive are the conflicts of two groups, in the words of validate_mutually_exclusive: the options are looked at in the order of
// their table, and the first that is of the other group is refused.
func (s *optionSet) exclusive(first, second []string) {
	message := func(group []string) func(string) string {
		return func(name string) string {
			return fmt.Sprintf("The key \"%s\" cannot be specified when one of the following keys are also specified: %s",
				strings.ReplaceAll(name, "-", "_"), strings.ReplaceAll(strings.Join(group, ", "), "-", "_"))
		}
	}
	for _, name := range first {
		s.conflicts = append(s.conflicts, conflict{option: name, order: second, message: message(first)})
	}
}

// conflicting is the first conflict among the options that are given.
func (s *optionSet) conflicting(found []*Given) error {
	given := map[string]*Given{}
	for _, g := range found {
		given[g.Option.Name] = g
	}
	for _, c := range s.conflicts {
		if given[c.option] == nil {
			continue
		}
		for _, name := range c.order {
			if g := given[name]; g != nil {
				return at(invalid("%s", c.message(name)), g.Word)
			}
		}
	}
	return nil
}

// add keeps the first option of a name: a customization that replaces one must drop it before.
func (s *optionSet) add(o *Option) {
	if s.by[o.Name] == nil {
		s.list = append(s.list, o)
		s.by[o.Name] = o
	}
}

func (s *optionSet) drop(name string) {
	delete(s.by, name)
	s.list = slices.DeleteFunc(s.list, func(o *Option) bool { return o.Name == name })
}

var optionSets sync.Map // *models.Operation → *optionSet

// optionsOf makes an operation's options, once. Two callers at the same moment may both make them; they are equal, and
// one is kept.
func optionsOf(op *models.Operation) *optionSet {
	if s, ok := optionSets.Load(op); ok {
		return s.(*optionSet)
	}
	s := &optionSet{by: map[string]*Option{}}
	service, operation := CommandOf(op.Service.Name), Dashed(op.Name)
	if op.Input != nil {
		for _, m := range op.Input.Members {
			name := Dashed(m.Name)
			// The CLI fills an idempotency token in by itself, so it is never required.
			required := op.Input.IsRequired(m.Name) && !m.Idempotency
			alias := hiddenAliases[service+"."+name]
			s.add(&Option{Name: optionName(service, operation, name), Member: m, Required: required && alias == ""})
			if alias != "" {
				s.add(&Option{Name: alias, Member: m, hidden: true})
			}
			if m.Shape.Type == models.TypeBoolean {
				s.add(&Option{Name: optionName(service, operation, "no-"+name), Member: m, Negates: true})
			}
		}
	}
	// An answer that streams has its body written to a file, which the line names as its last operand.
	if op.Output != nil && op.Output.Payload != "" {
		s.outfile = op.Output.Member(op.Output.Payload).Shape.Type == models.TypeBlob
	}
	customizeOptions(s, service, op)
	optionSets.Store(op, s)
	return s
}

// Options lists an operation's options in the model's order.
func Options(op *models.Operation) []*Option { return optionsOf(op).list }

// paging are the options that every operation with pages has, unless the model has them itself.
func paginated(op *models.Operation) *models.Paginator {
	return op.Service.Paginators[op.Name]
}

// hidePaging hides the members that the pages' tokens and limits are given in; the CLI keeps
// them working and drives the pages itself unless one is given.
func hidePaging(p *models.Paginator, m *models.Member) bool {
	if p == nil {
		return false
	}
	for _, t := range p.InputToken {
		if t == m.Name {
			return true
		}
	}
	return p.LimitKey == m.Name
}

// isOption reports whether argparse takes a word for an option.
// It is argparse's rule: a word with a space is a value even with a dash in front, unless the space is in the value of an option,
// as in "--name=a b". A negative number is a value, as no option of the CLI looks like one. A dash alone is one too: standard input.
func isOption(arg string) bool {
	if !strings.HasPrefix(arg, "-") || len(arg) == 1 || isNegative(arg) {
		return false
	}
	name, _, attached := strings.Cut(arg, "=")
	return !strings.Contains(arg, " ") || attached && !strings.ContainsAny(name, " \t\n") && strings.HasPrefix(name, "--")
}

// isNegative reports whether a word is a negative number: ^-\d+$|^-\d*\.\d+$.
func isNegative(arg string) bool {
	whole, fraction, point := strings.Cut(arg[1:], ".")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	return digits(whole) && digits(fraction) && (point && fraction != "" || !point && whole != "")
}
