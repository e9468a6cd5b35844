package sandbox

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// ec2Living is Amazon EC2: instances with their volumes and groups, and the network that they are in.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Welcome.html
func ec2Living() *living {
	missing := func(code, what string) string {
		return "400 Invalid" + code + ".NotFound The " + what + " '{name}' does not exist"
	}
	return &living{
		service: "ec2", token: "400 InvalidParameterValue Unable to parse pagination token.",
		estate: []string{"instance/i-0a1b2c3d4e5f60718", "nat/nat-0a1b2c3d4e5f60718"},
		kinds: map[string]*kind{
			"instance": {
				shape: "DescribeInstances Reservations Instances", id: "InstanceId", state: "State.Name", healthy: network(ec2Instance),
				born: "pending 5s running", missing: missing("InstanceID", "instance ID"), now: instanceNow,
				brings: func(_ *Sandbox, name string, _ time.Time) []string {
					key := "ec2 instance/" + name
					return []string{
						"ec2 volume/vol-" + hexOf(17, "root", key), "ec2 group/sg-" + hexOf(17, "group", key),
						"ec2 subnet/subnet-" + hexOf(17, "subnet", region), "ec2 vpc/vpc-" + hexOf(17, "vpc", region),
						"ec2 image/ami-" + hexOf(17, "image", region), "ec2 routes/rtb-" + hexOf(17, "routes", region),
					}
				},
			},
			"volume": {
				shape: "DescribeVolumes Volumes", id: "VolumeId", state: "State", healthy: ec2Volume, born: "creating 3s available",
				missing: missing("Volume", "volume"), now: attachedTo,
				brings: func(_ *Sandbox, name string, now time.Time) []string {
					return []string{"ec2 snapshot/snap-" + hexOf(17, "daily", name, newest(now, "03:00").String())}
				},
			},
			"snapshot": {
				shape: "DescribeSnapshots Snapshots", id: "SnapshotId", state: "State", healthy: ec2Snapshot, born: "pending 10s completed",
				missing: missing("Snapshot", "snapshot"), now: snapshotOfVolume,
			},
			"image": {
				shape: "DescribeImages Images", id: "ImageId", state: "State", healthy: ec2Image, born: "pending 10s available",
				missing: missing("AMIID", "image id"),
			},
			"group": {
				shape: "DescribeSecurityGroups SecurityGroups", id: "GroupId", healthy: network(ec2Group),
				missing: missing("Group", "security group"),
			},
			"subnet": {
				shape: "DescribeSubnets Subnets", id: "SubnetId", state: "State", healthy: network(ec2Subnet),
				missing: missing("SubnetID", "subnet ID"),
			},
			"vpc": {
				shape: "DescribeVpcs Vpcs", id: "VpcId", state: "State", healthy: ec2VPC, missing: missing("VpcID", "vpc ID"),
			},
			"routes": {
				shape: "DescribeRouteTables RouteTables", id: "RouteTableId", healthy: network(ec2Routes),
				missing: missing("RouteTableID", "routeTable ID"),
			},
			"nat": {
				shape: "DescribeNatGateways NatGateways", id: "NatGatewayId", state: "State", healthy: network(ec2NAT),
				born: "pending 10s available", missing: "400 NatGatewayNotFound NatGateway {name} was not found",
			},
			"address": {
				shape: "DescribeAddresses Addresses", id: "AllocationId", healthy: ec2Address,
				missing: missing("AllocationID", "allocation ID"),
			},
			"gateway": {
				shape: "DescribeInternetGateways InternetGateways", id: "InternetGatewayId",
				healthy: network(`{"InternetGatewayId":"$name","OwnerId":"$account","Tags":[],` +
					`"Attachments":[{"State":"attached","VpcId":"VPCID"}]}`),
				missing: missing("InternetGatewayID", "internetGateway ID"),
			},
			"key": {
				shape: "DescribeKeyPairs KeyPairs", id: "KeyName", missing: missing("KeyPair", "key pair"),
				healthy: `{"KeyPairId":"key-$hex17.k","KeyName":"$name","KeyType":"ed25519","Tags":[],"CreateTime":"$ago.9000h"}`,
			},
			"vpn": {
				shape: "DescribeVpnConnections VpnConnections", id: "VpnConnectionId", state: "State", healthy: ec2VPN,
				missing: missing("VpnConnectionID", "vpnConnection ID"),
			},
		},
		acts: ec2Acts(),
		faults: []Fault{
			{
				Name: "ec2-impaired", Title: "The system status check of an instance fails", of: "instance",
				breaks: patch(`{"_status":"impaired"}`),
				Sees:   "ec2 describe-instance-status --instance-ids i-0a1b2c3d4e5f60718",
			},
			{
				Name: "ec2-open-ssh", Title: "A security group lets the internet reach port 22", of: "group",
				breaks: func(v *view) { v.allow(22, "0.0.0.0/0") }, Sees: "ec2 describe-security-groups --group-ids sg-0a1b2c3d4e5f60718",
			},
			{
				Name: "ec2-stopped", Title: "An instance was stopped", of: "instance",
				breaks: patch(`{"State":{"Code":80,"Name":"stopped"}}`), Sees: "ec2 describe-instances --instance-ids i-0a1b2c3d4e5f60718",
			},
			{
				Name: "ec2-volume-error", Title: "A volume failed", of: "volume", breaks: patch(`{"State":"error"}`),
				Sees: "ec2 describe-volumes --volume-ids vol-0a1b2c3d4e5f60718",
			},
			{
				Name: "ec2-old-snapshot", Title: "The newest snapshot of a volume is three days old", of: "snapshot",
				breaks: patch(`{"StartTime":"$ago.74h"}`), Sees: "ec2 describe-snapshots --owner-ids self",
			},
			{
				Name: "nat-failed", Title: "A NAT gateway failed", of: "nat", breaks: patch(`{"State":"failed","FailureCode":
"InsufficientFreeAddressesInSubnet","FailureMessage":"Subnet has insufficient free addresses to create this NAT gateway"}`),
				Sees: "ec2 describe-nat-gateways",
			},
			{
				Name: "vpn-down", Title: "Both tunnels of a VPN connection are down", of: "vpn", breaks: patch(`{"VgwTelemetry":[
{"OutsideIpAddress":"$public.a","Status":"DOWN","LastStatusChange":"$ago.1h","AcceptedRouteCount":0,"StatusMessage":"IPSEC IS DOWN"},
{"OutsideIpAddress":"$public.b","Status":"DOWN","LastStatusChange":"$ago.1h","AcceptedRouteCount":0,"StatusMessage":"IPSEC IS DOWN"}]}`),
				Sees: "ec2 describe-vpn-connections --vpn-connection-ids vpn-0a1b2c3d4e5f60718",
			},
		},
	}
}

// instanceStates are the codes of states:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
var instanceStates = map[string]int64{"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

// instanceNow follows the state: a stopped instance has no public address.
func instanceNow(v *view) {
	v.doc.Set("State", obj("Code", instanceStates[v.state], "Name", v.state))
	if v.state != "running" {
		v.doc.Delete("PublicIpAddress")
		v.doc.Set("PublicDnsName", "")
	}
	if v.thing != nil && v.thing.Life != "" && (v.state == "stopped" || v.state == "terminated") {
		v.doc.Set("StateTransitionReason", "User initiated ("+v.since.Format("2006-01-02 15:04:05 GMT")+")")
	}
}

// attachedTo says which instance a volume is attached to: one that came with it.
func attachedTo(v *view) {
	if v.owner == "" {
		if v.thing != nil && !v.thing.Born.IsZero() {
			v.doc.Set("Attachments", document.List{})
			return
		}
		v.owner = "i-" + hexOf(17, "instance", v.key)
	}
	for _, a := range objects(v.doc, "Attachments") {
		a.Set("InstanceId", v.owner)
	}
}

// snapshotOfVolume says which volume a snapshot is of.
func snapshotOfVolume(v *view) {
	if v.owner != "" {
		v.doc.Set("VolumeId", v.owner)
	}
}

// allow opens a port of a security group.
func (v *view) allow(port int64, cidr string) {
	rule := obj("IpProtocol", "tcp", "FromPort", port, "ToPort", port, "UserIdGroupPairs", document.List{}, "IpRanges",
		document.List{obj("CidrIp", cidr)}, "Ipv6Ranges", document.List{}, "PrefixListIds", document.List{})
	v.doc.Set("IpPermissions", append(append(document.List{}, items(v.doc, "IpPermissions")...), rule))
}

// sharedID is an id of the sandbox's one network.
func sharedID(prefix, what string) string { return prefix + hexOf(17, what, region) }

// network puts the ids of the sandbox's one network into a template.
func network(template string) string {
	return strings.NewReplacer("SUBNET", sharedID("subnet-", "subnet"), "VPCID", sharedID("vpc-", "vpc"),
		"IMAGE", sharedID("ami-", "image"), "GATEWAY", sharedID("igw-", "gateway")).Replace(template)
}

const (
	ec2Instance = `{"AmiLaunchIndex":0,"ImageId":"IMAGE","InstanceId":"$name","InstanceType":"t3.medium","KeyName":"ops",
"LaunchTime":"$born","Monitoring":{"State":"disabled"},"Placement":{"AvailabilityZone":"${region}a","GroupName":"","Tenancy":"default"},
"PrivateDnsName":"ip-$num.10.250.ec2.internal","PrivateIpAddress":"$ip.a","ProductCodes":[],"PublicDnsName":
"$name.compute.example.org","PublicIpAddress":"$public.a","State":{"Code":16,"Name":"running"},"StateTransitionReason":"",
"SubnetId":"SUBNET","VpcId":"VPCID","Architecture":"x86_64","BlockDeviceMappings":[{"DeviceName":"/dev/xvda","Ebs":{"AttachTime":
"$born","DeleteOnTermination":true,"Status":"attached","VolumeId":"vol-$hex17.root"}}],"EbsOptimized":true,"Hypervisor":"xen",
"NetworkInterfaces":[{"NetworkInterfaceId":"eni-$hex17.eni","PrivateIpAddress":"$ip.a","Status":"in-use","SubnetId":"SUBNET",
"VpcId":"VPCID","Groups":[{"GroupName":"$name","GroupId":"sg-$hex17.group"}]}],"RootDeviceName":"/dev/xvda","RootDeviceType":"ebs",
"SecurityGroups":[{"GroupName":"$name","GroupId":"sg-$hex17.group"}],"SourceDestCheck":true,"Tags":[{"Key":"Name","Value":"$name"}],
"VirtualizationType":"hvm","MetadataOptions":{"State":"applied","HttpTokens":"required","HttpEndpoint":"enabled"}}`
	ec2Volume = `{"Attachments":[{"AttachTime":"$born","Device":"/dev/xvda","InstanceId":"","State":"attached","VolumeId":"$name",
"DeleteOnTermination":true}],"AvailabilityZone":"${region}a","CreateTime":"$born","Encrypted":true,"Size":50,"SnapshotId":"",
"State":"in-use","VolumeId":"$name","Iops":3000,"Tags":[],"VolumeType":"gp3","MultiAttachEnabled":false,"Throughput":125}`
	ec2Snapshot = `{"Description":"Daily","Encrypted":true,"OwnerId":"$account","Progress":"100%","SnapshotId":"$name",
"StartTime":"$day.03:00","State":"completed","VolumeId":"vol-$hex17.volume","VolumeSize":50,"Tags":[],"StorageTier":"standard"}`
	ec2Image = `{"Architecture":"x86_64","CreationDate":"2026-03-02T10:00:00.000Z","ImageId":"$name","ImageLocation":"$account/$name",
"ImageType":"machine","Public":false,"OwnerId":"$account","State":"available","BlockDeviceMappings":[],"EnaSupport":true,"Hypervisor":"xen",
"Name":"base-$num.100.900","RootDeviceName":"/dev/xvda","RootDeviceType":"ebs","VirtualizationType":"hvm","Tags":[]}`
	ec2Group = `{"Description":"$name","GroupName":"$name","IpPermissions":[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,
"UserIdGroupPairs":[],"IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[],"PrefixListIds":[]}],"OwnerId":"$account","GroupId":"$name",
"IpPermissionsEgress":[{"IpProtocol":"-1","UserIdGroupPairs":[],"IpRanges":[{"CidrIp":"0.0.0.0/0"}],"Ipv6Ranges":[],"PrefixListIds":[]}],
"VpcId":"VPCID","Tags":[]}`
	ec2Subnet = `{"AvailabilityZone":"${region}a","AvailabilityZoneId":"use1-az1","AvailableIpAddressCount":210,"CidrBlock":
"10.0.$num.1.200.0/24","DefaultForAz":false,"MapPublicIpOnLaunch":false,"State":"available","SubnetId":"$name","VpcId":"VPCID",
"OwnerId":"$account","AssignIpv6AddressOnCreation":false,"Ipv6CidrBlockAssociationSet":[],"Tags":[],
"SubnetArn":"arn:aws:ec2:$region:$account:subnet/$name"}`
	ec2VPC = `{"CidrBlock":"10.0.0.0/16","DhcpOptionsId":"dopt-$hex17.dhcp","State":"available","VpcId":"$name","OwnerId":"$account",
"InstanceTenancy":"default","IsDefault":false,"Tags":[]}`
	ec2Routes = `{"Associations":[{"Main":true,"RouteTableAssociationId":"rtbassoc-$hex17.a","RouteTableId":"$name",
"AssociationState":{"State":"associated"}}],"PropagatingVgws":[],"RouteTableId":"$name","Routes":[{"DestinationCidrBlock":"10.0.0.0/16",
"GatewayId":"local","Origin":"CreateRouteTable","State":"active"},{"DestinationCidrBlock":"0.0.0.0/0","GatewayId":"GATEWAY",
"Origin":"CreateRoute","State":"active"}],"Tags":[],"VpcId":"VPCID","OwnerId":"$account"}`
	ec2NAT = `{"CreateTime":"$born","NatGatewayAddresses":[{"AllocationId":"eipalloc-$hex17.a","NetworkInterfaceId":"eni-$hex17.a",
"PrivateIp":"$ip.a","PublicIp":"$public.a"}],"NatGatewayId":"$name","State":"available","SubnetId":"SUBNET","VpcId":"VPCID","Tags":[],
"ConnectivityType":"public"}`
	ec2Address = `{"AllocationId":"$name","AssociationId":"eipassoc-$hex17.a","Domain":"vpc","NetworkInterfaceId":"eni-$hex17.a",
"NetworkInterfaceOwnerId":"$account","PrivateIpAddress":"$ip.a","PublicIp":"$public.a","PublicIpv4Pool":"amazon",
"NetworkBorderGroup":"$region","InstanceId":"i-$hex17.i"}`
	ec2VPN = `{"CustomerGatewayId":"cgw-$hex17.c","Category":"VPN","State":"available","Type":"ipsec.1","VpnConnectionId":"$name",
"VpnGatewayId":"vgw-$hex17.v","Options":{"EnableAcceleration":false,"StaticRoutesOnly":false},"Routes":[],"Tags":[],"VgwTelemetry":[
{"OutsideIpAddress":"$public.a","Status":"UP","LastStatusChange":"$ago.900h","AcceptedRouteCount":1,"StatusMessage":""},
{"OutsideIpAddress":"$public.b","Status":"UP","LastStatusChange":"$ago.900h","AcceptedRouteCount":1,"StatusMessage":""}]}`
)
