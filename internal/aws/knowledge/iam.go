package knowledge

import (
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// iamService is AWS IAM. It is one for all regions.
func iamService() service {
	return service{operations: joined(iamReadings(), identityOperations(), reportOperations())}
}

// identityOperations are those of users, roles, keys and policies.
func identityOperations() map[string]Operation {
	return map[string]Operation{
		// The answer holds the secret key, which AWS shows only this once. The key's id is
		// known only afterwards.
		"CreateServiceSpecificCredential": {Secret: true, Drawn: true},
		"ResetServiceSpecificCredential":  {Secret: true, Drawn: true},
		"CreateAccessKey": {
			Secret: true, Drawn: true,
			change: Change{
				Kind: "user", ReadOperation: "ListAccessKeys", ReadWith: "{UserName: UserName}",
				Excluded:   []string{"UserName"},
				NoWait:     atOnce,
				NoRollback: "aws iam delete-access-key with the id that it returns",
			},
		},
		// It evaluates policies and changes nothing.
		"SimulatePrincipalPolicy": simulated(),
		// Attaching a policy that is attached succeeds and changes nothing; rolling that back
		// would detach it.
		"AttachRolePolicy": {change: Change{
			Kind: "role", ReadOperation: "ListAttachedRolePolicies", ReadWith: "{RoleName: RoleName}",
			Excluded: []string{"RoleName", "PolicyArn"}, predict: predictPolicy(true),
			NoWait:       everywhere,
			Rollback:     "DetachRolePolicy",
			RollbackWith: "{RoleName: input.RoleName, PolicyArn: input.PolicyArn}", keeps: policyBefore(true),
		}},
		// Detaching a policy that is not attached is NoSuchEntity.
		"DetachRolePolicy": {change: Change{
			Kind: "role", ReadOperation: "ListAttachedRolePolicies", ReadWith: "{RoleName: RoleName}",
			Excluded: []string{"RoleName", "PolicyArn"}, predict: predictPolicy(false),
			NoWait:       everywhere,
			Rollback:     "AttachRolePolicy",
			RollbackWith: "{RoleName: input.RoleName, PolicyArn: input.PolicyArn}", keeps: policyBefore(false),
		}},
		"AttachUserPolicy": {change: Change{
			Kind: "user", ReadOperation: "ListAttachedUserPolicies", ReadWith: "{UserName: UserName}",
			Excluded: []string{"UserName", "PolicyArn"}, predict: predictPolicy(true),
			NoWait:       everywhere,
			Rollback:     "DetachUserPolicy",
			RollbackWith: "{UserName: input.UserName, PolicyArn: input.PolicyArn}", keeps: policyBefore(true),
		}},
		"DetachUserPolicy": {change: Change{
			Kind: "user", ReadOperation: "ListAttachedUserPolicies", ReadWith: "{UserName: UserName}",
			Excluded: []string{"UserName", "PolicyArn"}, predict: predictPolicy(false),
			NoWait:       everywhere,
			Rollback:     "AttachUserPolicy",
			RollbackWith: "{UserName: input.UserName, PolicyArn: input.PolicyArn}", keeps: policyBefore(false),
		}},
		// An inline policy is replaced as a whole.
		"PutRolePolicy": {change: Change{
			Kind: "role", ReadOperation: "GetRolePolicy",
			ReadWith: "{RoleName: RoleName, PolicyName: PolicyName}",
			Excluded: []string{"RoleName", "PolicyName"},
			NoWait:   everywhere,
			Restores: true, Rollback: "DeleteRolePolicy",
			RollbackWith: "{RoleName: input.RoleName, PolicyName: input.PolicyName}",
		}},
		// Status is the whole change: Active or Inactive.
		"UpdateAccessKey": {change: Change{
			Kind: "access key", ReadOperation: "ListAccessKeys", ReadWith: "{UserName: UserName}",
			ReadAt:   "AccessKeyMetadata[?AccessKeyId=={AccessKeyId}] | [0]",
			Excluded: []string{"UserName", "AccessKeyId"}, Compared: []string{"Status"},
			NoWait:   atOnce,
			Restores: true,
		}},
		// AWS keeps no secret key; requests signed with the deleted one fail.
		"DeleteAccessKey": {change: Change{
			Kind: "access key", ReadOperation: "ListAccessKeys", ReadWith: "{UserName: UserName}",
			ReadAt:     "AccessKeyMetadata[?AccessKeyId=={AccessKeyId}] | [0]",
			Deletes:    true,
			NoWait:     atOnce,
			NoRollback: "AWS cannot bring a deleted key back: create another one",
		}},
	}
}

// everywhere is why nothing waits for a change of IAM: it is eventually consistent.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
const everywhere = "it takes effect everywhere within seconds; AWS does not say when"

// hasPolicy reports whether the policy of a call was attached before.
func hasPolicy(input, before *document.Object) bool {
	for _, p := range members(before, "AttachedPolicies") {
		if textOf(p, "PolicyArn") == textOf(input, "PolicyArn") {
			return true
		}
	}
	return false
}

// policyBefore says of an attachment, or of a detachment, that it changes nothing.
func policyBefore(attach bool) func(input, before *document.Object) string {
	return func(input, before *document.Object) string {
		switch {
		case before == nil || hasPolicy(input, before) != attach:
			return ""
		case attach:
			return "the policy was attached before already"
		}
		return "the policy was not attached before"
	}
}

// predictPolicy predicts an attachment, or a detachment, of a policy that was not, or was, attached.
func predictPolicy(attach bool) func(c Change, input, before *document.Object) []procedures.Difference {
	return func(_ Change, input, before *document.Object) []procedures.Difference {
		if before == nil || hasPolicy(input, before) == attach {
			return nil
		}
		arn := textOf(input, "PolicyArn")
		d := procedures.Difference{Path: "AttachedPolicies[" + arn + "]", Before: "attached"}
		if attach {
			d.Before, d.After = "", "attached"
		}
		return []procedures.Difference{d}
	}
}
