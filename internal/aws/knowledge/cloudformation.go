package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// cloudformationService is AWS CloudFormation.
// A stack that fails rolls itself back; what this knows is what rolls a whole call back.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/Welcome.html
func cloudformationService() service {
	return service{
		slow: []string{"Create", "Update", "Delete", "Execute"},
		operations: joined(stackReadings(), map[string]Operation{
			// Deleting a stack deletes its resources, but for those with DeletionPolicy:
			// Retain or Snapshot.
			"DeleteStack": {
				Slow:     true,
				sentence: "Deletes the stack {StackName} and everything in it",
				change: Change{
					Kind: "stack", ReadOperation: "DescribeStacks", ReadWith: "{StackName: StackName}",
					ReadAt:  "Stacks[0]",
					Deletes: true,
					Waiter:  "StackDeleteComplete", WaitWith: "{StackName: StackName}",
					NoRollback: gone,
				},
			},
			// It reads a template and changes nothing, whatever its access level is.
			"ValidateTemplate": {Effect: procedures.EffectRead},
			// DescribeStacks does not answer the template, so that a prediction cannot show
			// what is in it.
			"CreateStack": {change: Change{
				Kind: "stack", ReadOperation: "DescribeStacks", ReadWith: "{StackName: StackName}",
				ReadAt:   "Stacks[0]",
				Excluded: []string{"TemplateBody", "TemplateURL", "StackName", "Parameters", "Tags"},
				Waiter:   "StackCreateComplete", WaitWith: "{StackName: StackName}",
				Rollback: "DeleteStack", RollbackWith: "{StackName: input.StackName}",
			}},
			// There is no rollback: the template from before is not in the answer of the read,
			// and the parameters' NoEcho values are masked.
			"UpdateStack": {change: Change{
				Kind: "stack", ReadOperation: "DescribeStacks", ReadWith: "{StackName: StackName}",
				ReadAt: "Stacks[0]",
				Excluded: []string{
					"TemplateBody", "TemplateURL", "StackName", "UsePreviousTemplate", "Parameters", "Tags",
				},
				Waiter: "StackUpdateComplete", WaitWith: "{StackName: StackName}",
				NoRollback: "the same call with the template and the parameters from before",
			}},
			// A change set changes nothing of the stack until it is executed.
			"CreateChangeSet": {change: Change{
				Kind: "change set", ReadOperation: "DescribeChangeSet",
				ReadWith: "{StackName: StackName, ChangeSetName: ChangeSetName}",
				Excluded: []string{
					"TemplateBody", "TemplateURL", "StackName", "UsePreviousTemplate", "ChangeSetType",
					"ChangeSetName", "Parameters",
				},
				Waiter: "ChangeSetCreateComplete", WaitWith: "{StackName: StackName, ChangeSetName: ChangeSetName}",
				Rollback:     "DeleteChangeSet",
				RollbackWith: "{StackName: input.StackName, ChangeSetName: input.ChangeSetName}",
			}},
			// The status is compared although it changes by itself: it is what shows that the
			// change set is being executed. UPDATE_ROLLBACK_COMPLETE ends the waiting too.
			"ExecuteChangeSet": {change: Change{
				Kind: "stack", ReadOperation: "DescribeStacks", ReadWith: "{StackName: StackName}",
				ReadAt:     "Stacks[0]",
				Excluded:   []string{"StackName", "ChangeSetName", "DisableRollback"},
				Compared:   []string{"StackStatus"},
				Until:      "ends_with(StackStatus, '_COMPLETE') || ends_with(StackStatus, '_FAILED')",
				NoRollback: "a change set of the stack as it was before",
			}},
		}),
	}
}
