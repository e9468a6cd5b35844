package custom

import (
	"context"
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// clusterEnd is `aws emr terminate-clusters`: awscli/customizations/emr/terminateclusters.py.
type clusterEnd struct{}

var clusterEndCommand = &bind.Command{Options: []bind.CommandOption{{Name: "cluster-ids", Many: true, Required: true}}}

func readClusterEnd(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return clusterEndCommand.Read(without(without(args, "emr"), "terminate-clusters"), known)
}

func plannedClusterEnd(l *bind.CommandLine) procedures.PlannedCall {
	ids := strings.Join(l.Values("cluster-ids"), ", ")
	return procedures.PlannedCall{
		Command: "emr terminate-clusters", Effect: procedures.EffectDestroy, Resource: ids,
		Does:    "Terminates the clusters " + ids + ", with what is only on their disks.",
		Actions: []string{"elasticmapreduce:TerminateJobFlows"},
	}
}

// Describe implements Command.
func (clusterEnd) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := readClusterEnd(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(plannedClusterEnd(l))
}

// Run implements Command. The AWS CLI prints nothing.
func (clusterEnd) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := readClusterEnd(args, nil)
	if err != nil {
		return 0, err
	}
	planned := plannedClusterEnd(l)
	s.Call.Command, s.Call.Effect = planned.Command, planned.Effect
	if s.Invocation.Planning {
		return s.PlanOnly(planned), nil
	}
	if _, err := ask(ctx, s, "emr", "TerminateJobFlows", object("JobFlowIds", texts(l.Values("cluster-ids")))); err != nil {
		return 0, err
	}
	s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: "The end of " + planned.Resource + " was asked for."}
	return 0, nil
}

// clusterSteps is `aws emr add-steps`: awscli/customizations/emr/addsteps.py and steputils.py.
type clusterSteps struct{}

var clusterStepsCommand = &bind.Command{Options: []bind.CommandOption{
	{Name: "cluster-id", Required: true}, {Name: "steps", Many: true, Required: true}, {Name: "execution-role-arn"},
}}

func readClusterSteps(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return clusterStepsCommand.Read(without(without(args, "emr"), "add-steps"), known)
}

func plannedClusterSteps(l *bind.CommandLine) procedures.PlannedCall {
	return procedures.PlannedCall{
		Command: "emr add-steps", Effect: procedures.EffectChange, Resource: l.Value("cluster-id"),
		Does:    "Adds steps to the cluster " + l.Value("cluster-id") + ".",
		Actions: []string{"elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:DescribeCluster"},
	}
}

// Describe implements Command: steps that are known are made as they will be sent, for a cluster of a release.
func (clusterSteps) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := readClusterSteps(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(plannedClusterSteps(l))
	for _, text := range l.Values("steps") {
		if !known(text) || strings.HasPrefix(text, "file://") {
			return
		}
	}
	if given, err := givenSteps(l.Values("steps")); err != nil {
		line.Refuse(words[0], err)
	} else if _, err := stepConfigs(given, "emr-7", "us-east-1"); err != nil {
		line.Refuse(words[0], err)
	}
}

// Run implements Command.
func (clusterSteps) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := readClusterSteps(args, nil)
	if err != nil {
		return 0, err
	}
	values := l.Values("steps")
	if len(values) == 1 {
		if values[0], err = loaded(s, "steps", values[0]); err != nil {
			return 0, err
		}
	}
	given, err := givenSteps(values)
	if err != nil {
		return 0, err
	}
	planned := plannedClusterSteps(l)
	s.Call.Command, s.Call.Effect = planned.Command, planned.Effect
	if s.Invocation.Planning {
		return s.PlanOnly(planned), nil
	}
	answer, err := ask(ctx, s, "emr", "DescribeCluster", object("ClusterId", l.Value("cluster-id")))
	if err != nil {
		return 0, err
	}
	v, _ := answer.Get("Cluster")
	cluster, _ := v.(*document.Object)
	steps, err := stepConfigs(given, cluster.Text("ReleaseLabel"), s.Identity.Region)
	if err != nil {
		return 0, err
	}
	input := object("JobFlowId", l.Value("cluster-id"), "Steps", steps)
	if l.Has("execution-role-arn") {
		input.Set("ExecutionRoleArn", l.Value("execution-role-arn"))
	}
	if answer, err = ask(ctx, s, "emr", "AddJobFlowSteps", input); err != nil {
		return 0, err
	}
	s.Call.Document = answer
	s.Call.RuleVerdict = &procedures.Judgement{Verdict: procedures.Info, Reason: planned.Does}
	return 0, show(s, "AddJobFlowSteps", answer)
}

// givenSteps reads shorthand, or JSON: a list in one value, or an object in each.
func givenSteps(values []string) ([]*document.Object, error) {
	if len(values) == 1 && strings.HasPrefix(strings.TrimSpace(values[0]), "[") {
		v, err := document.Parse([]byte(values[0]))
		if err != nil {
			return nil, wrongValue("steps", "Invalid JSON:\n"+values[0])
		}
		return objects(object("steps", v), "steps"), nil
	}
	var out []*document.Object
	for _, text := range values {
		o, err := bind.Shorthand(text)
		if err != nil {
			return nil, wrongValue("steps", err.Error())
		}
		out = append(out, o)
	}
	return out, nil
}

// stepKind is what the AWS CLI makes of a step of a type: the command of a cluster that has a release, and the older ones' script.
type stepKind struct {
	name, config, command, script string
	before                        []string // of the step's own arguments
	versions                      bool     // an older cluster is told which version
}

var stepKinds = map[string]stepKind{
	"custom_jar": {name: "Custom JAR", config: "CustomJARStepConfig"},
	"streaming": {
		name: "Streaming program", config: "StreamingStepConfig", command: "hadoop-streaming",
		script: "/home/hadoop/contrib/streaming/hadoop-streaming.jar",
	},
	"hive": {
		name: "Hive program", config: "HiveStepConfig", command: "hive-script", script: "/libs/hive/hive-script",
		before: []string{"--run-hive-script"}, versions: true,
	},
	"pig": {
		name: "Pig program", config: "PigStepConfig", command: "pig-script", script: "/libs/pig/pig-script",
		before: []string{"--run-pig-script"}, versions: true,
	},
	"spark": {name: "Spark application", config: "SparkStepConfig", command: "spark-submit", script: "/home/hadoop/spark/bin/spark-submit"},
}

// stepConfigs makes the steps that are sent. release is the cluster's, "" for one of before there were releases.
func stepConfigs(given []*document.Object, release, region string) (document.List, error) {
	out := document.List{}
	for _, step := range given {
		kind := strings.ToLower(orElse(step.Text("Type"), "custom_jar"))
		k, ok := stepKinds[kind]
		if !ok {
			return nil, wrongStep("The step type %s is not supported.", kind)
		}
		jar, args, err := k.program(step, kind, release, region)
		if err != nil {
			return nil, err
		}
		program := object("Jar", jar)
		if len(args) > 0 {
			program.Set("Args", args)
		}
		if kind == "custom_jar" {
			if v := step.Text("MainClass"); v != "" {
				program.Set("MainClass", v)
			}
			if v := step.Text("Properties"); v != "" {
				program.Set("Properties", stepProperties(v))
			}
		}
		config := object("Name", orElse(step.Text("Name"), k.name), "ActionOnFailure", orElse(step.Text("ActionOnFailure"), "CONTINUE"),
			"HadoopJarStep", program)
		watched := &document.Object{}
		for _, name := range []string{"LogUri", "EncryptionKeyArn"} {
			if v := step.Text(name); v != "" {
				watched.Set(name, v)
			}
		}
		if watched.Len() > 0 {
			config.Set("StepMonitoringConfiguration", object("S3MonitoringConfiguration", watched))
		}
		out = append(out, config)
	}
	return out, nil
}

// program is the jar of a step and its arguments.
func (k stepKind) program(step *document.Object, kind, release, region string) (jar string, args document.List, err error) {
	v, _ := step.Get("Args")
	own, _ := v.(document.List)
	if text, ok := v.(string); ok {
		own = document.List{text}
	}
	if kind == "custom_jar" {
		if jar = step.Text("Jar"); jar == "" {
			return "", nil, wrongStep("The following required parameters are missing for %s: Jar.", k.config)
		}
		return jar, own, nil
	}
	if len(own) == 0 {
		return "", nil, wrongStep("The following required parameters are missing for %s: Args.", k.config)
	}
	if first, _ := own[0].(string); len(own) == 1 && strings.TrimSpace(first) == "" && kind != "spark" {
		return "", nil, wrongStep("The parameter Args cannot be an empty list.")
	}
	link := func(path string) string { return "s3://" + orElse(region, "us-east-1") + ".elasticmapreduce" + path }
	switch {
	case release != "":
		jar, args = "command-runner.jar", document.List{k.command}
	case kind == "streaming":
		jar = k.script
	case kind == "spark":
		jar, args = link("/libs/script-runner/script-runner.jar"), document.List{k.script}
	default:
		jar, args = link("/libs/script-runner/script-runner.jar"), document.List{link(k.script)}
	}
	for _, word := range k.before {
		args = append(args, word)
	}
	if k.versions {
		if release == "" {
			args = append(args, "--"+kind+"-versions", "latest")
		}
		args = append(args, "--args")
	}
	return jar, append(args, own...), nil
}

// stepProperties reads k1=v1,k2: parse_key_value_string of awscli/customizations/emr/emrutils.py.
func stepProperties(text string) document.List {
	out := document.List{}
	for pair := range strings.SplitSeq(text, ",") {
		key, value, _ := strings.Cut(pair, "=")
		out = append(out, object("Key", key, "Value", value))
	}
	return out
}

func wrongStep(format string, args ...any) error {
	return &bind.Error{Message: "An error occurred (ParamValidation): " + fmt.Sprintf(format, args...), Status: bind.ExitUsage}
}
