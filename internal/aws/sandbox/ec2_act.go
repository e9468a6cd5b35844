package sandbox

import (
	"net/http"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
)

// ec2Acts are the operations of instances and their network that runbooks use.
func ec2Acts() map[string]act {
	common := func(paths map[string]string) map[string]string {
		paths["tag"], paths["tag-key"], paths["vpc-id"], paths["owner-id"] = "Tags", "Tags[].Key", "VpcId", "OwnerId"
		return paths
	}
	list := func(kind, by, at string, paths map[string]string) act {
		return act{does: reads, kind: kind, by: by, at: at, only: common(paths)}
	}
	instances := func(takes string, l life, cures string, also func(*view, *request) error) act {
		return act{does: changes, kind: "instance", by: "InstanceIds", life: l, cures: cures, also: also, wraps: stateChanges, takes: takes}
	}
	describe := list("instance", "InstanceIds", "Reservations", map[string]string{
		"instance-state-name": "State.Name", "instance-type": "InstanceType", "private-ip-address": "PrivateIpAddress",
		"instance-id": "InstanceId", "subnet-id": "SubnetId", "image-id": "ImageId", "instance.group-id": "SecurityGroups[].GroupId",
		"ip-address": "PublicIpAddress", "availability-zone": "Placement.AvailabilityZone",
	})
	describe.wraps = reservations
	status := act{
		does: reads, kind: "instance", by: "InstanceIds", at: "InstanceStatuses", takes: "IncludeAllInstances", wraps: instanceStatuses,
		only: map[string]string{"instance-state-name": "State.Name"},
	}
	snapshots := list("snapshot", "SnapshotIds", "Snapshots", map[string]string{"volume-id": "VolumeId", "status": "State"})
	snapshots.takes, snapshots.only["OwnerIds"] = "RestorableByUserIds", "['self', OwnerId]"
	images := list("image", "ImageIds", "Images", map[string]string{"name": "Name", "state": "State"})
	images.takes, images.only["Owners"] = "ExecutableUsers IncludeDeprecated", "['self', OwnerId]"
	groups := list("group", "GroupIds", "SecurityGroups", map[string]string{
		"group-id": "GroupId", "group-name": "GroupName", "ip-permission.cidr": "IpPermissions[].IpRanges[].CidrIp",
		"ip-permission.from-port": "IpPermissions[].FromPort", "ip-permission.to-port": "IpPermissions[].ToPort",
	})
	groups.only["GroupNames"] = "GroupName"
	nat := list("nat", "NatGatewayIds", "NatGateways", map[string]string{"state": "State", "subnet-id": "SubnetId",
		"nat-gateway-id": "NatGatewayId"})
	return map[string]act{
		"DescribeInstances":      describe,
		"DescribeInstanceStatus": status,
		"DescribeVolumes": list("volume", "VolumeIds", "Volumes", map[string]string{
			"attachment.instance-id": "Attachments[].InstanceId", "status": "State", "volume-type": "VolumeType", "volume-id": "VolumeId",
			"encrypted": "to_string(Encrypted)",
		}),
		"DescribeSnapshots":      snapshots,
		"DescribeImages":         images,
		"DescribeSecurityGroups": groups,
		"DescribeSubnets": list("subnet", "SubnetIds", "Subnets", map[string]string{
			"subnet-id": "SubnetId", "availability-zone": "AvailabilityZone", "state": "State",
		}),
		"DescribeVpcs": list("vpc", "VpcIds", "Vpcs", map[string]string{
			"isDefault": "to_string(IsDefault)", "is-default": "to_string(IsDefault)", "state": "State", "cidr": "CidrBlock",
		}),
		"DescribeRouteTables": list("routes", "RouteTableIds", "RouteTables", map[string]string{
			"route-table-id": "RouteTableId", "association.main": "Associations[].to_string(Main)",
			"association.subnet-id": "Associations[].SubnetId",
		}),
		"DescribeNatGateways": nat,
		"DescribeAddresses": list("address", "AllocationIds", "Addresses", map[string]string{
			"public-ip": "PublicIp", "allocation-id": "AllocationId", "instance-id": "InstanceId", "domain": "Domain",
		}),
		"DescribeInternetGateways": list("gateway", "InternetGatewayIds", "InternetGateways", map[string]string{
			"internet-gateway-id": "InternetGatewayId", "attachment.vpc-id": "Attachments[].VpcId",
			"attachment.state": "Attachments[].State",
		}),
		"DescribeKeyPairs": list("key", "KeyNames", "KeyPairs", map[string]string{"key-name": "KeyName"}),
		"DescribeVpnConnections": list("vpn", "VpnConnectionIds", "VpnConnections", map[string]string{
			"state": "State", "vpn-connection-id": "VpnConnectionId",
		}),
		"StartInstances":     instances("AdditionalInfo", "pending 5s running", "ec2-stopped ec2-impaired", inState("stopped", "running")),
		"StopInstances":      instances("Force Hibernate", "stopping 5s stopped", "ec2-impaired", inState("running", "stopped")),
		"RebootInstances":    {does: changes, kind: "instance", by: "InstanceIds", bare: true},
		"TerminateInstances": instances("", "shutting-down 5s terminated", "", nil),
		"RunInstances": {
			does: runs, creating: true, changing: true, kind: "instance", names: "i-$hex17.id",
			takes: "MinCount MaxCount SecurityGroupIds SecurityGroups UserData TagSpecifications BlockDeviceMappings IamInstanceProfile " +
				"NetworkInterfaces MetadataOptions Placement LaunchTemplate InstanceInitiatedShutdownBehavior EbsOptimized Monitoring",
		},
		"CreateSnapshot": {
			does: creates, creating: true, changing: true, kind: "snapshot", names: "snap-$hex17.id", takes: "TagSpecifications VolumeId",
			also: func(v *view, r *request) error {
				if v.s.look(r, "ec2 volume", text(r.input, "VolumeId")) == nil {
					return serviceErrorOf(kindOf("ec2 volume").missing, text(r.input, "VolumeId"))
				}
				v.set("VolumeId", text(r.input, "VolumeId"))
				v.set("StartTime", v.now)
				v.tag(r)
				return nil
			},
		},
		"DeleteSnapshot": {does: removes, kind: "snapshot", by: "SnapshotId", bare: true},
		"CreateImage": {
			does: creates, creating: true, changing: true, kind: "image", names: "ami-$hex17.id",
			takes: "InstanceId NoReboot TagSpecifications BlockDeviceMappings",
		},
		"DeregisterImage": {does: removes, kind: "image", by: "ImageId", bare: true, takes: "DeleteAssociatedSnapshots"},
		"CreateTags":      {does: tags(true), takes: "Resources Tags"},
		"DeleteTags":      {does: tags(false), takes: "Resources Tags"},
		"AuthorizeSecurityGroupIngress": {
			does: changes, kind: "group", by: "GroupId", takes: ec2Rule + " TagSpecifications", also: ingress(true), wraps: returned,
		},
		"RevokeSecurityGroupIngress": {
			does: changes, kind: "group", by: "GroupId", takes: ec2Rule + " SecurityGroupRuleIds", also: ingress(false), wraps: returned,
			cures: "ec2-open-ssh",
		},
		"ModifyInstanceAttribute": {
			does: changes, kind: "instance", by: "InstanceId", takes: "InstanceType DisableApiTermination Groups", bare: true,
			also: func(v *view, r *request) error {
				if t := member(r.input, "InstanceType"); t != nil {
					if err := inState("stopped", "stopped")(v, r); err != nil {
						return err
					}
					v.set("InstanceType", text(t, "Value"))
				}
				return nil
			},
		},
	}
}

// ec2Rule are the members of a rule of a security group.
const ec2Rule = "GroupName IpPermissions IpProtocol FromPort ToPort CidrIp"

// inState refuses to change an instance that is in another state than it has to be in, or will be in.
func inState(states ...string) func(*view, *request) error {
	return func(v *view, _ *request) error {
		for _, s := range states {
			if v.state == s {
				return nil
			}
		}
		return refuse(http.StatusBadRequest, "IncorrectInstanceState",
			"The instance '%s' is not in a state from which it can be changed.", v.name)
	}
}

// reservations are instances as EC2 answers them: each in a reservation of its own.
func reservations(all []*view, _ *request) *document.Object {
	return obj("Reservations", list(all, func(v *view) any {
		return obj("ReservationId", "r-"+hexOf(17, "reservation", v.key), "OwnerId", accountID, "Groups", document.List{},
			"Instances", document.List{v.doc})
	}))
}

// instanceStatuses are the checks of the instances that run, or of all where the call asks for them.
func instanceStatuses(all []*view, r *request) *document.Object {
	out := document.List{}
	everything, _ := r.input.Get("IncludeAllInstances")
	for _, v := range all {
		if v.state != "running" && everything != true {
			continue
		}
		system, reached, inner := "ok", "passed", "ok"
		switch {
		case v.state != "running":
			system, reached, inner = "not-applicable", "", "not-applicable"
		case v.text("_status") != "":
			system, reached = "impaired", "failed"
		}
		check := func(status, reached string) *document.Object {
			details := document.List{}
			if reached != "" {
				details = append(details, obj("Name", "reachability", "Status", reached))
			}
			return obj("Details", details, "Status", status)
		}
		out = append(out, obj("AvailabilityZone", region+"a", "InstanceId", v.name, "InstanceState", member(v.doc, "State"),
			"InstanceStatus", check(inner, map[bool]string{true: "passed"}[v.state == "running"]), "SystemStatus", check(system, reached)))
	}
	return obj("InstanceStatuses", out)
}

// stateChanges are the states of instances before and after a change.
func stateChanges(all []*view, r *request) *document.Object {
	at := map[string]string{
		"StartInstances": "StartingInstances", "StopInstances": "StoppingInstances", "TerminateInstances": "TerminatingInstances",
	}[r.operation]
	before := map[string]string{"StartInstances": "stopped"}[r.operation]
	if before == "" {
		before = "running"
	}
	return obj(at, list(all, func(v *view) any {
		return obj("CurrentState", member(v.doc, "State"), "InstanceId", v.name, "PreviousState", obj("Code", instanceStates[before],
			"Name", before))
	}))
}

// runs starts instances.
func runs(s *Sandbox, r *request, a *act, k *kind) (*document.Object, error) {
	var all []*view
	for n := range integer(r.input, "MaxCount", 1) {
		one := *r
		one.id = uuid(r.id, string(rune('a'+n)))
		name := s.newName(&one, a, k)
		s.world.Things[keyOf("ec2 instance", name)] = &thing{From: r.operation, Born: r.now}
		v := s.see(r, "ec2 instance", name)
		a.keep(v, r)
		v.set("LaunchTime", v.now)
		v.set("Tags", document.List{})
		v.tag(r)
		v.live(k.born)
		s.touch(r, name, "AWS::EC2::Instance")
		all = append(all, v)
	}
	return shapedOutput(r, obj("Groups", document.List{}, "Instances", list(all, func(v *view) any { return v.doc }),
		"OwnerId", accountID, "ReservationId", "r-"+hexOf(17, r.id))), nil
}

// tag keeps the tags that a call gives what it makes.
func (v *view) tag(r *request) {
	for _, spec := range objects(r.input, "TagSpecifications") {
		v.set("Tags", items(spec, "Tags"))
	}
}

// tags sets tags of resources, or takes them away.
func tags(add bool) act0 {
	return func(s *Sandbox, r *request, _ *act, _ *kind) (*document.Object, error) {
		var all []*view
		for _, id := range texts(r.input, "Resources") {
			v := s.look(r, "ec2 "+kindOfID(id), id)
			if v == nil {
				return nil, refuse(http.StatusBadRequest, "InvalidID", "The ID '%s' is not valid", id)
			}
			all = append(all, v)
		}
		for _, v := range all {
			kept := document.List{}
			for _, had := range objects(v.doc, "Tags") {
				if !hasTag(objects(r.input, "Tags"), text(had, "Key")) {
					kept = append(kept, had)
				}
			}
			if add {
				kept = append(kept, items(r.input, "Tags")...)
			}
			v.set("Tags", kept)
			s.touch(r, v.name, resourceType(v))
		}
		return nil, nil
	}
}

// hasTag reports whether a tag is among some.
func hasTag(tags []*document.Object, key string) bool {
	for _, t := range tags {
		if text(t, "Key") == key {
			return true
		}
	}
	return false
}

// kindOfID is the kind of a resource with such an id.
func kindOfID(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return map[string]string{
		"i": "instance", "vol": "volume", "snap": "snapshot", "ami": "image", "sg": "group", "subnet": "subnet", "vpc": "vpc",
		"rtb": "routes", "nat": "nat", "eipalloc": "address", "vpn": "vpn",
	}[prefix]
}

// ingress allows what a call names, or no longer.
func ingress(allow bool) func(*view, *request) error {
	return func(v *view, r *request) error {
		wanted := objects(r.input, "IpPermissions")
		if cidr := text(r.input, "CidrIp"); cidr != "" {
			wanted = append(wanted, obj("IpProtocol", text(r.input, "IpProtocol"), "FromPort", integer(r.input, "FromPort", 0),
				"ToPort", integer(r.input, "ToPort", 0), "IpRanges", document.List{obj("CidrIp", cidr)}))
		}
		rules := document.List{}
		found := 0
		for _, had := range objects(v.doc, "IpPermissions") {
			if same := sameRule(wanted, had); !same || allow {
				rules = append(rules, had)
				found += map[bool]int{true: 1}[same]
			}
		}
		switch {
		case allow && found > 0:
			return refuse(http.StatusBadRequest, "InvalidPermission.Duplicate", "the specified rule already exists")
		case !allow && len(rules) == len(items(v.doc, "IpPermissions")):
			return refuse(http.StatusBadRequest, "InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		for _, w := range wanted {
			if allow {
				rules = append(rules, w)
			}
		}
		v.set("IpPermissions", rules)
		return nil
	}
}

// sameRule reports whether a rule is among some: protocol, ports and addresses.
func sameRule(rules []*document.Object, rule *document.Object) bool {
	key := func(o *document.Object) string {
		out := text(o, "IpProtocol")
		for _, name := range []string{"FromPort", "ToPort"} {
			n, _ := o.Get(name)
			out += " " + document.PythonText(n)
		}
		for _, c := range objects(o, "IpRanges") {
			out += " " + text(c, "CidrIp")
		}
		return out
	}
	for _, other := range rules {
		if key(other) == key(rule) {
			return true
		}
	}
	return false
}

// returned says that a change of rules was made.
func returned(_ []*view, _ *request) *document.Object { return obj("Return", true) }
