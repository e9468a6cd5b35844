package sandbox

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// living is a service of the sandbox that is described: what its resources look like, what they go through, and what each
// operation does to them. What it cannot describe is a function.
type living struct {
	service string
	kinds   map[string]*kind
	acts    map[string]act // by operation
	faults  []Fault
	estate  []string // what a healthy account has of it, as "KIND/NAME"
	token   string   // what a token that the sandbox did not give is answered with; see serviceErrorOf
}

// kind is one kind of resource. What it looks like is a template, see filled; only what calls changed is stored.
type kind struct {
	shape   string // where an answer has it: "DescribeDBInstances DBInstances"; steps into a list are implied
	id      string // the member of it that names it
	arn     string // the member that is its ARN; one that was asked for is echoed
	state   string // the path of its state; empty where it has none
	healthy string // the template
	born    life   // of one that a call creates; empty for one that is there at once
	under   string // the kind that it belongs to; its name is then PARENT/NAME
	missing string // the error where there is none: see serviceErrorOf
	exists  string // the error where there is one already
	// plain finds the name in what a call names it by; nil for the end of an ARN.
	plain func(named string) string
	// brings are the other resources that a healthy one comes with, as "KIND/NAME".
	brings func(s *Sandbox, name string, now time.Time) []string
	// now is what follows from the clock and from other resources; nil for nothing.
	now func(v *view)

	service  string
	once     sync.Once
	template *document.Object
	form     *models.Shape
}

// act is what an operation does.
type act struct {
	does act0
	// creating and changing say that it makes a resource, and that it keeps members of its input.
	creating, changing bool
	kind               string
	by                 string // the member of the input that names the resource, or several
	in                 string // the member that names its parent
	at                 string // the member of the output in which it is; empty for the output itself
	life               life   // that the call begins
	// takes are further members of the input, which need no trace. Members that the resource has are kept.
	takes string
	// renames are members of the input that the resource has under another name.
	renames map[string]string
	// only are filters: of the input, or names in its Filters, by the path of the value that they compare.
	only  map[string]string
	pick  string // the member that a list of texts is made of
	names string // the template of the name that the service gives a new one
	skips bool   // what is not there is left out, and is no error
	bare  bool   // the output has nothing of the resource
	// cures are the faults that it ends of what it names; FAULT:MEMBER only where the input has the member.
	cures string
	refs  map[string]string // members of the input that name resources of other kinds of the service
	// also is done before the answer is made. It refuses before it changes anything.
	also func(v *view, r *request) error
	// wraps makes the answer of the resources, where it is not as at says.
	wraps func(all []*view, r *request) *document.Object
}

// act0 carries an act out.
type act0 func(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error)

// livingServices are those that are described, by the models' names. Nothing of one is made before it is asked for.
func livingServices() map[string]func() *living {
	return map[string]func() *living{
		"acm":            acmLiving,
		"autoscaling":    autoscalingLiving,
		"backup":         backupLiving,
		"cloudformation": cloudformationLiving,
		"codebuild":      codebuildLiving,
		"codedeploy":     codedeployLiving,
		"codepipeline":   codepipelineLiving,
		"ec2":            ec2Living,
		"ecs":            ecsLiving,
		"eks":            eksLiving,
		"elasticache":    elasticacheLiving,
		"elbv2":          elbv2Living,
		"iam":            iamLiving,
		"kms":            kmsLiving,
		"rds":            rdsLiving,
		"route53":        route53Living,
		"secretsmanager": secretsmanagerLiving,
		"sns":            snsLiving,
		"sqs":            sqsLiving,
		"ssm":            ssmLiving,
		"stepfunctions":  stepfunctionsLiving,
	}
}

var livings sync.Map // the models' names → *living

// livingOf is a service that is described, nil for another.
func livingOf(service string) *living {
	if l, ok := livings.Load(service); ok {
		return l.(*living)
	}
	facts := livingServices()[service]
	if facts == nil {
		return nil
	}
	made := facts()
	for _, k := range made.kinds {
		k.service = service
	}
	l, _ := livings.LoadOrStore(service, made)
	return l.(*living)
}

// kindOf is the kind "SERVICE KIND"; nil where there is none.
func kindOf(name string) *kind {
	service, of, _ := strings.Cut(name, " ")
	if l := livingOf(service); l != nil {
		return l.kinds[of]
	}
	return nil
}

// livingNames are the services that are described, in order.
func livingNames() []string { return slices.Sorted(maps.Keys(livingServices())) }

// shapeOf is the shape of a resource.
func (k *kind) shapeOf(service string) *models.Shape {
	k.once.Do(func() {
		m, err := models.Load(service)
		if err != nil {
			return
		}
		words := strings.Fields(k.shape)
		k.form = m.Operation(words[0]).Output
		for _, name := range words[1:] {
			k.form = k.form.Member(name).Shape
			for k.form.Type == models.TypeList {
				k.form = k.form.Element.Shape
			}
		}
		parsed, err := document.Parse([]byte(k.healthy))
		if err != nil {
			panic("the template of " + k.shape + ": " + err.Error())
		}
		k.template = parsed.(*document.Object)
	})
	return k.form
}

// serviceErrorOf reads "STATUS CODE MESSAGE", in which {name} stands for a name.
func serviceErrorOf(form, name string) *serviceError {
	parts := strings.SplitN(form, " ", 3)
	status, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) != 3 {
		panic("not an error: " + form)
	}
	return &serviceError{Code: parts[1], Message: strings.ReplaceAll(parts[2], "{name}", name), Status: status}
}

// endOf is the name at the end of an ARN; what is no ARN is a name.
func endOf(named string) string {
	if !strings.HasPrefix(named, "arn:") {
		return named
	}
	return named[strings.LastIndexAny(named, ":/")+1:]
}
