package templates

// MaxOutput bounds the output of a step on a page, in bytes: a browser stays quick, and all of it is one click away.
const MaxOutput = 64 << 10

// Views are the tabs that the step's output has.
func (s *Step) Views() []string {
	var out []string
	if s.Chart != nil {
		out = append(out, "chart")
	}
	if s.Table != nil {
		out = append(out, "table")
	}
	out = append(out, "text")
	if s.JSON != "" {
		out = append(out, "json")
	}
	if len(s.Calls) > 0 {
		out = append(out, "calls")
	}
	return out
}

// ViewTitle is what the tab of a view is called.
func (s *Step) ViewTitle(view string) string {
	if view == "chart" && len(s.Chart.Lanes) > 0 {
		return "Timeline"
	}
	return viewTitles[view]
}

var viewTitles = map[string]string{"chart": "Chart", "table": "Table", "text": "Text", "json": "JSON", "calls": "Calls"}
