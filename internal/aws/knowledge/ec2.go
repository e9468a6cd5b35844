package knowledge

import (
	"fmt"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

const (
	instances = "{InstanceIds: InstanceIds}"
	instance  = "Reservations[].Instances[] | {Instances: @}"
	// instanceStates are the states of all instances of an answer as one value.
	instanceStates = "{State: join(', ', Reservations[].Instances[].State.Name)}"
)

// ec2Service is Amazon EC2. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
func ec2Service() service {
	return service{
		slow: []string{
			"RunInstances", "StartInstances", "StopInstances", "CreateImage", "CreateSnapshot", "CreateVolume",
			"CreateNatGateway", "CreateTransit",
		},
		operations: joined(ec2Readings(), map[string]Operation{
			// Stopping counts as destroying: memory and the data on instance store volumes are
			// lost, and a public address may change:
			// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Stop_Start.html
			"StopInstances": {
				Effect: procedures.EffectDestroy, Slow: true, sentence: "Stops the instances {InstanceIds}",
				change: Change{
					Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: instances,
					ReadAt:   instanceStates,
					Compared: []string{"State"}, predict: predictValue("State", "stopped"),
					Waiter:   "InstanceStopped",
					Rollback: "StartInstances", RollbackWith: "{InstanceIds: input.InstanceIds}",
				},
			},
			// The states of all instances of the call are one value: "stopped, stopped".
			"StartInstances": {
				Slow: true, sentence: "Starts the instances {InstanceIds}",
				change: Change{
					Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: instances,
					ReadAt:   instanceStates,
					Compared: []string{"State"}, predict: predictValue("State", "running"),
					Waiter:   "InstanceRunning",
					Rollback: "StopInstances", RollbackWith: "{InstanceIds: input.InstanceIds}",
				},
			},
			// A reboot does not leave the state running; only the status checks tell when it
			// is over.
			"RebootInstances": {
				Slow: true, tellingRead: "DescribeInstanceStatus", sentence: "Reboots the instances {InstanceIds}",
				change: Change{
					Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: instances, ReadAt: instance,
					Excluded: []string{"InstanceIds"},
					Waiter:   "InstanceStatusOk", WaitWith: instances,
					NoRollback: "a reboot changes nothing that could be put back",
				},
			},
			// Volumes with DeleteOnTermination go with the instance; the others stay and cost.
			"TerminateInstances": {
				Slow:     true,
				sentence: "Terminates the instances {InstanceIds}: their disks may be lost",
				change: Change{
					Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: instances,
					ReadAt:   instanceStates,
					Compared: []string{"State"}, predict: predictValue("State", "terminated"),
					Waiter:     "InstanceTerminated",
					NoRollback: "AWS cannot bring a terminated instance back: what was on its own disks is lost",
				},
			},
			// The ids are in the answer only, so that neither a wait nor a rollback can be
			// written beforehand.
			"RunInstances": {
				tellingRead: "DescribeInstances",
				change: Change{
					Kind: "instance", NotRead: "the instances do not exist yet",
					NoWait:     "aws ec2 wait instance-running waits for the ids that it returns",
					NoRollback: "aws ec2 terminate-instances with the ids that it returns",
				},
			},
			// Attributes are sent as {Value: …} and read in another form, so that the rollback
			// is told rather than made.
			"ModifyInstanceAttribute": {change: Change{
				Kind: "instance", ReadOperation: "DescribeInstances", ReadWith: "{InstanceIds: [InstanceId]}",
				ReadAt:     "Reservations[0].Instances[0]",
				Excluded:   []string{"InstanceId", "InstanceType", "Attribute", "Value", "Groups"},
				NoWait:     atOnce,
				NoRollback: "the same call with the value from before, which the read shows",
			}},
			// A snapshot is pending until all blocks are copied, which takes minutes to hours;
			// the volume can be used meanwhile.
			"CreateSnapshot": {change: Change{
				Kind: "volume", ReadOperation: "DescribeVolumes", ReadWith: "{VolumeIds: [VolumeId]}",
				ReadAt:     "Volumes[0]",
				Excluded:   []string{"VolumeId", "Description"},
				NoWait:     "aws ec2 wait snapshot-completed waits for the id that it returns",
				NoRollback: "the snapshot changes nothing of the volume; aws ec2 delete-snapshot deletes it again",
			}},
			// Tags with an existing key are overwritten. The rollback is refused then, because
			// deleting them would lose the value from before.
			"CreateTags": {change: Change{
				Kind: "resource", ReadOperation: "DescribeTags",
				ReadWith: "{Filters: [{Name: 'resource-id', Values: Resources}]}",
				Excluded: []string{"Resources", "Tags"},
				NoWait:   atOnce,
				Rollback: "DeleteTags", RollbackWith: "{Resources: input.Resources, Tags: input.Tags}",
				keeps: tagsBefore,
			}},
			// Rules are read merged by protocol and port, so that no prediction of the list is
			// made; the rollback revokes exactly what was sent.
			"AuthorizeSecurityGroupIngress": {change: Change{
				Kind: "security group", ReadOperation: "DescribeSecurityGroups", ReadWith: "{GroupIds: [GroupId]}",
				ReadAt:   "SecurityGroups[0]",
				Excluded: []string{"GroupId", "IpPermissions"},
				NoWait:   atOnce,
				Rollback: "RevokeSecurityGroupIngress",
				RollbackWith: "{GroupId: input.GroupId, IpPermissions: input.IpPermissions, IpProtocol: " +
					"input.IpProtocol, FromPort: input.FromPort, ToPort: input.ToPort, CidrIp: input.CidrIp}",
			}},
			// The rollback allows again what was sent, with a new rule id.
			"RevokeSecurityGroupIngress": {change: Change{
				Kind: "security group", ReadOperation: "DescribeSecurityGroups", ReadWith: "{GroupIds: [GroupId]}",
				ReadAt:   "SecurityGroups[0]",
				Excluded: []string{"GroupId", "IpPermissions"},
				NoWait:   atOnce,
				Rollback: "AuthorizeSecurityGroupIngress",
				RollbackWith: "{GroupId: input.GroupId, IpPermissions: input.IpPermissions, IpProtocol: " +
					"input.IpProtocol, FromPort: input.FromPort, ToPort: input.ToPort, CidrIp: input.CidrIp}",
			}},
		}),
	}
}

// tagsBefore says why deleting tags would not roll their creation back: one of them was there before, with another value.
func tagsBefore(input, before *document.Object) string {
	for _, tag := range members(input, "Tags") {
		for _, had := range members(before, "Tags") {
			if key := textOf(tag, "Key"); textOf(had, "Key") == key {
				return fmt.Sprintf("the tag %s was %q on %s before: aws ec2 create-tags sets it so again", key,
					textOf(had, "Value"), textOf(had, "ResourceId"))
			}
		}
	}
	return ""
}
