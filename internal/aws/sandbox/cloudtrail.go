package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// cloudtrailSimulation is AWS CloudTrail: what callers changed, and what a quiet account has.
func cloudtrailSimulation() simulation {
	return simulation{
		service:  "cloudtrail",
		handlers: cloudtrailHandlers(),
		faults: []Fault{
			{Name: "root-sign-in", Title: "The root user signed in yesterday"},
			{Name: "bucket-deleted", Title: "Somebody deleted a bucket yesterday"},
			{Name: "trail-stopped", Title: "The trail does not log", Sees: "cloudtrail get-trail-status --name " + theTrail},
		},
	}
}

// cloudtrailState is the trail.
type cloudtrailState struct {
	Trail []trailEvent `json:"trail"` // the changes made by callers, oldest first
}

// trailEvent is one call. What is only read of it is made of its time.
type trailEvent struct {
	Name, Source, User, Resource, Type string
	At                                 time.Time
	ReadOnly                           bool
}

// cloudtrailHandlers are the event history, and one trail; event data stores and Insights are not simulated.
func cloudtrailHandlers() map[string]handler {
	return map[string]handler{
		"DescribeTrails": {"trailNameList includeShadowTrails", describeTrails},
		"GetTrailStatus": {"Name", trailStatus},
		"LookupEvents":   {"LookupAttributes StartTime EndTime MaxResults NextToken", lookupEvents},
	}
}

// theTrail is the estate's one trail, which logs all of the account.
const theTrail = estate + "-trail"

// describeTrails answers the estate's trail, and those that lines name.
func describeTrails(_ *Sandbox, r *request) (*document.Object, error) {
	names := texts(r.input, "trailNameList")
	if len(names) == 0 {
		names = []string{theTrail}
	}
	return obj("trailList", list(names, func(name string) any {
		name = endOf(name)
		return obj("Name", name, "S3BucketName", estate+"-logs-production", "IncludeGlobalServiceEvents", true, "IsMultiRegionTrail", true,
			"HomeRegion", region, "TrailARN", fmt.Sprintf("arn:aws:cloudtrail:%s:%s:trail/%s", region, accountID, name),
			"LogFileValidationEnabled", true, "HasCustomEventSelectors", false, "HasInsightSelectors", false, "IsOrganizationTrail", false)
	})), nil
}

// trailStatus is that of a trail that logs, but for the fault.
func trailStatus(s *Sandbox, r *request) (*document.Object, error) {
	on, last := !s.world.Faults["trail-stopped"], r.now.Add(-4*time.Minute).Truncate(time.Second)
	out := obj("IsLogging", on, "LatestDeliveryTime", last, "StartLoggingTime", estateBegan, "LatestNotificationTime", last)
	if !on {
		stopped := r.now.Add(-time.Hour).Truncate(time.Second)
		out.Set("LatestDeliveryTime", stopped)
		out.Set("StopLoggingTime", stopped)
	}
	return out, nil
}

// maxTrail bounds what the trail keeps.
const maxTrail = 500

// record puts a change into the trail. What calls say of an object's content is not in it, as in an account that does not log
// data events.
func (w *world) record(e trailEvent) {
	if e.Type == "AWS::S3::Object" {
		return
	}
	w.Trail = append(w.Trail, e)
	w.Trail = w.Trail[max(0, len(w.Trail)-maxTrail):]
}

// trail is what callers changed, after what a quiet account has, and what the faults add.
func (s *Sandbox) trail(now time.Time) []trailEvent {
	day := 24 * time.Hour
	// Events of the quiet account move with the clock by the hour, so that two lookups in a
	// row have the same answer.
	at := now.Truncate(time.Hour)
	events := []trailEvent{
		{"ConsoleLogin", "signin.amazonaws.com", "oncall", "", "", at.Add(-20 * time.Hour), false},
		{
			"UpdateFunctionCode20150331v2", "lambda.amazonaws.com", "deploy", estate + "-api-production",
			"AWS::Lambda::Function", at.Add(-6 * day), false,
		},
		{"CreateBackup", "dynamodb.amazonaws.com", "backup", estate + "-topology", "AWS::DynamoDB::Table", at.Add(-7 * time.Hour), false},
		{"AssumeRole", "sts.amazonaws.com", "lambda.amazonaws.com", estate + "-lambda", "AWS::IAM::Role", at.Add(-2 * time.Hour), true},
	}
	if s.world.Faults["bucket-deleted"] {
		events = append(events, trailEvent{
			"DeleteBucket", "s3.amazonaws.com", "contractor", estate + "-archive-2022", "AWS::S3::Bucket", at.Add(-27 * time.Hour), false,
		})
	}
	if s.world.Faults["root-sign-in"] {
		events = append(events, trailEvent{"ConsoleLogin", "signin.amazonaws.com", "root", "", "", at.Add(-26 * time.Hour), false})
	}
	return append(events, s.world.Trail...)
}

// lookupEvents answers the newest event first, up to 50 a page and 90 days back, as
// LookupEvents does:
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html An event
// is there at once, while AWS takes some minutes.
func lookupEvents(s *Sandbox, r *request) (*document.Object, error) {
	from, hasFrom := moment(r.input, "StartTime")
	to, hasTo := moment(r.input, "EndTime")
	attributes := objects(r.input, "LookupAttributes")
	switch {
	case len(attributes) > 1:
		return nil, refuse(http.StatusBadRequest, "InvalidLookupAttributesException", "You can specify only one lookup attribute.")
	case hasFrom && hasTo && from.After(to):
		return nil, refuse(http.StatusBadRequest, "InvalidTimeRangeException",
			"The specified time range is not valid: the start time is after the end time.")
	}
	// CloudTrail's event history has 90 days.
	all := slices.DeleteFunc(s.trail(r.now), func(e trailEvent) bool {
		return hasFrom && e.At.Before(from) || hasTo && e.At.After(to) || r.now.Sub(e.At) > 90*24*time.Hour || !lookedUp(e, attributes)
	})
	slices.SortStableFunc(all, func(a, b trailEvent) int { return b.At.Compare(a.At) })
	page, next, err := cut(r, all, paging{
		"NextToken", "MaxResults", 50, serviceError{
			"InvalidNextTokenException", "The specified token is not valid.", http.StatusBadRequest,
		},
	})
	if err != nil {
		return nil, err
	}
	return obj("Events", list(page, func(e trailEvent) any { return e.document() }), "NextToken", next), nil
}

// lookedUp reports whether an event has an attribute. CloudTrail ignores attributes that it does not know.
func lookedUp(e trailEvent, attributes []*document.Object) bool {
	for _, a := range attributes {
		have := map[string]string{
			"EventName": e.Name, "Username": e.User, "ResourceName": e.Resource, "ResourceType": e.Type,
			"EventSource": e.Source, "ReadOnly": fmt.Sprint(e.ReadOnly), "EventId": e.id(), "AccessKeyId": trailKey,
		}
		if v, known := have[text(a, "AttributeKey")]; known && v != text(a, "AttributeValue") {
			return false
		}
	}
	return true
}

// trailKey is the access key of every event.
const trailKey = "ASIAEXAMPLEKEY000001"

// id is made of the event, so that it is the same in every answer.
func (e trailEvent) id() string { return uuid("event", e.Name, e.Resource, e.At.UTC().String()) }

// document is an event as LookupEvents answers it. CloudTrailEvent is the whole record as
// text; ReadOnly is text as well.
func (e trailEvent) document() *document.Object {
	id := e.id()
	resources := document.List{}
	if e.Resource != "" {
		resources = append(resources, obj("ResourceType", e.Type, "ResourceName", e.Resource))
	}
	detail := obj("eventVersion", "1.11", "eventTime", e.At.Format(time.RFC3339), "eventSource", e.Source, "eventName",
		e.Name, "awsRegion", region, "sourceIPAddress", "198.51.100.24", "eventID", id, "recipientAccountId", accountID)
	body, err := document.Marshal(detail)
	if err != nil {
		body = nil
	}
	return obj("EventId", id, "EventName", e.Name, "ReadOnly", fmt.Sprint(e.ReadOnly), "AccessKeyId", trailKey,
		"EventTime", e.At, "EventSource", e.Source, "Username", e.User, "Resources", resources, "CloudTrailEvent", string(body))
}
