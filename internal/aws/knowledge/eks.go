package knowledge

import (
	"cmp"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// eksService is Amazon EKS.
func eksService() service {
	return service{
		slow: []string{"Create", "Update", "Delete"},
		operations: map[string]Operation{
			"DescribeCluster": survey{
				reads: "cluster: name, status, version; cluster.health.issues[]: code",
				list:  "cluster", kind: "cluster", kinds: "clusters", name: "name", state: "status", states: thing,
				each: func(_ answered, o *document.Object) finding {
					if issues := walked(o, "health.issues"); len(issues) > 0 {
						return found(procedures.Warned, "%s: %s", plural(len(issues), "issue", "issues"), str(issues[0], "code"))
					}
					return found(procedures.Passed, "%s, no issues", str(o, "version"))
				},
			}.operation(),
			"DescribeNodegroup": survey{
				reads: "nodegroup: nodegroupName, status; nodegroup.health.issues[]: code, message",
				list:  "nodegroup", kind: "node group", kinds: "node groups", name: "nodegroupName", each: judgeEKSPart,
			}.operation(),
			"DescribeAddon": survey{
				reads: "addon: addonName, status; addon.health.issues[]: code, message",
				list:  "addon", kind: "add-on", kinds: "add-ons", name: "addonName", each: judgeEKSPart,
			}.operation(),
			"ListClusters":   counted("clusters", "cluster", "clusters"),
			"ListNodegroups": counted("nodegroups", "node group", "node groups"),
			// Labels and taints are sent as additions and removals, and read as what there is:
			// they are excluded.
			"UpdateNodegroupConfig": {change: Change{
				Kind: "node group", ReadOperation: "DescribeNodegroup",
				ReadWith: "{clusterName: clusterName, nodegroupName: nodegroupName}", ReadAt: "nodegroup",
				Excluded: []string{"clusterName", "nodegroupName", "labels", "taints"},
				Waiter:   "NodegroupActive", WaitWith: "{clusterName: clusterName, nodegroupName: nodegroupName}",
				Restores: true,
			}},
		},
	}
}

// judgeEKSPart reads the state of a node group or an add-on, with the first issue.
func judgeEKSPart(_ answered, o *document.Object) finding {
	f := thing.with(states{fail: "degraded"}).finding(str(o, "status"))
	if issues := walked(o, "health.issues"); len(issues) > 0 {
		f = finding{verdict: procedures.Worst(f.verdict, procedures.Warned), says: f.says}
		f.says += ": " + strings.TrimRight(shortened(cmp.Or(str(issues[0], "message"), str(issues[0], "code"))), ".")
	}
	return f
}
