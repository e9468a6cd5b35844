package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// logsSimulation is Amazon CloudWatch Logs: the log groups of the functions.
func logsSimulation() simulation {
	return simulation{
		service:  "logs",
		handlers: logsHandlers(),
		faults: []Fault{
			{Name: "log-errors", Title: "The api function logs ERROR"},
			{Name: "analysis-errors", Title: "The analysis function logs ERROR"},
		},
	}
}

// logsHandlers are reads of log groups, streams and events. Times are milliseconds since 1970.
// Logs Insights (StartQuery) and everything that changes is not simulated.
func logsHandlers() map[string]handler {
	return map[string]handler{
		"FilterLogEvents": {
			"logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern " +
				"nextToken limit interleaved", filterLogEvents,
		},
		"GetLogEvents": {
			"logGroupName logGroupIdentifier logStreamName startTime endTime nextToken limit startFromHead", getLogEvents,
		},
		"DescribeLogGroups": {"logGroupNamePrefix logGroupNamePattern nextToken limit", describeLogGroups},
		"DescribeLogStreams": {
			"logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit", describeLogStreams,
		},
	}
}

// noLogToken is the error of a token that the sandbox did not give.
var noLogToken = serviceError{"InvalidParameterException", "The specified nextToken is invalid.", http.StatusBadRequest}

// retention is how long the groups keep their events.
const retention = 30 * 24 * time.Hour

// logGroups are those of the functions.
func logGroups() []string {
	out := make([]string, len(functionNames))
	for i, name := range functionNames {
		out[i] = "/aws/lambda/" + name
	}
	return out
}

// describeLogGroups finds groups by a prefix or, regardless of case, by a part of the name.
// Sizes are in bytes.
func describeLogGroups(s *Sandbox, r *request) (*document.Object, error) {
	names := slices.DeleteFunc(logGroups(), func(name string) bool {
		return !strings.HasPrefix(name, text(r.input, "logGroupNamePrefix")) ||
			!strings.Contains(strings.ToLower(name), strings.ToLower(text(r.input, "logGroupNamePattern")))
	})
	page, next, err := cut(r, names, paging{"nextToken", "limit", 50, noLogToken})
	if err != nil {
		return nil, err
	}
	created := s.world.Tables[estate+"-topology"].created().UnixMilli()
	return obj("logGroups", list(page, func(name string) any {
		arn := fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s", region, accountID, name)
		return obj("logGroupName", name, "creationTime", created, "retentionInDays", int64(retention/(24*time.Hour)),
			"metricFilterCount", int64(0), "arn", arn+":*", "storedBytes", int64(41_943_040), "logGroupClass",
			"STANDARD", "logGroupArn", arn)
	}), "nextToken", next), nil
}

// group finds the log group that a call names.
func group(r *request) (string, error) {
	name := text(r.input, "logGroupName")
	if id := text(r.input, "logGroupIdentifier"); name == "" && id != "" {
		name = id
		if _, after, ok := strings.Cut(id, ":log-group:"); ok {
			name = after
		}
	}
	if !slices.Contains(logGroups(), name) {
		return "", noLogGroup()
	}
	return name, nil
}

// describeLogStreams lists one stream a day.
func describeLogStreams(_ *Sandbox, r *request) (*document.Object, error) {
	name, err := group(r)
	if err != nil {
		return nil, err
	}
	prefix, byTime := text(r.input, "logStreamNamePrefix"), text(r.input, "orderBy") == "LastEventTime"
	if prefix != "" && byTime {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	var all []any
	today := r.now.Truncate(24 * time.Hour)
	for day := int(retention/(24*time.Hour)) - 1; day >= 0; day-- {
		at := today.AddDate(0, 0, -day)
		if stream := streamName(name, at); strings.HasPrefix(stream, prefix) {
			last := min(at.AddDate(0, 0, 1).UnixMilli()-1, r.now.UnixMilli())
			all = append(all, obj(
				"logStreamName", stream, "creationTime", at.UnixMilli(), "firstEventTimestamp", at.UnixMilli(),
				"lastEventTimestamp", last, "lastIngestionTime", last, "uploadSequenceToken", fmt.Sprintf("%056d", hash32(stream)),
				"arn", fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:log-stream:%s", region, accountID, name, stream),
				"storedBytes", int64(0),
			))
		}
	}
	if v, _ := r.input.Get("descending"); v == true {
		slices.Reverse(all)
	}
	page, next, err := cut(r, all, paging{"nextToken", "limit", 50, noLogToken})
	if err != nil {
		return nil, err
	}
	return obj("logStreams", page, "nextToken", next), nil
}

// noLogGroup is the error of a group that does not exist, with status 400 as for all errors of
// CloudWatch Logs.
func noLogGroup() error {
	return refuse(http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist.")
}

// noLogStream is the error of a stream that does not exist.
func noLogStream() error {
	return refuse(http.StatusBadRequest, "ResourceNotFoundException", "The specified log stream does not exist.")
}

// streamName is the stream of a function's day, in the form that Lambda gives: date, version,
// and 32 hexadecimal digits.
func streamName(group string, at time.Time) string {
	return at.Format("2006/01/02") + "/[$LATEST]" + hash128(group, at.Format("2006-01-02"))
}

// logEvent is one line of a log.
type logEvent struct {
	at      time.Time
	message string
}

// logLines are a group's events between two moments: one request every twenty minutes, and errors where the fault is on.
func (s *Sandbox) logLines(group string, from, to time.Time) []logEvent {
	var out []logEvent
	paths := []string{"/health", "/topology", "/accounts", "/search?q=vpc"}
	for at := from.Truncate(20 * time.Minute); !at.After(to); at = at.Add(20 * time.Minute) {
		n := hash32(group, at.String())
		id := uuid(group, at.String())
		lines := []string{
			fmt.Sprintf("START RequestId: %s Version: $LATEST\n", id),
			fmt.Sprintf("[INFO]\t%s\t%s\tGET %s 200 in %d ms\n", at.Format("2006-01-02T15:04:05.000Z"), id, paths[n%4], 80+n%190),
			fmt.Sprintf("END RequestId: %s\n", id),
		}
		// About every seventh request fails, always the same ones.
		broken := s.world.Faults["log-errors"] && strings.Contains(group, "-api-") ||
			s.world.Faults["analysis-errors"] && strings.Contains(group, "-analysis-")
		if broken && n%7 == 0 {
			lines[1] = fmt.Sprintf("[ERROR]\t%s\t%s\tProvisionedThroughputExceededException while reading "+
				"%s-topology: <retry> & give up\n", at.Format("2006-01-02T15:04:05.000Z"), id, estate)
		}
		for i, line := range lines {
			moment := at.Add(time.Duration(n%1000)*time.Millisecond + time.Duration(i)*120*time.Millisecond)
			if !moment.Before(from) && !moment.After(to) {
				out = append(out, logEvent{moment, line})
			}
		}
	}
	return out
}

// span is the time that a call asks for, within what the group keeps.
func span(r *request) (from, to time.Time) {
	kept := r.now.Add(-retention)
	from = time.UnixMilli(integer(r.input, "startTime", kept.UnixMilli())).UTC()
	to = time.UnixMilli(min(integer(r.input, "endTime", r.now.UnixMilli()), r.now.UnixMilli())).UTC()
	// Events older than the retention are gone, as on AWS.
	if from.Before(kept) {
		from = kept
	}
	return from, to
}

// filterLogEvents finds lines of all streams of a group by a pattern.
func filterLogEvents(s *Sandbox, r *request) (*document.Object, error) {
	name, err := group(r)
	if err != nil {
		return nil, err
	}
	streams, prefix := texts(r.input, "logStreamNames"), text(r.input, "logStreamNamePrefix")
	match, err := logPattern(text(r.input, "filterPattern"))
	switch {
	case err != nil:
		return nil, err
	case len(streams) > 0 && prefix != "":
		return nil, refuse(http.StatusBadRequest, "InvalidParameterException",
			"logStreamNames and logStreamNamePrefix cannot both be specified.")
	}
	if slices.ContainsFunc(streams, func(stream string) bool { return !knownStream(name, stream, r.now) }) {
		return nil, noLogStream()
	}
	from, to := span(r)
	var found []any
	for _, e := range s.logLines(name, from, to) {
		stream := streamName(name, e.at)
		if match(e.message) && strings.HasPrefix(stream, prefix) && (len(streams) == 0 || slices.Contains(streams, stream)) {
			event := e.document()
			found = append(found, obj("logStreamName", stream, "timestamp", e.at.UnixMilli(), "message", e.message,
				"ingestionTime", event.ingested, "eventId", event.id))
		}
	}
	page, next, err := cut(r, found, paging{"nextToken", "limit", 10_000, noLogToken})
	if err != nil {
		return nil, err
	}
	return obj("events", page, "searchedLogStreams", document.List{}, "nextToken", next), nil
}

// logRecord is what a group adds to an event.
type logRecord struct {
	ingested int64
	id       string
}

// document is what the service adds: ingestion 0.9 s after the event, and an id of 56 digits.
func (e logEvent) document() logRecord {
	return logRecord{
		e.at.Add(900 * time.Millisecond).UnixMilli(), fmt.Sprintf("%056d", uint64(e.at.UnixMilli())*1000+uint64(hash32(e.message)%1000)),
	}
}

// getLogEvents reads a stream. The tokens are those of the first event of a page and of the next page's.
func getLogEvents(s *Sandbox, r *request) (*document.Object, error) {
	name, err := group(r)
	if err != nil {
		return nil, err
	}
	stream := text(r.input, "logStreamName")
	from, to := span(r)
	var found []any
	for _, e := range s.logLines(name, from, to) {
		if streamName(name, e.at) == stream {
			found = append(found, obj("timestamp", e.at.UnixMilli(), "message", e.message, "ingestionTime", e.document().ingested))
		}
	}
	if len(found) == 0 && !knownStream(name, stream, r.now) {
		return nil, noLogStream()
	}
	// A page is the newest events unless startFromHead is set; the tokens are positions, with
	// f for forward and b for backward. At an end the token stays the same, which is how a
	// client knows that it is there.
	limit := int(integer(r.input, "limit", 10_000))
	at := max(0, len(found)-limit)
	if head, _ := r.input.Get("startFromHead"); head == true {
		at = 0
	}
	if token := text(r.input, "nextToken"); token != "" {
		direction, n := "", 0
		if _, err := fmt.Sscanf(token, "%1s/%d", &direction, &n); err != nil || n < 0 || n > len(found) ||
			direction != "f" && direction != "b" {
			return nil, &noLogToken
		}
		if at = n; direction == "b" {
			at = max(0, n-limit)
			limit = n - at
		}
	}
	end := min(at+limit, len(found))
	return obj("events", found[at:end], "nextForwardToken", fmt.Sprintf("f/%056d", end), "nextBackwardToken",
		fmt.Sprintf("b/%056d", at)), nil
}

// knownStream reports whether the group has the stream: one of each day that it keeps.
func knownStream(group, stream string, now time.Time) bool {
	for day := range int(retention / (24 * time.Hour)) {
		if streamName(group, now.AddDate(0, 0, -day)) == stream {
			return true
		}
	}
	return false
}
