package bc

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Machine runs programs; its variables are those of all of them.
type Machine struct {
	Out, Problems io.Writer
	// Work is told of each step with the digits that it computes, and ends the program by its error.
	Work func(digits int) error
	// Math has the functions of -l.
	Math bool

	scale        int
	ibase, obase int64
	last         number
	vars         map[string]number
	arrays       map[string]map[int64]number
	functions    map[string]*node
	begun        string // a line without an end
	column       int    // of what is printed on this line
	depth        int
	value        number // that a function returns
}

var errDivide = errors.New("Divide by zero")

// runtimeError ends what stands on a line.
type runtimeError struct{ why string }

func (r *runtimeError) Error() string { return r.why }

// NotHereError is what bc does and is not carried out here.
type NotHereError struct{ What string }

func (n *NotHereError) Error() string { return n.What }

// errHalt ends bc.
var errHalt = errors.New("halt")

// flow is how a statement ends.
type flow int

const (
	goesOn flow = iota
	breaks
	continues
	returns
)

// New is a machine without variables.
func New(out, problems io.Writer, work func(int) error, math bool) *Machine {
	m := &Machine{Out: out, Problems: problems, Work: work, Math: math, ibase: 10, obase: 10, vars: map[string]number{},
		arrays: map[string]map[int64]number{}, functions: map[string]*node{}, last: whole(0)}
	if math {
		m.scale = 20
	}
	return m
}

// Run runs a program, line by line; over reports that it has ended bc. name is of messages. A line without an end goes on in the next
// text; at the end of all it is not run.
func (m *Machine) Run(text, name string) (over bool, err error) {
	text = m.begun + text
	end := strings.LastIndexByte(text, '\n') + 1
	text, m.begun = text[:end], text[end:]
	p := &parser{lexer: lexer{text: text, line: 1}}
	for {
		list, ok, wrong := p.read()
		if wrong != nil {
			fmt.Fprintf(m.Problems, "%s %d: %s\n", name, wrong.line, wrong.text)
			p.skipLine()
			continue
		}
		if !ok {
			return false, nil
		}
		if p.quits {
			return true, nil
		}
		for _, n := range list {
			if err := notHere(n); err != nil {
				return true, &NotHereError{err.Error()}
			}
		}
		for _, n := range list {
			_, err := m.statement(n)
			var wrong *runtimeError
			switch {
			case errors.Is(err, errHalt):
				return true, nil
			case errors.As(err, &wrong):
				fmt.Fprintf(m.Problems, "Runtime error (func=(main), adr=0): %s\n", wrong.why)
			case err != nil:
				return true, err
			}
			if err != nil {
				break
			}
		}
	}
}

// read is lineOf with its errors.
func (p *parser) read() (list []*node, ok bool, wrong *syntaxError) {
	defer func() {
		if e := recover(); e != nil {
			s, is := e.(*syntaxError)
			if !is {
				panic(e)
			}
			wrong = s
		}
	}()
	p.deep, p.loops, p.inside = 0, 0, false
	list, ok = p.lineOf()
	return list, ok, nil
}

// skipLine leaves out what stands on a line behind a mistake.
func (p *parser) skipLine() {
	if p.ahead = false; p.now.kind == '\n' {
		return
	}
	if end := strings.IndexByte(p.text[p.at:], '\n'); end >= 0 {
		p.at, p.line = p.at+end+1, p.line+1
	} else {
		p.at = len(p.text)
	}
}

func (m *Machine) statements(list []*node) (flow, error) {
	for _, n := range list {
		if f, err := m.statement(n); err != nil || f != goesOn {
			return f, err
		}
	}
	return goesOn, nil
}

func (m *Machine) statement(n *node) (flow, error) {
	if err := m.Work(1); err != nil {
		return goesOn, err
	}
	switch n.op {
	case "block":
		return m.statements(n.kids)
	case "string":
		return goesOn, m.print(n.text)
	case "define":
		m.functions[n.text] = n
		return goesOn, nil
	case "halt":
		return goesOn, errHalt
	case "break":
		return breaks, nil
	case "continue":
		return continues, nil
	case "return":
		m.value = whole(0)
		if len(n.kids) > 0 {
			v, err := m.eval(n.kids[0])
			if err != nil {
				return goesOn, err
			}
			m.value = v
		}
		return returns, nil
	case "print":
		for _, kid := range n.kids {
			if kid.op == "string" {
				if err := m.print(escaped(kid.text)); err != nil {
					return goesOn, err
				}
				continue
			}
			v, err := m.eval(kid)
			if err == nil {
				m.last = v
				err = m.print(v.format(m.obase))
			}
			if err != nil {
				return goesOn, err
			}
		}
		return goesOn, nil
	case "if":
		v, err := m.eval(n.kids[0])
		switch {
		case err != nil:
			return goesOn, err
		case !v.isZero():
			return m.statement(n.kids[1])
		case len(n.kids) > 2:
			return m.statement(n.kids[2])
		}
		return goesOn, nil
	case "while":
		return m.loop(nil, n.kids[0], nil, n.kids[1])
	case "for":
		return m.loop(n.kids[0], n.kids[1], n.kids[2], n.kids[3])
	}
	v, err := m.eval(n.kids[0])
	if err != nil || n.kids[0].op == "assign" {
		return goesOn, err
	}
	m.last = v
	return goesOn, m.print(v.format(m.obase) + "\n")
}

func (m *Machine) loop(first, while, behind, body *node) (flow, error) {
	if first != nil {
		if _, err := m.eval(first); err != nil {
			return goesOn, err
		}
	}
	for {
		v, err := m.eval(while)
		if err != nil || v.isZero() {
			return goesOn, err
		}
		f, err := m.statement(body)
		switch {
		case err != nil:
			return goesOn, err
		case f == breaks:
			return goesOn, nil
		case f == returns:
			return f, nil
		}
		if behind != nil {
			if _, err := m.eval(behind); err != nil {
				return goesOn, err
			}
		}
	}
}

// lineWidth is how long a line is that is printed; what is longer goes on behind a backslash.
const lineWidth = 68

func (m *Machine) print(text string) error {
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '\n' {
			m.column = 0
			b.WriteByte('\n')
			continue
		}
		if m.column == lineWidth {
			b.WriteString("\\\n")
			m.column = 0
		}
		b.WriteByte(text[i])
		m.column++
	}
	if err := m.Work(b.Len()); err != nil {
		return err
	}
	_, err := io.WriteString(m.Out, b.String())
	return err
}

func escaped(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`, `\q`, `"`, `\a`, "\a", `\b`, "\b", `\f`, "\f", `\r`, "\r",
		`\e`, `\`).Replace(s)
}
