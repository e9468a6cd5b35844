package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// logsSimulation is Amazon CloudWatch Logs: the log groups of the functions, and those that calls create.
func logsSimulation() simulation {
	return simulation{
		service:  "logs",
		handlers: merge(logsHandlers(), insightsHandlers()),
		faults: []Fault{
			{Name: "log-errors", Title: "The api function logs ERROR"},
			{Name: "analysis-errors", Title: "The analysis function logs ERROR"},
		},
		populate: (*world).addLogGroups,
		grows: []growing{{
			kind: "logs group", by: "logGroupName logGroupIdentifier logGroupIdentifiers logGroupNames", plain: logGroupName,
			creates: map[string]string{"CreateLogGroup": "logGroupName"},
			all:     func(w *world) []string { return sortedKeys(w.LogGroups) },
			grow: func(w *world, name string, _ time.Time) {
				w.LogGroups[name] = &logGroup{Name: name, Created: bornOf("logs group/" + name), Days: 30}
			},
			fell: func(w *world, name string) { delete(w.LogGroups, name) },
		}},
	}
}

// logsState is what can change of log groups.
type logsState struct {
	LogGroups map[string]*logGroup      `json:"logGroups"`
	Queries   map[string]*insightsQuery `json:"queries"` // of Logs Insights
}

// logGroup is a log group. It has written a stream a day.
type logGroup struct {
	Name    string
	Created time.Time
	Days    int64 `json:",omitempty"` // that it keeps its events; 0 for ever
	Empty   bool  `json:",omitempty"` // a call created it, and nothing writes into it
}

// addLogGroups makes those of the functions.
func (w *world) addLogGroups(time.Time) {
	for _, name := range functionNames {
		name = "/aws/lambda/" + name
		w.LogGroups[name] = &logGroup{Name: name, Created: estateBegan, Days: 30}
	}
}

// logGroupName is the name in a group's name or ARN.
func logGroupName(named string) string {
	if _, after, ok := strings.Cut(named, ":log-group:"); ok {
		named = strings.TrimSuffix(after, ":*")
	}
	return named
}

// logsHandlers are reads of log groups, streams and events, and what makes and ends groups. Times are milliseconds since 1970.
func logsHandlers() map[string]handler {
	return map[string]handler{
		"FilterLogEvents": {
			"logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern " +
				"nextToken limit interleaved", filterLogEvents,
		},
		"GetLogEvents": {
			"logGroupName logGroupIdentifier logStreamName startTime endTime nextToken limit startFromHead", getLogEvents,
		},
		"DescribeLogGroups":     {"logGroupNamePrefix logGroupNamePattern nextToken limit", describeLogGroups},
		"CreateLogGroup":        {"logGroupName tags", createLogGroup},
		"DeleteLogGroup":        {"logGroupName", deleteLogGroup},
		"PutRetentionPolicy":    {"logGroupName retentionInDays", putRetention},
		"DeleteRetentionPolicy": {"logGroupName", putRetention},
		"DescribeMetricFilters": {"logGroupName filterNamePrefix metricName metricNamespace limit nextToken", func(
			*Sandbox, *request,
		) (*document.Object, error) {
			return obj("metricFilters", document.List{}), nil // nobody made one
		}},
		"DescribeLogStreams": {
			"logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit", describeLogStreams,
		},
	}
}

// noLogToken is the error of a token that the sandbox did not give.
var noLogToken = serviceError{"InvalidParameterException", "The specified nextToken is invalid.", http.StatusBadRequest}

// retention is how far back the groups have events.
const retention = 30 * 24 * time.Hour

// describeLogGroups finds groups by a prefix or, regardless of case, by a part of the name.
// Sizes are in bytes.
func describeLogGroups(s *Sandbox, r *request) (*document.Object, error) {
	groups := slices.DeleteFunc(sorted(s.world.LogGroups), func(g *logGroup) bool {
		return !strings.HasPrefix(g.Name, text(r.input, "logGroupNamePrefix")) ||
			!strings.Contains(strings.ToLower(g.Name), strings.ToLower(text(r.input, "logGroupNamePattern")))
	})
	page, next, err := cut(r, groups, paging{"nextToken", "limit", 50, noLogToken})
	if err != nil {
		return nil, err
	}
	return obj("logGroups", list(page, func(g *logGroup) any {
		arn := fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s", region, accountID, g.Name)
		days, stored := any(g.Days), int64(41_943_040)
		if g.Days == 0 {
			days = nil
		}
		if g.Empty {
			stored = 0
		}
		return obj("logGroupName", g.Name, "creationTime", g.Created.UnixMilli(), "retentionInDays", days,
			"metricFilterCount", int64(0), "arn", arn+":*", "storedBytes", stored, "logGroupClass", "STANDARD", "logGroupArn", arn)
	}), "nextToken", next), nil
}

// group finds the log group that a call names.
func (s *Sandbox) group(r *request) (*logGroup, error) {
	g := s.world.LogGroups[logGroupName(text(r.input, "logGroupName")+text(r.input, "logGroupIdentifier"))]
	if g == nil {
		return nil, noLogGroup()
	}
	return g, nil
}

// createLogGroup makes a group into which nothing writes.
func createLogGroup(s *Sandbox, r *request) (*document.Object, error) {
	name := text(r.input, "logGroupName")
	if s.world.LogGroups[name] != nil {
		return nil, refuse(http.StatusBadRequest, "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	s.world.LogGroups[name] = &logGroup{Name: name, Created: r.now, Empty: true}
	s.touch(r, name, "AWS::Logs::LogGroup")
	return nil, nil
}

// deleteLogGroup ends a group with all that is in it, at once.
func deleteLogGroup(s *Sandbox, r *request) (*document.Object, error) {
	g, err := s.group(r)
	if err != nil {
		return nil, err
	}
	delete(s.world.LogGroups, g.Name)
	s.touch(r, g.Name, "AWS::Logs::LogGroup")
	return nil, nil
}

// putRetention sets how many days a group keeps its events, and none where the call names none.
func putRetention(s *Sandbox, r *request) (*document.Object, error) {
	g, err := s.group(r)
	if err != nil {
		return nil, err
	}
	g.Days = integer(r.input, "retentionInDays", 0)
	s.touch(r, g.Name, "AWS::Logs::LogGroup")
	return nil, nil
}

// describeLogStreams lists one stream a day.
func describeLogStreams(s *Sandbox, r *request) (*document.Object, error) {
	group, err := s.group(r)
	if err != nil {
		return nil, err
	}
	name := group.Name
	prefix, byTime := text(r.input, "logStreamNamePrefix"), text(r.input, "orderBy") == "LastEventTime"
	if prefix != "" && byTime {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	var all []any
	today := r.now.Truncate(24 * time.Hour)
	for day := int(retention/(24*time.Hour)) - 1; day >= 0 && !group.Empty; day-- {
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

// streamName is the stream of a group's day: of a function as Lambda names it, with date, version and 32 hexadecimal digits, of
// anything else as Amazon ECS does, with prefix, container and task.
func streamName(group string, at time.Time) string {
	id := hash128(group, at.Format("2006-01-02"))
	if strings.HasPrefix(group, "/aws/lambda/") {
		return at.Format("2006/01/02") + "/[$LATEST]" + id
	}
	return "app/" + group[strings.LastIndex(group, "/")+1:] + "/" + id
}

// logEvent is one line of a log.
type logEvent struct {
	at      time.Time
	message string
}

// logLines are a group's events between two moments: one request every twenty minutes, and errors where the fault is on.
func (s *Sandbox) logLines(of *logGroup, from, to time.Time) []logEvent {
	var out []logEvent
	group := of.Name
	if of.Empty {
		return nil
	}
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
		broken := s.world.Faults["log-errors"] && (strings.Contains(group, "-api-") || s.hasGrown("logs group", group)) ||
			s.world.Faults["analysis-errors"] && strings.Contains(group, "-analysis-")
		if broken && n%7 == 0 {
			lines[1] = fmt.Sprintf("[ERROR]\t%s\t%s\tProvisionedThroughputExceededException while reading "+
				"%s-topology: <retry> & give up\n", at.Format("2006-01-02T15:04:05.000Z"), id, estate)
		}
		if !strings.HasPrefix(group, "/aws/lambda/") { // START and END are Lambda's
			lines = lines[1:2]
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
	group, err := s.group(r)
	if err != nil {
		return nil, err
	}
	name := group.Name
	streams, prefix := texts(r.input, "logStreamNames"), text(r.input, "logStreamNamePrefix")
	match, err := logPattern(text(r.input, "filterPattern"))
	switch {
	case err != nil:
		return nil, err
	case len(streams) > 0 && prefix != "":
		return nil, refuse(http.StatusBadRequest, "InvalidParameterException",
			"logStreamNames and logStreamNamePrefix cannot both be specified.")
	}
	if slices.ContainsFunc(streams, func(stream string) bool { return !s.hasStream(r, group, stream) }) {
		return nil, noLogStream()
	}
	from, to := span(r)
	var found []any
	for _, e := range s.logLines(group, from, to) {
		stream := streamName(name, e.at)
		if len(streams) == 1 && s.growsStream(r, group, streams[0]) {
			stream = streams[0]
		}
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
	group, err := s.group(r)
	if err != nil {
		return nil, err
	}
	name := group.Name
	stream := text(r.input, "logStreamName")
	from, to := span(r)
	var found []any
	for _, e := range s.logLines(group, from, to) {
		if streamName(name, e.at) == stream || s.growsStream(r, group, stream) {
			found = append(found, obj("timestamp", e.at.UnixMilli(), "message", e.message, "ingestionTime", e.document().ingested))
		}
	}
	if len(found) == 0 && !s.hasStream(r, group, stream) {
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

// hasStream reports whether a group has a stream: one of each day, or one that a runbook names of a group that it named.
func (s *Sandbox) hasStream(r *request, g *logGroup, stream string) bool {
	return !g.Empty && g.day(stream, r.now) || s.growsStream(r, g, stream)
}

// growsStream reports whether only a name has made a stream. All that the group has stands in it.
func (s *Sandbox) growsStream(r *request, g *logGroup, stream string) bool {
	return r.inside && s.hasGrown("logs group", g.Name) && !mask().MatchString(stream) && !g.day(stream, r.now)
}

// day reports whether a stream is one of the days that the group has events of.
func (g *logGroup) day(stream string, now time.Time) bool {
	for day := range int(retention / (24 * time.Hour)) {
		if streamName(g.Name, now.AddDate(0, 0, -day)) == stream {
			return true
		}
	}
	return false
}
