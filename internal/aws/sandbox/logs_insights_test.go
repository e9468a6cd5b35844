package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

// insights runs a query over an hour of a group that has grown, and answers its rows.
func insights(t *testing.T, s *Sandbox, query string) (rows []string, err error) {
	t.Helper()
	now := s.now().Unix()
	text, err := document.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	input := fmt.Sprintf(`{"logGroupName":"/ecs/orders","startTime":%d,"endTime":%d,"queryString":%s}`, now-6*3600, now, text)
	out, _, err := s.marked(t, "logs", "StartQuery", input, true)
	if err != nil {
		return nil, err
	}
	s.world.Queries[textAt(out, "queryId")].Ends = s.now() // it has run
	got, mark, err := s.marked(t, "logs", "GetQueryResults", `{"queryId":"`+textAt(out, "queryId")+`"}`, true)
	if err != nil || textAt(got, "status") != "Complete" || mark == "" {
		t.Fatalf("%s is %v, marked %q, %v", query, got, mark, err)
	}
	for _, row := range items(got, "results") {
		var fields []string
		for _, f := range row.(document.List) {
			if o := f.(*document.Object); textAt(o, "field") != "@ptr" {
				fields = append(fields, textAt(o, "field")+"="+textAt(o, "value"))
			}
		}
		rows = append(rows, strings.Join(fields, " "))
	}
	return rows, nil
}

// TestLogsInsights: what runbooks ask of Logs Insights is answered from the group's own lines, and what is not known is refused.
func TestLogsInsights(t *testing.T) {
	s := New(Options{})
	all, err := insights(t, s, "fields @timestamp, @message")
	if err != nil || len(all) < 17 || len(all) > 19 {
		t.Fatalf("six hours have %d lines, %v", len(all), err)
	}
	if !slices.IsSortedFunc(all, func(a, b string) int { return -strings.Compare(a, b) }) {
		t.Error("the newest is not the first")
	}
	for query, want := range map[string]int{
		"fields @message | filter @message like /ERROR|FATAL/":                                      0,
		"fields @message | filter @message like \"GET\" | limit 4":                                  4,
		"fields @timestamp, @message\n| filter @message like /GET/ and @message not like /ERROR/\n": len(all),
		"filter @message like 'no such' or @message =~ /in \\d+ ms/ | sort @timestamp asc":          len(all),
		"stats count(*) as n by bin(1h)":                                                            -1,
		"filter @message like /ERROR/ | stats count(*)":                                             1,
	} {
		rows, err := insights(t, s, query)
		if err != nil || want >= 0 && len(rows) != want {
			t.Errorf("%q has %d rows, %v, want %d", query, len(rows), err, want)
		}
	}
	rows, _ := insights(t, s, "filter @message like /ERROR/ | stats count(*)")
	if len(rows) != 1 || rows[0] != "count(*)=0" {
		t.Errorf("no line counted is %q", rows)
	}
	if err := s.SetFault(t.Context(), "log-errors", true); err != nil {
		t.Fatal(err)
	}
	if rows, err := insights(t, s, "filter @message like /ERROR/ | stats count(*) as errors by bin(1d)"); err != nil || len(rows) == 0 ||
		!strings.Contains(rows[0], "errors=") {
		t.Errorf("errors are counted as %q, %v", rows, err)
	}
	for _, query := range []string{
		"parse @message 'user=*' as user", "fields strcontains(@message, 'x')", "stats avg(duration) by bin(5m)",
		"filter ispresent(@message)", "limit many",
	} {
		if _, err := insights(t, s, query); err == nil || !strings.Contains(err.Error(), "does not simulate") {
			t.Errorf("%q is answered, or refused with %v", query, err)
		}
	}
}
