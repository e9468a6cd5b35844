package bind

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// oneInstance is what --count is where it is not given.
// Where the input has either number, it is left as it is.
func oneInstance(input *document.Object) {
	for _, name := range []string{"MinCount", "MaxCount"} {
		if _, ok := input.Get(name); ok {
			return
		}
	}
	input.Set("MinCount", int64(1))
	input.Set("MaxCount", int64(1))
}

// instanceCount reads --count as one number for both limits, or as min:max.
//
//	--count 2     becomes   MinCount 2, MaxCount 2
//	--count 1:5   becomes   MinCount 1, MaxCount 5
func instanceCount(t *inputTree, _ *Option, values []string) error {
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

// publicAddress makes the network interface that the flag belongs to. EC2 refuses a subnet, groups or an address
// beside an interface, so those that were given move into it. Options are applied in the model's order, with these
// flags last, so that the others are in the input by now.
func publicAddress(on bool) func(*inputTree, *Option, []string) error {
	return func(t *inputTree, _ *Option, _ []string) error {
		nic := document.NewObject(document.Member{Name: "DeviceIndex", Value: int64(0)},
			document.Member{Name: "AssociatePublicIpAddress", Value: on})
		for from, to := range map[string]string{
			"SubnetId": "SubnetId", "SecurityGroupIds": "Groups", "PrivateIpAddress": "PrivateIpAddress",
		} {
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
// Every option writes into the one permission.
//
//	--protocol tcp --port 22-25 --cidr 10.0.0.0/8   becomes
//	[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 25, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
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
			// The API writes "all protocols" as -1, and all ports or ICMP types the same way.
			if value == "all" {
				value = "-1"
			}
			p.Set("IpProtocol", value)
		case "port":
			low, high, ranged := strings.Cut(value, "-")
			// -1 stands for all, and is no range that lacks its beginning.
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

// pair is the one pair of group and account that --source-group and --group-owner share.
func pair(p *document.Object) *document.Object {
	v, _ := p.Get("UserIdGroupPairs")
	if l, ok := v.(document.List); ok {
		return l[0].(*document.Object)
	}
	o := &document.Object{}
	p.Set("UserIdGroupPairs", document.List{o})
	return o
}

// plainBooleans lets EC2's structures of one boolean Value be given as --option, --no-option or
// --option true: awscli/customizations/toplevelbool.py.
// A value that is neither true nor false is read as the structure itself, in shorthand or JSON.
func plainBooleans(s *optionSet) {
	for _, o := range slices.Clone(s.list) {
		if o.Member == nil || o.apply != nil || o.Member.Shape.Type != models.TypeStructure ||
			len(o.Member.Shape.Members) != 1 || o.Member.Shape.Members[0].Name != "Value" ||
			o.Member.Shape.Members[0].Shape.Type != models.TypeBoolean {
			continue
		}
		set := func(t *inputTree, v bool) {
			t.input.Set(o.Member.Name, document.NewObject(document.Member{Name: "Value", Value: v}))
		}
		o.optional = "true"
		o.apply = func(t *inputTree, o *Option, values []string) error {
			switch strings.ToLower(values[0]) {
			case "true", "false":
				set(t, strings.EqualFold(values[0], "true"))
				return nil
			}
			v, err := t.option(o, []Value{{Text: values[0], Word: t.place}})
			t.input.Set(o.Member.Name, v)
			return err
		}
		s.add(&Option{Name: "no-" + o.Name, flag: true, apply: func(t *inputTree, _ *Option, _ []string) error {
			set(t, false)
			return nil
		}})
	}
}
