package sandbox

import (
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// eksLiving is Amazon EKS: clusters with node groups and addons, and their updates.
// https://docs.aws.amazon.com/eks/latest/APIReference/Welcome.html
func eksLiving() *living {
	nodegroup := func(a act) act { a.kind, a.by, a.in = "nodegroup", "nodegroupName", "clusterName"; return a }
	addon := func(a act) act { a.kind, a.by, a.in = "addon", "addonName", "clusterName"; return a }
	cluster := func(a act) act { a.kind, a.by = "cluster", "name"; return a }
	const missing = "404 ResourceNotFoundException No "
	return &living{
		service: "eks", token: "400 InvalidParameterException Invalid nextToken.",
		estate: []string{"cluster/" + estate},
		kinds: map[string]*kind{
			"cluster": {
				shape: "DescribeCluster cluster", id: "name", arn: "arn", state: "status", healthy: eksCluster,
				born: "CREATING 60s ACTIVE", missing: missing + "cluster found for name: {name}.",
				exists: "409 ResourceInUseException Cluster already exists with name: {name}",
				brings: func(_ *Sandbox, name string, _ time.Time) []string {
					return []string{
						"eks nodegroup/" + name + "/workers", "eks addon/" + name + "/vpc-cni", "eks addon/" + name + "/coredns",
					}
				},
			},
			"nodegroup": {
				shape: "DescribeNodegroup nodegroup", id: "nodegroupName", arn: "nodegroupArn", state: "status", under: "cluster",
				healthy: eksNodegroup, born: "CREATING 30s ACTIVE", missing: missing + "node group found for name: {name}.",
				exists: "409 ResourceInUseException NodeGroup already exists with name {name}",
			},
			"addon": {
				shape: "DescribeAddon addon", id: "addonName", arn: "addonArn", state: "status", under: "cluster", healthy: eksAddon,
				born: "CREATING 15s ACTIVE", missing: missing + "addon: {name} found in cluster",
				exists: "409 ResourceInUseException Addon already exists.",
			},
			"update": {
				shape: "DescribeUpdate update", id: "id", state: "status", under: "cluster", born: "InProgress 30s Successful",
				healthy: `{"id":"$name","status":"Successful","type":"ConfigUpdate","params":[],"createdAt":"$born","errors":[]}`,
				missing: missing + "update found for ID: {name}",
			},
		},
		acts: map[string]act{
			"ListClusters":    {does: reads, kind: "cluster", at: "clusters", pick: "name", takes: "include"},
			"DescribeCluster": cluster(act{does: reads, at: "cluster"}),
			"CreateCluster":   cluster(act{does: creates, creating: true, changing: true, at: "cluster"}),
			"DeleteCluster":   cluster(act{does: removes, life: "DELETING 20s gone", at: "cluster"}),
			"UpdateClusterVersion": cluster(act{does: changes, changing: true, life: "UPDATING 30s ACTIVE",
				wraps: eksUpdate("VersionUpdate")}),
			"UpdateClusterConfig": cluster(act{does: changes, changing: true, life: "UPDATING 15s ACTIVE",
				wraps: eksUpdate("EndpointAccessUpdate")}),
			"ListNodegroups":    {does: reads, kind: "nodegroup", in: "clusterName", at: "nodegroups", pick: "nodegroupName"},
			"DescribeNodegroup": nodegroup(act{does: reads, at: "nodegroup"}),
			"CreateNodegroup":   nodegroup(act{does: creates, creating: true, changing: true, at: "nodegroup"}),
			"DeleteNodegroup":   nodegroup(act{does: removes, life: "DELETING 15s gone", at: "nodegroup"}),
			"UpdateNodegroupConfig": nodegroup(act{does: changes, changing: true, life: "UPDATING 10s ACTIVE",
				wraps: eksUpdate("ConfigUpdate")}),
			"UpdateNodegroupVersion": nodegroup(act{does: changes, changing: true, takes: "force", life: "UPDATING 30s ACTIVE",
				wraps: eksUpdate("VersionUpdate")}),
			"ListAddons":    {does: reads, kind: "addon", in: "clusterName", at: "addons", pick: "addonName"},
			"DescribeAddon": addon(act{does: reads, at: "addon"}),
			"UpdateAddon": addon(act{
				does: changes, changing: true, takes: "resolveConflicts", life: "UPDATING 15s ACTIVE", wraps: eksUpdate("AddonUpdate"),
				cures: "addon-degraded",
			}),
			"CreateAddon":    addon(act{does: creates, creating: true, changing: true, takes: "resolveConflicts", at: "addon"}),
			"DeleteAddon":    addon(act{does: removes, takes: "preserve", life: "DELETING 10s gone", at: "addon"}),
			"DescribeUpdate": {does: reads, kind: "update", by: "updateId", in: "name", takes: "nodegroupName addonName", at: "update"},
			"ListUpdates":    {does: reads, kind: "update", in: "name", takes: "nodegroupName addonName", at: "updateIds", pick: "id"},
		},
		faults: []Fault{
			{
				Name: "nodes-degraded", Title: "A node group is degraded: its subnets have no free addresses", of: "nodegroup",
				breaks: patch(
					`{"status":"DEGRADED","health":{"issues":[{"code":"InsufficientFreeAddresses","message":
"Amazon Autoscaling was unable to launch instances because there are not enough free addresses","resourceIds":["subnet-$hex17.a"]}]}}`),
				Sees: "eks describe-nodegroup --cluster-name prod --nodegroup-name workers",
			},
			{
				Name: "addon-degraded", Title: "An addon of a cluster is degraded", of: "addon",
				breaks: patch(`{"status":"DEGRADED","health":
{"issues":[{"code":"InsufficientNumberOfReplicas","message":"The add-on is unhealthy because it does not have the desired replicas",
"resourceIds":[]}]}}`),
				Sees: "eks describe-addon --cluster-name prod --addon-name coredns",
			},
			{
				Name: "cluster-issue", Title: "A cluster has an issue: its role is not there", of: "cluster",
				breaks: patch(`{"health":{"issues":[
{"code":"IamRoleNotFound","message":"The cluster role does not exist","resourceIds":[]}]}}`),
				Sees: "eks describe-cluster --name prod",
			},
		},
	}
}

// eksUpdate makes the update that a change answers, of a type.
func eksUpdate(kind string) func([]*view, *request) *document.Object {
	return func(all []*view, r *request) *document.Object {
		v := all[0]
		cluster := v.parent
		if cluster == "" {
			cluster = v.name
		}
		name := cluster + "/" + uuid("update", r.id)
		v.s.world.Things["eks update/"+name] = &thing{
			From: r.operation, Born: v.now, Life: "InProgress 30s Successful", Since: v.now, Set: obj("type", kind),
		}
		return obj("update", v.s.see(r, "eks update", name).doc)
	}
}

const (
	eksCluster = `{"name":"$name","arn":"arn:aws:eks:$region:$account:cluster/$name","createdAt":"$born","version":"1.33","endpoint":
"https://$hex32.endpoint.eks.example.org","roleArn":"arn:aws:iam::$account:role/eks-$name","resourcesVpcConfig":{"subnetIds":
["subnet-$hex17.a","subnet-$hex17.b"],"securityGroupIds":[],"clusterSecurityGroupId":"sg-$hex17.group","vpcId":"vpc-$hex17.vpc",
"endpointPublicAccess":false,"endpointPrivateAccess":true,"publicAccessCidrs":[]},"kubernetesNetworkConfig":{"serviceIpv4Cidr":
"172.20.0.0/16","ipFamily":"ipv4"},"logging":{"clusterLogging":[{"types":["api","audit"],"enabled":true}]},"status":"ACTIVE",
"certificateAuthority":{"data":"c2FuZGJveA=="},"platformVersion":"eks.9","tags":{},"health":{"issues":[]},
"accessConfig":{"authenticationMode":"API"}}`
	eksNodegroup = `{"nodegroupName":"$name","nodegroupArn":"arn:aws:eks:$region:$account:nodegroup/$parent/$name/$uuid.arn",
"clusterName":"$parent","version":"1.33","releaseVersion":"1.33.0-20260901","createdAt":"$born","modifiedAt":"$since","status":"ACTIVE",
"capacityType":"ON_DEMAND","scalingConfig":{"minSize":2,"maxSize":6,"desiredSize":3},"instanceTypes":["m6i.large"],"subnets":
["subnet-$hex17.a","subnet-$hex17.b"],"amiType":"AL2023_x86_64_STANDARD","nodeRole":"arn:aws:iam::$account:role/eks-nodes","labels":{},
"resources":{"autoScalingGroups":[{"name":"eks-$name-$hex8.asg"}]},"diskSize":50,"health":{"issues":[]},"updateConfig":
{"maxUnavailable":1},"tags":{}}`
	eksAddon = `{"addonName":"$name","clusterName":"$parent","status":"ACTIVE","addonVersion":"v1.19.0-eksbuild.1","health":{"issues":[]},
"addonArn":"arn:aws:eks:$region:$account:addon/$parent/$name/$uuid.arn","createdAt":"$born","modifiedAt":"$since","tags":{}}`
)
