package metrics_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/metrics"
	"github.com/opsbook/opsbook/internal/procedures"
)

// series is what a process shows: the labels of each name, and the values of each label.
type series map[string]map[string]map[string]bool

var (
	sample = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? \S+$`)
	pair   = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"`)
)

// shown are the series of a process in which everything has happened.
func shown(t *testing.T) series {
	t.Helper()
	m := metrics.New(sources())
	m.Notified("oncall", procedures.OutgoingDelivered)
	m.Recorded(&procedures.Run{Procedure: "book/health", Environment: "production", Verdict: procedures.Passed}, []procedures.Event{
		{Kind: procedures.EventRunStarted}, {Kind: procedures.EventRunFinished},
		{Kind: procedures.EventCall, Call: &procedures.Call{Command: "s3api list-buckets", Retries: 1}},
		{Kind: procedures.EventStepFinished, Judgement: &procedures.Judgement{Verdict: procedures.Passed}},
	}, time.Millisecond)
	m.Answered("GET", "/readyz", 503, time.Millisecond)
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	out := series{"up": {"job": {"opsbook": true}}} // Prometheus's own
	for line := range strings.Lines(w.Body.String()) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		parts := sample.FindStringSubmatch(line)
		if parts == nil {
			t.Fatalf("this is no sample: %s", line)
		}
		labels := out[parts[1]]
		if labels == nil {
			labels = map[string]map[string]bool{}
			out[parts[1]] = labels
		}
		for _, p := range pair.FindAllStringSubmatch(parts[3], -1) {
			if labels[p[1]] == nil {
				labels[p[1]] = map[string]bool{}
			}
			labels[p[1]][p[2]] = true
		}
	}
	return out
}

// token is a word of PromQL: a string, a name, a number or duration, a variable of Grafana's, or a sign.
var token = regexp.MustCompile(`^(?:"(?:[^"\\]|\\.)*"|\$?[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9.]+[a-z]*|[=!]~|[=!<>]=|[-+*/%<>={}()\[\],])`)

// tokens of an expression; an error for what is none.
func tokens(text string) ([]string, error) {
	var out []string
	for {
		text = strings.TrimSpace(text)
		if text == "" {
			return out, nil
		}
		word := token.FindString(text)
		if word == "" {
			return nil, fmt.Errorf("%.20q is no word of PromQL", text)
		}
		out, text = append(out, word), text[len(word):]
	}
}

var (
	functions = strings.Fields("rate increase sum max min count histogram_quantile topk")
	grouping  = strings.Fields("by without on ignoring")
	operators = strings.Fields("and or unless offset bool")
	// given are labels that Prometheus adds to every series.
	given = []string{"instance", "job"}
	// open are labels whose values a team chooses.
	open = strings.Fields("procedure environment job instance operation route status")
)

// check reports names, labels and values of an expression that no series has.
func (s series) check(expression string) error {
	words, err := tokens(expression)
	if err != nil {
		return err
	}
	var used []string
	metric, depth, grouped := "", 0, false
	var groups []string
	for i, word := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		name := regexp.MustCompile(`^[a-zA-Z_]`).MatchString(word)
		switch {
		case word == "{":
			depth++
		case word == "}":
			depth--
		case word == ")":
			grouped = false
		case word == "(" && i > 0 && slices.Contains(grouping, words[i-1]):
			grouped = true
		case name && grouped:
			groups = append(groups, word)
		case name && depth > 0:
			if err := s.matcher(metric, word, next, words[i+2]); err != nil {
				return err
			}
		case name && next == "(" && (slices.Contains(functions, word) || slices.Contains(grouping, word)):
		case name && (slices.Contains(operators, word) || slices.Contains(functions, word) && slices.Contains(grouping, next)):
		case name:
			if s[word] == nil {
				return fmt.Errorf("there is no %s", word)
			}
			metric, used = word, append(used, word)
		}
	}
	for _, label := range groups {
		if !slices.Contains(given, label) && !slices.ContainsFunc(used, func(name string) bool { return s[name][label] != nil }) {
			return fmt.Errorf("none of %v has the label %s", used, label)
		}
	}
	if len(used) == 0 || depth != 0 {
		return fmt.Errorf("no series is read, or braces are not closed: %s", expression)
	}
	return nil
}

// matcher reports a label of a metric that it does not have, or a value that it never has.
func (s series) matcher(metric, label, operator, value string) error {
	values := s[metric][label]
	if values == nil && !slices.Contains(given, label) {
		return fmt.Errorf("%s has no label %s", metric, label)
	}
	if !slices.Contains([]string{"=", "!=", "=~", "!~"}, operator) || !strings.HasPrefix(value, `"`) {
		return fmt.Errorf("%s%s%s matches nothing", label, operator, value)
	}
	if slices.Contains(open, label) {
		return nil
	}
	for one := range strings.SplitSeq(strings.Trim(value, `"`), "|") {
		if !values[one] {
			return fmt.Errorf("%s of %s is never %s: it is one of %v", label, metric, one, slices.Sorted(maps.Keys(values)))
		}
	}
	return nil
}

// TestTheCheckCanFail has expressions that are wrong.
func TestTheCheckCanFail(t *testing.T) {
	s := shown(t)
	for expression, want := range map[string]string{
		`max by (state) (opsbook_jobs)`:                             "",
		`opsbook_job`:                                               "there is no opsbook_job",
		`rate(opsbook_steps{verdict="pass"}[5m])`:                   "there is no opsbook_steps",
		`sum by (state) (opsbook_steps_total)`:                      "none of [opsbook_steps_total] has the label state",
		`opsbook_jobs{verdict="pass"}`:                              "opsbook_jobs has no label verdict",
		`opsbook_steps_total{verdict="failed"}`:                     "verdict of opsbook_steps_total is never failed",
		`opsbook_steps_total{verdict=~"fail|eror"}`:                 "verdict of opsbook_steps_total is never eror",
		`opsbook_jobs ; 1`:                                          "is no word of PromQL",
		`frobnicate(opsbook_jobs)`:                                  "there is no frobnicate",
		`histogram_quantile(1, opsbook_journal_lag_seconds)`:        "there is no opsbook_journal_lag_seconds",
		`sum(rate(opsbook_journal_lag_seconds_bucket[5m])) by (le)`: "",
	} {
		err := s.check(expression)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", expression, err, want)
		}
	}
}

// TestAlerts reads the example rules: each asks for series that there are, and leads to a heading that says what to do.
func TestAlerts(t *testing.T) {
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr         string
				For                 string
				Labels, Annotations map[string]string
			}
		}
	}
	data, err := os.ReadFile("../../deploy/alerts.yaml")
	if err == nil {
		err = yaml.Unmarshal(data, &file)
	}
	if err != nil || len(file.Groups) == 0 || len(file.Groups[0].Rules) < 10 {
		t.Fatalf("%d groups, %v", len(file.Groups), err)
	}
	s, headings := shown(t), headings(t)
	for _, r := range file.Groups[0].Rules {
		if err := s.check(r.Expr); err != nil {
			t.Errorf("%s: %v", r.Alert, err)
		}
		if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s: labels %v, annotations %v", r.Alert, r.Labels, r.Annotations)
		}
		at, err := url.Parse(r.Annotations["runbook_url"])
		if err != nil || !strings.HasSuffix(at.Path, "docs/operating.md") || at.Fragment != strings.ToLower(r.Alert) ||
			!headings[at.Fragment] {
			t.Errorf("%s leads to no heading of its own: %v", r.Alert, at)
		}
	}
}

// headings are the anchors of docs/operating.md.
func headings(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for line := range strings.Lines(operating(t)) {
		if text := strings.TrimLeft(line, "#"); text != line {
			out[strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), " ", "-")] = true
		}
	}
	return out
}

func operating(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestDashboard reads the example dashboard: each panel asks for series that there are, and so do its variables and legends.
func TestDashboard(t *testing.T) {
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
		Templating struct {
			List []struct {
				Name, Type string
				Query      any
			}
		}
	}
	data, err := os.ReadFile("../../deploy/dashboard.json")
	if err == nil {
		err = json.Unmarshal(data, &board)
	}
	if err != nil || len(board.Panels) < 10 {
		t.Fatalf("%d panels, %v", len(board.Panels), err)
	}
	s, legend := shown(t), regexp.MustCompile(`\{\{(\w+)\}\}`)
	for _, p := range board.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			expression := strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")
			if err := s.check(expression); err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
			for _, name := range legend.FindAllStringSubmatch(target.LegendFormat, -1) {
				if !strings.Contains(expression, name[1]) && name[1] != "instance" {
					t.Errorf("%s: the legend names %s, and %s has none", p.Title, name[1], expression)
				}
			}
		}
	}
	values, asked := regexp.MustCompile(`^label_values\((\w+), (\w+)\)$`), 0
	for _, v := range board.Templating.List {
		query, ok := v.Query.(map[string]any)
		if !ok {
			continue
		}
		parts := values.FindStringSubmatch(fmt.Sprint(query["query"]))
		if parts == nil || s[parts[1]][parts[2]] == nil || parts[2] != v.Name {
			t.Errorf("the variable %s asks for %v", v.Name, query)
		}
		asked++
	}
	if asked < 2 {
		t.Errorf("%d variables ask for something", asked)
	}
}

// TestEveryMetricIsDocumented compares the table of docs/operating.md with what there is, labels included.
func TestEveryMetricIsDocumented(t *testing.T) {
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(opsbook_\\w+)` \\|([^|]*)\\|").FindAllStringSubmatch(operating(t), -1) {
		var labels []string
		for _, label := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(row[2], -1) {
			labels = append(labels, label[1])
		}
		slices.Sort(labels)
		documented[row[1]] = strings.Join(labels, " ")
	}
	there := map[string]string{}
	for name, labels := range shown(t) {
		if !strings.HasPrefix(name, "opsbook_") {
			continue
		}
		keys := slices.DeleteFunc(slices.Sorted(maps.Keys(labels)), func(label string) bool { return label == "le" })
		there[regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")] = strings.Join(keys, " ")
	}
	if !maps.Equal(documented, there) {
		for name, labels := range there {
			if documented[name] != labels {
				t.Errorf("%s with the labels %q is documented with %q", name, labels, documented[name])
			}
		}
		for name := range documented {
			if _, ok := there[name]; !ok {
				t.Errorf("%s is documented, and there is none", name)
			}
		}
	}
}
