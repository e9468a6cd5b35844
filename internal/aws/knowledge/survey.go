package knowledge

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// survey is a verdict rule about the things in an answer, one by one. It makes the sentence of them all and the table of each.
type survey struct {
	// reads are the members of the answer that the rule looks at, which tests hold against the models:
	// "DBInstances[]: DBInstanceIdentifier, DBInstanceStatus; NextToken".
	reads string
	// list is the path of the things in the answer, through lists and structures alike; empty where the answer is the thing.
	list        string
	kind, kinds string // "database", "databases"
	// name is the path of what a thing is called; a finding of each may say better. Without both it is what the call was about.
	name string
	good string // what is said of those that pass, behind their number: "available"
	// none is what an empty list comes to; without a verdict it is no data.
	none procedures.Judgement

	// state is the path of the state of a thing, which states judge; since and reason are paths of what is said with it.
	state, since, reason string
	states               *vocabulary
	// newest is the path of a time: only the newest thing of each name counts.
	newest string
	// each judges a thing beside its state; the worse of the two counts. Without a verdict the thing is left out.
	each func(q answered, o *document.Object) finding
	// more are things that are not in the list.
	more func(q answered) []finding
	// sum is added to the number of the things: ", 300 GiB".
	sum func(all []finding) string
	// whose reports that the things belong to what the line names, which the sentence then begins with: "web: 2 of 3 …".
	whose      bool
	thresholds []Threshold
}

// finding is what a rule says of one thing.
type finding struct {
	verdict procedures.Verdict
	name    string
	id      string // tells it from others of its name; empty where the name does
	says    string // "storage-full since 14:02"
	facts   []procedures.Fact
	amount  float64 // what a survey's sum adds up
}

// found is a finding with a sentence.
func found(v procedures.Verdict, format string, args ...any) finding {
	return finding{verdict: v, says: fmt.Sprintf(format, args...)}
}

// with adds a fact, which is a column of the table. An empty one is left out.
func (f finding) with(name, value string) finding {
	if value != "" {
		f.facts = append(slices.Clone(f.facts), procedures.Fact{Name: name, Value: value})
	}
	return f
}

// worse is the finding that counts of two about one thing: the worse, or what both say.
func worse(a, b finding) finding {
	out := a
	switch {
	case b.verdict == "":
	case a.verdict == "" || a.verdict != b.verdict && procedures.Worst(a.verdict, b.verdict) == b.verdict:
		out = b
	case a.verdict == b.verdict && a.says != b.says:
		out.says = strings.Trim(a.says+", "+b.says, ", ")
	}
	if out.name == "" {
		out.name = a.name + b.name
	}
	out.facts = append(slices.Clone(a.facts), b.facts...)
	out.amount = a.amount + b.amount
	return out
}

// operation is an operation that is judged by the survey, and has numbers that a team may set.
func (s survey) operation(thresholds ...Threshold) Operation {
	s.thresholds = thresholds
	return Operation{reads: s.reads, rule: s.judge, resources: s.verdicts, Thresholds: thresholds}
}

// withErrors adds codes of errors that are answers.
func (o Operation) withErrors(errors map[string]procedures.Judgement) Operation {
	o.errors = errors
	return o
}

// findings are what is said of each thing of an answer.
func (s survey) findings(q answered) []finding {
	things := walked(q.answer, s.list)
	if s.newest != "" {
		things = s.newestOf(things)
	}
	var out []finding
	for _, o := range things {
		f := s.stateOf(q, o)
		if s.each != nil {
			f = worse(f, s.each(q, o))
		}
		if f.name == "" {
			f.name = lastPart(textAt(o, s.name))
		}
		if f.name == "" && len(things) == 1 {
			f.name = q.about()
		}
		if f.verdict != "" {
			out = append(out, f)
		}
	}
	if s.more != nil {
		out = append(out, s.more(q)...)
	}
	return out
}

// stateOf judges a thing's state: "stopped since 14:02: why". A thing without a state is left to the rest of the rule.
func (s survey) stateOf(q answered, o *document.Object) finding {
	state := textAt(o, s.state)
	if s.states == nil || state == "" {
		return finding{}
	}
	f := s.states.finding(state)
	if f.verdict == procedures.Passed || f.verdict == procedures.Info {
		return f
	}
	if t := timeAt(o, s.since); !t.IsZero() {
		f.says += strings.TrimPrefix(since(t, q.now), ",")
	}
	if reason := textAt(o, s.reason); reason != "" {
		f.says += ": " + strings.TrimRight(shortened(reason), ". ")
	}
	return f
}

// newestOf keeps the newest thing of each name, in the order of the names' first.
func (s survey) newestOf(all []*document.Object) []*document.Object {
	at := map[string]int{}
	var out []*document.Object
	for _, o := range all {
		name := textAt(o, s.name)
		i, known := at[name]
		switch {
		case !known:
			at[name] = len(out)
			out = append(out, o)
		case timeAt(o, s.newest).After(timeAt(out[i], s.newest)):
			out[i] = o
		}
	}
	return out
}

// judge is the rule: the worst verdict, and a sentence that has the worst first.
func (s survey) judge(q answered) *procedures.Judgement {
	for _, t := range s.thresholds {
		if wrong := q.wrong(t); wrong != "" {
			return judge(procedures.Errored, "%s", wrong)
		}
	}
	all := s.findings(q)
	if len(all) == 0 {
		none := s.none
		if s.forBad(q) { // it asks for what is bad
			none = procedures.Judgement{Verdict: procedures.Passed, Reason: "There is no such " + s.kind + "."}
		}
		// Nobody has to make snapshots by hand: without one that is asked for nothing is wrong.
		if kind := q.said("SnapshotType"); kind != "" && kind != "automated" {
			none = procedures.Judgement{Reason: "There is no " + kind + " " + s.kind + "."}
		}
		if none.Verdict == "" {
			none.Verdict = procedures.NoData
		}
		if none.Reason == "" {
			none.Reason = "There is no " + s.kind + "."
		}
		if name := q.about(); s.whose && name != "" {
			none.Reason = name + ": " + lowerFirst(none.Reason)
		}
		return &none
	}
	slices.SortStableFunc(all, func(a, b finding) int { return rank(a.verdict) - rank(b.verdict) })
	worst := all[0].verdict
	says := all[0].text()
	if len(all) > 1 {
		says = s.sentence(all)
	}
	if name := q.about(); s.whose && name != "" && name != all[0].name {
		says = name + ": " + says
	}
	return judge(worst, "%s.", says)
}

// rank is a verdict's place, the worst first.
func rank(v procedures.Verdict) int { return slices.Index(procedures.Verdicts, v) }

// sentence is that of several things: how many are well, and what is wrong with the others.
func (s survey) sentence(all []finding) string {
	bad := slices.IndexFunc(all, func(f finding) bool { return f.verdict == procedures.Passed || f.verdict == procedures.Info })
	if bad < 0 {
		bad = len(all)
	}
	lead := fmt.Sprintf("%d %s", len(all), s.kinds)
	if s.good != "" {
		lead = fmt.Sprintf("%d of %d %s %s", len(all)-bad, len(all), s.kinds, s.good)
	}
	if s.sum != nil {
		lead += s.sum(all)
	}
	switch {
	case bad > 0:
		return lead + "; " + told(all[:bad])
	case s.good == "":
		return lead + ": " + told(all)
	}
	return lead
}

// maxNames is how many things a sentence names.
const maxNames = 3

// told names the first things, those with the same words together: "i-0a1, i-0b2: stopped; i-0c3: impaired; and 4 more".
func told(all []finding) string {
	var parts []string
	shown := all[:min(len(all), maxNames)]
	for i := 0; i < len(shown); {
		names := []string{shown[i].name}
		next := i + 1
		for ; next < len(shown) && shown[next].says == shown[i].says; next++ {
			names = append(names, shown[next].name)
		}
		parts = append(parts, finding{name: strings.Join(names, ", "), says: shown[i].says}.text())
		i = next
	}
	if more := len(all) - len(shown); more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// text is the finding in words: "orders: storage-full".
func (f finding) text() string {
	switch {
	case f.name == "":
		return f.says
	case f.says == "":
		return f.name
	}
	return f.name + ": " + f.says
}

// verdicts are the rows of the table.
func (s survey) verdicts(q answered) []procedures.ResourceVerdict {
	all := s.findings(q)
	out := make([]procedures.ResourceVerdict, 0, len(all))
	for _, f := range all {
		out = append(out, procedures.ResourceVerdict{
			Kind: upperFirst(s.kind), Name: f.name, ID: f.id, Verdict: f.verdict, Reason: f.says, Facts: f.facts,
		})
	}
	return out
}

// about is what the call names, short: the last part of an ARN or an address.
func (q answered) about() string {
	for _, name := range q.input.Keys() {
		lower := strings.ToLower(name)
		for _, word := range []string{"name", "names", "identifier", "id", "ids", "arn", "arns", "url", "bucket", "key"} {
			if strings.HasSuffix(lower, word) && !strings.HasPrefix(lower, "max") {
				if text := textOf(q.input, name); text != "" {
					return lastPart(text)
				}
			}
		}
	}
	return ""
}

// named reports whether the line names one of the input's members, so that its answer is about what was asked for.
func (q answered) named(members ...string) bool {
	return slices.ContainsFunc(members, func(name string) bool {
		v, ok := q.input.Get(name)
		list, isList := v.(document.List)
		return ok && v != nil && v != "" && (!isList || len(list) > 0)
	})
}

// cut reports whether an answer says that there is more than it has.
func (o Operation) cut(answer *document.Object) bool {
	s, err := models.Load(o.Service)
	if err != nil || answer == nil || s.Paginators[o.Name] == nil {
		return false
	}
	tokens := append([]string{"NextToken"}, s.Paginators[o.Name].OutputToken...)
	return slices.ContainsFunc(tokens, func(name string) bool {
		text, ok := searchedPath(answer, name).(string)
		return ok && text != ""
	})
}

// cutShort says so of an answer that has not all of its list: what is not in it was not judged.
func (o Operation) cutShort(j *procedures.Judgement, answer *document.Object) *procedures.Judgement {
	if j == nil || o.reads == "" || !o.cut(answer) || strings.Contains(j.Reason, "cut short") {
		return j
	}
	said := *j
	said.Reason = strings.TrimSuffix(j.Reason, ".") + " (the list is cut short: there are more)."
	return &said
}

// aged judges the age of the newest of some things: fine below a number of hours.
func aged(age time.Duration, hours float64) finding {
	if age > time.Duration(hours*float64(time.Hour)) {
		return found(procedures.Warned, "%s old; it should not be older than %s h", ago(age), number(hours))
	}
	return found(procedures.Passed, "%s old", ago(age))
}

// counted is an operation whose answer is a list that is only counted: names, addresses.
func counted(list, kind, kinds string) Operation {
	return Operation{reads: list, rule: func(q answered) *procedures.Judgement {
		v, _ := q.answer.Get(list)
		all, _ := v.(document.List)
		if len(all) == 0 {
			return judge(procedures.Info, "There is no %s.", kind)
		}
		return judge(procedures.Info, "%s.", plural(len(all), kind, kinds))
	}}
}
