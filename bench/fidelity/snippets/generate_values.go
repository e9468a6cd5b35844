package snippets

import (
	"fmt"
	"strings"
)

// reads tries read and mapfile, with what separates their fields.
func (g generator) reads() string {
	input := g.pick("a b c", "a,b,c", "a,,c", ",a", "a,", " a b ", "a:b: c", "i-1,,running", "a\\,b", "a\\ b c", "", " ", ",", ",,",
		"a\tb\tc", "x=1",
		"a  b", "a , b , c", "a,b,,", `a\\b`, "one two three four", "a\nb\nc", "a,b\nc,d", "1:2:3:")
	quoted := "$'" + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`).Replace(input) + "'"
	ifs := g.pick("", "IFS=, ", "IFS=: ", "IFS= ", "IFS=$'\\t' ", "IFS=', ' ", "IFS=' ' ", "IFS=$'\\n' ", "IFS=,: ")
	opts := g.pick("", "-r ", "-r ", "-r ", "-ra l ", "-a l ", "-rd: ", "-d '' ", "-rn 2 ", "-rN 3 ", "-ru 0 ", "-rt 1 ", "-s ")
	names := g.pick("x", "x y", "x y z", "")
	if strings.Contains(opts, "a l") {
		names = ""
	}
	said := `echo "$?"; ` + show(`"$x" "$y" "$z" "$REPLY" "${l[@]}"`)
	switch g.IntN(7) {
	case 0, 1, 2:
		return ifs + "read " + opts + names + " <<< " + quoted + "; " + said
	case 3:
		return "printf '%s' " + quoted + " | { " + ifs + "read " + opts + names + "; " + said + "; }"
	case 4:
		return "printf '%s\\n' " + quoted + " > f; while " + ifs + "read -r " + g.pick("x", "x y", "x y z") + "; do " +
			show(`"$x" "$y" "$z"`) + "; done < f; echo $?"
	case 5:
		return g.pick("mapfile", "readarray", "mapfile") + g.pick("", " -t", " -t", " -t -n 1", " -t -s 1", " -d ,", " -td ,",
			" -O 2 -t") + " l <<< " + quoted +
			`; echo "${#l[@]} ${!l[@]}"; ` + show(`"${l[@]}"`)
	default:
		return "while " + ifs + "read " + g.pick("-r ", "") + g.pick("x", "x y") + " || [ -n \"$x\" ]; do " + show(`"$x" "$y"`) +
			"; done < <(printf '%s' " + quoted + "); echo $?"
	}
}

// term is an operand of arithmetic.
func (g generator) term() string {
	return g.pick("0", "1", "2", "3", "7", "10", "n", "m", "x", "s", "u", "$n", "${m}", "08", "010", "0x1f", "2#101", "16#ff", "a[0]",
		"a[1]", "a[n]", "n++", "--m",
		"-n", "!n", "~m", "(n+1)", "1e3", "0b11", "3.5", "09", "$s", "${#w}", "w", "64#_", "1_000", "'1'", `"2"`, "$((n))", "$u", "$w",
		"(n)", "9223372036854775807")
}

func (g generator) expression(deep int) string {
	if deep <= 0 || g.often(25) {
		return g.term()
	}
	switch g.IntN(12) {
	case 0:
		return "(" + g.expression(deep-1) + ")"
	case 1:
		return g.expression(deep-1) + " ? " + g.expression(deep-1) + " : " + g.expression(deep-1)
	case 2:
		return g.pick("n", "m", "a[0]", "a[2]", "z") + g.pick(" = ", " += ", " -= ", " *= ", " /= ", " %= ", " <<= ", " >>= ", " |= ",
			" ^= ", " &= ") + g.expression(deep-1)
	case 3:
		return g.expression(deep-1) + ", " + g.expression(deep-1)
	default:
		return g.expression(deep-1) + g.pick(" + ", " - ", " * ", "/", " % ", " ** ", " < ", " > ", " <= ", " >= ", " == ", " != ",
			" && ", " || ", " & ", " | ", " ^ ",
			" << ", " >> ", "-", "+") + g.expression(deep-1)
	}
}

// arithmetic tries expressions, where they are computed, and what happens where they are wrong.
func (g generator) arithmetic() string {
	set := fmt.Sprintf("n=%s; m=%s; s=%s; w=%s; x=n; a=(5 6)\n", g.pick("1", "2", "5", "0", "-4"), g.pick("3", "10", "0"), g.pick("'1+2'",
		"'n+1'", "' 7 '", "95.2", "09", "abc", "''"),
		g.pick("word", "12", "'a b'", "n", "1.5"))
	e := g.expression(1 + g.IntN(3))
	after := "; echo \"same $?\"\necho \"next $? $n $m ${a[*]}\""
	switch g.IntN(9) {
	case 0, 1, 2:
		return set + "echo $(( " + e + " ))" + after
	case 3:
		return set + "(( " + e + " ))" + after
	case 4:
		quote := g.pick("'", `"`)
		return set + "let " + quote + strings.NewReplacer("'", "", `"`, "").Replace(e) + quote + after
	case 5:
		return set + "if (( " + e + " )); then echo yes; else echo no; fi" + after
	case 6:
		return set + "r=$(( " + e + " ))" + after + "\necho \"r=$r\""
	case 7:
		return set + "for (( i = 0; i < 3; i++ )); do echo $(( i + " + g.term() + " )); done" + after
	default:
		return set + "f() { echo $(( " + e + " )); echo in; }; f" + after
	}
}

// operands are those of comparisons.
func (g generator) operandOf() string {
	return g.pick(`"$a"`, `"$b"`, "$a", "$b", `"$e"`, "$e", "$u", `"$u"`, "1", "2", "abc", "''", "'a b'", "95.2", "080", "10", `"$n"`,
		"$n", "-1", "f", "d", "/nofile", "0x1f", "' 3 '", "x", "!", "-n")
}

// tests tries [, [[ and their operators.
func (g generator) tests() string {
	set := fmt.Sprintf("a=%s; b=%s; e=; n=%s; > f; echo x > g; l=(p q)\n", g.value(), g.value(), g.pick("1", "12", "0", "-5",
		"95.2", "abc"))
	after := "; echo \"$?\""
	unary := g.pick("-z", "-n", "-e", "-f", "-d", "-s", "-r", "-w", "-x", "-L", "-h", "-v", "-o", "-a", "-p", "-S")
	compare := g.pick("-eq", "-ne", "-lt", "-le", "-gt", "-ge")
	text := g.pick("=", "==", "!=", "\\<", "\\>")
	x, y := g.operandOf(), g.operandOf()
	switch g.IntN(13) {
	case 0:
		return set + "[ " + unary + " " + x + " ]" + after
	case 1:
		return set + "[ " + x + " " + compare + " " + y + " ]" + after
	case 2:
		return set + "[ " + x + " " + text + " " + y + " ]" + after
	case 3:
		return set + "[ " + x + " ]" + after + "; [ ! " + y + " ]" + after + "; [ ]" + after
	case 4:
		return set + "[ " + unary + " " + x + g.pick(" -a ", " -o ") + y + " " + compare + " " + g.operandOf() + " ]" + after
	case 5:
		return set + "[[ " + unary + " " + x + " ]]" + after
	case 6, 7:
		return set + "[[ " + x + " " + compare + " " + y + " ]]" + after
	case 8:
		return set + "[[ " + x + " " + strings.TrimPrefix(text, `\`) + " " + g.pick(y, g.pattern(), g.pattern()) + " ]]" + after
	case 9:
		return set + "[[ " + x + " =~ " + g.expressionOf() + " ]]" + after + `; echo "${BASH_REMATCH[@]}"`
	case 10:
		return set + "[[ " + x + " == " + y + g.pick(" && ", " || ") + unary + " " + g.operandOf() + " ]]" + after
	case 11:
		return set + "if " + g.pick("[ "+x+" "+compare+" "+y+" ]", "test "+x+" "+compare+" "+y) + "; then echo yes; else echo no; fi" +
			after
	default:
		return set + "[[ " + g.pick("! ", "") + "( " + x + " " + g.pick("-nt", "-ot", "-ef", "==", "<", ">") + " " + y + " ) ]]" + after
	}
}

// expressionOf is a regular expression as [[ takes it.
func (g generator) expressionOf() string {
	return g.pick("^a", "b$", "^[0-9]+$", "[0-9]+\\.[0-9]+", `"a b"`, `"."`, "a.b", "^(a|b)+", "(a)(b)?", "^$", "'*'", `a"*"`, "$b",
		`"$b"`, "[[:alpha:]]+", "x*", "^-?[0-9]+", ".", "\\.", "a\\ b",
		"^([^,]*),(.*)$", "([a-z]+)-([a-z]+)-([0-9])")
}
