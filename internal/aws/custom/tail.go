package custom

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/check"
	"github.com/opsbook/opsbook/internal/aws/knowledge"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/session"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// tail is `aws logs tail`: awscli/customizations/logs/tail.py of https://github.com/aws/aws-cli.
// Its times are printed in UTC. It needs logs:FilterLogEvents only, and asks for the group by name.
type tail struct{}

var tailCommand = &bind.Command{
	Operands: []string{"group_name"}, Least: 1, Most: 1,
	Options: []bind.CommandOption{
		{Name: "since"}, {Name: "follow", Flag: true}, {Name: "format", Choices: []string{"detailed", "short", "json"}},
		{Name: "filter-pattern"}, {Name: "log-stream-names", Many: true}, {Name: "log-stream-name-prefix"},
	},
}

// pollEvery is how long --follow waits between two questions.
// The AWS CLI waits as long.
const pollEvery = 5 * time.Second

// keptEvents bounds the events that the record of a call holds; all are printed.
const keptEvents = 10_000

// Describe implements Command: a line whose words are all known is validated as its call will be.
// With --follow a note says that the step has no end of its own.
func (tail) Describe(line *check.Line, words []procedures.Word) {
	args, known := check.Texts(words)
	l, err := tailCommand.Read(without(without(args, "logs"), "tail"), known)
	if err != nil {
		line.Refuse(words[0], err)
		return
	}
	line.SetCall(plannedTail(l))
	since := l.Value("since")
	line.Once = true // the window is counted back from now
	from, ok := sinceWhen(orElse(since, "10m"), time.Now())
	if !slices.ContainsFunc(args, func(a string) bool { return !known(a) }) && ok {
		if service, err := models.Load("logs"); err == nil {
			line.Refuse(words[0], bind.Validate(service.Operation("FilterLogEvents"), tailInput(l, from)))
		}
	}
	if since != "" && known(since) {
		if !ok {
			line.Find(procedures.SeverityError, "aws-value", words[0], nil,
				"--since wants a time such as 2026-01-31T12:00:00, or one number and a unit of s, m, h, d or w such as 90m, not %s.", since)
		}
	}
	if l.Has("follow") {
		line.Find(procedures.SeverityNote, "follows", words[0], nil,
			"--follow has no end: it goes on until somebody cancels the step, or its time is up.")
	}
}

// plannedTail says what the line reads, ten minutes where --since is not given, as by the CLI.
func plannedTail(l *bind.CommandLine) procedures.PlannedCall {
	does := "Prints the events of the log group " + l.Operands[0] + " since " + orElse(l.Value("since"), "10m")
	if pattern := l.Value("filter-pattern"); pattern != "" {
		does += " that match " + pattern
	}
	if l.Has("follow") {
		does += ", and those that come"
	}
	return procedures.PlannedCall{
		Command: "logs tail", Effect: procedures.EffectRead, Does: does + ".", Resource: l.Operands[0],
		Actions: []string{"logs:FilterLogEvents"},
	}
}

// orElse is a value, or another one where it is empty.
func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// The units of --since: seconds, minutes, hours, days, weeks.
var relative = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d+)([smhdw])$`) })

// sinceWhen reads --since: a number with a unit, or a moment.
// More than a century is refused, as it is more than the arithmetic can hold. A moment without a zone is in UTC.
func sinceWhen(text string, now time.Time) (time.Time, bool) {
	m := relative().FindStringSubmatch(text)
	if m == nil {
		return bind.Moment(text)
	}
	n, err := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[m[2]]
	if err != nil || n > int(100*365*24*time.Hour/unit) {
		return time.Time{}, false
	}
	return now.Add(-time.Duration(n) * unit), true
}

// Run implements Command. With --follow it ends only with the context, and then with status 130.
// Being stopped is how following ends, so the verdict is then an information, not an error.
func (tail) Run(ctx context.Context, s *session.Session, args []string) (int, error) {
	l, err := tailCommand.Read(without(without(args, "logs"), "tail"), nil)
	if err != nil {
		return 0, err
	}
	s.Call.Command, s.Call.Effect = "logs tail", procedures.EffectRead
	since, ok := sinceWhen(orElse(l.Value("since"), "10m"), s.Invocation.Now())
	if !ok {
		return 0, &bind.Error{Message: fmt.Sprintf("Invalid timestamp \"%s\"", l.Value("since")), Status: bind.ExitGeneral}
	}
	service, err := models.Load("logs")
	if err != nil {
		return 0, err
	}
	client, err := s.Client(ctx, service)
	if err != nil {
		return 0, err
	}
	t := &tailing{Session: s, client: client, op: service.Operation("FilterLogEvents"), format: l.Value("format"), seen: map[string]bool{}}
	t.input = tailInput(l, since)
	if err := bind.Validate(t.op, t.input); err != nil {
		return 0, err
	}
	if l.Has("follow") {
		err = t.follow(ctx)
	} else {
		err = t.once(ctx)
	}
	s.Call.Document = document.NewObject(document.Member{Name: "events", Value: t.events})
	if ctx.Err() != nil && l.Has("follow") { // that is how following ends
		s.Call.RuleVerdict = &procedures.Judgement{
			Verdict: procedures.Info, Reason: fmt.Sprintf("Followed the log group %s: %d events.", l.Operands[0], t.printed),
		}
		return 130, nil
	}
	if err != nil {
		return 0, err
	}
	s.Call.RuleVerdict = knowledge.Of("logs", "FilterLogEvents").Judge(t.input, s.Call.Document, s.Invocation.Now(), s.Variable)
	return 0, nil
}

// tailInput is what events are asked for with.
// The service takes milliseconds since 1970. interleaved is what the CLI sends; the service ignores it today.
func tailInput(l *bind.CommandLine, since time.Time) *document.Object {
	input := document.NewObject(
		document.Member{Name: "logGroupName", Value: l.Operands[0]}, document.Member{Name: "interleaved", Value: true},
		document.Member{Name: "startTime", Value: since.UnixMilli()},
	)
	for option, member := range map[string]string{"filter-pattern": "filterPattern", "log-stream-name-prefix": "logStreamNamePrefix"} {
		if l.Has(option) {
			input.Set(member, l.Value(option))
		}
	}
	if names := l.Values("log-stream-names"); len(names) > 0 {
		list := document.List{}
		for _, name := range names {
			list = append(list, name)
		}
		input.Set("logStreamNames", list)
	}
	return input
}

// tailing prints events.
// It is used by one goroutine.
type tailing struct {
	*session.Session
	client  *wire.Client
	op      *models.Operation
	input   *document.Object
	format  string
	events  document.List
	printed int

	newest int64           // the time of the newest event, milliseconds
	seen   map[string]bool // the ids of the events of that time
}

// once prints all pages up to now.
func (t *tailing) once(ctx context.Context) error {
	p, err := wire.NewPages(t.client, t.op, t.input, wire.PageOptions{})
	if err != nil {
		return err
	}
	err = p.Each(ctx, func(page *document.Object) error {
		t.Call.Requests, t.Call.Retries = p.Requests, p.Retries
		return t.show(page)
	})
	return err
}

// follow asks again and again from the newest event on; an event of that moment is printed once.
// More events of the newest moment may still arrive, so that moment is asked for again, and its events are told apart
// by their ids.
func (t *tailing) follow(ctx context.Context) error {
	for {
		response, err := t.client.Do(ctx, t.op, t.input)
		if err != nil {
			return err
		}
		t.Call.Requests++
		t.Call.Retries += response.Retries
		if err := t.show(response.Output); err != nil {
			return err
		}
		if token, _ := response.Output.Get("nextToken"); token != nil {
			t.input.Set("nextToken", token)
			continue
		}
		t.input.Delete("nextToken")
		if t.newest > 0 {
			t.input.Set("startTime", t.newest)
		}
		if err := limits.Sleep(ctx, pollEvery); err != nil {
			return err
		}
	}
}

// show prints the new events of a page in one write. A reader that is gone ends the command without an error.
func (t *tailing) show(page *document.Object) error {
	v, _ := page.Get("events")
	list, _ := v.(document.List)
	var b strings.Builder
	for _, item := range list {
		e, ok := item.(*document.Object)
		if !ok || !t.isNew(e) {
			continue
		}
		b.WriteString(t.text(e))
		t.printed++
		if len(t.events) < keptEvents {
			t.events = append(t.events, e)
		}
	}
	if _, err := io.WriteString(t.Invocation.Stdout, b.String()); err != nil {
		return &session.ClosedError{Err: err}
	}
	return nil
}

// isNew reports whether an event was not printed yet, and remembers it. Ids are kept for the newest moment only.
func (t *tailing) isNew(e *document.Object) bool {
	at, id := number(e, "timestamp"), e.Text("eventId")
	if at == t.newest && t.seen[id] && id != "" {
		return false
	}
	if at > t.newest {
		t.newest, t.seen = at, map[string]bool{}
	}
	if at == t.newest {
		t.seen[id] = true
	}
	return true
}

// number is a member's whole number, 0 where it has none.
func number(o *document.Object, name string) int64 {
	v, _ := o.Get(name)
	n, _ := v.(int64)
	return n
}

// text is one event with a line break behind it.
// A line ends without white space, as Python's rstrip leaves it; 0x1c to 0x1f are white space for Python.
func (t *tailing) text(e *document.Object) string {
	at, message := time.UnixMilli(number(e, "timestamp")).UTC(), e.Text("message")
	line := at.Format("2006-01-02T15:04:05.000000-07:00") + " " + e.Text("logStreamName") + " " + message
	switch t.format {
	case "short":
		line = at.Format("2006-01-02T15:04:05") + " " + message
	case "json":
		moment := at.Format("2006-01-02T15:04:05.000000-07:00")
		if at.Nanosecond() == 0 {
			moment = at.Format("2006-01-02T15:04:05-07:00")
		}
		line = moment + " " + e.Text("logStreamName") + " " + pretty(message)
	}
	return strings.TrimRightFunc(line, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }) + "\n"
}

// pretty sets a message that is JSON out over lines, as Python's json.dumps does: with escapes for what is not ASCII.
// What is no JSON stays as it is.
func pretty(message string) string {
	v, err := document.Parse([]byte(message))
	if err != nil {
		return message
	}
	text, err := document.AppendJSON(nil, v, "    ", true)
	if err != nil {
		return message
	}
	b := []byte("\n")
	for _, r := range string(text) {
		switch {
		case r < 0x80:
			b = append(b, byte(r)) // r is ASCII
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			b = fmt.Appendf(b, `\u%04x\u%04x`, high, low)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
	}
	return string(b)
}
