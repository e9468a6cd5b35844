package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

var logsHandlers = map[string]handler{
	"logs FilterLogEvents":    filterLogEvents,
	"logs DescribeLogGroups":  describeLogGroups,
	"logs DescribeLogStreams": describeLogStreams,
}

func logGroups() []string {
	out := make([]string, len(functionNames))
	for i, name := range functionNames {
		out[i] = "/aws/lambda/" + name
	}
	return out
}

func describeLogGroups(s *Sandbox, r *request) (*document.Object, error) {
	out := document.List{}
	for _, name := range logGroups() {
		if strings.HasPrefix(name, text(r.input, "logGroupNamePrefix")) && strings.Contains(name, text(r.input, "logGroupNamePattern")) {
			out = append(out, obj("logGroupName", name, "creationTime", s.world.Tables[estate+"-topology"].created().UnixMilli(), "retentionInDays", int64(30), "metricFilterCount", int64(0), "arn", fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s:*", region, accountID, name), "storedBytes", int64(41_943_040)))
		}
	}
	return obj("logGroups", out), nil
}

// created is a table's age, or the estate's where the table is gone.
func (t *table) created() time.Time {
	if t == nil {
		return time.Date(2023, 3, 14, 9, 26, 53, 0, time.UTC)
	}
	return t.Created
}

func describeLogStreams(_ *Sandbox, r *request) (*document.Object, error) {
	group := text(r.input, "logGroupName")
	if !slices.Contains(logGroups(), group) {
		return nil, noLogGroup()
	}
	at := r.now.Truncate(24 * time.Hour)
	name := streamName(group, at)
	return obj("logStreams", document.List{obj("logStreamName", name, "creationTime", at.UnixMilli(), "firstEventTimestamp", at.UnixMilli(), "lastEventTimestamp", r.now.UnixMilli(), "storedBytes", int64(0))}), nil
}

func noLogGroup() error {
	return refuse(http.StatusBadRequest, "ResourceNotFoundException", "The specified log group does not exist.")
}

func streamName(group string, at time.Time) string {
	return at.Format("2006/01/02") + "/[$LATEST]" + hash128(group, at.Format("2006-01-02"))
}

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
		if s.world.Faults["log-errors"] && strings.Contains(group, "-api-") && n%7 == 0 {
			lines[1] = fmt.Sprintf("[ERROR]\t%s\t%s\tProvisionedThroughputExceededException while reading %s-topology: <retry> & give up\n", at.Format("2006-01-02T15:04:05.000Z"), id, estate)
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

func filterLogEvents(s *Sandbox, r *request) (*document.Object, error) {
	group := text(r.input, "logGroupName")
	if id := text(r.input, "logGroupIdentifier"); group == "" && id != "" {
		_, group, _ = strings.Cut(id, ":log-group:")
	}
	if !slices.Contains(logGroups(), group) {
		return nil, noLogGroup()
	}
	from := time.UnixMilli(integer(r.input, "startTime", r.now.Add(-7*24*time.Hour).UnixMilli())).UTC()
	to := time.UnixMilli(min(integer(r.input, "endTime", r.now.UnixMilli()), r.now.UnixMilli())).UTC()
	if from.Before(r.now.Add(-30 * 24 * time.Hour)) {
		from = r.now.Add(-30 * 24 * time.Hour) // the group's retention
	}
	match, err := logPattern(text(r.input, "filterPattern"))
	if err != nil {
		return nil, err
	}
	after := int64(0)
	if token := text(r.input, "nextToken"); token != "" {
		if _, err := fmt.Sscanf(token, "Bxkq%d", &after); err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidParameterException", "The specified nextToken is invalid.")
		}
	}
	limit := integer(r.input, "limit", 10_000)
	out, next, seen := document.List{}, any(nil), int64(0)
	for _, e := range s.logLines(group, from, to) {
		if !match(e.message) {
			continue
		}
		if seen++; seen <= after {
			continue
		}
		if int64(len(out)) == limit {
			next = fmt.Sprintf("Bxkq%d", seen-1)
			break
		}
		out = append(out, obj("logStreamName", streamName(group, e.at), "timestamp", e.at.UnixMilli(), "message", e.message, "ingestionTime", e.at.Add(900*time.Millisecond).UnixMilli(), "eventId", fmt.Sprintf("%056d", uint64(e.at.UnixMilli())*1000+uint64(hash32(e.message)%1000))))
	}
	return obj("events", out, "searchedLogStreams", document.List{}, "nextToken", next), nil
}

// logPattern compiles a filter pattern of terms: all must be in the message, ?a ?b one of them, -a not:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func logPattern(pattern string) (func(string) bool, error) {
	if strings.HasPrefix(strings.TrimSpace(pattern), "{") || strings.HasPrefix(strings.TrimSpace(pattern), "[") {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterException", "the sandbox does not filter by JSON or space-delimited patterns")
	}
	var all, none, some []string
	for _, term := range logTerms(pattern) {
		switch {
		case strings.HasPrefix(term, "?"):
			some = append(some, strings.Trim(term[1:], `"`))
		case strings.HasPrefix(term, "-"):
			none = append(none, strings.Trim(term[1:], `"`))
		default:
			all = append(all, strings.Trim(term, `"`))
		}
	}
	return func(message string) bool {
		has := func(term string) bool { return strings.Contains(message, term) }
		return !slices.ContainsFunc(none, has) && (len(some) == 0 || slices.ContainsFunc(some, has)) && !slices.ContainsFunc(all, func(t string) bool { return !has(t) })
	}, nil
}

// logTerms splits at spaces outside quotes.
func logTerms(pattern string) []string {
	var out []string
	quoted := false
	for _, field := range strings.FieldsFunc(pattern, func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c == ' ' && !quoted
	}) {
		out = append(out, field)
	}
	return out
}
