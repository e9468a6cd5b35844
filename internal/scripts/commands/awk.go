package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/awk/interp"
	"github.com/opsbook/opsbook/internal/scripts/awk/lexer"
	"github.com/opsbook/opsbook/internal/scripts/awk/parser"
)

// awkOptions are POSIX's, with gawk's long names.
var awkOptions = []option{
	{'F', "field-separator", needsArgument}, {'v', "assign", needsArgument}, {'f', "file", needsArgument},
	{'P', "posix", noArgument},
}

// awkLine is what a line of awk says.
type awkLine struct {
	program   string
	separator string
	assigned  []string // names and values in turn
	files     []string // of the program; "" where it is written on the line
	operands  []string
}

// readAwkLine reads the words of a line. The first word that is no option is the program, and what follows are operands, whatever they
// begin with.
func readAwkLine(args []string) (awkLine, error) {
	line := awkLine{separator: "\x00"}
	split := firstOperand("awk", args, awkOptions)
	p, err := parseOptions("awk", args[:split], awkOptions)
	if err != nil {
		return line, err
	}
	line.operands, line.files = args[split:], p.values["file"]
	if split < len(args) && args[split] == "--" {
		line.operands = args[split+1:]
	}
	for _, text := range p.values["assign"] {
		name, value, ok := strings.Cut(text, "=")
		if !ok || !isAwkName(name) {
			return line, fmt.Errorf("`%s' argument to `-v' not in `var=value' form", text)
		}
		if value, err = lexer.Unescape(value); err != nil {
			return line, err
		}
		line.assigned = append(line.assigned, name, value)
	}
	if p.has("field-separator") {
		if line.separator, err = lexer.Unescape(p.last("field-separator")); err != nil {
			return line, err
		}
		if line.separator == "t" {
			return line, errors.New("-Ft is a tab with some awks and the letter with others: write -F'\\t' or -F'[t]'")
		}
	}
	if len(line.files) == 0 {
		if len(line.operands) == 0 {
			return line, errors.New("usage: awk [-F fs] [-v var=value] 'prog' [file ...]")
		}
		line.program, line.operands = line.operands[0], line.operands[1:]
	}
	return line, nil
}

// firstOperand is where the options of a line end that does not take options behind its first operand.
func firstOperand(name string, args []string, known []option) int {
	for i := 0; i < len(args); i++ {
		if args[i] == "--" || len(args[i]) < 2 || args[i][0] != '-' {
			return i
		}
		if awaitsValue(name, args[:i+1], known) {
			i++
		}
	}
	return len(args)
}

func isAwkName(name string) bool {
	for i, c := range name {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// awkExtensions are what gawk has and POSIX has not, by name. A program that uses one would do something else elsewhere.
var awkExtensions = strings.Fields(`gensub strftime systime mktime asort asorti patsplit strtonum and or xor lshift rshift compl isarray
	typeof bindtextdomain dcgettext dcngettext intdiv mkbool IGNORECASE FPAT FIELDWIDTHS PROCINFO BINMODE LINT TEXTDOMAIN ERRNO SYMTAB
	FUNCTAB ARGIND RT BEGINFILE ENDFILE switch`)

// parseAwk reads a program. What it would run, and gawk's extensions, are refused by name.
func parseAwk(text string) (*parser.Program, error) {
	if len(text) > limits.ScriptBytes.Size() {
		return nil, limits.ScriptBytes.Reached()
	}
	if err := awkRefused(text); err != nil {
		return nil, err
	}
	program, err := parser.ParseProgram([]byte(text), nil)
	if err != nil {
		var at *parser.ParseError
		if errors.As(err, &at) {
			return nil, missing(unreadProgram, "cmd. line:%d: %s (what gawk adds to POSIX's awk is not here)", at.Position.Line, at.Message)
		}
		return nil, err
	}
	return program, nil
}

// unreadProgram is what is not carried out of a program that cannot be read: it may be gawk's.
const unreadProgram = "this program"

// awkRefused goes through the words of a program.
func awkRefused(text string) error {
	l := lexer.NewLexer([]byte(text))
	last := lexer.ILLEGAL
	depth := 0
	for {
		_, token, value := l.Scan()
		if token == lexer.DIV || token == lexer.DIV_ASSIGN {
			if !endsOperand(last) {
				_, token, value = l.ScanRegex()
				if token == lexer.REGEX {
					if err := awkRegexRefused(value); err != nil {
						return err
					}
				}
			}
		}
		switch token {
		case lexer.EOF, lexer.ILLEGAL:
			return nil // the parser says what is wrong
		case lexer.LPAREN, lexer.LBRACE, lexer.LBRACKET:
			if depth++; depth > limits.JQNesting.Size() {
				return fmt.Errorf("the parts of the program stand more than %d deep in one another", limits.JQNesting.Size())
			}
		case lexer.RPAREN, lexer.RBRACE, lexer.RBRACKET:
			depth--
		case lexer.F_SYSTEM:
			return missing("system()", "it would run a command from within awk; write it in the script")
		case lexer.PIPE:
			return missing("a pipe (|)", "it would run a command from within awk; write it in the script")
		case lexer.AT:
			return missing("@", "it is an extension of gawk")
		case lexer.NAME:
			if slices.Contains(awkExtensions, value) {
				return missing(value, "it is an extension of gawk")
			}
		}
		last = token
	}
}

// endsOperand reports whether a slash behind a token divides; elsewhere it begins a regular expression.
func endsOperand(t lexer.Token) bool {
	switch t {
	case lexer.NAME, lexer.NUMBER, lexer.STRING, lexer.REGEX, lexer.RPAREN, lexer.RBRACKET, lexer.DOLLAR, lexer.INCR, lexer.DECR,
		lexer.F_LENGTH:
		return true
	}
	return false
}

// awkRegexRefused refuses GNU's operators, which other awks take for letters.
func awkRegexRefused(text string) error {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if i++; strings.IndexByte("yBwWsS<>`'", text[i]) >= 0 {
			return missing("\\"+text[i:i+1], "it is an extension of gawk; write [[:alnum:]_], [[:space:]] …")
		}
	}
	return nil
}

// checkAwk reads a program that is written on the line.
func checkAwk(words []procedures.Word) []procedures.Finding {
	args := make([]string, 0, len(words))
	for _, w := range words[1:] {
		text := w.Text
		if !w.Known {
			text = "x=x" // a value
		}
		args = append(args, text)
	}
	at := firstOperand("awk", args, awkOptions)
	if at < len(args) && args[at] == "--" {
		at++
	}
	for i := range at {
		if i < len(args) && strings.HasPrefix(args[i], "-f") {
			return nil // it is in a file
		}
	}
	if at >= len(args) || !words[1+at].Known {
		return nil
	}
	if _, err := parseAwk(args[at]); isNotHere(err) && !strings.Contains(err.Error(), unreadProgram) {
		return findingNotHere(words[0].Text, words[1+at], err)
	} else if err != nil {
		return []procedures.Finding{{
			Line: words[1+at].Line, Column: words[1+at].Col, Severity: procedures.SeverityError, Rule: "awk-program",
			Message: fmt.Sprintf("awk: %v.", err),
		}}
	}
	return nil
}

// runAwk runs a program of awk as POSIX has it. It reads and writes files of the run, and runs no commands; what it holds and computes is
// its step's. The order of `for (i in a)`, which no awk promises, is that of the numbers and then of the texts.
func runAwk(ctx context.Context, inv *procedures.Invocation) int {
	line, err := readAwkLine(inv.Args[1:])
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	for _, name := range line.files {
		text, err := wholeFile(ctx, inv, name, limits.ScriptBytes.Value)
		if err != nil {
			return complain(inv, 2, "cannot open source file `%s' for reading: %s", name, fileError(err))
		}
		line.program += text + "\n"
	}
	if err := inv.Meter.Charge(int64(len(line.program)) * 200); err != nil {
		return complain(inv, 2, "%v", err)
	}
	program, err := parseAwk(line.program)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	if line.separator != "\x00" {
		line.assigned = append([]string{"FS", line.separator}, line.assigned...)
	}
	out := bufio.NewWriter(inv.Stdout)
	config := &interp.Config{
		Stdin: &contextReader{ctx, inv.Stdin, inv.Meter}, Output: out, Error: inv.Stderr, Argv0: inv.Args[0], Args: line.operands,
		Vars: line.assigned, Environ: environment(inv), Chars: true, Meter: inv.Meter, Now: inv.Now,
		Open: func(name string) (io.ReadCloser, error) {
			f, err := inv.Files.Open(name)
			if err != nil {
				return nil, err
			}
			return readCloser{&contextReader{ctx, f, inv.Meter}, f}, nil
		},
		Create: inv.Files.Create,
	}
	machine, err := interp.New(program)
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	status, err := machine.ExecuteContext(ctx, config)
	if flushed := out.Flush(); err == nil && flushed != nil {
		return 2 // the reader has gone
	}
	switch {
	case ctx.Err() != nil:
		return interrupted
	case err != nil:
		var broken *writeError
		if errors.As(err, &broken) {
			return 2
		}
		return complain(inv, 2, "%v", err)
	}
	return status & 0xff
}

// readCloser closes what it reads from.
type readCloser struct {
	io.Reader
	io.Closer
}

// environment is what the script exports, names and values in turn.
func environment(inv *procedures.Invocation) []string {
	out := []string{}
	if inv.Exported != nil {
		for name, value := range inv.Exported {
			out = append(out, name, value)
		}
	}
	return out
}

// wholeFile reads a file of at most so many bytes, "-" being standard input.
func wholeFile(ctx context.Context, inv *procedures.Invocation, name string, most int64) (string, error) {
	var b limits.Buffer
	b.Meter = inv.Meter
	err := oneInput(ctx, inv, name, func(_ string, r io.Reader) error {
		_, err := io.Copy(&b, io.LimitReader(r, most+1))
		return err
	})
	if err == nil && int64(b.Len()) > most {
		err = fmt.Errorf("it has more than %d bytes", most)
	}
	return b.String(), err
}
