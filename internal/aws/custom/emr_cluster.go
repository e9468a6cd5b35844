package custom

import (
	"context"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// describedCluster is `aws emr describe-cluster`, which the AWS CLI answers with more than the operation of that name does: the
// cluster's groups or fleets of instances, and its bootstrap actions. awscli/customizations/emr/describecluster.py
type describedCluster struct{}

var describedClusterCommand = &bind.Command{Options: []bind.CommandOption{{Name: "cluster-id", Required: true}}}

func readDescribedCluster(args []string, known func(string) bool) (*bind.CommandLine, error) {
	return describedClusterCommand.Read(without(without(args, "emr"), "describe-cluster"), known)
}

// Describe implements Command.
func (describedCluster) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := readDescribedCluster(args, known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(procedures.PlannedCall{
		Command: "emr describe-cluster", Effect: procedures.EffectRead, Resource: l.Value("cluster-id"),
		Does: "Reads the cluster " + l.Value("cluster-id") + ", with its instances and bootstrap actions.",
		Actions: []string{"elasticmapreduce:DescribeCluster", "elasticmapreduce:ListInstanceGroups", "elasticmapreduce:ListInstanceFleets",
			"elasticmapreduce:ListBootstrapActions"},
	})
}

// Run implements Command.
func (describedCluster) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := readDescribedCluster(args, nil)
	if err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = "emr describe-cluster", procedures.EffectRead
	input := object("ClusterId", l.Value("cluster-id"))
	answer, err := ask(ctx, s, "emr", "DescribeCluster", input)
	if err != nil {
		return 0, err
	}
	v, _ := answer.Get("Cluster")
	cluster, ok := v.(*document.Object)
	if !ok {
		return 0, failed("'Cluster'")
	}
	operation, member := "ListInstanceGroups", "InstanceGroups"
	if cluster.Text("InstanceCollectionType") == "INSTANCE_FLEET" {
		operation, member = "ListInstanceFleets", "InstanceFleets"
	}
	cluster.Set("BootstrapActions", document.List{})
	for _, each := range [][2]string{{operation, member}, {"ListBootstrapActions", "BootstrapActions"}} {
		more, err := ask(ctx, s, "emr", each[0], input)
		if err != nil {
			return 0, err
		}
		if v, _ := more.Get(each[1]); v != nil {
			cluster.Set(each[1], v)
		}
	}
	s.Call.Document = answer
	s.Call.RuleVerdict = knowledge.Of("emr", "DescribeCluster").Judge(input, answer, s.Invocation.Now(), s.Variable)
	return 0, show(s, "describe_cluster", answer)
}
