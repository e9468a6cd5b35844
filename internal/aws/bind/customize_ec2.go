package bind

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
)

// instances completes the input of run-instances: awscli/customizations/ec2/addcount.py and runinstances.py.
func instances(input *document.Object) {
	intoInterface(input)
	oneInstance(input)
}

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

// scalarInterface are the options of one network interface that stand beside --network-interfaces:
// awscli/customizations/ec2/runinstances.py.
func scalarInterface(s *optionSet) {
	s.conflicts = append(s.conflicts, conflict{
		option: "network-interfaces",
		order:  []string{"secondary-private-ip-addresses", "secondary-private-ip-address-count", "associate-public-ip-address"},
		message: func(string) string {
			return "Mixing the --network-interfaces option with the simple, scalar options is not supported."
		},
	})
	s.add(&Option{Name: "secondary-private-ip-addresses", list: true, apply: func(t *inputTree, _ *Option, values []string) error {
		list := document.List{}
		for _, v := range values {
			list = append(list, document.NewObject(document.Member{Name: "PrivateIpAddress", Value: v},
				document.Member{Name: "Primary", Value: false}))
		}
		oneInterface(t, "PrivateIpAddresses", list)
		return nil
	}})
	s.add(&Option{Name: "secondary-private-ip-address-count", apply: func(t *inputTree, o *Option, values []string) error {
		n, ok := parseInt(values[0])
		if !ok {
			return usage("argument --%s: invalid int value: '%s'", o.Name, values[0]).of(KindNumber, values[0])
		}
		oneInterface(t, "SecondaryPrivateIpAddressCount", n)
		return nil
	}})
	for name, on := range map[string]bool{"associate-public-ip-address": true, "no-associate-public-ip-address": false} {
		s.add(&Option{Name: name, flag: true, apply: func(t *inputTree, _ *Option, _ []string) error {
			oneInterface(t, "AssociatePublicIpAddress", on)
			return nil
		}})
	}
}

// oneInterface puts a member into the interface that these options share.
func oneInterface(t *inputTree, name string, v document.Value) {
	have, given := t.input.Get("NetworkInterfaces")
	list, _ := have.(document.List)
	if !given || len(list) == 0 {
		list = document.List{document.NewObject(document.Member{Name: "DeviceIndex", Value: int64(0)})}
		t.input.Set("NetworkInterfaces", list)
	}
	list[0].(*document.Object).Set(name, v)
}

// intoInterface moves what EC2 refuses beside a network interface into the first one, where it has what these options make.
func intoInterface(input *document.Object) {
	v, _ := input.Get("NetworkInterfaces")
	list, _ := v.(document.List)
	if len(list) == 0 {
		return
	}
	nic, ok := list[0].(*document.Object)
	if !ok || !slices.ContainsFunc([]string{"PrivateIpAddresses", "SecondaryPrivateIpAddressCount", "AssociatePublicIpAddress"},
		func(name string) bool { _, has := nic.Get(name); return has }) {
		return
	}
	for _, move := range [][2]string{
		{"SubnetId", "SubnetId"}, {"SecurityGroupIds", "Groups"}, {"PrivateIpAddress", "PrivateIpAddresses"},
		{"Ipv6AddressCount", "Ipv6AddressCount"}, {"Ipv6Addresses", "Ipv6Addresses"}, {"EnablePrimaryIpv6", "PrimaryIpv6"},
	} {
		v, given := input.Get(move[0])
		if !given {
			continue
		}
		if move[0] == "PrivateIpAddress" {
			v = document.List{document.NewObject(document.Member{Name: "PrivateIpAddress", Value: v},
				document.Member{Name: "Primary", Value: true})}
		}
		nic.Set(move[1], v)
		input.Delete(move[0])
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
			n, err := strconv.Atoi(value)
			switch {
			case err == nil && (n < -1 || n > 255):
				return invalid("protocol numbers must be in the range 0-255 or -1 to specify all protocols")
			case err != nil && !slices.Contains([]string{"tcp", "udp", "icmp", "all"}, value):
				return invalid("protocol parameter should be one of: tcp|udp|icmp|all or any valid protocol number.")
			case value == "all": // the API writes it as -1, and all ports or ICMP types the same way
				value = "-1"
			}
			p.Set("IpProtocol", value)
		case "port":
			low, high, ranged := strings.Cut(value, "-")
			// -1 stands for all, and is no range that lacks its beginning.
			if value == "-1" {
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
			if strings.HasPrefix(value, "sg-") {
				pair(p).Set("GroupId", value)
			} else {
				pair(p).Set("GroupName", value)
			}
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

// bare is the value of an option that stands without one; no word of a line is it.
const bare = "\x00"

// plainBooleans lets EC2's structures of one boolean Value be given as --option or --no-option; what stands behind the
// option is the structure itself, in shorthand or JSON: awscli/customizations/toplevelbool.py.
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
		o.optional = bare
		o.apply = func(t *inputTree, o *Option, values []string) error {
			if values[0] == bare {
				set(t, true)
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
