package sandbox

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// elbv2Living is Elastic Load Balancing: balancers with a listener, target groups with their targets.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/Welcome.html
func elbv2Living() *living {
	return &living{
		service: "elbv2", token: "400 ValidationError Invalid marker.",
		estate: []string{"balancer/" + estate},
		kinds: map[string]*kind{
			"balancer": {
				shape: "DescribeLoadBalancers LoadBalancers", id: "LoadBalancerName", arn: "LoadBalancerArn", state: "State.Code",
				born: "provisioning 10s active", healthy: elbBalancer, plain: partOf("loadbalancer", 1),
				missing: "400 LoadBalancerNotFound Load balancers '[{name}]' not found",
				exists:  "400 DuplicateLoadBalancerName A load balancer with the same name '{name}' exists",
				brings: func(_ *Sandbox, name string, _ time.Time) []string {
					return []string{"elbv2 listener/" + hexOf(16, "listener", name), "elbv2 target-group/" + name}
				},
			},
			"listener": {
				shape: "DescribeListeners Listeners", id: "ListenerArn", arn: "ListenerArn", healthy: elbListener, now: listenerOf,
				missing: "400 ListenerNotFound One or more listeners not found",
			},
			"rule": {
				shape: "DescribeRules Rules", id: "RuleArn", arn: "RuleArn", healthy: elbRule,
				missing: "400 RuleNotFound One or more rules not found",
			},
			"target-group": {
				shape: "DescribeTargetGroups TargetGroups", id: "TargetGroupName", arn: "TargetGroupArn", healthy: elbTargetGroup,
				plain: partOf("targetgroup", 0), missing: "400 TargetGroupNotFound Target groups '{name}' not found",
				exists: "400 DuplicateTargetGroupName A target group with the same name '{name}' exists", now: groupOf,
				brings: func(_ *Sandbox, name string, _ time.Time) []string { return []string{"elbv2 balancer/" + name} },
			},
		},
		acts: map[string]act{
			"DescribeLoadBalancers": {does: reads, kind: "balancer", by: "LoadBalancerArns Names", at: "LoadBalancers"},
			"CreateLoadBalancer": {
				does: creates, creating: true, changing: true, kind: "balancer", by: "Name", at: "LoadBalancers",
				takes: "Subnets SubnetMappings",
			},
			"DeleteLoadBalancer": {does: removes, kind: "balancer", by: "LoadBalancerArn", bare: true},
			"DescribeListeners": {
				does: reads, kind: "listener", by: "ListenerArns", at: "Listeners",
				refs: map[string]string{"LoadBalancerArn": "balancer"}, only: map[string]string{"LoadBalancerArn": "LoadBalancerArn"},
			},
			"ModifyListener": {does: changes, changing: true, kind: "listener", by: "ListenerArn", at: "Listeners"},
			"DescribeRules": {
				does: reads, kind: "rule", by: "RuleArns", at: "Rules", takes: "ListenerArn",
				refs: map[string]string{"ListenerArn": "listener"},
			},
			"ModifyRule": {does: changes, changing: true, kind: "rule", by: "RuleArn", at: "Rules"},
			"DescribeTargetGroups": {
				does: reads, kind: "target-group", by: "TargetGroupArns Names", at: "TargetGroups",
				refs: map[string]string{"LoadBalancerArn": "balancer"}, only: map[string]string{"LoadBalancerArn": "LoadBalancerArns"},
			},
			"CreateTargetGroup": {
				does: creates, creating: true, changing: true, kind: "target-group", by: "Name", at: "TargetGroups",
				also: func(v *view, _ *request) error { v.set("_targets", document.List{}); return nil },
			},
			"ModifyTargetGroup": {does: changes, changing: true, kind: "target-group", by: "TargetGroupArn", at: "TargetGroups"},
			"DeleteTargetGroup": {does: removes, kind: "target-group", by: "TargetGroupArn", bare: true},
			"DescribeTargetHealth": {
				does: reads, kind: "target-group", by: "TargetGroupArn", takes: "Targets Include", wraps: targetHealth,
			},
			"RegisterTargets": {
				does: changes, kind: "target-group", by: "TargetGroupArn", takes: "Targets", bare: true, also: registersTargets,
			},
			"DeregisterTargets": {
				does: changes, kind: "target-group", by: "TargetGroupArn", takes: "Targets", bare: true, also: deregistersTargets,
			},
			"DescribeTags": {does: elbTags, takes: "ResourceArns"},
		},
		faults: []Fault{
			{
				Name: "targets-timeout", Title: "The targets of a target group do not answer health checks", of: "target-group",
				breaks: patch(`{"_timeout":"true"}`),
				Sees: "elbv2 describe-target-health --target-group-arn " +
					"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/73e2d6bc24d8a067",
			},
			{
				Name: "balancer-failed", Title: "A load balancer could not be set up", of: "balancer",
				breaks: patch(`{"State":{"Code":"failed","Reason":"The load balancer could not be set up"}}`),
				Sees:   "elbv2 describe-load-balancers --names web",
			},
		},
	}
}

// partOf is a part of an ARN's path behind a word: the name of a balancer is the second, since its type stands first.
func partOf(word string, n int) func(string) string {
	return func(named string) string {
		if _, rest, ok := strings.Cut(named, ":"+word+"/"); ok {
			if parts := strings.Split(rest, "/"); n < len(parts) {
				return parts[n]
			}
		}
		return named
	}
}

// listenerOf says which balancer a listener is of.
func listenerOf(v *view) {
	if v.owner == "" {
		return
	}
	b := v.s.see(&request{now: v.now}, "elbv2 balancer", v.owner)
	v.doc.Set("LoadBalancerArn", b.text("LoadBalancerArn"))
	v.doc.Set("ListenerArn", strings.Replace(b.text("LoadBalancerArn"), ":loadbalancer/", ":listener/", 1)+"/"+v.name)
	group := v.s.see(&request{now: v.now}, "elbv2 target-group", v.owner).text("TargetGroupArn")
	for _, a := range objects(v.doc, "DefaultActions") {
		a.Set("TargetGroupArn", group)
	}
}

// groupOf says which balancer a target group came with.
func groupOf(v *view) {
	if v.owner != "" {
		b := v.s.see(&request{now: v.now}, "elbv2 balancer", v.owner)
		v.doc.Set("LoadBalancerArns", document.List{b.text("LoadBalancerArn")})
	}
}

// targets are those of a group: what calls registered, else the tasks of the service that is most like it by its name, else
// two instances.
func (v *view) targets() document.List {
	if own, ok := v.doc.Get("_targets"); ok {
		return own.(document.List)
	}
	out := document.List{}
	service := v.s.likeliest("ecs service/", v.name)
	if service == "" {
		for _, salt := range []string{"a", "b"} {
			out = append(out, obj("Id", "i-"+hexOf(17, salt, v.key), "Port", int64(8080)))
		}
		return out
	}
	for _, task := range serviceTasks(v.s, service, v.now) {
		out = append(out, obj("Id", addressOf("task", task), "Port", int64(8080)))
	}
	return out
}

// likeliest is the name, of those with a key that begins so, that shares the most letters with a name; empty where there is
// none.
func (s *Sandbox) likeliest(prefix, name string) string {
	best, most := "", -1
	for _, key := range sortedKeys(s.names()) {
		whole, ok := strings.CutPrefix(key, prefix)
		if !ok || s.names()[key].from == estateFrom && name != estate {
			continue
		}
		same := 0
		for _, part := range strings.Split(name, "-") {
			if strings.Contains(whole, part) {
				same += len(part)
			}
		}
		if same > most {
			best, most = whole, same
		}
	}
	return best
}

// targetHealth is the health of a group's targets, or of those that the call names.
func targetHealth(all []*view, r *request) *document.Object {
	out := document.List{}
	wanted := objects(r.input, "Targets")
	for _, v := range all {
		for _, target := range objects(obj("t", v.targets()), "t") {
			if len(wanted) > 0 && !sameTarget(wanted, target) {
				continue
			}
			health := obj("State", "healthy")
			since, _ := time.Parse(time.RFC3339Nano, text(target, "_since"))
			age := time.Duration(float64(v.now.Sub(since)) / max(v.s.stretch, 1))
			switch {
			case text(target, "_gone") != "" && age >= 10*time.Second:
				continue
			case text(target, "_gone") != "":
				health = obj("State", "draining", "Reason", "Target.DeregistrationInProgress", "Description",
					"Target deregistration is in progress")
			case text(target, "_since") != "" && age < 6*time.Second:
				health = obj("State", "initial", "Reason", "Elb.RegistrationInProgress", "Description",
					"Target registration is in progress")
			case v.text("_timeout") != "":
				health = obj("State", "unhealthy", "Reason", "Target.Timeout", "Description", "Request timed out")
			}
			port, _ := target.Get("Port")
			out = append(out, obj("Target", obj("Id", text(target, "Id"), "Port", port), "HealthCheckPort", "traffic-port",
				"TargetHealth", health))
		}
	}
	return obj("TargetHealthDescriptions", out)
}

// sameTarget reports whether a target is among some.
func sameTarget(targets []*document.Object, target *document.Object) bool {
	for _, t := range targets {
		if text(t, "Id") == text(target, "Id") {
			return true
		}
	}
	return false
}

// registersTargets adds targets, which take a while to be healthy.
func registersTargets(v *view, r *request) error {
	kept := document.List{}
	for _, had := range objects(obj("t", v.targets()), "t") {
		if !sameTarget(objects(r.input, "Targets"), had) {
			kept = append(kept, had)
		}
	}
	for _, t := range objects(r.input, "Targets") {
		kept = append(kept, obj("Id", text(t, "Id"), "Port", integer(t, "Port", 8080), "_since", v.now.Format(time.RFC3339Nano)))
	}
	v.set("_targets", kept)
	return nil
}

// deregistersTargets lets targets drain.
func deregistersTargets(v *view, r *request) error {
	kept := document.List{}
	for _, had := range objects(obj("t", v.targets()), "t") {
		if sameTarget(objects(r.input, "Targets"), had) {
			had = obj("Id", text(had, "Id"), "Port", integer(had, "Port", 8080), "_since", v.now.Format(time.RFC3339Nano), "_gone", "true")
		}
		kept = append(kept, had)
	}
	v.set("_targets", kept)
	return nil
}

// elbTags answers that the resources have no tags.
func elbTags(_ *Sandbox, r *request, _ *act, _ *kind) (*document.Object, error) {
	return obj("TagDescriptions", list(texts(r.input, "ResourceArns"), func(arn string) any {
		return obj("ResourceArn", arn, "Tags", document.List{})
	})), nil
}

const (
	elbBalancer = `{"LoadBalancerArn":"arn:aws:elasticloadbalancing:$region:$account:loadbalancer/app/$name/$hex16.arn",
"DNSName":"$name-$num.100000000.999999999.elb.example.org","CanonicalHostedZoneId":"Z35SXDOTRQ7X7K","CreatedTime":"$born",
"LoadBalancerName":"$name","Scheme":"internet-facing","VpcId":"vpc-$hex17.vpc","State":{"Code":"active"},"Type":"application",
"AvailabilityZones":[{"ZoneName":"${region}a","SubnetId":"subnet-$hex17.a","LoadBalancerAddresses":[]}],
"SecurityGroups":["sg-$hex17.group"],"IpAddressType":"ipv4"}`
	elbListener = `{"ListenerArn":"arn:aws:elasticloadbalancing:$region:$account:listener/app/$name/$hex16.lb/$name",
"LoadBalancerArn":"arn:aws:elasticloadbalancing:$region:$account:loadbalancer/app/$name/$hex16.lb","Port":443,"Protocol":"HTTPS",
"Certificates":[{"CertificateArn":"arn:aws:acm:$region:$account:certificate/$uuid.c"}],"SslPolicy":
"ELBSecurityPolicy-TLS13-1-2-2021-06","DefaultActions":[{"Type":"forward","TargetGroupArn":
"arn:aws:elasticloadbalancing:$region:$account:targetgroup/$name/$hex16.tg","Order":1}]}`
	elbRule = `{"RuleArn":"arn:aws:elasticloadbalancing:$region:$account:listener-rule/app/$name/$hex16.lb/$hex16.li/$name","Priority":"1",
"Conditions":[{"Field":"path-pattern","Values":["/*"]}],"Actions":[{"Type":"forward","TargetGroupArn":
"arn:aws:elasticloadbalancing:$region:$account:targetgroup/$name/$hex16.tg","Order":1}],"IsDefault":false}`
	elbTargetGroup = `{"TargetGroupArn":"arn:aws:elasticloadbalancing:$region:$account:targetgroup/$name/$hex16.arn",
"TargetGroupName":"$name","Protocol":"HTTP","Port":8080,"VpcId":"vpc-$hex17.vpc","HealthCheckProtocol":"HTTP","HealthCheckPort":
"traffic-port","HealthCheckEnabled":true,"HealthCheckIntervalSeconds":30,"HealthCheckTimeoutSeconds":5,"HealthyThresholdCount":5,
"UnhealthyThresholdCount":2,"HealthCheckPath":"/health","Matcher":{"HttpCode":"200"},"LoadBalancerArns":[],"TargetType":"ip",
"ProtocolVersion":"HTTP1","IpAddressType":"ipv4"}`
)
