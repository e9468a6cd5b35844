package sandbox

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// autoscalingLiving is Amazon EC2 Auto Scaling: groups with their instances, refreshes and activities.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/Welcome.html
func autoscalingLiving() *living {
	group := func(a act) act { a.kind, a.by = "group", "AutoScalingGroupName"; return a }
	return &living{
		service: "autoscaling", token: "400 InvalidNextToken The token '' is invalid.",
		estate: []string{"group/" + estate + "-workers"},
		kinds: map[string]*kind{
			"group": {
				shape: "DescribeAutoScalingGroups AutoScalingGroups", id: "AutoScalingGroupName", arn: "AutoScalingGroupARN",
				healthy: asgGroup, born: "Pending 5s InService", plain: partOf("autoScalingGroupName", 0), now: groupInstances,
				missing: "400 ValidationError AutoScalingGroup name not found - AutoScalingGroup '{name}' not found",
				exists:  "400 AlreadyExists AutoScalingGroup by this name already exists",
				brings: func(s *Sandbox, name string, _ time.Time) []string {
					var out []string
					for _, id := range s.groupIDs(name) {
						out = append(out, "ec2 instance/"+id)
					}
					return out
				},
			},
			"refresh": {
				shape: "DescribeInstanceRefreshes InstanceRefreshes", id: "InstanceRefreshId", under: "group", state: "Status",
				healthy: asgRefresh, born: "InProgress 30s Successful", now: refreshed,
				missing: "400 ActiveInstanceRefreshNotFound No in progress or pending Instance Refresh found for Auto Scaling group",
			},
		},
		acts: map[string]act{
			"DescribeAutoScalingGroups": {
				does: reads, kind: "group", by: "AutoScalingGroupNames", at: "AutoScalingGroups", skips: true, takes: "IncludeInstances",
				only: map[string]string{"tag-key": "Tags[].Key", "tag": "Tags"},
			},
			"DescribeAutoScalingInstances": {does: reads, kind: "group", skips: true, wraps: scalingInstances, takes: "InstanceIds"},
			"DescribeScalingActivities": {
				does: reads, kind: "group", by: "AutoScalingGroupName", takes: "ActivityIds IncludeDeletedGroups MaxRecords NextToken",
				wraps: activities,
			},
			"DescribeInstanceRefreshes": {
				does: reads, kind: "refresh", by: "InstanceRefreshIds", in: "AutoScalingGroupName", at: "InstanceRefreshes",
			},
			"SetDesiredCapacity": group(act{
				does: changes, changing: true, takes: "HonorCooldown", life: "Pending 5s InService", bare: true, also: withinSize,
			}),
			"UpdateAutoScalingGroup": group(act{
				does: changes, changing: true, life: "Pending 5s InService", bare: true, cures: "no-capacity",
			}),
			"CreateAutoScalingGroup": group(act{does: creates, creating: true, changing: true, bare: true}),
			"DeleteAutoScalingGroup": group(act{does: removes, takes: "ForceDelete", bare: true}),
			"StartInstanceRefresh": {
				does: creates, creating: true, changing: true, kind: "refresh", in: "AutoScalingGroupName", names: "$uuid.refresh",
				takes: "Strategy DesiredConfiguration Preferences",
				wraps: func(all []*view, _ *request) *document.Object { return obj("InstanceRefreshId", all[0].name) },
			},
			"CancelInstanceRefresh": {does: cancelsRefresh, kind: "refresh", in: "AutoScalingGroupName", takes: "AutoScalingGroupName"},
			"SuspendProcesses":      group(act{does: changes, takes: "ScalingProcesses", bare: true, also: suspends(true)}),
			"ResumeProcesses":       group(act{does: changes, takes: "ScalingProcesses", bare: true, also: suspends(false)}),
		},
		faults: []Fault{
			{
				Name: "no-capacity", Title: "A group cannot launch instances: there is no capacity of its type", of: "group",
				breaks: patch(`{"_capacity":"none"}`), Sees: "autoscaling describe-scaling-activities --auto-scaling-group-name web",
			},
			{
				Name: "asg-short", Title: "A group has fewer instances in service than it must have", of: "group", breaks: func(v *view) {
					v.doc.Set("Instances", document.List{})
				},
				Sees: "autoscaling describe-auto-scaling-groups --auto-scaling-group-names web",
			},
			{
				Name: "refresh-fails", Title: "An instance refresh fails", of: "refresh",
				breaks: patch(`{"Status":"Failed","StatusReason":"The new instances did not become healthy."}`),
				Sees: "autoscaling describe-instance-refreshes --auto-scaling-group-name web --instance-refresh-ids " +
					"08b91cf7-8fa6-48af-b6a6-d227f40f1b9b",
			},
		},
	}
}

// groupIDs are the instances of a group, as many as it should have.
func (s *Sandbox) groupIDs(name string) []string {
	n := int64(3)
	if t := s.world.Things[keyOf("autoscaling group", name)]; t != nil {
		n = integer(t.Set, "DesiredCapacity", n)
	}
	var out []string
	for i := range n {
		out = append(out, "i-"+hexOf(17, "member", name, strconv.FormatInt(i, 10)))
	}
	return out
}

// groupInstances are those of a group; the newest is Pending while the group changes.
func groupInstances(v *view) {
	out := document.List{}
	ids := v.s.groupIDs(v.name)
	for i, id := range ids {
		state := "InService"
		if v.state == "Pending" && i == len(ids)-1 {
			state = "Pending"
		}
		out = append(out, obj("InstanceId", id, "InstanceType", "t3.medium", "AvailabilityZone", region+string(rune('a'+i%3)),
			"LifecycleState", state, "HealthStatus", "Healthy", "LaunchTemplate", member(v.doc, "LaunchTemplate"),
			"ProtectedFromScaleIn", false))
	}
	v.doc.Set("Instances", out)
}

// scalingInstances are the instances of all groups.
func scalingInstances(all []*view, r *request) *document.Object {
	out := document.List{}
	for _, v := range all {
		for _, i := range objects(v.doc, "Instances") {
			if ids := texts(r.input, "InstanceIds"); len(ids) > 0 && !strings.Contains(strings.Join(ids, " "), text(i, "InstanceId")) {
				continue
			}
			i = i.Clone()
			i.Set("AutoScalingGroupName", v.name)
			i.Set("HealthStatus", "HEALTHY")
			out = append(out, i)
		}
	}
	return obj("AutoScalingInstances", out)
}

// activities are the newest of a group: a launch that succeeded, unless there is no capacity.
func activities(all []*view, _ *request) *document.Object {
	out := document.List{}
	for _, v := range all {
		ids := v.s.groupIDs(v.name)
		if len(ids) == 0 {
			continue
		}
		at := v.since
		one := obj("ActivityId", uuid("activity", v.key, at.String()), "AutoScalingGroupName", v.name, "Description",
			"Launching a new EC2 instance: "+ids[len(ids)-1], "Cause", "An instance was started in response to a difference between "+
				"desired and actual capacity.", "StartTime", at, "EndTime", at.Add(30*time.Second), "StatusCode", "Successful", "Progress",
			int64(100),
			"Details", `{"Availability Zone":"`+region+`a"}`)
		if v.text("_capacity") != "" {
			at = v.now.Add(-2 * time.Minute).Truncate(time.Minute)
			failed := one.Clone()
			failed.Set("ActivityId", uuid("failed", v.key))
			failed.Set("StartTime", at)
			failed.Set("EndTime", at)
			failed.Set("StatusCode", "Failed")
			failed.Set("StatusMessage", "We currently do not have sufficient t3.medium capacity in the Availability Zone you requested. "+
				"Launching EC2 instance failed.")
			out = append(out, failed)
		}
		out = append(out, one)
	}
	return obj("Activities", out)
}

// withinSize refuses a capacity outside of the group's bounds.
func withinSize(v *view, r *request) error {
	want := integer(r.input, "DesiredCapacity", 0)
	if least, most := integer(v.doc, "MinSize", 0), integer(v.doc, "MaxSize", math.MaxInt64); want < least || want > most {
		return refuse(400, "ValidationError",
			"New SetDesiredCapacity value %d is outside of the group's limits: min value %d, max value %d.",
			want, least, most)
	}
	return nil
}

// refreshed says how far a refresh is.
func refreshed(v *view) {
	v.doc.Set("PercentageComplete", int64(100))
	v.doc.Set("InstancesToUpdate", int64(0))
	if v.state == "InProgress" {
		done := min(99, int64(v.now.Sub(v.since).Seconds()/30*100))
		v.doc.Set("PercentageComplete", done)
		v.doc.Set("InstancesToUpdate", int64(3)-done/34)
		v.doc.Delete("EndTime")
	}
}

// cancelsRefresh ends the refresh of a group that is in progress.
func cancelsRefresh(s *Sandbox, r *request, _ *act, k *kind) (*document.Object, error) {
	for _, v := range s.all(r, "autoscaling refresh", text(r.input, "AutoScalingGroupName")) {
		if v.state == "InProgress" {
			v.live("Cancelled")
			s.touch(r, v.name, "AWS::AutoScaling::AutoScalingGroup")
			return obj("InstanceRefreshId", v.name), nil
		}
	}
	return nil, serviceErrorOf(k.missing, "")
}

// suspends stops processes of a group, or lets them go on.
func suspends(stop bool) func(*view, *request) error {
	return func(v *view, r *request) error {
		out := document.List{}
		for _, p := range texts(r.input, "ScalingProcesses") {
			if stop {
				out = append(out, obj("ProcessName", p, "SuspensionReason", "User suspended"))
			}
		}
		v.set("SuspendedProcesses", out)
		return nil
	}
}

const (
	asgGroup = `{"AutoScalingGroupName":"$name","AutoScalingGroupARN":
"arn:aws:autoscaling:$region:$account:autoScalingGroup:$uuid.arn:autoScalingGroupName/$name","LaunchTemplate":{"LaunchTemplateId":
"lt-$hex17.lt","LaunchTemplateName":"$name","Version":"1"},"MinSize":2,"MaxSize":6,"DesiredCapacity":3,"DefaultCooldown":300,
"AvailabilityZones":["${region}a","${region}b","${region}c"],"LoadBalancerNames":[],"TargetGroupARNs":[],"HealthCheckType":"EC2",
"HealthCheckGracePeriod":300,"Instances":[],"CreatedTime":"$born","SuspendedProcesses":[],"VPCZoneIdentifier":
"subnet-$hex17.a,subnet-$hex17.b","EnabledMetrics":[],"Tags":[],"TerminationPolicies":["Default"],
"NewInstancesProtectedFromScaleIn":false,"TrafficSources":[]}`
	asgRefresh = `{"InstanceRefreshId":"$name","AutoScalingGroupName":"$parent","Status":"Successful","StartTime":"$born",
"EndTime":"$born","PercentageComplete":100,"InstancesToUpdate":0,"Preferences":{"MinHealthyPercentage":90}}`
)
