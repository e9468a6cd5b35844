package bind

import (
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// customizeOptions adds the options that the CLI has besides the model's:
// awscli/customizations.
func customizeOptions(s *optionSet, service string, op *models.Operation) {
	for _, o := range s.list {
		if p := paginated(op); o.Member != nil && hidePaging(p, o.Member) {
			o.hidden = true
		}
	}
	switch service + " " + op.Name {
	case "cloudfront CreateInvalidation":
		s.add(&Option{Name: "paths", list: true, apply: invalidationPaths})
		optional(s, "invalidation-batch")
	case "ec2 RunInstances":
		s.add(&Option{Name: "count", apply: instanceCount})
		optional(s, "min-count", "max-count")
		s.add(&Option{Name: "associate-public-ip-address", flag: true, apply: publicAddress(true)})
		s.add(&Option{Name: "no-associate-public-ip-address", flag: true, apply: publicAddress(false)})
	case "ec2 AuthorizeSecurityGroupIngress", "ec2 AuthorizeSecurityGroupEgress", "ec2 RevokeSecurityGroupIngress", "ec2 RevokeSecurityGroupEgress":
		for _, name := range []string{"protocol", "port", "cidr", "source-group", "group-owner"} {
			s.drop(name)
			s.add(&Option{Name: name, apply: permission(name)})
		}
	}
	if service == "route53" {
		for _, o := range s.list {
			if o.Member != nil && (o.Member.ShapeName == "ResourceId" || o.Member.ShapeName == "ChangeId" || o.Member.ShapeName == "DelegationSetId") {
				o.apply = bareID
			}
		}
	}
}

func optional(s *optionSet, names ...string) {
	for _, name := range names {
		if o := s.by[name]; o != nil {
			o.Required = false
		}
	}
}

// bareID drops what Route 53 puts before its ids: /hostedzone/Z123 is Z123.
func bareID(t *inputTree, o *Option, values []string) error {
	parts := strings.Split(values[0], "/")
	t.input.Set(o.Member.Name, parts[len(parts)-1])
	return nil
}

func invalidationPaths(t *inputTree, _ *Option, values []string) error {
	paths := document.List{}
	for _, v := range values {
		paths = append(paths, v)
	}
	t.input.Set("InvalidationBatch", document.NewObject(
		document.Member{Name: "Paths", Value: document.NewObject(document.Member{Name: "Quantity", Value: int64(len(paths))}, document.Member{Name: "Items", Value: paths})},
		document.Member{Name: "CallerReference", Value: "cli-" + reference()},
	))
	return nil
}

func instanceCount(t *inputTree, o *Option, values []string) error {
	low, high, ranged := strings.Cut(values[0], ":")
	if !ranged {
		high = low
	}
	for name, text := range map[string]string{"MinCount": low, "MaxCount": high} {
		n, ok := parseInt(text)
		if !ok {
			return invalid("count parameter should be of form min[:max]")
		}
		t.input.Set(name, n)
	}
	return nil
}

func publicAddress(on bool) func(*inputTree, *Option, []string) error {
	return func(t *inputTree, _ *Option, _ []string) error {
		nic := document.NewObject(document.Member{Name: "DeviceIndex", Value: int64(0)}, document.Member{Name: "AssociatePublicIpAddress", Value: on})
		for from, to := range map[string]string{"SubnetId": "SubnetId", "SecurityGroupIds": "Groups", "PrivateIpAddress": "PrivateIpAddress"} {
			if v, ok := t.input.Get(from); ok {
				nic.Set(to, v)
				t.input.Delete(from)
			}
		}
		t.input.Set("NetworkInterfaces", document.List{nic})
		return nil
	}
}

// permission puts --protocol, --port, --cidr … into IpPermissions.
func permission(name string) func(*inputTree, *Option, []string) error {
	return func(t *inputTree, _ *Option, values []string) error {
		v, _ := t.input.Get("IpPermissions")
		l, _ := v.(document.List)
		if len(l) == 0 {
			l = document.List{&document.Object{}}
			t.input.Set("IpPermissions", l)
		}
		p := l[0].(*document.Object)
		value := values[0]
		switch name {
		case "protocol":
			if value == "all" {
				value = "-1"
			}
			p.Set("IpProtocol", value)
		case "port":
			low, high, ranged := strings.Cut(value, "-")
			if strings.HasPrefix(value, "-") {
				low, high, ranged = value, value, true
			}
			if !ranged {
				high = low
			}
			from, okFrom := parseInt(low)
			to, okTo := parseInt(high)
			if value == "all" {
				from, to, okFrom, okTo = -1, -1, true, true
			}
			if !okFrom || !okTo {
				return invalid("port parameter should be of the form <from[-to]> (e.g. 22 or 22-25)")
			}
			p.Set("FromPort", from)
			p.Set("ToPort", to)
		case "cidr":
			p.Set("IpRanges", document.List{document.NewObject(document.Member{Name: "CidrIp", Value: value})})
		case "source-group":
			pair(p).Set("GroupId", value)
		case "group-owner":
			pair(p).Set("UserId", value)
		}
		return nil
	}
}

func pair(p *document.Object) *document.Object {
	v, _ := p.Get("UserIdGroupPairs")
	if l, ok := v.(document.List); ok {
		return l[0].(*document.Object)
	}
	o := &document.Object{}
	p.Set("UserIdGroupPairs", document.List{o})
	return o
}
