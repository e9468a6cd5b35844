package snippets

import (
	"fmt"
	"strings"
)

// conditional is an if.
func (s scripter) conditional(in scripter) string {
	var b strings.Builder
	b.WriteString("if " + s.condition() + "; then\n  " + in.statement() + "\n")
	if s.often(25) {
		b.WriteString("elif " + s.condition() + "\nthen " + in.statement() + "\n")
	}
	if s.often(55) {
		b.WriteString("else\n  " + in.statement() + "\n")
	}
	return b.String() + "fi" + s.pick("", "", " > out.txt", " 2>/dev/null", "; echo \"if $?\"")
}

// loop is one with an end.
func (s scripter) loop(in scripter) string {
	in.loops++
	if s.loops >= 2 {
		return s.simple()
	}
	*s.count++
	i := fmt.Sprintf("i%d", *s.count)
	body := in.statement()
	if s.often(25) {
		body = s.pick(`[[ $x == *b* ]] && continue`, `[ -z "$x" ] && break`, `(( `+i+` > 1 )) && break`, "continue 2", "break 1") +
			"\n  " + body
	}
	after := s.pick("", "", "", " | tr a-z A-Z", " > out.txt", "; echo \"loop $?\"", " | head -n 3", " | sort -u", " < in.txt")
	switch s.IntN(8) {
	case 0, 1, 2:
		return "for x in " + s.some(3, " ", s.word) + "; do\n  " + s.pick(`echo "- $x"`, `printf '%s;' "$x"`, ":") + "\n  " + body +
			"\ndone" + after
	case 3:
		return "for (( " + i + "=0; " + i + s.pick("<3", "<=2", "!=2") + "; " + i + s.pick("++", "+=1") + " )); do\n  " + body +
			"\ndone" + after
	case 4:
		return i + "=0\nwhile (( " + i + "++ < 3 ))" + s.pick("", " && "+s.condition(), " && [ -n \"$name\" ]") + "; do\n  " + body +
			"\ndone" + after
	case 5:
		return i + "=3\nuntil [ $(( --" + i + " )) -le 0 ]; do " + body + "\ndone" + after
	case 6:
		return "for x; do " + body + "\ndone" + after
	default:
		return s.pick("printf '%s\\n' "+s.some(3, " ", s.word), "tr ',' '\\n' <<< \"$csv\"", "cat in.txt", "echo \"$csv\"") +
			" | while " +
			s.pick("IFS=, ", "IFS= ", "IFS=: ", "") + "read " + s.pick("-r ", "-r ", "") + s.pick("x", "x y", "x y z") + "; do\n  " +
			s.pick(`echo "[$x|$y]"`, `printf '%s-%s\n' "$x" "${y:-none}"`) + "\n  " + body + "\ndone" + s.pick("", "; echo \"$?\"")
	}
}

// switching is a case.
func (s scripter) switching(in scripter) string {
	var b strings.Builder
	b.WriteString("case " + s.word() + " in\n")
	for range 1 + s.IntN(3) {
		b.WriteString("  " + s.pick("", "(") + s.pattern() + s.pick("", " | "+s.pattern()) + ") " + in.statement() + "\n" +
			s.pick("    ;;\n", "    ;;\n", "    ;;\n", "    ;&\n", "    ;;&\n"))
	}
	return b.String() + s.pick("", "  *) echo default ;;\n", "  *) echo \"other $?\"\n") + "esac"
}

// pipeline is filters after something that prints.
func (s scripter) pipeline(in scripter) string {
	from := s.pick("printf '%s\\n' "+s.some(4, " ", s.word), "echo "+s.some(2, " ", s.word), "cat in.txt", "cat in.txt 2>/dev/null", "ls",
		"{ "+in.statement2()+"; }", "( "+in.statement2()+" )", "seq 5", "printf 'b 2\\na 10\\nc 1\\na 3\\n'", "find . -type f | sort")
	filters := s.some(3, " | ", func() string {
		return s.pick("sort", "sort -r", "sort -u", "uniq -c", "head -n 1", "tail -n 2", "tr a-z A-Z", "tr -d '\\n'", "grep -v '^$'",
			"grep -c .", "wc -l",
			"sed 's/a/X/g'", "sed -n 2p", "cut -c1-3", "cut -d, -f2", "awk '{print $1}'", "awk -F, '{print NF\":\"$NF}'", "rev", "nl",
			"tac", "grep -q a", "cat -n",
			"paste -sd, -", "awk '{s+=$2} END {print s+0}'", "xargs echo", "while read -r x; do echo \"<$x>\"; done", "sort -k2 -n",
			"tr ' ' '\\n'", "false",
			"{ read -r x; echo \"first $x\"; cat; }", "sed '/^$/d;s/\\(.\\)\\(.\\)/\\2\\1/'", "fold -w 4", "head -c 5",
			"tee /dev/null", // a file would be there or not for what lists the folder beside it
			"grep -o '[a-z]*'", "(exit 3)")
	})
	switch s.IntN(5) {
	case 0:
		return "out=$(" + from + " | " + filters + "); echo \"$? [$out]\""
	case 1:
		return s.pick("if ", "if ! ") + from + " | " + filters + "; then echo yes; else echo \"no $?\"; fi"
	case 2:
		return "mapfile -t list < <(" + from + " | " + filters + "); echo \"${#list[@]} ${list[*]}\""
	default:
		return from + " | " + filters + s.pick("", "; echo $?")
	}
}

// reading takes words apart with read.
func (s scripter) reading(scripter) string {
	ifs := s.pick("", "IFS=, ", "IFS=: ", "IFS= ", "IFS=$' ,' ", "IFS='=' ", "IFS=/ ")
	option := s.pick("-r", "-r", "", "-ra list", "-rd ,", "-rn 3", "-rN 4", "-a list", "-r -p prompt", "-rs")
	names := s.pick("x y", "x", "x y z", "", "x _ z")
	if strings.Contains(option, "list") {
		names = ""
	}
	from := s.pick("<<< "+s.word(), `<<< "$csv"`, `<<< "$path"`, "< in.txt", "< <(printf '%s\\n' "+s.word()+")", "< /dev/null",
		`<<< "$(echo "$name")"`)
	return ifs + "read " + option + " " + names + " " + from + `; echo "$? [$x] [$y] [$z] [${list[*]}] $REPLY"`
}

// document2 is a here-document.
func (s scripter) document2() string {
	line := func() string {
		return s.pick("plain text", `$name and ${state:-none}`, "$((n + 1))", "`echo back`", `$(echo "in $id")`, `a \$b \\ \n`,
			`"quoted" 'single'`,
			"\tindented", `${list[1]-}`, `${path##*/}`, "${csv//,/ }", `trailing \`+"\ncontinued", "$(printf '%s,' \"${list[@]}\")",
			`${name:+"yes"}`, `${empty:-'q'}`)
	}
	text := s.some(3, "\n", line)
	return s.pick("cat", "cat -n", "while read -r x; do echo \"<$x>\"; done", "tr a b", "sort") + " " + s.pick("<<E", "<<'E'", "<<-E",
		"<<E", `<<"E"`) +
		s.pick("", " | cat", " > out.txt") + "\n" + text + "\nE"
}

// json asks jq.
func (s scripter) json() string {
	program := s.pick(".Items[].Id", ".Items|length", ".Next", ".Items[]|select(.State.Name==\"running\")|.Id", ".Items[0]",
		"[.Items[].Size]|add",
		".Items[]|[.Id,.State.Name,.Size]|@tsv", ".Items[]|[.Id,.Size]|@csv", ".Items|map(.Tags[]?.Value)",
		`.Items[]|"\(.Id)=\(.State.Code)"`, ".Items|group_by(.State.Name)|map({(.[0].State.Name):length})|add",
		".Items|sort_by(.Size)|.[].Id", ".None", ".Items[].Tags|from_entries?", ".Items[]|.Tags|map({(.Key):.Value})|add",
		".Items|to_entries[]|\"\\(.key) \\(.value.Id)\"",
		".Items[5].Id", "keys", ".Items[]|.State", ".Items|map(.Size//0)|max", ".Items|any(.Size==null)", "[.Items[]|.Id]|join(\",\")",
		".Items[]|has(\"Size\")")
	options := s.pick("-r", "-r", "-c", "", "-e", "-rc", "-j", "-S")
	call := "jq " + options + " '" + program + "'"
	return s.pick(
		call+" data.json", "cat data.json | "+call, "x=$("+call+" < data.json); echo \"$? $x\"",
		call+" <<< '"+s.document()+"'", "for x in $("+call+" data.json); do echo \"- $x\"; done",
		call+" data.json | while read -r x y; do echo \"$x:$y\"; done", "echo '"+s.document()+"' | "+call+" | sort | uniq -c",
		"jq -n --arg v \"$name\" --argjson n 3 '{v:$v,n:$n}'",
		"jq -r --arg v \"$state\" '.Items[]|select(.State.Name==$v)|.Id' data.json",
		"[ \"$("+call+" data.json 2>/dev/null)\" = null ]; echo $?")
}

// condition is what if, while and && ask.
func (s scripter) condition() string {
	switch s.IntN(9) {
	case 0:
		return "[ " + s.quoted() + " " + s.pick("=", "!=", "==", "-eq", "-lt", "-ge") + " " + s.quoted() + " ]"
	case 1:
		return "[[ " + s.quoted() + " " + s.pick("==", "!=", "=", "<", ">") + " " + s.pick(s.quoted(), s.pattern()) + " ]]"
	case 2:
		return "[[ " + s.pick("$name", "$id", "$csv", `"$path"`, "$n") + " =~ " + s.pick("^[a-z]+", "([0-9]+)", "^(.*),(.*)$", `\.gz$`,
			"^$", "^i-[0-9a-f]+$", "a|b",
			`^"a"`, "[[:space:]]", "(x)?y") + ` ]]` + s.pick("", ` && echo "${BASH_REMATCH[0]}" "${BASH_REMATCH[1]}"`)
	case 3:
		return "(( " + s.arithmetic() + " ))"
	case 4:
		return "[ " + s.pick("-z", "-n", "-f", "-d", "-e", "-s") + " " + s.quoted() + s.pick("", " -a "+s.quoted(), " -o -n "+
			s.quoted()) + " ]"
	case 5:
		return "[[ " + s.pick("-z", "-n", "-f", "-d", "! -e") + " " + s.word() + s.pick("", " && "+s.quoted()+" != a", " || -d s") + " ]]"
	case 6:
		return s.pick("grep -q a <<< \"$name\"", "true", "false", "test -n \"$empty\"", "[[ -v name ]]", "[[ -v map[a] ]]",
			"[[ -v list[1] ]]", "command -v jq >/dev/null",
			"[ $# -gt 1 ]", "cd d 2>/dev/null", "read -r x < in.txt", "[[ -o errexit ]]", "type nosuch >/dev/null 2>&1",
			"echo \"$csv\" | grep -q ,")
	case 7:
		if len(s.functions) > 0 {
			return s.pick(s.functions...) + " " + s.word() + s.pick("", " >/dev/null")
		}
		return "! " + s.pick("true", "false")
	default:
		return "[[ ( " + s.quoted() + " == " + s.pattern() + " ) " + s.pick("&&", "||") + " " + s.pick("$n -gt 3", "! $n -eq 0",
			"-n $empty", "n -lt 9") + " ]]"
	}
}

// simple is a command, or an assignment.
func (s scripter) simple() string {
	switch s.IntN(16) {
	case 0, 1:
		return "echo " + s.some(3, " ", s.word)
	case 2:
		return "printf " + s.format() + " " + s.some(3, " ", s.word) + s.pick("", "; echo")
	case 3, 4:
		return s.assignment()
	case 5:
		return s.array()
	case 6:
		return s.mapped()
	case 7:
		return s.pick("(( "+s.arithmetic()+" )); echo \"$? $n\"", "echo $(( "+s.arithmetic()+" ))", "let 'n += 2' n--; echo $n",
			"n=$(( "+s.arithmetic()+" )); echo \"$n\"",
			"echo \"$(( "+s.arithmetic()+" )) $((n*2))\"", "declare -i k="+s.pick("n+1", "5*3", "'n ? 1 : 2'", "name")+"; echo $k",
			"echo $[ n + 1 ]")
	case 8:
		if len(s.functions) > 0 {
			call := s.pick(s.functions...) + " " + s.some(2, " ", s.word)
			return s.pick(call, call+"; echo \"r $?\"", "x=$("+call+"); echo \"$? $x\"", call+" || echo failed", "name=tmp "+call)
		}
		return "set -- " + s.some(3, " ", s.word) + "; echo \"$# $1 ${!#}\""
	case 9:
		return "set -- " + s.some(3, " ", s.word) + s.pick("; shift", "", "; shift 2; echo $?") +
			`; echo "$# <$*>"; printf '(%s)' "$@"; echo`
	case 10:
		return s.pick("unset name", "unset 'list[0]'", "unset empty n", "readonly id", "export state", "name+=more", "unset -f fetch",
			"unset map", "IFS=,", "unset IFS", "IFS=$' \\t\\n'", "x=1 y=2 env | grep -c '^[xy]='",
			"cd s; ls; cd ..", "eval 'x=5; echo $x'", "true", "false", ":", "echo \"$-\" | grep -c e", "set +e",
			"set -e", "set +u", "command echo hi", "builtin echo hi", "type -t echo")
	case 11:
		return s.pick("echo *", "echo *.txt", "for x in */; do echo \"$x\"; done", "echo [a-c]*", "echo */*", "ls *.log 2>/dev/null",
			"echo ./*", "echo .*h*", "echo ?", "printf '%s\\n' *.nothing", "echo s/* \"*\" '?'",
			"echo {a,b}{1,2}", "echo {1..3} {a..c} {3..1}", "echo x{,y}z {01..03}", "echo {a,b*}", "echo {1..7..3}",
			"echo a{b}c {,} {1}", "echo {$n,x}")
	case 12:
		return s.pick("diff <(echo a) <(echo b) > out.txt; echo $?", "cat <(echo one) <(echo two)", "paste -d: <(seq 2) <(seq 3 4)",
			"comm -12 <(printf 'a\\nb\\n') <(printf 'b\\nc\\n')", "wc -l < <(seq 3)", "tee >(cat >/dev/null) <<< x",
			"exec 3< <(seq 3); read -r x <&3; read -r y <&3; echo \"$x$y\"; exec 3<&-",
			"exec 4>out.txt; echo to4 >&4; exec 4>&-; cat out.txt", "{ echo o; echo e >&2; } 2>&1 >/dev/null | tr a-z A-Z",
			"x=$( { echo o; echo e >&2; } 2>&1 ); echo \"$x\"",
			"echo a >&2 2>/dev/null", "cat nosuch 2>/dev/null || echo \"missing $?\"", "ls nosuch > /dev/null 2>&1; echo $?",
			"(exit 7); echo $?", "sleep 0 & wait $!; echo $?", "(exit 4) & wait $! || echo \"bg $?\"", "cat < nosuch; echo $?",
			"echo x > nodir/f; echo $?")
	case 13:
		return s.pick("while getopts ':ab:' x "+s.pick("-a -b v rest", "-ab", "-bv -a", "-z", "-- -a")+
			"; do case $x in "+"a) echo A ;; b) echo \"B $OPTARG\" ;; :) echo \"needs $OPTARG\" ;; *) echo \"bad $OPTARG\" ;; esac; done; "+
			"shift $((OPTIND - 1)); echo \"$*\"; OPTIND=1",
			"mapfile -t list <<< "+s.word()+"; echo \"${#list[@]}\"", "printf -v x '%05.1f|%-4s|%x' 3.14159 ab 255; echo \"$x\"",
			"printf -v 'list[1]' %s z; echo \"${list[@]}\"", "readarray -d , -t list <<< \"$csv\"; printf '[%s]' \"${list[@]}\"",
			"x=name; echo \"${!x}\"", "declare -u up=abc; up+=def; echo $up", "declare -p list 2>/dev/null", "echo \"${!n*}\"",
			"local x 2>/dev/null; echo $?", "return 2>/dev/null; echo $?",
			"echo \"${FUNCNAME[*]:-top}\" $BASH_SUBSHELL $(echo $BASH_SUBSHELL)", "(BASH_SUBSHELL=9; echo $BASH_SUBSHELL)",
			"echo ${#BASH_VERSINFO[@]}", "x=$(( RANDOM % 1 )); echo $x")
	case 14:
		return s.trap()
	default:
		return s.pick("x=$("+s.inside()+"); echo \"$? $x\"", "x="+s.word()+" y="+s.word()+"; echo \"$x/$y\"", "echo \"$("+s.inside()+
			")\" "+s.word(), "x=$(< in.txt); echo \"$x\"", "x=`echo \\`echo nested\\``; echo $x",
			"[ -n \"$("+s.inside()+")\" ] && echo full", "local_var=$(false) || echo \"sub $?\"", "export x=$(false); echo $?",
			"x=$(exit 3) y=$(exit 4); echo $?")
	}
}
