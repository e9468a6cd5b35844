package jq

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/opsbook/opsbook/internal/limits"
)

// InputError is text that is not JSON.
type InputError struct{ Message string }

// Error implements error.
func (e *InputError) Error() string { return e.Message }

// Reader reads JSON values, one after the other, as jq's parser does, whose messages it has. It is jq's jv_parse.c.
type Reader struct {
	r       *bufio.Reader
	meter   *limits.Meter
	charged int64
	pending int64

	stream  bool // as events of paths and values, of --stream
	seq     bool // texts between record separators, of --seq
	line    int  // from 1, counted by newlines, for messages
	column  int
	Lines   int // newlines read
	stack   []level
	next    any
	has     bool // next is a value
	token   []byte
	inText  bool
	escaped bool
	names   map[string]string
	queue   []any
	events  streamer
	begun   bool
	ended   bool
}

// NewReader returns a reader of values. What values need is charged to meter; see Taken.
func NewReader(r io.Reader, meter *limits.Meter, stream, seq bool) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 64<<10), meter: meter, stream: stream, seq: seq, line: 1, names: map[string]string{}}
}

// charge counts bytes of the value that is read.
func (r *Reader) charge(n int64) error {
	if r.pending += n; r.pending < chargeStep {
		return nil
	}
	n, r.pending = r.pending, 0
	if err := r.meter.Work(n); err != nil {
		return err
	}
	if err := r.meter.Charge(n); err != nil {
		return err
	}
	r.charged += n
	return nil
}

// Taken are the bytes that were charged for what was read, since the last call: who calls it gives them back to the meter.
func (r *Reader) Taken() int64 {
	n := r.charged
	r.charged = 0
	return n
}

// Unread reports whether more of the input is here already, and whether the line goes on to its end in it.
func (r *Reader) Unread() (some, newline bool) {
	buffer, _ := r.r.Peek(r.r.Buffered())
	return len(buffer) > 0, bytes.IndexByte(buffer, '\n') >= 0
}

// Next returns the next value, io.EOF after the last one, and an *InputError for what is not JSON, after which nothing more can be read.
func (r *Reader) Next() (any, error) {
	for {
		if len(r.queue) > 0 {
			v := r.queue[0]
			r.queue = r.queue[1:]
			return v, nil
		}
		if r.ended {
			return nil, io.EOF
		}
		if err := r.more(); err != nil {
			r.ended = true
			return nil, err
		}
	}
}

// more reads up to the end of a value, or some of it.
func (r *Reader) more() error {
	for len(r.queue) == 0 {
		buffer, err := r.r.Peek(1)
		if len(buffer) == 0 {
			if errors.Is(err, io.EOF) {
				r.ended = true
				return r.finish()
			}
			return err
		}
		buffer, _ = r.r.Peek(r.r.Buffered())
		if !r.begun {
			r.begun = true
			if len(buffer) >= 3 && string(buffer[:3]) == "\ufeff" {
				_, _ = r.r.Discard(3)
				continue
			}
		}
		n, err := r.scanAll(buffer)
		_, _ = r.r.Discard(n)
		if err != nil {
			return err
		}
		if err := r.charge(int64(n) / 4); err != nil {
			return err
		}
	}
	return nil
}

// What a character is outside of texts.
const (
	isLiteral = iota // of a number or a word
	isSpace
	isStructure
	isQuote
)

var kinds = func() (k [256]byte) {
	for _, c := range " \t\r\n" {
		k[c] = isSpace
	}
	for _, c := range "[,]{:}\x1e" {
		k[c] = isStructure
	}
	k['"'] = isQuote
	return k
}()

// scanAll reads characters until there is a value, and returns how many. What needs no look at each character is read in one go.
func (r *Reader) scanAll(buffer []byte) (int, error) {
	for i := 0; i < len(buffer); {
		c := buffer[i]
		switch {
		case r.inText && !r.escaped:
			j := i
			for j < len(buffer) && buffer[j] != '"' && buffer[j] != '\\' && buffer[j] != '\n' {
				j++
			}
			if j < len(buffer) && buffer[j] == '"' && len(r.token) == 0 { // a whole text
				r.column += j + 1 - i
				if err := r.text(buffer[i:j]); err != nil {
					return j, err
				}
				i = j + 1
				break
			}
			if j > i {
				if err := r.grow(buffer[i:j]); err != nil {
					return i, err
				}
				r.column += j - i
				i = j
				continue
			}
			if err := r.scan(c); err != nil {
				return i, err
			}
			i++
		case !r.inText && kinds[c] == isLiteral:
			j := i + 1
			for j < len(buffer) && kinds[buffer[j]] == isLiteral {
				j++
			}
			if err := r.grow(buffer[i:j]); err != nil {
				return i, err
			}
			r.column += j - i
			i = j
		case c == ' ' && !r.inText && len(r.token) == 0:
			r.column++
			i++
		default:
			if err := r.scan(c); err != nil {
				return i, err
			}
			i++
		}
		if len(r.queue) > 0 {
			return i, nil
		}
	}
	return len(buffer), nil
}

// text takes what stood between quotes.
func (r *Reader) text(token []byte) error {
	r.inText = false
	s, known := r.names[string(token)]
	if !known {
		var problem string
		if s, problem = unquote(token); problem != "" {
			return r.bad(problem)
		}
		if len(token) <= 40 && len(s) == len(token) && len(r.names) < 1000 {
			r.names[s] = s
		}
		if err := r.charge(textSize(s)); err != nil {
			return err
		}
	}
	if problem := r.value(s); problem != "" {
		return r.bad(problem)
	}
	r.done()
	return nil
}

// grow adds to the token that is read.
func (r *Reader) grow(b []byte) error {
	if len(r.token)+len(b) > cap(r.token) {
		if err := r.charge(int64(2 * (len(r.token) + len(b)))); err != nil {
			return err
		}
	}
	r.token = append(r.token, b...)
	return nil
}

// bad makes an *InputError at the place that was read.
func (r *Reader) bad(message string) error {
	return &InputError{fmt.Sprintf("%s at line %d, column %d", message, r.line, r.column)}
}

// scan reads one character.
func (r *Reader) scan(c byte) error {
	r.column++
	if c == '\n' {
		r.line++
		r.Lines++
		r.column = 0
	}
	if r.inText {
		if c == '"' && !r.escaped {
			err := r.text(r.token)
			r.token = r.token[:0]
			return err
		}
		r.escaped = c == '\\' && !r.escaped
		return r.grow([]byte{c})
	}
	switch c {
	case 0x1e:
		if r.seq {
			return r.separator()
		}
	case ' ', '\t', '\r', '\n', '"', '[', ',', ']', '{', ':', '}':
		if problem := r.literal(); problem != "" {
			return r.bad(problem)
		}
		r.done()
		switch c {
		case ' ', '\t', '\r', '\n':
		case '"':
			r.inText = true
		default:
			var problem string
			if r.stream {
				problem = r.events.token(r, c)
			} else {
				problem = r.structure(c)
			}
			if problem != "" {
				return r.bad(problem)
			}
			if err := r.charge(wordBytes); err != nil {
				return err
			}
		}
		r.done()
		return nil
	}
	return r.grow([]byte{c})
}

// separator begins a text of a sequence (RFC 7464): what was begun before is cut off.
func (r *Reader) separator() error {
	if len(r.token) > 0 || len(r.stack) > 0 || r.has {
		problem := r.literal()
		top := r.has && kindOf(r.next) == kindNumber && len(r.stack) == 0
		r.stack, r.has, r.token = nil, false, nil
		if problem == "" && top {
			return r.bad("Potentially truncated top-level numeric value")
		}
		return r.bad("Truncated value")
	}
	return nil
}

// done puts a value that is complete into the queue.
func (r *Reader) done() {
	if r.stream {
		r.events.done(r)
		return
	}
	if r.has && len(r.stack) == 0 {
		r.queue = append(r.queue, r.next)
		r.next, r.has = nil, false
	}
}

// finish is the end of the input.
func (r *Reader) finish() error {
	if r.inText {
		return &InputError{fmt.Sprintf("Unfinished string at EOF at line %d, column %d", r.line, r.column)}
	}
	if problem := r.literal(); problem != "" {
		return &InputError{fmt.Sprintf("%s at EOF at line %d, column %d", problem, r.line, r.column)}
	}
	if len(r.stack) > 0 || len(r.events.path) > 0 {
		return &InputError{fmt.Sprintf("Unfinished JSON term at EOF at line %d, column %d", r.line, r.column)}
	}
	r.done()
	return nil
}

// value takes a scalar.
func (r *Reader) value(v any) string {
	if r.stream {
		if problem := r.events.value(r); problem != "" {
			return problem
		}
	}
	if r.has {
		return "Expected separator between values"
	}
	r.next, r.has = v, true
	return ""
}

// literal takes what was read up to a separator: a number or a word.
func (r *Reader) literal() string {
	if len(r.token) == 0 {
		return ""
	}
	token := r.token
	r.token = r.token[:0]
	var v any
	switch {
	case token[0] == 't', token[0] == 'f', token[0] == 'n' && len(token) > 1 && token[1] == 'u':
		switch string(token) {
		case "true", "false":
			v = token[0] == 't'
		case "null":
		default:
			return "Invalid literal"
		}
	case token[0] == '\'':
		return `Invalid string literal; expected ", but got '`
	default:
		var ok bool
		if len(token) < 16 {
			v, ok = wholeNumber(text(token)) // keeps nothing of it
		}
		if !ok {
			if v, ok = parseNumber(string(token)); !ok {
				return "Invalid numeric literal"
			}
		}
		if _, long := v.(*literal); long {
			r.pending += int64(len(token)) + 4*wordBytes
		}
	}
	r.pending += 8
	return r.value(v)
}

// AtLine reports whether a line begins where the reader stands.
func (r *Reader) AtLine() bool { return r.column == 0 }
