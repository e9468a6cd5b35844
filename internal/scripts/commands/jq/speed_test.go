package jq_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/scripts/commands/jq"
)

// instances is an answer of ec2 describe-instances with so many instances, about 1.7 kB each.
func instances(n int) string {
	var b strings.Builder
	b.WriteString(`{"Reservations":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, strings.Join([]string{
			`{"ReservationId":"r-%08x","OwnerId":"123456789012","Groups":[],"Instances":[{"InstanceId":"i-%017x",`,
			`"ImageId":"ami-0abcdef1234567890","State":{"Code":16,"Name":"running"},`,
			`"PrivateDnsName":"ip-10-0-0-%d.eu-west-1.compute.internal",`,
			`"InstanceType":"m5.large","LaunchTime":"2024-03-0%dT10:20:30.000Z",`,
			`"Placement":{"AvailabilityZone":"eu-west-1%c","Tenancy":"default"},`,
			`"SubnetId":"subnet-0123456789abcdef0","VpcId":"vpc-0123456789abcdef0","CpuOptions":{"CoreCount":1,"ThreadsPerCore":2},`,
			`"BlockDeviceMappings":[{"DeviceName":"/dev/xvda","Ebs":{"AttachTime":"2024-03-01T10:20:30.000Z",`,
			`"DeleteOnTermination":true,"Status":"attached","VolumeId":"vol-%017x"}}],`,
			`"SecurityGroups":[{"GroupName":"web","GroupId":"sg-0123456789abcdef0"}],"NetworkInterfaces":[{`,
			`"NetworkInterfaceId":"eni-%017x","Status":"in-use","PrivateIpAddress":"10.0.%d.%d","Ipv6Addresses":[]}],`,
			`"Tags":[{"Key":"Name","Value":"web-%d"},{"Key":"Stage","Value":"prod"},{"Key":"Cost","Value":"%d.50"}],`,
			`"Description":"An instance \u00fcber alles, with a text of some length, as the descriptions of resources mostly are"}]}`,
		}, ""), i, i, i%250, i%9+1, 'a'+i%3, i, i, i/250, i%250, i, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

// typical are filters of runbooks.
var typical = []string{
	`.Reservations[].Instances[] | [.InstanceId, .State.Name] | @tsv`,
	`.`,
	`[.Reservations[].Instances[] | select(.State.Name == "running" and (.Tags | any(.Key == "Stage"))) | .InstanceId] | length`,
	`.Reservations | map(.Instances[]) | group_by(.Placement.AvailabilityZone) | map({zone: .[0].VpcId, n: length})`,
	`reduce .Reservations[].Instances[] as $i ({}; .[$i.InstanceType] += 1)`,
	`[.Reservations[].Instances[] | {id: .InstanceId, name: (.Tags | from_entries | .Name)}] | sort_by(.name) | .[:3]`,
	`[.. | .VolumeId? // empty] | unique | length`,
}

// BenchmarkTypical reads an answer of 5 MB, evaluates a filter and prints the results.
func BenchmarkTypical(b *testing.B) {
	data := instances(3600)
	for i, filter := range typical {
		b.Run(fmt.Sprint(i), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := typicalRun(b, filter, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func typicalRun(b *testing.B, filter, data string) error {
	meter := limits.NewMeter(b.Context(), nil, limits.Most{}, limits.Hooks{})
	defer meter.Close()
	p, err := jq.Compile(filter, nil)
	if err != nil {
		return err
	}
	r := jq.NewReader(strings.NewReader(data), meter, false, false)
	printer := jq.NewPrinter(b.Context(), meter, jq.Format{Indent: "  "})
	var out bytes.Buffer
	for {
		v, err := r.Next()
		if err == io.EOF { //nolint:errorlint // Next returns it as it is
			return nil
		}
		if err != nil {
			return err
		}
		err = p.Run(b.Context(), v, nil, jq.Runtime{Meter: meter, Taken: r.Taken}, func(v any) error {
			data, err := printer.JSON(v)
			out.Write(data)
			return err
		})
		if err != nil {
			return err
		}
	}
}
