package runbook

import (
	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// targetParameter is $RTO or ${RTO}.
var targetParameter = lazy.Regexp(`^\$\{?([A-Za-z_]\w*)\}?$`)

// targetTime reads a duration or a parameter's name.
func (r *yamlReader) targetTime(key string, n *yaml.Node) procedures.Target {
	if n.Kind == yaml.ScalarNode {
		if m := targetParameter().FindStringSubmatch(n.Value); m != nil {
			return procedures.Target{Parameter: m[1]}
		}
		if d, ok := procedures.ParseDuration(n.Value); ok {
			return procedures.Target{Fixed: d}
		}
	}
	r.wrong(key, n, "a duration, such as 30m or 1h30m, or a parameter with one, such as $RTO")
	return procedures.Target{}
}

// recovery reads the objectives of steps that bring data back.
// A point without `at` has an error, as there is nothing to compare it with.
func (r *yamlReader) recovery(n *yaml.Node) *procedures.Recovery {
	if n.Kind != yaml.MappingNode {
		r.wrong("recovery", n,
			"a mapping of time, point and at, such as {time: 30m, point: 26h, at: BackupDescription.BackupDetails.BackupCreationDateTime}")
		return nil
	}
	out := &procedures.Recovery{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch key.Value {
		case "time":
			out.Time = r.targetTime("time", value)
		case "point":
			out.Point = r.targetTime("point", value)
		case "at":
			if out.At = r.text("at", value); out.At != "" {
				r.checkExpression("at", out.At, value.Line)
			}
		default:
			r.unknownKey(procedures.SeverityError, key, []string{"time", "point", "at"})
		}
	}
	if out.Point.Set() && out.At == "" {
		r.add(procedures.SeverityError, n.Line,
			"`recovery` has a `point` but no `at`, the expression that finds the time of the data in an answer")
	}
	return out
}
