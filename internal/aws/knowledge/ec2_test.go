package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestEC2Rollbacks(t *testing.T) {
	rolledBack(t, []rollbackCase{
		{
			"instances", "ec2 stop-instances --instance-ids i-0123456789abcdef0", `{"State":"running"}`,
			[]string{"State: running -> stopped"}, "aws ec2 start-instances --instance-ids i-0123456789abcdef0",
		},
		{
			"a tag that was there", "ec2 create-tags --resources i-1 --tags Key=Stage,Value=live",
			`{"Tags":[{"Key":"Stage","ResourceId":"i-1","Value":"test"}]}`, nil,
			`the tag Stage was "test" on i-1 before: aws ec2 create-tags sets it so again`,
		},
		{
			"a new tag", "ec2 create-tags --resources i-1 --tags Key=Stage,Value=live", `{"Tags":[]}`, nil,
			`aws ec2 delete-tags --resources i-1 --tags [{"Key":"Stage","Value":"live"}]`,
		},
	})
}

func TestEC2Verdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"ec2 DescribeInstances", `{}`,
			`{"Reservations":[{"Instances":[{"InstanceId":"i-0ab","State":{"Name":"running"}}]},` +
				`{"Instances":[{"InstanceId":"i-0cd","State":{"Name":"terminated"}}]}]}`,
			procedures.Passed, "i-0ab: running.",
		},
		{
			"ec2 DescribeInstances", `{}`,
			`{"Reservations":[{"Instances":[{"InstanceId":"i-0ab","State":{"Name":"stopped"},` +
				`"StateReason":{"Message":"Client.UserInitiatedShutdown"}},{"InstanceId":"i-0cd",` +
				`"State":{"Name":"running"}}]}]}`,
			procedures.Warned, "1 of 2 instances running; i-0ab: stopped: Client.UserInitiatedShutdown.",
		},
		{"ec2 DescribeInstances", `{}`, `{"Reservations":[]}`, procedures.NoData, "There is no instance."},
		{
			"ec2 DescribeInstanceStatus", `{}`,
			`{"InstanceStatuses":[{"InstanceId":"i-0ab","InstanceStatus":{"Status":"ok"},"SystemStatus":{"Status":"ok"}}]}`,
			procedures.Passed, "i-0ab: ok.",
		},
		{
			"ec2 DescribeInstanceStatus", `{}`,
			`{"InstanceStatuses":[{"InstanceId":"i-0ab","InstanceStatus":{"Status":"ok"},` +
				`"SystemStatus":{"Status":"impaired"}}]}`,
			procedures.Failed, "i-0ab: system impaired.",
		},
		{
			"ec2 DescribeInstanceStatus", `{}`,
			`{"InstanceStatuses":[{"InstanceId":"i-0ab","InstanceStatus":{"Status":"ok"},"SystemStatus":{"Status":"ok"},` +
				`"Events":[{"Code":"instance-retirement","NotBefore":"2027-05-12T10:00:00+00:00","Description":"retires"},` +
				`{"Code":"system-reboot","Description":"[Completed] reboot"}]}]}`,
			procedures.Warned, "i-0ab: instance-retirement 12 May 10:00.",
		},
		{"ec2 DescribeInstanceStatus", `{}`, `{"InstanceStatuses":[]}`, procedures.NoData, "No instance is running."},
		{
			"ec2 DescribeVolumes", `{}`,
			`{"Volumes":[{"VolumeId":"vol-1","State":"in-use","Size":8}]}`,
			procedures.Passed, "vol-1: in-use.",
		},
		{
			"ec2 DescribeVolumes", `{}`,
			`{"Volumes":[{"VolumeId":"vol-1","State":"in-use","Size":8},{"VolumeId":"vol-2","State":"available",` +
				`"Size":200},{"VolumeId":"vol-3","State":"available","Size":100}]}`,
			procedures.Warned, "1 of 3 volumes in use, 2 unattached (300 GiB); vol-2, vol-3: unattached.",
		},
		{
			"ec2 DescribeVolumes", `{}`,
			`{"Volumes":[{"VolumeId":"vol-1","State":"error","Size":8}]}`,
			procedures.Failed, "vol-1: error.",
		},
		{
			"ec2 DescribeSnapshots", `{}`,
			`{"Snapshots":[{"VolumeId":"vol-1","State":"completed","StartTime":"2026-11-24T01:00:00+00:00"}]}`,
			procedures.Passed, "vol-1: 7 h old.",
		},
		{
			"ec2 DescribeSnapshots", `{}`,
			`{"Snapshots":[{"VolumeId":"vol-1","State":"pending","StartTime":"2026-11-24T01:00:00+00:00"}]}`,
			procedures.Warned, "vol-1: pending.",
		},
		{
			"ec2 DescribeSnapshots", `{}`,
			`{"Snapshots":[{"VolumeId":"vol-1","State":"error","StartTime":"2026-11-24T01:00:00+00:00"}]}`,
			procedures.Failed, "vol-1: error.",
		},
		{
			"ec2 DescribeSecurityGroups", `{}`,
			`{"SecurityGroups":[{"GroupId":"sg-1","GroupName":"web","IpPermissions":[{"IpProtocol":"tcp","FromPort":443,` +
				`"ToPort":443,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]},{"IpProtocol":"tcp","FromPort":22,"ToPort":22,` +
				`"IpRanges":[{"CidrIp":"10.0.0.0/8"}]}]}]}`,
			procedures.Passed, "web: open to everybody: 443.",
		},
		{
			"ec2 DescribeSecurityGroups", `{}`,
			`{"SecurityGroups":[{"GroupId":"sg-1","GroupName":"web","IpPermissions":[{"IpProtocol":"tcp","FromPort":22,` +
				`"ToPort":22,"Ipv6Ranges":[{"CidrIpv6":"::/0"}]}]}]}`,
			procedures.Failed, "web: open to everybody: 22.",
		},
		{
			"ec2 DescribeSecurityGroups", `{}`,
			`{"SecurityGroups":[{"GroupId":"sg-1","GroupName":"web","IpPermissions":[{"IpProtocol":"tcp","FromPort":8080,` +
				`"ToPort":8090,"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]}]}`,
			procedures.Warned, "web: open to everybody: 8080 to 8090.",
		},
		{
			"ec2 DescribeSecurityGroups", `{}`,
			`{"SecurityGroups":[{"GroupId":"sg-1","GroupName":"web","IpPermissions":[{"IpProtocol":"-1",` +
				`"IpRanges":[{"CidrIp":"0.0.0.0/0"}]}]}]}`,
			procedures.Failed, "all ports",
		},
		{
			"ec2 DescribeNatGateways", `{}`,
			`{"NatGateways":[{"NatGatewayId":"nat-0ab","State":"available"},{"NatGatewayId":"nat-0cd","State":"deleted"}]}`,
			procedures.Passed, "nat-0ab: available.",
		},
		{
			"ec2 DescribeNatGateways", `{}`,
			`{"NatGateways":[{"NatGatewayId":"nat-0ab","State":"failed","FailureMessage":"no free address in the subnet"}]}`,
			procedures.Failed, "nat-0ab: failed: no free address in the subnet.",
		},
		{
			"ec2 DescribeVpnConnections", `{}`,
			`{"VpnConnections":[{"VpnConnectionId":"vpn-0ab","State":"available","VgwTelemetry":[{"Status":"UP"},` +
				`{"Status":"UP"}]}]}`,
			procedures.Passed, "vpn-0ab: 2 of 2 UP.",
		},
		{
			"ec2 DescribeVpnConnections", `{}`,
			`{"VpnConnections":[{"VpnConnectionId":"vpn-0ab","State":"available","VgwTelemetry":[{"Status":"UP"},` +
				`{"Status":"DOWN","LastStatusChange":"2026-11-24T07:02:00+00:00"}]}]}`,
			procedures.Warned, "vpn-0ab: 1 of 2 UP since 07:02.",
		},
		{
			"ec2 DescribeVpnConnections", `{}`,
			`{"VpnConnections":[{"VpnConnectionId":"vpn-0ab","State":"available","VgwTelemetry":[{"Status":"DOWN"},` +
				`{"Status":"DOWN"}]}]}`,
			procedures.Failed, "vpn-0ab: 0 of 2 UP.",
		},
		{
			"ec2 DescribeAddresses", `{}`,
			`{"Addresses":[{"PublicIp":"192.0.2.1","AssociationId":"eipassoc-1"}]}`,
			procedures.Info, "192.0.2.1: in use.",
		},
		{"ec2 DescribeAddresses", `{}`, `{"Addresses":[{"PublicIp":"192.0.2.1"}]}`, procedures.Warned, "nothing uses it"},
	})
}
