package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// route53Living is Amazon Route 53: zones with their records, changes, health checks with 16 checkers.
// https://docs.aws.amazon.com/Route53/latest/APIReference/Welcome.html
func route53Living() *living {
	zone := func(a act) act { a.kind, a.by = "zone", "HostedZoneId"; return a }
	return &living{
		service: "route53", token: "400 InvalidInput Invalid marker.",
		estate: []string{"zone/Z0123456789ABCDEFGHIJ", "health-check/" + uuid("check", estate)},
		kinds: map[string]*kind{
			"zone": {
				shape: "GetHostedZone HostedZone", id: "Id", healthy: route53Zone, plain: zoneName, now: zoneNow,
				missing: "404 NoSuchHostedZone No hosted zone found with ID: {name}",
			},
			"change": {
				shape: "GetChange ChangeInfo", id: "Id", state: "Status", born: "PENDING 10s INSYNC", plain: zoneName,
				healthy: `{"Id":"/change/$name","Status":"INSYNC","SubmittedAt":"$born"}`,
				missing: "404 NoSuchChange Could not find resource with ID: {name}",
			},
			"health-check": {
				shape: "GetHealthCheck HealthCheck", id: "Id", healthy: route53Check,
				missing: "404 NoSuchHealthCheck No health check exists with the specified ID: {name}",
			},
		},
		acts: map[string]act{
			"ListHostedZones": {does: reads, kind: "zone", takes: "Marker MaxItems DelegationSetId", wraps: zones},
			"ListHostedZonesByName": {
				does: reads, kind: "zone", takes: "DNSName HostedZoneId MaxItems", wraps: zonesByName,
			},
			"GetHostedZone": {
				does: reads, kind: "zone", by: "Id", wraps: func(all []*view, _ *request) *document.Object {
					return obj("HostedZone", all[0].doc, "DelegationSet", obj("NameServers", document.List{"ns-1.example.org",
						"ns-2.example.org"}))
				},
			},
			"ListResourceRecordSets": zone(act{
				does: reads, takes: "StartRecordName StartRecordType StartRecordIdentifier MaxItems", wraps: recordSets,
			}),
			"ChangeResourceRecordSets": zone(act{does: changes, takes: "ChangeBatch", also: changesRecords,
				wraps: func(all []*view, r *request) *document.Object {
					return obj("ChangeInfo", all[0].s.see(r, "route53 change", changeID(r)).doc)
				}}),
			"GetChange":            {does: reads, kind: "change", by: "Id", at: "ChangeInfo"},
			"GetHealthCheck":       {does: reads, kind: "health-check", by: "HealthCheckId", at: "HealthCheck"},
			"ListHealthChecks":     {does: reads, kind: "health-check", takes: "Marker MaxItems", wraps: healthChecks},
			"GetHealthCheckStatus": {does: reads, kind: "health-check", by: "HealthCheckId", wraps: checkers},
			"UpdateHealthCheck": {does: changes, kind: "health-check", by: "HealthCheckId", takes: "Disabled Inverted FailureThreshold",
				at: "HealthCheck", cures: "endpoint-down"},
			"ListTagsForResource": {does: func(_ *Sandbox, r *request, _ *act, _ *kind) (*document.Object, error) {
				return obj("ResourceTagSet", obj("ResourceType", text(r.input, "ResourceType"), "ResourceId", text(r.input, "ResourceId"),
					"Tags", document.List{})), nil
			}, takes: "ResourceType ResourceId"},
		},
		faults: []Fault{{
			Name: "endpoint-down", Title: "Only 2 of 16 checkers reach the endpoint of a health check", of: "health-check",
			breaks: patch(`{"_down":"true"}`),
			Sees:   "route53 get-health-check-status --health-check-id abcdef11-2222-3333-4444-555555fedcba",
		}},
	}
}

// zoneName is an id without what stands before it.
func zoneName(named string) string { return named[strings.LastIndexByte(named, '/')+1:] }

// changeID is the id of the change that a call makes.
func changeID(r *request) string { return "C" + strings.ToUpper(hexOf(20, "change", r.id)) }

// records are those of a zone: what calls left of those that it has of itself.
func (v *view) records() document.List {
	if own, ok := v.doc.Get("_records"); ok {
		return own.(document.List)
	}
	name := v.text("Name")
	record := func(host, kind string, ttl int64, values ...any) *document.Object {
		return obj("Name", host+name, "Type", kind, "TTL", ttl, "ResourceRecords", list(values, func(x any) any { return obj("Value", x) }))
	}
	return document.List{
		record("", "A", 300, addressed("public", v.key)), record("", "NS", 172800, "ns-1.example.org.", "ns-2.example.org."),
		record("", "SOA", 900, "ns-1.example.org. hostmaster.example.org. 1 7200 900 1209600 86400"),
		record("api.", "CNAME", 60, "api-"+hexOf(6, "api", v.key)+".elb.example.org"),
		record("www.", "CNAME", 300, "d"+hexOf(13, "www", v.key)+".cdn.example.org"),
	}
}

// addressed is a public address of the documentation's.
func addressed(parts ...string) string {
	return "192.0.2." + document.PythonText(int64(1+hash32(parts...)%254))
}

// zoneNow counts the records of a zone.
func zoneNow(v *view) { v.doc.Set("ResourceRecordSetCount", int64(len(v.records()))) }

// zones lists zones, in one page.
func zones(all []*view, _ *request) *document.Object {
	return obj("HostedZones", list(all, func(v *view) any { return v.doc }), "IsTruncated", false, "MaxItems", "100", "Marker", "")
}

// zonesByName lists zones from a name on; one that is named is there.
func zonesByName(all []*view, r *request) *document.Object {
	from := strings.TrimSuffix(text(r.input, "DNSName"), ".")
	out := document.List{}
	for _, v := range all {
		if from == "" || strings.TrimSuffix(v.text("Name"), ".") >= from {
			out = append(out, v.doc)
		}
	}
	return obj("HostedZones", out, "DNSName", orEmpty(text(r.input, "DNSName")), "IsTruncated", false, "MaxItems", "100")
}

// recordSets are the records of a zone from a name on.
func recordSets(all []*view, r *request) *document.Object {
	from, out := text(r.input, "StartRecordName"), document.List{}
	most := 300
	if n := text(r.input, "MaxItems"); n != "" {
		most = int(timeOf(n + "s").Seconds())
	}
	for _, o := range objects(obj("r", all[0].records()), "r") {
		if (from == "" || text(o, "Name") >= from) && len(out) < most {
			out = append(out, o)
		}
	}
	return obj("ResourceRecordSets", out, "IsTruncated", false, "MaxItems", document.PythonText(int64(most)))
}

// changesRecords carries a batch out, or nothing of it.
func changesRecords(v *view, r *request) error {
	records := v.records()
	at := func(o *document.Object) int {
		for i, had := range objects(obj("r", records), "r") {
			if fqdn(text(had, "Name")) == fqdn(text(o, "Name")) && text(had, "Type") == text(o, "Type") &&
				text(had, "SetIdentifier") == text(o, "SetIdentifier") {
				return i
			}
		}
		return -1
	}
	changes := objects(member(r.input, "ChangeBatch"), "Changes")
	v.adopt(changes)
	records = v.records()
	for _, change := range changes {
		set := member(change, "ResourceRecordSet").Clone()
		set.Set("Name", fqdn(text(set, "Name")))
		i, action := at(set), text(change, "Action")
		what := "[name='" + text(set, "Name") + "', type='" + text(set, "Type") + "']"
		switch {
		case !strings.HasSuffix(text(set, "Name"), v.text("Name")):
			return refuse(http.StatusBadRequest, "InvalidChangeBatch", "[RRSet with DNS name %s is not permitted in zone %s]", text(set,
				"Name"), v.text("Name"))
		case action == "CREATE" && i >= 0:
			return refuse(http.StatusBadRequest, "InvalidChangeBatch",
				"[Tried to create resource record set %s but it already exists]", what)
		case action == "DELETE" && i < 0:
			return refuse(http.StatusBadRequest, "InvalidChangeBatch",
				"[Tried to delete resource record set %s but it was not found]", what)
		case action == "DELETE":
			records = append(append(document.List{}, records[:i]...), records[i+1:]...)
			continue
		}
		set.Set("_since", v.now.Format(time.RFC3339Nano))
		if i >= 0 {
			records = append(document.List{}, records...)
			records[i] = set
		} else {
			records = append(append(document.List{}, records...), set)
		}
	}
	v.set("_records", records)
	v.s.world.Things[keyOf("route53 change", changeID(r))] = &thing{
		From: r.operation, Born: v.now, Life: "PENDING 10s INSYNC", Since: v.now,
	}
	return nil
}

// adopt gives a zone that only its id made the domain of the first record that a call changes.
func (v *view) adopt(changes []*document.Object) {
	if v.s.names()[v.key].from == estateFrom || v.thing != nil && v.thing.Set != nil || len(changes) == 0 {
		return
	}
	labels := strings.Split(strings.Trim(text(member(changes[0], "ResourceRecordSet"), "Name"), "."), ".")
	v.set("Name", fqdn(strings.Join(labels[max(0, len(labels)-2):], ".")))
}

// fqdn is a name with the dot at its end.
func fqdn(name string) string { return strings.TrimSuffix(name, ".") + "." }

// recordSince is since when a zone of the sandbox has a record of a name.
func (s *Sandbox) recordSince(name string) (time.Time, bool) {
	for key, t := range s.world.Things {
		if !strings.HasPrefix(key, "route53 zone/") || t.Set == nil {
			continue
		}
		for _, o := range objects(t.Set, "_records") {
			if fqdn(text(o, "Name")) == fqdn(name) {
				at, _ := time.Parse(time.RFC3339Nano, text(o, "_since"))
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// healthChecks lists health checks, in one page.
func healthChecks(all []*view, _ *request) *document.Object {
	return obj("HealthChecks", list(all, func(v *view) any { return v.doc }), "Marker", "", "IsTruncated", false, "MaxItems", "100")
}

// checkers are what the 16 checkers of a health check see.
func checkers(all []*view, _ *request) *document.Object {
	v, out := all[0], document.List{}
	for n := range 16 {
		says := "Success: HTTP Status Code 200, OK"
		if v.text("_down") != "" && n >= 2 {
			says = "Failure: Connection timed out. The endpoint or the internet connection is down, or requests are being " +
				"blocked by your firewall."
		}
		out = append(out, obj("Region", []string{"us-east-1", "us-west-2", "eu-west-1", "ap-southeast-1"}[n%4], "IPAddress",
			addressed("checker", document.PythonText(int64(n))), "StatusReport", obj("Status", says, "CheckedTime",
				v.now.Truncate(30*time.Second))))
	}
	return obj("HealthCheckObservations", out)
}

const (
	route53Zone = `{"Id":"/hostedzone/$name","Name":"zone-$hex4.name.example.org.","CallerReference":"$uuid.reference","Config":
{"Comment":"","PrivateZone":false},"ResourceRecordSetCount":5}`
	route53Check = `{"Id":"$name","CallerReference":"$uuid.reference","HealthCheckConfig":{"Type":"HTTPS","Port":443,
"ResourcePath":"/health",
"FullyQualifiedDomainName":"www-$hex4.name.example.org","RequestInterval":30,"FailureThreshold":3,"MeasureLatency":false,"Inverted":false,
"Disabled":false,"EnableSNI":true},"HealthCheckVersion":1}`
)
