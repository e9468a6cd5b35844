package commands

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// seqNumber has no exponent, no hexadecimal and no infinity, which GNU's seq takes too: they are
// refused.
var (
	seqOptions = []option{{'s', "separator", needsArgument}, {'w', "equal-width", noArgument}, {'f', "format", needsArgument}}
	seqNumber  = lazy.Regexp(`^[+-]?(\d+(\.\d*)?|\.\d+)$`)
	seqFormat  = lazy.Regexp(`^(?:[^%]|%%)*%[-+ 0#']*\d*(?:\.\d+)?[efgEFG](?:[^%]|%%)*$`)
)

// runSeq prints numbers from FIRST (1) by INCREMENT (1) to LAST, as decimal fractions without rounding.
// GNU's seq calculates with long doubles; here the numbers are exact, so 0.1 steps end where they
// should. A number has 100 characters at most, an increment of zero is refused, and the exit
// status of wrong usage is 1.
func runSeq(ctx context.Context, inv *procedures.Invocation) int {
	numbers, rest := seqArguments(inv.Args[1:])
	p, err := parseOptions(inv.Args[0], rest, seqOptions)
	if err != nil {
		return complain(inv, 1, "%v", err)
	}
	numbers = append(numbers, p.operands...)
	if len(numbers) == 0 {
		return complain(inv, 1, "missing operand")
	}
	if len(numbers) > 3 {
		return complain(inv, 1, "extra operand ‘%s’", numbers[3])
	}
	first, step, last := "1", "1", numbers[len(numbers)-1]
	if len(numbers) > 1 {
		first = numbers[0]
	}
	if len(numbers) > 2 {
		step = numbers[1]
	}
	places, width := 0, 0
	values := make([]*big.Rat, 3)
	for i, text := range []string{first, step, last} {
		if other, err := strconv.ParseFloat(strings.TrimSpace(text), 64); (err == nil || len(text) > 100) && !math.IsNaN(other) &&
			!(seqNumber().MatchString(text) && len(text) <= 100) {
			return complain(inv, 1, "%v", missing(text, "write a number without an exponent"))
		}
		if !seqNumber().MatchString(text) {
			return complain(inv, 1, "invalid floating point argument: ‘%s’", text)
		}
		values[i], _ = new(big.Rat).SetString(strings.TrimSuffix(text, "."))
		if _, fraction, ok := strings.Cut(text, "."); ok && i < 2 {
			places = max(places, len(fraction))
		}
	}
	if values[1].Sign() == 0 {
		return complain(inv, 1, "invalid Zero increment value: ‘%s’", step)
	}
	if f := p.last("format"); f != "" && !seqFormat().MatchString(f) {
		return complain(inv, 1, "format ‘%s’ has no %%f, %%g or %%e directive", f)
	}
	if p.has("equal-width") {
		width = max(len(values[0].FloatString(places)), len(values[2].FloatString(places)))
	}
	return printSeq(ctx, inv, p, values, places, width)
}

// seqArguments takes numbers out of the arguments, negative ones too, which are no options.
// -1 would be an option to parseOptions.
func seqArguments(args []string) (numbers, rest []string) {
	for i := 0; i < len(args); i++ {
		switch {
		case seqNumber().MatchString(args[i]):
			numbers = append(numbers, args[i])
		case (args[i] == "-s" || args[i] == "-f" || args[i] == "--separator" || args[i] == "--format") && i+1 < len(args):
			rest = append(rest, args[i], args[i+1])
			i++
		default:
			rest = append(rest, args[i])
		}
	}
	return numbers, rest
}

// seqOwn are the words that are no numbers.
func seqOwn(args []string) []string {
	_, rest := seqArguments(args)
	return rest
}

// printSeq prints from values[0] by values[1] to values[2], with that many decimal places. It ends
// early when the context does, as the list may be long.
func printSeq(ctx context.Context, inv *procedures.Invocation, p *parsed, values []*big.Rat, places, width int) int {
	separator := "\n"
	if p.has("separator") {
		separator = p.last("separator")
	}
	out := bufio.NewWriter(inv.Stdout)
	if places == 0 && width == 0 && !p.has("format") {
		if done, status := printIntegers(ctx, out, values, separator); done {
			return status
		}
	}
	at, step, last := new(big.Rat).Set(values[0]), values[1], values[2]
	for i := 0; at.Cmp(last)*step.Sign() <= 0; i++ {
		// each number costs less than asking the context
		if i%1024 == 0 && ctx.Err() != nil {
			return interrupted
		}
		text := at.FloatString(places)
		if f := p.last("format"); f != "" {
			value, _ := at.Float64()
			text = fmt.Sprintf(f, value)
		}
		if len(text) < width {
			zeros := strings.Repeat("0", width-len(text))
			if text[0] == '-' {
				text = "-" + zeros + text[1:]
			} else {
				text = zeros + text
			}
		}
		if i > 0 {
			text = separator + text
		}
		if _, err := out.WriteString(text); err != nil {
			return 1
		}
		at.Add(at, step)
	}
	if values[0].Cmp(last)*step.Sign() <= 0 {
		_ = out.WriteByte('\n') // the error comes again from Flush
	}
	if out.Flush() != nil {
		return 1
	}
	return 0
}

// printIntegers is printSeq of whole numbers that fit into 62 bits, which most are. It reports whether they do.
func printIntegers(ctx context.Context, out *bufio.Writer, values []*big.Rat, separator string) (bool, int) {
	for _, v := range values {
		if !v.IsInt() || v.Num().BitLen() > 61 {
			return false, 0
		}
	}
	at, step, last := values[0].Num().Int64(), values[1].Num().Int64(), values[2].Num().Int64()
	text := make([]byte, 0, 24)
	for i := 0; step > 0 && at <= last || step < 0 && at >= last; i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return true, interrupted
		}
		if i > 0 {
			_, _ = out.WriteString(separator) // the error comes again from the next write
		}
		text = strconv.AppendInt(text[:0], at, 10)
		if _, err := out.Write(text); err != nil {
			return true, 1
		}
		at += step
	}
	if out.Buffered() > 0 || at != values[0].Num().Int64() {
		_ = out.WriteByte('\n') // the error comes again from Flush
	}
	if out.Flush() != nil {
		return true, 1
	}
	return true, 0
}
