package snippets

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// scripter writes whole scripts by a grammar: names are set before they are used, mostly, statements hold statements,
// and words hold words.
// Every loop ends: it counts a name that nothing else sets, or reads what has an end.
type scripter struct {
	*rand.Rand
	deep      int // how much deeper statements may go
	inner     int // how much deeper words may go
	loops     int // around the statement
	count     *int
	functions []string // those that may be called
	strict    bool     // -u or -e is set: fewer accidents, so that something follows
}

// GenerateScripts makes n scripts. The same seed makes the same ones.
func GenerateScripts(seed uint64, n int) []Snippet {
	random := rand.New(rand.NewPCG(seed, 2))
	out := make([]Snippet, 0, n)
	for len(out) < n {
		s := scripter{Rand: random, deep: 2, inner: 2, count: new(int)}
		out = append(out, Snippet{"script", s.script()})
	}
	return out
}

func (s scripter) pick(list ...string) string { return list[s.IntN(len(list))] }

func (s scripter) often(percent int) bool { return s.IntN(100) < percent }

// some are up to most of what one makes, at least one.
func (s scripter) some(most int, between string, one func() string) string {
	var all []string
	for range 1 + s.IntN(most) {
		all = append(all, one())
	}
	return strings.Join(all, between)
}

// script is a header, data, functions and statements.
func (s scripter) script() string {
	var b strings.Builder
	b.WriteString("set -- one two\n") // the words of a step are a person's, which is more than bash knows
	if s.often(35) {
		s.strict = true
		b.WriteString(s.pick("set -e", "set -u", "set -eu", "set -euo pipefail", "set -o pipefail", "set -eE", "set -f",
			"set -uo pipefail") + "\n")
	}
	if s.often(15) {
		b.WriteString(s.pick("shopt -s extglob", "shopt -s nullglob", "shopt -s nocasematch", "shopt -s lastpipe",
			"shopt -s inherit_errexit",
			"shopt -s dotglob", "shopt -s extglob nullglob", "shopt -s failglob") + "\n")
	}
	if s.often(15) {
		b.WriteString(s.trap() + "\n")
	}
	b.WriteString(s.data())
	for i := range s.IntN(3) {
		name := []string{"fetch", "check", "report"}[i]
		b.WriteString(s.function(name) + "\n")
		s.functions = append(s.functions, name)
	}
	for range 2 + s.IntN(4) {
		b.WriteString(s.statement() + "\n")
	}
	b.WriteString(s.pick("", "echo \"end $?\"", `echo "${PIPESTATUS[@]}"`, `declare -p name n list 2>/dev/null`, "exit $n", "exit",
		"set +e; false; echo $?",
		`printf '<%s>' "$@"; echo`))
	return b.String()
}

// trap sets what is done at the end, or for an error.
func (s scripter) trap() string {
	return s.pick(`trap 'echo "bye $?"' EXIT`, `trap 'echo "failed $?"' ERR`, `trap 'rm -f out.txt; echo cleaned' EXIT`,
		`trap 'echo "line"; exit 9' ERR`, `on_exit() { local code=$?; echo "code $code"; }; trap on_exit EXIT`,
		`trap 'status=$?; echo "s=$status"; exit $((status + 1))' EXIT`, `trap '' INT TERM`)
}

// data sets the names that words expand, and writes files.
func (s scripter) data() string {
	var b strings.Builder
	fmt.Fprintf(&b, "name=%s id=%s\nstate=%s n=%s\ncsv=%s path=%s empty=\n", s.literal(), s.pick("i-0abc", "'i 1'",
		"arn:aws:sns:eu-west-1:1:t", "i-9"),
		s.pick("running", "stopped", "''", "RUNNING", "'in service'"), s.pick("0", "1", "5", "12", "-2", "007", "3"),
		s.pick("a,b,c", "'a,,c'", "',x, y ,'", "'1;2;3'", "'k=v,l=w'"), s.pick("/var/log/app.log.gz", "./a/b/", "'my file.txt'", "s/y",
			"/"))
	if s.often(60) {
		fmt.Fprintf(&b, "%s(%s)\n", s.pick("list=", "declare -a list=", "list=", "list+="), s.some(4, " ", s.element))
	}
	if s.often(40) {
		fmt.Fprintf(&b, "declare -A map=(%s)\n", s.some(3, " ", func() string {
			return "[" + s.pick("a", "b", "us-east-1", `"k v"`, "$n", `"$state"`, "1") + "]=" + s.word()
		}))
	}
	if s.often(45) {
		fmt.Fprintf(&b, "printf '%%s\\n' %s > in.txt\n", s.some(5, " ", s.literal))
	}
	if s.often(30) {
		fmt.Fprintf(&b, "cat > data.json <<'E'\n%s\nE\n", s.document())
	}
	if s.often(20) {
		b.WriteString("touch " + s.pick("a.txt b.txt c.log", "'x y.txt' z.txt .hid", "1 2 10 20", "A a B b", "d/one d/two s/three.sh") +
			"\n")
	}
	return b.String()
}

// element is an item of an array that is set.
func (s scripter) element() string {
	if s.often(15) {
		return fmt.Sprintf("[%s]=%s", s.pick("0", "2", "5", "n", "1+1", `"3"`, "$n"), s.word())
	}
	return s.word()
}

// document is some JSON as AWS answers.
func (s scripter) document() string {
	item := func() string {
		return fmt.Sprintf(`{"Id":"%s","State":{"Name":"%s","Code":%s},"Size":%s,"Tags":[%s]}`, s.pick("i-1", "i-2", "i 3", "ü-4"),
			s.pick("running", "stopped", "pending"), s.pick("16", "80", "0"), s.pick("1", "10", "2.5", "null", "100"),
			s.pick("", `{"Key":"Name","Value":"web"}`, `{"Key":"Name","Value":"db \"1\""},{"Key":"Env","Value":"prod"}`))
	}
	return `{"Items":[` + s.some(3, ",", item) + `],"Next":` + s.pick("null", `"t"`, "true", "3") + "}"
}

// function is a function with names of its own.
func (s scripter) function(name string) string {
	in := s
	in.deep, in.loops = 1, 0
	var b strings.Builder
	head := s.pick(name+"() {", "function "+name+" {", name+" () {", "function "+name+"() {")
	fmt.Fprintf(&b, "%s\n", head)
	b.WriteString(s.pick("", "local name=$1 n\n", "local name=\"${1:-none}\" rest=\"${*:2}\"\n", "local -i n=${2:-0}\n",
		"local IFS=,\n", "local -a list=(\"$@\")\n",
		"local id; id=$(echo \"$1\")\n", "local id=$(false)\n", "local -r name=fixed\n", "shift\n", "declare state=inner\n",
		"local - ; set +e\n",
		"local csv=$csv:$1\n"))
	for range 1 + s.IntN(2) {
		b.WriteString(in.statement() + "\n")
	}
	b.WriteString(s.pick("", "return $n\n", "return\n", "[ -n \"$1\" ]\n", "echo \"$name/$n\"\n", "return 3\n",
		"printf '%s|' \"$@\"; echo\n",
		"echo \"${FUNCNAME[0]} $#\"\n", "false\n", "[[ $1 == a* ]] && echo yes\n"))
	b.WriteString("}")
	return b.String()
}

// statement is one, or a list of them.
func (s scripter) statement() string {
	if s.deep <= 0 {
		return s.simple()
	}
	in := s
	in.deep--
	switch s.IntN(20) {
	case 0, 1:
		return s.conditional(in)
	case 2, 3:
		return s.loop(in)
	case 4:
		return s.switching(in)
	case 5:
		return "( " + in.statements("; ") + " )" + s.redirected()
	case 6:
		return "{ " + in.statements("; ") + "; }" + s.redirected()
	case 7, 8:
		return s.pipeline(in)
	case 9:
		return in.simple() + s.pick(" && ", " || ", " && ", " || ") + in.simple() + s.pick("", " || echo other", " && echo also")
	case 10:
		return s.reading(in)
	case 11:
		return s.document2()
	case 12:
		return s.json()
	case 13:
		return s.pick("! ", "") + s.condition() + "; echo \"st $?\""
	default:
		return s.simple()
	}
}

func (s scripter) statements(between string) string {
	return s.some(2, between, s.statement2)
}

// statement2 is a statement that may stand before a semicolon: without a here-document.
func (s scripter) statement2() string {
	for {
		if text := s.statement(); !strings.Contains(text, "<<E") && !strings.Contains(text, "<<'E") && !strings.Contains(text, "<<-") {
			return text
		}
	}
}

// redirected is where a group's output goes.
func (s scripter) redirected() string {
	return s.pick("", "", "", " > out.txt; cat out.txt", " 2>/dev/null", " >> out.txt", " | cat", " | sort",
		" > out.txt; wc -l < out.txt",
		" < in.txt", " 2>/dev/null | nl", ` <<< "$csv"`, " < <(echo sub; echo two)", "; echo $?")
}
