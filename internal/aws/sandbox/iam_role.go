package sandbox

import (
	"net/url"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// iamLiving is what AWS IAM has besides users: roles, managed policies and groups, which grow by their names. Policies allow
// nothing here: what calls may do is decided by the faults.
// https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html
func iamLiving() *living {
	role := func(a act) act { a.does, a.kind, a.by = reads, "role", "RoleName"; return a }
	return &living{
		service: "iam", token: "400 ValidationError Invalid Marker.",
		estate: []string{"role/" + estate + "-lambda"},
		kinds: map[string]*kind{
			"role": {
				shape: "GetRole Role", id: "RoleName", arn: "Arn", healthy: iamRole,
				missing: "404 NoSuchEntity The role with name {name} cannot be found.",
			},
			"policy": {
				shape: "GetPolicy Policy", id: "PolicyName", arn: "Arn", healthy: iamPolicy,
				missing: "404 NoSuchEntity Policy {name} was not found.",
			},
			"group": {
				shape: "GetGroup Group", id: "GroupName", arn: "Arn", healthy: iamGroup,
				missing: "404 NoSuchEntity The group with name {name} cannot be found.",
			},
		},
		acts: map[string]act{
			"GetRole":   role(act{at: "Role"}),
			"ListRoles": {does: reads, kind: "role", at: "Roles", takes: "PathPrefix"},
			"ListAttachedRolePolicies": role(act{takes: "PathPrefix", wraps: func(all []*view, _ *request) *document.Object {
				return obj("AttachedPolicies", document.List{attachedPolicy(all[0].name)}, "IsTruncated", false)
			}}),
			"ListRolePolicies": role(act{wraps: func([]*view, *request) *document.Object {
				return obj("PolicyNames", document.List{}, "IsTruncated", false)
			}}),
			"ListRoleTags": role(act{wraps: func([]*view, *request) *document.Object {
				return obj("Tags", document.List{obj("Key", "Environment", "Value", "production")}, "IsTruncated", false)
			}}),
			"ListInstanceProfilesForRole": role(act{wraps: func([]*view, *request) *document.Object {
				return obj("InstanceProfiles", document.List{}, "IsTruncated", false)
			}}),
			"GetPolicy": {does: reads, kind: "policy", by: "PolicyArn", at: "Policy"},
			"ListPolicyVersions": {
				does: reads, kind: "policy", by: "PolicyArn", wraps: func(all []*view, _ *request) *document.Object {
					return obj("Versions", document.List{policyVersion(all[0], false)}, "IsTruncated", false)
				},
			},
			"GetPolicyVersion": {
				does: reads, kind: "policy", by: "PolicyArn", takes: "VersionId", wraps: func(all []*view, _ *request) *document.Object {
					return obj("PolicyVersion", policyVersion(all[0], true))
				},
			},
			"GetGroup": {does: reads, kind: "group", by: "GroupName", wraps: func(all []*view, _ *request) *document.Object {
				return obj("Group", all[0].doc, "Users", document.List{}, "IsTruncated", false)
			}},
			"ListAttachedGroupPolicies": {
				does: reads, kind: "group", by: "GroupName", takes: "PathPrefix", wraps: func(all []*view, _ *request) *document.Object {
					return obj("AttachedPolicies", document.List{attachedPolicy(all[0].name)}, "IsTruncated", false)
				},
			},
		},
	}
}

// attachedPolicy is the one policy that a role or a group has, named as it is.
func attachedPolicy(of string) *document.Object {
	return obj("PolicyName", of, "PolicyArn", "arn:aws:iam::"+accountID+":policy/"+of)
}

// policyVersion is the one version of a policy; its text, which a list leaves out, is sent encoded as in a URL.
func policyVersion(v *view, whole bool) *document.Object {
	out := obj("VersionId", v.text("DefaultVersionId"), "IsDefaultVersion", true)
	if created, ok := v.doc.Get("CreateDate"); ok {
		out.Set("CreateDate", created)
	}
	if whole {
		out.Set("Document", strings.ReplaceAll(url.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",`+
			`"Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}]}`), "+", "%20"))
	}
	return out
}

// What healthy ones look like. The trust policy is encoded as in a URL, as the service sends it.
const (
	iamRole = `{"Path":"/","RoleName":"$name","RoleId":"AROAEXAMPLE$hex10.role","Arn":"arn:aws:iam::$account:role/$name",` +
		`"CreateDate":"$born","AssumeRolePolicyDocument":"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect` +
		`%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole` +
		`%22%7D%5D%7D","Description":"","MaxSessionDuration":3600,"RoleLastUsed":{"LastUsedDate":"$ago.3h","Region":"$region"}}`
	iamPolicy = `{"PolicyName":"$name","PolicyId":"ANPAEXAMPLE$hex10.policy","Arn":"arn:aws:iam::$account:policy/$name","Path":"/",` +
		`"DefaultVersionId":"v1","AttachmentCount":1,"PermissionsBoundaryUsageCount":0,"IsAttachable":true,"CreateDate":"$born",` +
		`"UpdateDate":"$born"}`
	iamGroup = `{"Path":"/","GroupName":"$name","GroupId":"AGPAEXAMPLE$hex10.group","Arn":"arn:aws:iam::$account:group/$name",` +
		`"CreateDate":"$born"}`
)
