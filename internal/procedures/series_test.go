package procedures

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
)

// told is a series in one line: "Errors api, Sum Count 09:00=1 10:00=3 open".
func told(s *Series) string {
	out := s.Name() + " " + s.Unit
	for _, p := range s.Points {
		out += fmt.Sprintf(" %s=%g", p.At.UTC().Format("15:04"), p.Value)
	}
	if s.Open {
		out += " open"
	}
	return out
}

func TestSeriesOfAnAnswer(t *testing.T) {
	const statistics = "--dimensions Name=F,Value=api --period 3600 --end-time 2026-11-26T10:20:00Z"
	for _, c := range []struct {
		name, args, answer string
		want               []string
	}{
		{"in the order of time", statistics,
			`{"Label":"Errors","Datapoints":[{"Timestamp":"2026-11-26T10:00:00+00:00","Sum":3,"Unit":"Count"},` +
				`{"Timestamp":"2026-11-26T09:00:00+00:00","Sum":1,"Unit":"Count"}]}`,
			[]string{"Errors api, Sum Count 09:00=1 10:00=3 open"}},
		{"several statistics", "",
			`{"Label":"Latency","Datapoints":[{"Timestamp":"2026-11-26T09:00:00Z","Average":2.5,"ExtendedStatistics":{"p95":9}}]}`,
			[]string{"Latency, Average  09:00=2.5", "Latency, p95  09:00=9"}},
		{"lines of queries", "",
			`{"MetricDataResults":[{"Label":"a","Timestamps":["2026-11-26T10:00:00Z","2026-11-26T09:00:00Z"],` +
				`"Values":[2,1]},{"Label":"b"}]}`,
			[]string{"a  09:00=1 10:00=2", "b "}},
		{
			"what is no datapoint", statistics,
			`{"Label":7,"Datapoints":[null,3,{"Sum":1},{"Timestamp":"soon","Sum":1},{"Timestamp":"2026-11-26T09:00:00Z","Sum":"x"}]}`, nil,
		},
		{"another answer", statistics, `{"Datapoints":{"a":1},"MetricDataResults":[1]}`, nil},
	} {
		v, err := document.Parse([]byte(c.answer))
		if err != nil {
			t.Fatal(err)
		}
		call := Call{Args: strings.Fields(c.args), Document: v}
		var got []string
		for _, s := range call.Series() {
			got = append(got, told(&s))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}
