package sandbox

import (
	"regexp"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/lazy"
)

// healthyMetrics say what a metric of a resource that has grown looks like, by a part of its name: the first that fits counts.
var healthyMetrics = []struct {
	name        func() *regexp.Regexp
	unit        string
	base, swing float64
	sum         bool
}{
	{lazy.Regexp(`(?i)5xx|4xx|error|fail|throttl|reject|drop|denied|dead|unhealthy|exceeded|timeout|status_?check`), "Count", 0, 0, true},
	{lazy.Regexp(`(?i)utili[sz]ation|percent|hitrate|balance`), "Percent", 35, 12, false},
	{lazy.Regexp(`(?i)latency|responsetime|replicalag|age|commitlag`), "Seconds", 0.08, 0.03, false},
	{lazy.Regexp(`(?i)duration|milliseconds`), "Milliseconds", 320, 110, false},
	{lazy.Regexp(`(?i)bytes|memory|storage|network(?:in|out)`), "Bytes", 21_474_836_480, 1_073_741_824, false},
	{lazy.Regexp(`(?i)healthyhost|runningtask|instances?$|nodecount|desired`), "Count", 3, 0, false},
	{lazy.Regexp(`(?i)visible|backlog|depth|lag|pending|queued`), "Count", 2, 2, false},
	{lazy.Regexp(`(?i)connections|sessions|concurrent`), "Count", 25, 10, false},
	{lazy.Regexp(``), "Count", 120, 60, true},
}

// grownSeries is a metric that a line of a runbook names with what it is of: healthy, and the same whenever it is asked for.
// It is false where nothing, or a mask, is named, and of what the estate has: that has its own metrics.
func (s *Sandbox) grownSeries(r *request, namespace, metric string, dimensions []*document.Object) (series, []string, bool) {
	if !r.inside || len(dimensions) == 0 || mask().MatchString(namespace+"/"+metric) {
		return series{}, nil, false
	}
	values := make([]string, len(dimensions))
	for i, d := range dimensions {
		values[i] = text(d, "Value")
		estates := slices.ContainsFunc(s.metrics, func(x series) bool { return slices.Contains(x.values, values[i]) })
		if mask().MatchString(values[i]) || estates {
			return series{}, nil, false
		}
	}
	for _, h := range healthyMetrics {
		if h.name().MatchString(metric) {
			x := series{namespace: namespace, metric: metric, unit: h.unit, base: h.base, swing: h.swing, sum: h.sum}
			if h.unit == "Count" && h.sum && h.base == 0 {
				x.added = failures
			}
			return x, []string{strings.Join(values, "/")}, true
		}
	}
	return series{}, nil, false
}
