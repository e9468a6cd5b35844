package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

var (
	// PublicPorts are those that the whole internet may reach.
	PublicPorts = Threshold{Name: "OPSBOOK_PUBLIC_PORTS", Ports: []int{80, 443}, About: "ports that may be open to everybody"}
	// DataPorts are those of databases, caches and remote logins.
	DataPorts = Threshold{
		Name: "OPSBOOK_DATA_PORTS", Ports: []int{22, 1433, 1521, 2049, 3306, 3389, 5432, 5439, 6379, 9042, 9200, 11211, 27017},
		About: "ports that must not be open to everybody",
	}
)

// ec2Readings are the operations of which is known what their answers mean.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instances-status-check.html
func ec2Readings() map[string]Operation {
	return map[string]Operation{
		"DescribeInstances": survey{
			reads: "Reservations[].Instances[]: InstanceId, InstanceType, State.Name, StateReason.Message, Tags[].Key, Tags[].Value",
			list:  "Reservations.Instances", kind: "instance", kinds: "instances", name: "InstanceId", good: "running",
			each: judgeInstance,
		}.operation(),
		"DescribeInstanceStatus": survey{
			reads: "InstanceStatuses[]: InstanceId, InstanceStatus.Status, SystemStatus.Status; " +
				"InstanceStatuses[].Events[]: Code, NotBefore, Description",
			list: "InstanceStatuses", kind: "instance", kinds: "instances", name: "InstanceId", good: "ok",
			each: judgeInstanceStatus,
			none: procedures.Judgement{Verdict: procedures.NoData, Reason: "No instance is running."},
		}.operation(),
		"DescribeVolumes": survey{
			reads: "Volumes[]: VolumeId, State, Size",
			list:  "Volumes", kind: "volume", kinds: "volumes", name: "VolumeId", good: "in use",
			each: judgeVolume, sum: unattached,
		}.operation(),
		"DescribeSnapshots": survey{
			reads: "Snapshots[]: VolumeId, State, StateMessage, StartTime",
			list:  "Snapshots", kind: "snapshot", kinds: "volumes", name: "VolumeId", good: "with a new snapshot",
			newest: "StartTime", each: snapshotAge("State", "StartTime", "SnapshotIds"),
			none: procedures.Judgement{Verdict: procedures.Failed},
		}.operation(BackupHours),
		"DescribeSecurityGroups": survey{
			reads: "SecurityGroups[]: GroupId, GroupName; SecurityGroups[].IpPermissions[]: IpProtocol, FromPort, ToPort, " +
				"IpRanges[].CidrIp, Ipv6Ranges[].CidrIpv6",
			list: "SecurityGroups", kind: "security group", kinds: "security groups", good: "closed to everybody, or meant to be open",
			each: judgeSecurityGroup,
		}.operation(PublicPorts, DataPorts),
		"DescribeNatGateways": survey{
			reads: "NatGateways[]: NatGatewayId, State, FailureMessage",
			list:  "NatGateways", kind: "NAT gateway", kinds: "NAT gateways", name: "NatGatewayId", good: "available",
			each: func(_ answered, o *document.Object) finding {
				if str(o, "State") == "deleted" { // they are listed for an hour
					return finding{}
				}
				return survey{state: "State", reason: "FailureMessage", states: thing}.stateOf(answered{}, o)
			},
		}.operation(),
		"DescribeVpnConnections": survey{
			reads: "VpnConnections[]: VpnConnectionId, State; VpnConnections[].VgwTelemetry[]: Status, LastStatusChange",
			list:  "VpnConnections", kind: "VPN connection", kinds: "VPN connections", name: "VpnConnectionId",
			good: "with all tunnels UP", each: judgeTunnels,
		}.operation(),
		"DescribeAddresses": survey{
			reads: "Addresses[]: PublicIp, AssociationId",
			list:  "Addresses", kind: "address", kinds: "addresses", name: "PublicIp",
			none: procedures.Judgement{Verdict: procedures.Info},
			each: func(_ answered, o *document.Object) finding {
				if str(o, "AssociationId") == "" {
					return found(procedures.Warned, "nothing uses it, and it costs")
				}
				return found(procedures.Info, "in use")
			},
		}.operation(),
	}
}

// instanceWords are the states of an instance.
var instanceWords = vocabularyOf(states{pass: "running", warn: "pending, stopping, shutting down, stopped", info: "terminated"})

// judgeInstance leaves terminated instances out: they are listed for an hour.
func judgeInstance(_ answered, o *document.Object) finding {
	f := instanceWords.finding(textAt(o, "State.Name"))
	if f.verdict == procedures.Info {
		return finding{}
	}
	if why := textAt(o, "StateReason.Message"); why != "" && f.verdict == procedures.Warned {
		f.says += ": " + strings.TrimRight(shortened(why), ".")
	}
	for _, tag := range members(o, "Tags") {
		if str(tag, "Key") == "Name" {
			f = f.with("Name", str(tag, "Value"))
		}
	}
	return f.with("Type", str(o, "InstanceType"))
}

// checkStates are the results of status checks.
var checkStates = vocabularyOf(states{pass: "ok", warn: "initializing, insufficient data, not applicable", fail: "impaired"})

// judgeInstanceStatus reads both checks, and what AWS has planned for the instance.
func judgeInstanceStatus(_ answered, o *document.Object) finding {
	var f finding
	for _, check := range []string{"Instance", "System"} {
		if state := textAt(o, check+"Status.Status"); state != "" {
			one := checkStates.finding(state)
			if one.verdict != procedures.Passed {
				one.says = strings.ToLower(check) + " " + one.says
			}
			f = worse(f, one)
		}
	}
	for _, e := range members(o, "Events") {
		// Events that are over are listed for a week.
		if d := str(e, "Description"); strings.HasPrefix(d, "[Completed]") || strings.HasPrefix(d, "[Canceled]") {
			continue
		}
		says := str(e, "Code")
		if t := at(e, "NotBefore"); !t.IsZero() {
			says += " " + t.Format("2 January 15:04")
		}
		f = worse(f, found(procedures.Warned, "%s", says))
	}
	return f
}

// judgeVolume warns of a volume that nothing uses: it is paid for.
func judgeVolume(_ answered, o *document.Object) finding {
	size, _ := numberAt(o, "Size")
	words := vocabularyOf(states{pass: "in use", warn: "available, creating, deleting", fail: "error", info: "deleted"})
	f := words.finding(str(o, "State"))
	switch {
	case f.verdict == procedures.Info:
		return finding{}
	case str(o, "State") == "available":
		f = found(procedures.Warned, "unattached")
		f.amount = size
	}
	return f.with("Size", fmt.Sprintf("%.0f GiB", size))
}

// unattached says how much is paid for and not used.
func unattached(all []finding) string {
	n, size := 0, 0.0
	for _, f := range all {
		if f.amount > 0 {
			n++
			size += f.amount
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d unattached (%s GiB)", n, number(size))
}

// judgeSecurityGroup says which ports the whole internet reaches. ICMP has types where others have ports.
func judgeSecurityGroup(q answered, o *document.Object) finding {
	f := found(procedures.Passed, "closed to everybody")
	var open []string
	for _, p := range members(o, "IpPermissions") {
		world := slices.ContainsFunc(members(p, "IpRanges"), func(r *document.Object) bool { return str(r, "CidrIp") == "0.0.0.0/0" }) ||
			slices.ContainsFunc(members(p, "Ipv6Ranges"), func(r *document.Object) bool { return str(r, "CidrIpv6") == "::/0" })
		if !world || strings.HasPrefix(str(p, "IpProtocol"), "icmp") {
			continue
		}
		ports, verdict := reachable(q, p)
		f.verdict = procedures.Worst(f.verdict, verdict)
		open = append(open, ports)
	}
	slices.Sort(open)
	if open = slices.Compact(open); len(open) > 0 {
		f.says = "open to everybody: " + strings.Join(open, ", ")
	}
	f.name, f.id = str(o, "GroupName"), str(o, "GroupId")
	return f.with("ID", f.id)
}

// reachable says which ports a rule has, and what it means that everybody reaches them.
func reachable(q answered, p *document.Object) (string, procedures.Verdict) {
	from, limited := numberAt(p, "FromPort")
	to, _ := numberAt(p, "ToPort")
	if !limited || str(p, "IpProtocol") == "-1" || from <= 0 && to >= 65535 {
		return "all ports", procedures.Failed
	}
	text := fmt.Sprintf("%.0f", from)
	if to != from {
		text = fmt.Sprintf("%.0f to %.0f", from, to)
	}
	within := func(port int) bool { return float64(port) >= from && float64(port) <= to }
	meant := 0
	for _, port := range q.ports(PublicPorts) {
		if within(port) {
			meant++
		}
	}
	switch {
	case slices.ContainsFunc(q.ports(DataPorts), within):
		return text, procedures.Failed
	case float64(meant) == to-from+1:
		return text, procedures.Passed
	}
	return text, procedures.Warned
}

// judgeTunnels counts the tunnels that are UP, and says since when one is not.
func judgeTunnels(q answered, o *document.Object) finding {
	if str(o, "State") == "deleted" {
		return finding{}
	}
	tunnels := members(o, "VgwTelemetry")
	up, last := 0, time.Time{}
	for _, t := range tunnels {
		if str(t, "Status") == "UP" {
			up++
		} else if changed := at(t, "LastStatusChange"); changed.After(last) {
			last = changed
		}
	}
	if len(tunnels) == 0 {
		return found(procedures.NoData, "nothing is known of its tunnels")
	}
	f := found(procedures.Passed, "%d of %d UP%s", up, len(tunnels), strings.TrimPrefix(since(last, q.now), ","))
	switch up {
	case len(tunnels):
	case 0:
		f.verdict = procedures.Failed
	default:
		f.verdict = procedures.Warned
	}
	return f
}
