package knowledge

import (
	"regexp"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// telling is the reading operation that tells whether a change was made, where it is another than the one that reads
// what changes, and its name does not follow from the change's.
var tellingReads = map[string]string{
	"apigateway CreateDeployment":   "GetDeployments",
	"cloudfront CreateInvalidation": "ListInvalidations",
	"cloudwatch PutMetricData":      "ListMetrics",
	"dynamodb BatchWriteItem":       "Scan",
	"ec2 RebootInstances":           "DescribeInstanceStatus",
	"ec2 RunInstances":              "DescribeInstances",
	"ecs RunTask":                   "ListTasks",
	"lambda PublishVersion":         "ListVersionsByFunction",
	"lambda Invoke":                 "GetFunction",
	"ssm SendCommand":               "ListCommands",
}

var verb = regexp.MustCompile(`^(Batch)?[A-Z][a-z]+`)

// word is one word of an operation's name, from its end.
var word = regexp.MustCompile(`[A-Z][a-z0-9]*$`)

// TellingRead is the command line that tells whether this change was made, as far as the change's own values fill it in:
// what to run where nobody knows. Empty where none is known.
func (e Operation) TellingRead(input *document.Object) string {
	s, err := models.Load(e.Service)
	if err != nil {
		return ""
	}
	op := e.telling(s)
	if op == nil {
		return ""
	}
	line := []string{"aws", bind.CommandOf(e.Service), bind.Dashed(op.Name)}
	if op.Input != nil {
		for _, m := range op.Input.Members {
			value, ok := given(input, m.Name)
			switch {
			case ok:
				line = append(line, "--"+bind.Dashed(m.Name), value)
			case op.Input.IsRequired(m.Name):
				line = append(line, "--"+bind.Dashed(m.Name), "…")
			}
		}
	}
	return strings.Join(line, " ")
}

// given is the text of a member that names something; one of the same name with an s holds a list of it.
func given(input *document.Object, name string) (string, bool) {
	for _, n := range []string{name, strings.TrimSuffix(name, "s"), "Target" + name} {
		value, _ := input.Get(n)
		if list, ok := value.(document.List); ok && len(list) == 1 {
			value = list[0]
		}
		if text, ok := value.(string); ok && text != "" && len(text) < 200 && !strings.ContainsAny(text, " \n'\"$") {
			return text, true
		}
	}
	return "", false
}

// telling finds the operation: the one that is known, else the one that reads what the change's name names, or what
// a shorter part of it does.
func (e Operation) telling(s *models.Service) *models.Operation {
	for _, name := range []string{tellingReads[e.Service+" "+e.Name], changes[e.Service+" "+e.Name].ReadOperation} {
		if name != "" {
			return s.Operation(name)
		}
	}
	for noun := verb.ReplaceAllString(e.Name, ""); noun != ""; {
		for _, name := range []string{"Head" + noun, "Describe" + noun, "Get" + noun, "Describe" + noun + "s", "Get" + noun + "s", "List" + noun + "s"} {
			if op := s.Operation(name); op != nil && !Of(e.Service, name).Effect.Changes() {
				return op
			}
		}
		shorter := word.ReplaceAllString(noun, "")
		if shorter == noun {
			return nil
		}
		noun = shorter
	}
	return nil
}
