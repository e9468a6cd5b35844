package snippets

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes snippets of parts, by chance.
type generator struct {
	*rand.Rand
	inside bool // of a function: it calls none
}

// families are what is generated, with how often in 110.
var families = []struct {
	name string
	part int
	make func(generator) string
}{
	{"words", 16, generator.words},
	{"read", 9, generator.reads},
	{"arithmetic", 13, generator.arithmetic},
	{"tests", 13, generator.tests},
	{"patterns", 10, generator.patterns},
	{"arrays", 9, generator.arrays},
	{"flow", 14, generator.flow},
	{"streams", 8, generator.streams},
	{"declared", 8, generator.declared},
	{"runbook", 10, generator.runbooks},
}

// Generate makes n snippets. The same seed makes the same ones.
func Generate(seed uint64, n int) []Snippet {
	g := generator{Rand: rand.New(rand.NewPCG(seed, 1))}
	out := make([]Snippet, 0, n)
	for len(out) < n {
		at := g.IntN(110)
		for _, f := range families {
			if at -= f.part; at < 0 {
				out = append(out, Snippet{f.name, f.make(g)})
				break
			}
		}
	}
	return out
}

// pick is one of some texts.
func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// often reports yes in so many of a hundred.
func (g generator) often(percent int) bool { return g.IntN(100) < percent }

// values are texts that scripts hold, in the script's quotes.
var values = strings.Split(`''|a|'a b'|' a  b '|'a,b,,c'|',a,'|'a:b:c'|'a, b ,c'|'i-1,,running'|'*'|'a*b'|'[x]'|'x=y'|'a\b'|'a\ b'|"it's"|`+
	`'"q"'|0|1|42|-3|08|3.5|'/usr/local/bin/x.tar.gz'|'us-east-1'|'Hello World'|'ünï'|$'a\tb'|$'a\nb\n'|$'\n'|'a::b'|'--x'|'-n'|'true'|`+
	`'a&b'|'$x'|'~'|'ABC'|'aXbXc'|'foo.bar'|'   '`, "|")

func (g generator) value() string { return values[g.IntN(len(values))] }

// separators are values of IFS.
var separators = strings.Split(`IFS=,|IFS=:|IFS=' '|IFS=$' \t\n'|IFS=|IFS=', '|IFS=$'\n'|IFS=$'\t'|unset IFS|IFS=' :'|`+
	`IFS=x|IFS=/|IFS=$',\n'`, "|")

func (g generator) separator() string {
	if g.often(40) {
		return ""
	}
	return separators[g.IntN(len(separators))] + "; "
}

// name is a variable that set has set, mostly.
func (g generator) name() string { return g.pick("a", "b", "c", "a", "b", "e", "u") }

// set sets variables, an array and the positional parameters.
func (g generator) set() string {
	var b strings.Builder
	fmt.Fprintf(&b, "a=%s; b=%s; c=%s; e=; ", g.value(), g.value(), g.value())
	var items []string
	for range g.IntN(4) {
		items = append(items, g.value())
	}
	if g.often(60) {
		fmt.Fprintf(&b, "l=(%s); ", strings.Join(items, " "))
	}
	if g.often(60) {
		fmt.Fprintf(&b, "set -- %s; ", g.items(3))
	}
	return b.String()
}

func (g generator) items(most int) string {
	var items []string
	for range g.IntN(most + 1) {
		items = append(items, g.value())
	}
	return strings.Join(items, " ")
}

// show prints words so that each can be seen.
func show(words string) string { return "printf '[%s]' " + words + "; echo" }

// words tries expansions, their operators, splitting and joining.
func (g generator) words() string {
	var b strings.Builder
	b.WriteString(g.set() + g.separator() + "\n")
	for range 1 + g.IntN(3) {
		b.WriteString(g.pick(
			show(g.word()), show(g.word()+" "+g.word()), "echo "+g.word(),
			"for x in "+g.word()+" "+g.word()+"; do printf '<%s>' \"$x\"; done; echo",
			"y="+g.word()+"; "+show(`"$y"`), "set -- "+g.word()+"; echo \"$#:$*\"",
			"z=("+g.word()+" "+g.word()+"); "+show(`"${#z[@]}" "${z[@]}"`),
			"case "+g.word()+" in "+g.pattern()+") echo yes;; *) echo no;; esac", "cat <<E\n"+strings.ReplaceAll(g.word(), "\n",
				" ")+"\nE",
			"cat <<< "+g.word(),
		) + "\n")
	}
	return b.String()
}

// word is one word of expansions and text.
func (g generator) word() string {
	switch g.IntN(10) {
	case 0:
		return g.value()
	case 1, 2, 3:
		return g.expansion()
	case 4, 5, 6:
		return `"` + g.expansion() + `"`
	case 7:
		return "p" + g.expansion() + "q"
	case 8:
		return g.expansion() + g.expansion()
	default:
		return g.pick(`"x"`, "''", "r", `"$a"`, "'s '") + g.expansion() + g.pick(`"x"`, `""`, "t", `"$b"`, "")
	}
}

func (g generator) expansion() string {
	n := g.name()
	switch g.IntN(14) {
	case 0, 1:
		return "$" + n
	case 2:
		return g.pick("$@", "$*", "${l[@]}", "${l[*]}", "${@}", "${*}", "$1", "$#", "${#l[@]}", "${#a}", "${l[0]}", "${l[1]}", "${l}",
			"${#@}", "${!l[@]}")
	case 3, 4:
		return "${" + n + g.pick(":-", "-", ":+", "+", ":=", "=") + g.operand() + "}"
	case 5:
		return "${" + g.pick("@", "*", "l[@]", "l[*]", "1") + g.pick(":-", "-", ":+", "+") + g.operand() + "}"
	case 6:
		return "${" + n + ":" + g.number() + g.pick("", ":"+g.number()) + "}"
	case 7:
		return "${" + g.pick("@:1", "*:2", "@:3", "l[@]:0", "l[*]:1", "l[@]: -1", "l[@]:2") + g.pick("", ":"+g.pick("0", "1", "2")) + "}"
	case 8:
		return "${" + g.pick(n, n, "l[@]", "@") + g.pick("#", "##", "%", "%%") + g.pattern() + "}"
	case 9:
		return "${" + g.pick(n, n, "l[@]", "@") + g.pick("/", "//", "/#", "/%") + g.pattern() + "/" + g.pick("", "X", "[&]", "$b", "'q'",
			`\&`, `"z"`) + "}"
	case 10:
		return "${" + g.pick(n, n, "l[@]", "@") + g.pick("^", "^^", ",", ",,", "@U", "@L", "@u", "@Q", "@E", "@a") + "}"
	case 11:
		return g.pick("$(echo $"+n+")", "$(printf '%s\\n' \"$"+n+"\")", "`echo \"$"+n+"\"`", "$(printf 'a\\nb c\\n')")
	case 12:
		return g.pick("$((1+2))", "$((${#a}))", "$?", "${!n}", "${#}", "{a,b}", "{1..3}", "x{,y}z", "~", "~/x", "[ab]*", "nofile*")
	default:
		return "${" + n + "}"
	}
}

func (g generator) operand() string {
	return g.pick("none", "a b", "'q'", `"q r"`, "$b", `"$b"`, "", "x'y z'w", "${c}", "*", "~", `\$`, "$(echo in)", "a\\ b", "'$b'",
		"{x,y}")
}

func (g generator) number() string {
	return g.pick("0", "1", "2", " -1", " -2", "3", "9", "${#b}", "1+1")
}

// pattern is a pattern of files.
func (g generator) pattern() string {
	return g.pick("*", "?", "a*", "*b", "[a-c]", "[!a]", "[[:space:]]", "[[:digit:]]*", "*,", "a", "$b", `"$b"`, "'*'", `\*`, "*.*", "*/",
		"b",
		"?*", "[]x]", "[a", "X", ",", " ", ":*", "*[xyz]", "[^a-z]", "*o*", "-*")
}
