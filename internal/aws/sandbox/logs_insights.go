package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// insightsQuery is a query of Logs Insights that was started. Its rows are computed when they are asked for.
type insightsQuery struct {
	Groups        []string
	From, To      time.Time
	Text          string
	Limit         int64
	Started, Ends time.Time
}

// insightsTakes is how long a query runs.
const insightsTakes = 2 * time.Second

// keptQueries bounds how many queries the world knows.
const keptQueries = 50

// insightsHandlers are Logs Insights; see rows for what a query may say.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
func insightsHandlers() map[string]handler {
	return map[string]handler{
		"StartQuery": {
			"logGroupName logGroupNames logGroupIdentifiers startTime endTime queryString limit queryLanguage", startQuery,
		},
		"GetQueryResults": {"queryId", queryResults},
		"StopQuery":       {"queryId", stopQuery},
	}
}

// startQuery refuses what a query cannot say before it is given an id, as the service does.
func startQuery(s *Sandbox, r *request) (*document.Object, error) {
	q := &insightsQuery{
		Text: text(r.input, "queryString"), Limit: integer(r.input, "limit", 10_000), Started: r.now,
		From: time.Unix(integer(r.input, "startTime", 0), 0).UTC(), To: time.Unix(integer(r.input, "endTime", 0), 0).UTC(),
	}
	for _, name := range namedBy(r.input, "logGroupName logGroupNames logGroupIdentifiers") {
		if name = logGroupName(name); s.world.LogGroups[name] == nil {
			return nil, noLogGroup()
		}
		q.Groups = append(q.Groups, name)
	}
	switch {
	case text(r.input, "queryLanguage") != "" && text(r.input, "queryLanguage") != "CWLI":
		return nil, notTaken(r, "queryLanguage")
	case len(q.Groups) == 0:
		return nil, refuse(http.StatusBadRequest, "InvalidParameterException", "No log group was named.")
	case !q.From.Before(q.To):
		return nil, refuse(http.StatusBadRequest, "MalformedQueryException", "end date and time is either before the log groups creation "+
			"time or exceeds the log groups log retention settings")
	}
	if _, err := q.rows(s); err != nil {
		return nil, err
	}
	q.Ends = r.now.Add(insightsTakes)
	id := uuid("query", r.id)
	s.world.Queries[id] = q
	for len(s.world.Queries) > keptQueries {
		oldest := slices.MinFunc(sortedKeys(s.world.Queries), func(a, b string) int {
			return s.world.Queries[a].Started.Compare(s.world.Queries[b].Started)
		})
		delete(s.world.Queries, oldest)
	}
	s.world.Serial++
	return obj("queryId", id), nil
}

// query finds the one that a call names.
func (s *Sandbox) query(r *request) (*insightsQuery, error) {
	if q := s.world.Queries[text(r.input, "queryId")]; q != nil {
		return q, nil
	}
	return nil, refuse(http.StatusBadRequest, "ResourceNotFoundException", "Query Id provided is invalid")
}

// queryResults answers the rows, none while the query runs.
func queryResults(s *Sandbox, r *request) (*document.Object, error) {
	q, err := s.query(r)
	if err != nil {
		return nil, err
	}
	for _, name := range q.Groups {
		if s.hasGrown("logs group", name) {
			r.mark = knowledge.Grown
		}
	}
	status, rows, scanned := "Running", document.List{}, 0
	if !r.now.Before(q.Ends) {
		found, err := q.rows(s)
		if err != nil {
			return nil, err
		}
		status, rows, scanned = "Complete", found.answer(), found.scanned
	}
	return obj("queryLanguage", "CWLI", "results", rows, "statistics", obj(
		"recordsMatched", float64(len(rows)), "recordsScanned", float64(scanned), "bytesScanned", float64(scanned*140),
	), "status", status), nil
}

// stopQuery ends one that runs.
func stopQuery(s *Sandbox, r *request) (*document.Object, error) {
	q, err := s.query(r)
	if err != nil {
		return nil, err
	}
	if !r.now.Before(q.Ends) {
		return nil, refuse(http.StatusBadRequest, "InvalidParameterException", "Query is not running")
	}
	delete(s.world.Queries, text(r.input, "queryId"))
	s.world.Serial++
	return obj("success", true), nil
}

// insightsRow is one row: its fields by name.
type insightsRow map[string]string

// insightsRows are the rows of a query, and which of their fields it shows.
type insightsRows struct {
	all     []insightsRow
	shown   []string
	scanned int
}

// answer is the rows as the service has them.
func (rows *insightsRows) answer() document.List {
	return list(rows.all, func(row insightsRow) any {
		out := document.List{}
		for _, name := range append(slices.Clone(rows.shown), "@ptr") {
			if value, ok := row[name]; ok {
				out = append(out, obj("field", name, "value", value))
			}
		}
		return out
	})
}

// insightsTime is how Logs Insights writes a time.
const insightsTime = "2006-01-02 15:04:05.000"

// rows runs a query over the lines of its groups, the newest first. What it says beyond fields, display, filter, sort, limit and
// stats count(*) is refused.
func (q *insightsQuery) rows(s *Sandbox) (*insightsRows, error) {
	out := &insightsRows{shown: []string{"@timestamp", "@message"}}
	for _, name := range q.Groups {
		g := s.world.LogGroups[name]
		if g == nil {
			continue
		}
		from := max(q.From.Unix(), q.Started.Add(-retention).Unix())
		to := min(q.To.Unix(), q.Started.Unix())
		for _, e := range s.logLines(g, time.Unix(from, 0).UTC(), time.Unix(to, 0).UTC()) {
			out.all = append(out.all, insightsRow{
				"@timestamp": e.at.UTC().Format(insightsTime), "@message": strings.TrimSuffix(e.message, "\n"),
				"@logStream": streamName(name, e.at), "@log": accountID + ":" + name, "@ptr": e.document().id,
				"@ingestionTime": e.at.Add(900 * time.Millisecond).UTC().Format(insightsTime),
			})
		}
	}
	out.scanned = len(out.all)
	out.sort("@timestamp", true)
	limit := int(q.Limit)
	for _, command := range pipes(q.Text) {
		word, rest, _ := strings.Cut(command, " ")
		rest = strings.TrimSpace(rest)
		ok := true
		switch strings.ToLower(word) {
		case "", "source":
		case "fields", "display":
			out.shown, ok = insightsFields(rest)
		case "filter":
			ok = out.filter(rest)
		case "sort":
			by, order, _ := strings.Cut(rest, " ")
			out.sort(by, strings.EqualFold(strings.TrimSpace(order), "desc"))
		case "limit":
			n, err := strconv.Atoi(rest)
			limit, ok = min(limit, n), err == nil
		case "stats":
			ok = out.count(rest)
		default:
			ok = false
		}
		if !ok {
			return nil, refuse(http.StatusNotImplemented, "SandboxNotImplemented",
				"the sandbox does not simulate %q of a Logs Insights query; nothing was done: run it on a real account", command)
		}
	}
	out.all = out.all[:min(limit, len(out.all))]
	return out, nil
}

// pipes are the commands of a query: what stands in quotes and in /…/ may have a pipe.
func pipes(query string) []string {
	var out []string
	var quote rune
	start := 0
	for i, c := range query {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '\'', c == '`', c == '/':
			quote = c
		case c == '|':
			out, start = append(out, strings.TrimSpace(query[start:i])), i+1
		}
	}
	return append(out, strings.TrimSpace(query[start:]))
}

// insightsFields are the names that a query shows. What computes a field is not known.
func insightsFields(list string) ([]string, bool) {
	var out []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); strings.ContainsAny(name, " ()+*") {
			return nil, false
		}
		out = append(out, name)
	}
	return out, true
}

// insightsTerm is one comparison of a filter.
var insightsTerm = lazy.Regexp("^(@?[\\w.]+)\\s*(?i:(not\\s+)?(like|=~|!=|=))\\s*(?:/(.*)/|\"(.*)\"|'(.*)')$")

// insightsAnd and insightsOr part the terms of a filter.
var (
	insightsAnd = lazy.Regexp(`(?i)\s+and\s+`)
	insightsOr  = lazy.Regexp(`(?i)\s+or\s+`)
)

// filter leaves the rows that a condition names: comparisons joined by and and or, which binds less.
func (rows *insightsRows) filter(condition string) bool {
	var either []func(insightsRow) bool
	for _, part := range insightsOr().Split(condition, -1) {
		var all []func(insightsRow) bool
		for _, term := range insightsAnd().Split(part, -1) {
			holds, ok := insightsHolds(strings.TrimSpace(term))
			if !ok {
				return false
			}
			all = append(all, holds)
		}
		either = append(either, func(row insightsRow) bool {
			return !slices.ContainsFunc(all, func(holds func(insightsRow) bool) bool { return !holds(row) })
		})
	}
	rows.all = slices.DeleteFunc(rows.all, func(row insightsRow) bool {
		return !slices.ContainsFunc(either, func(holds func(insightsRow) bool) bool { return holds(row) })
	})
	return true
}

// insightsHolds is one comparison.
func insightsHolds(term string) (func(insightsRow) bool, bool) {
	m := insightsTerm().FindStringSubmatch(term)
	if m == nil {
		return nil, false
	}
	field, not, operator := m[1], m[2] != "" || m[3] == "!=", strings.ToLower(m[3])
	plain := m[5] + m[6]
	matches := func(value string) bool { return strings.Contains(value, plain) }
	switch {
	case strings.HasSuffix(term, "/"):
		re, err := regexp.Compile(m[4])
		if err != nil {
			return nil, false
		}
		matches = re.MatchString
	case operator == "=" || operator == "!=":
		matches = func(value string) bool { return value == plain }
	}
	return func(row insightsRow) bool { return matches(row[field]) != not }, true
}

// sort orders rows by a field; numbers are numbers.
func (rows *insightsRows) sort(by string, descending bool) {
	slices.SortStableFunc(rows.all, func(a, b insightsRow) int {
		x, errX := strconv.ParseFloat(a[by], 64)
		y, errY := strconv.ParseFloat(b[by], 64)
		order := cmp.Compare(a[by], b[by])
		if errX == nil && errY == nil {
			order = cmp.Compare(x, y)
		}
		if descending {
			return -order
		}
		return order
	})
}

// insightsCount is the one statistic that is known, with what it is called and what it is counted by.
var insightsCount = lazy.Regexp(`(?i)^count\((?:\*|@\w+)?\)(?:\s+as\s+(\w+))?(?:\s+by\s+(.+))?$`)

// insightsBin is a span of time that rows are counted by.
var insightsBin = lazy.Regexp(`(?i)^bin\((\d+)\s*([smhd])[a-z]*\)$`)

// count makes one row of each group of rows.
func (rows *insightsRows) count(how string) bool {
	m := insightsCount().FindStringSubmatch(how)
	if m == nil {
		return false
	}
	name := cmp.Or(m[1], "count(*)")
	if name == "count(*)" {
		name = how[:strings.Index(how, ")")+1]
	}
	by := strings.TrimSpace(m[2])
	bin := insightsBin().FindStringSubmatch(by)
	if bin == nil && strings.ContainsAny(by, " (),") {
		return false
	}
	counts, order := map[string]int{}, []string{}
	for _, row := range rows.all {
		key := row[by]
		if bin != nil {
			at, _ := time.Parse(insightsTime, row["@timestamp"])
			n, _ := strconv.Atoi(bin[1])
			unit := map[string]time.Duration{
				"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
			}[strings.ToLower(bin[2])]
			key = at.Truncate(unit * time.Duration(max(1, n))).Format(insightsTime)
		}
		if counts[key]++; counts[key] == 1 {
			order = append(order, key)
		}
	}
	if by == "" && len(order) == 0 {
		order = []string{""}
	}
	rows.all, rows.shown = nil, []string{name}
	if by != "" {
		rows.shown = []string{by, name}
	}
	for _, key := range order {
		row := insightsRow{name: fmt.Sprint(counts[key])}
		if by != "" {
			row[by] = key
		}
		rows.all = append(rows.all, row)
	}
	return true
}
