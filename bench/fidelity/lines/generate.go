package lines

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/aws/bind"
	"github.com/opsbook/opsbook/internal/aws/goldens"
	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/protocol"
	"github.com/opsbook/opsbook/internal/document"
)

// Generate makes n lines, over all services or those that are named. The same seed makes the same lines.
func Generate(seed uint64, n int, services []string) ([]*Line, error) {
	m := maker{rand.New(rand.NewPCG(seed, 2))}
	if len(services) == 0 {
		services = models.Services()
	}
	var out []*Line
	for len(out) < n {
		folder := pick(m, services)
		service, err := models.Load(folder)
		if err != nil {
			return nil, err
		}
		commands := bind.OperationCommands(service)
		if len(commands) == 0 {
			continue
		}
		command := pick(m, commands)
		op := bind.FindOperation(service, command)
		if op == nil || unanswerable(op) {
			continue
		}
		out = append(out, m.line(op, bind.CommandOf(folder), command))
	}
	return out, nil
}

// unanswerable are operations that ask another one first, and those whose answer is a stream of events.
func unanswerable(op *models.Operation) bool {
	if op.EndpointDiscover || strings.HasPrefix(op.Service.Name, "timestream-") {
		return true
	}
	return op.Output != nil && slices.ContainsFunc(op.Output.Members, func(m *models.Member) bool { return m.Shape.EventStream })
}

// line is one line of an operation.
func (m maker) line(op *models.Operation, service, command string) *Line {
	l := &Line{Operation: op, Answers: m.answers(op)}
	head := []string{service, command}
	var tail [][]string
	skipped := m.once(25)
	if m.once(12) && op.Input != nil { // the whole input is a document
		text := plain(m.tree(op.Input, 0))
		option := pick(m, []string{"--cli-input-json", "--cli-input-json", "--cli-input-yaml"})
		if m.once(2) {
			text = "file://" + m.file(l, text)
		}
		tail = append(tail, []string{option, text})
		skipped = true
	}
	for _, o := range bind.Options(op) {
		wanted := o.Required && !(skipped && m.once(2)) || m.once(len(bind.Options(op))/2+2)
		if !wanted || o.Member == nil {
			continue
		}
		if o.Boolean() {
			tail = append(tail, []string{"--" + o.Name})
			continue
		}
		words := m.words(l, o.Member.Shape, m.tree(o.Member.Shape, 1))
		tail = append(tail, append([]string{"--" + o.Name}, words...))
	}
	tail = append(tail, m.own(op)...)
	m.Shuffle(len(tail), func(i, j int) { tail[i], tail[j] = tail[j], tail[i] })
	global := m.globals(op)
	if m.once(3) {
		head = append(slices.Concat(global...), head...)
	} else {
		tail = append(tail, global...)
	}
	m.spoil(&head, tail)
	for i, option := range tail {
		if len(option) == 2 && m.once(10) || len(option) == 2 && strings.HasPrefix(option[1], "-") && m.once(2) {
			tail[i] = []string{option[0] + "=" + option[1]}
		}
	}
	l.Args = slices.Concat(head, slices.Concat(tail...))
	if op.Output != nil && op.Output.Payload != "" && op.Output.Member(op.Output.Payload).Shape.Type == models.TypeBlob && !m.once(15) {
		l.Args = append(l.Args, "out.bin")
	}
	return l
}

// own are the options that the AWS CLI adds to operations.
func (m maker) own(op *models.Operation) (out [][]string) {
	if m.once(15) {
		kind := pick(m, [][]string{nil, {"input"}, {"yaml-input"}, {"output"}, {"x"}})
		out = append(out, slices.Concat([]string{"--generate-cli-skeleton"}, kind))
	}
	if op.Service.Paginators[op.Name] != nil {
		for _, name := range []string{"--max-items", "--page-size", "--starting-token"} {
			if m.once(5) {
				out = append(out, []string{name, pick(m, []string{"1", "2", "10", "0", "x", "-1"})})
			}
		}
		if m.once(6) {
			out = append(out, []string{"--no-paginate"})
		}
	}
	return out
}

// globals are global options.
func (m maker) globals(op *models.Operation) (out [][]string) {
	if m.once(2) {
		out = append(out, []string{"--output", pick(m, []string{"json", "text", "table", "yaml", "yaml-stream", "text", "table"})})
	}
	if query := m.query(op); query != "" && m.once(3) {
		out = append(out, []string{"--query", query})
	}
	for _, o := range [][]string{
		{"--region", "eu-west-1"}, {"--region", "us-gov-west-1"}, {"--region", "cn-north-1"}, {"--no-sign-request"}, {"--no-cli-pager"},
		{"--color", "on"}, {"--color", "off"}, {"--cli-binary-format", "raw-in-base64-out"}, {"--cli-read-timeout", "30"},
		{"--cli-error-format", "json"},
		{"--cli-error-format", "text"}, {"--no-cli-auto-prompt"}, {"--region", "bad_region!"},
		{"--endpoint-url", "http://localhost:4566"}, {"--region", ""},
	} {
		if m.once(30) {
			out = append(out, o)
		}
	}
	return out
}

// query is a JMESPath of members that the answer has.
func (m maker) query(op *models.Operation) string {
	if op.Output == nil || len(op.Output.Members) == 0 {
		return ""
	}
	member := pick(m, op.Output.Members)
	switch s := member.Shape; {
	case s.Type == models.TypeList && s.Element.Shape.Type == models.TypeStructure && len(s.Element.Shape.Members) > 0:
		a, b := pick(m, s.Element.Shape.Members).Name, pick(m, s.Element.Shape.Members).Name
		return pick(m, []string{
			member.Name + "[]." + a, member.Name + "[*].[" + a + "," + b + "]", member.Name + "[*].{x:" + a + ",y:" + b + "}",
			member.Name + "[0]", "length(" + member.Name + ")", "sort_by(" + member.Name + ",&" + a + ")[-1]." + b,
			member.Name + "[?" + a + "=='x'].[" + b + "]",
			member.Name + "[?contains(" + a + ",`a`)]." + b, member.Name + "[?" + a + ">`5`]",
			"join(',',sort(" + member.Name + "[]." + a + "))",
		})
	case s.Type == models.TypeStructure && len(s.Members) > 0:
		a := pick(m, s.Members).Name
		return pick(m, []string{
			member.Name + "." + a, "[" + member.Name + "." + a + "," + member.Name + "]", member.Name + ".{n:" + a + "}",
			"keys(" + member.Name + ")",
		})
	}
	return pick(m, []string{
		member.Name, "[" + member.Name + "]", "{a:" + member.Name + "}", "to_string(" + member.Name + ")", "nothing", "@",
		member.Name + "[", "type(" + member.Name + ")",
	})
}

// spoil makes one line in eight wrong.
func (m maker) spoil(head *[]string, tail [][]string) {
	if !m.once(8) || len(tail) == 0 {
		return
	}
	at := m.IntN(len(tail))
	switch m.IntN(9) {
	case 0:
		tail[at][0] = tail[at][0][:max(3, len(tail[at][0])-1-m.IntN(3))] // a beginning of its name
	case 1:
		tail[at][0] += "x"
	case 2:
		tail[at] = tail[at][:1]
	case 3:
		tail[at] = append(slices.Clip(tail[at]), "more")
	case 4:
		wrong := []string{"{", "[1", "a=b", "", "null", "[]", "{}", `{"a":1}`, "a=", "=b", "file://missing", "x y"}
		tail[at] = []string{tail[at][0], pick(m, wrong)}
	case 5:
		*head = append(*head, "stray")
	case 6:
		(*head)[len(*head)-1] += "s"
	case 7:
		tail[at][0] = "--no-" + strings.TrimPrefix(tail[at][0], "--")
	case 8:
		tail[at][0] = strings.ToUpper(tail[at][0])
	}
}

// answers are what the requests of a line are answered with: an example of the operation's output, something empty, or an error.
func (m maker) answers(op *models.Operation) map[bool]protocol.Answer {
	out := map[bool]protocol.Answer{}
	name := op.Service.Protocols[0]
	if name == protocol.CBOR && len(op.Service.Protocols) > 1 {
		name = op.Service.Protocols[1]
	}
	kind := m.IntN(10)
	for cbor, name := range map[bool]string{true: protocol.CBOR, false: name} {
		var a protocol.Answer
		var err error
		switch kind {
		case 0:
			code := "AccessDenied"
			if len(op.Errors) > 0 {
				code = op.Errors[0].Name
			}
			a = protocol.EncodeFailure(name, op.Service, http.StatusBadRequest, code, "It is refused.", "id")
		case 1:
			a, err = protocol.EncodeAnswer(name, op, &document.Object{}, "id")
		default:
			a, err = protocol.EncodeAnswer(name, op, goldens.Example(op), "id")
		}
		if err != nil {
			a = protocol.Answer{Status: http.StatusOK, Header: http.Header{}}
		}
		a.Header.Set("Content-Length", strconv.Itoa(len(a.Body)))
		out[cbor] = a
	}
	return out
}
