package commands

import (
	"context"
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

var envOptions = []option{
	{'i', "ignore-environment", noArgument}, {'u', "unset", needsArgument}, {'0', "null", noArgument}, {'v', "debug", noArgument},
}

func envFirst(words []string) (int, bool) {
	at := 1 + firstOperand("env", words[1:], envOptions)
	if at < len(words) && words[at] == "--" {
		at++
	}
	for at < len(words) && strings.Contains(words[at], "=") {
		at++
	}
	return at, false
}

// runEnv runs a line with other variables, or prints those that the script exports, in the order of their names.
func runEnv(ctx context.Context, inv *procedures.Invocation) int {
	at, _ := envFirst(inv.Args)
	options := 1 + firstOperand("env", inv.Args[1:], envOptions)
	p, err := parseOptions(inv.Args[0], inv.Args[1:options], envOptions)
	if err != nil {
		return complain(inv, 125, "%v", err)
	}
	var set []string
	for _, word := range inv.Args[options:at] {
		if word != "--" {
			set = append(set, word)
		}
	}
	empty := p.has("ignore-environment") || options < len(inv.Args) && inv.Args[options] == "-"
	if at < len(inv.Args) && inv.Args[at] == "-" {
		return complain(inv, 125, "%v", missing("-", "write -i"))
	}
	if at < len(inv.Args) {
		return inv.Exec(ctx, procedures.InnerLine{
			Args: slices.Clone(inv.Args[at:]), From: at, Own: len(inv.Args) - at, Stdin: inv.Stdin, Stdout: inv.Stdout,
			Stderr: inv.Stderr, Set: set, Unset: p.values["unset"], Clear: empty,
		})
	}
	variables := map[string]string{}
	if inv.Exported != nil && !empty {
		for name, value := range inv.Exported {
			variables[name] = value
		}
	}
	for _, name := range p.values["unset"] {
		delete(variables, name)
	}
	for _, pair := range set {
		name, value, _ := strings.Cut(pair, "=")
		variables[name] = value
	}
	return printVariables(inv, variables, p.has("null"))
}

var printenvOptions = []option{{'0', "null", noArgument}}

// runPrintenv prints the values of exported variables, or all of them.
func runPrintenv(_ context.Context, inv *procedures.Invocation) int {
	p, err := parseOptions(inv.Args[0], inv.Args[1:], printenvOptions)
	if err != nil {
		return complain(inv, 2, "%v", err)
	}
	variables := map[string]string{}
	if inv.Exported != nil {
		for name, value := range inv.Exported {
			variables[name] = value
		}
	}
	if len(p.operands) == 0 {
		return printVariables(inv, variables, p.has("null"))
	}
	end, status := "\n", 0
	if p.has("null") {
		end = "\x00"
	}
	for _, name := range p.operands {
		value, ok := variables[name]
		if !ok {
			status = 1
			continue
		}
		if write(inv.Stdout, []byte(value+end)) != nil {
			return 2
		}
	}
	return status
}

func printVariables(inv *procedures.Invocation, variables map[string]string, null bool) int {
	end := "\n"
	if null {
		end = "\x00"
	}
	var out []string
	for name, value := range variables {
		out = append(out, name+"="+value+end)
	}
	slices.Sort(out)
	if write(inv.Stdout, []byte(strings.Join(out, ""))) != nil {
		return 125
	}
	return 0
}

// runNohup runs a line as it is: a step's lines hear of no terminal that is closed.
func runNohup(ctx context.Context, inv *procedures.Invocation) int {
	if _, err := parseOptions(inv.Args[0], ownNohup(inv.Args[1:]), []option{}); err != nil {
		return complain(inv, 125, "%v", err)
	}
	if len(inv.Args) < 2 {
		return complain(inv, 125, "missing operand")
	}
	return inv.Exec(ctx, procedures.InnerLine{
		Args: slices.Clone(inv.Args[1:]), From: 1, Own: len(inv.Args) - 1, Stdin: inv.Stdin, Stdout: inv.Stdout, Stderr: inv.Stderr,
	})
}

var niceOptions = []option{{'n', "adjustment", needsArgument}}

// oldNice turns -5 and --5 into -n.
func oldNice(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		digits := strings.TrimPrefix(strings.TrimPrefix(a, "-"), "-")
		if strings.HasPrefix(a, "-") && digits != "" && strings.Trim(digits, "0123456789") == "" {
			args[i] = "-n" + digits
		}
	}
	return args
}

func ownNice(args []string) []string {
	args = oldNice(args)
	return args[:firstOperand("nice", args, niceOptions)]
}

func niceFirst(words []string) (int, bool) {
	at := 1 + firstOperand("nice", oldNice(words[1:]), niceOptions)
	if at < len(words) && words[at] == "--" {
		at++
	}
	return at, false
}

var errNiceness = missing("without a command", "a step has no process of its own")

// checkNice finds a line without a command.
func checkNice(words []procedures.Word) []procedures.Finding {
	args := knownTexts(words)
	at, _ := niceFirst(args)
	if _, err := parseOptions("nice", ownNice(args[1:]), niceOptions); err != nil {
		return nil // it is said of the options
	}
	if at < len(args) || slices.ContainsFunc(words, func(w procedures.Word) bool { return w.Split }) {
		return nil
	}
	return findingNotHere("nice", words[0], errNiceness)
}

// runNice runs a line as it is: a step has no process of its own.
func runNice(ctx context.Context, inv *procedures.Invocation) int {
	at, _ := niceFirst(inv.Args)
	if _, err := parseOptions("nice", ownNice(inv.Args[1:]), niceOptions); err != nil {
		return complain(inv, 125, "%v", err)
	}
	if at >= len(inv.Args) {
		return complain(inv, 125, "%v", errNiceness)
	}
	return inv.Exec(ctx, procedures.InnerLine{
		Args: slices.Clone(inv.Args[at:]), From: at, Own: len(inv.Args) - at, Stdin: inv.Stdin, Stdout: inv.Stdout, Stderr: inv.Stderr,
	})
}

// ownNohup is the word that would be an option of nohup.
func ownNohup(args []string) []string { return args[:min(1, len(args))] }

func nohupFirst([]string) (int, bool) { return 1, false }
