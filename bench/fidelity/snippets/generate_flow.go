package snippets

import (
	"fmt"
	"strings"
)

// patterns tries matching: case, [[, prefixes and suffixes, and names of files.
func (g generator) patterns() string {
	p := g.richPattern()
	v := g.value()
	ext := g.pick("shopt -s extglob\n", "shopt -s extglob\n", "")
	if ext == "" && strings.ContainsAny(p, "(") {
		p = g.pattern()
	}
	switch g.IntN(6) {
	case 0:
		return ext + "x=" + v + "\ncase $x in " + p + ") echo 1;; " + g.pattern() + ") echo 2;; *) echo 3;; esac"
	case 1:
		return ext + "x=" + v + "\n[[ $x == " + p + " ]]; echo $?; [[ $x != " + p + " ]]; echo $?"
	case 2:
		return ext + "x=" + v + "\n" + show(`"${x#`+p+`}" "${x##`+p+`}" "${x%`+p+`}" "${x%%`+p+`}"`)
	case 3:
		return ext + "x=" + v + "\n" + show(`"${x/`+p+`/_}" "${x//`+p+`/_}" "${x/#`+p+`/_}" "${x/%`+p+`/_}"`)
	case 4:
		return ext + "for f in a ab abc b.txt c.log .h 'd e' x1 x2; do : > \"$f\"; done\n" + show(g.pick(p, "*", "?", "a*", "*.txt",
			"[abc]*",
			"*/", "*/*", "s/*", ".*h", "x[0-9]", "[!a]*", "none*", `"*"`))
	default:
		return ext + "x=" + v + "\n" + g.pick("shopt -s nocasematch\n", "") + "case \"$x\" in\n" + p + " | " + g.pattern() +
			") echo 1 ;&\n" + g.pattern() + ") echo 2 ;;&\n*) echo 3 ;;\nesac"
	}
}

func (g generator) richPattern() string {
	if g.often(50) {
		return g.pattern()
	}
	return g.pick("+(a)", "?(a)b", "*(a|b)", "@(a|A*)", "!(a)", "+([0-9])", "!(*.txt|*.log)", "*(,)", "@(us|eu)-*", "a!(b)",
		"+([[:space:]])", "*([!,]),*", "?(-)+([0-9])", "@(*a*)", "!(x*)")
}

// arrays tries indexed and associative arrays.
func (g generator) arrays() string {
	var b strings.Builder
	if g.often(55) {
		b.WriteString("l=(" + g.items(4) + ")\n")
		for range 1 + g.IntN(4) {
			b.WriteString(g.pick(
				"l+=("+g.items(2)+")", "l["+g.number()+"]="+g.value(), "unset 'l["+g.pick("0", "1", "-1")+"]'", "l[7]=z",
				"l=(\"${l[@]}\" end)", "l=(${l[@]})", "l[0]+=s",
				"l=([2]=x [5]=y "+g.value()+")", "l+=([1]=w)", `l=("${l[@]:1}")`, "l=(\"${l[@]/a/A}\")", "l=()", "unset l",
				"m=(\"${!l[@]}\"); echo \"${m[*]}\"",
			) + "\n")
		}
		b.WriteString(`echo "${#l[@]}|${!l[*]}|${l[-1]}|${#l[1]}"` + "\n" + show(`"${l[@]}"`) + "\n" + g.pick(
			"for i in \"${!l[@]}\"; do echo \"$i=${l[$i]}\"; done", "declare -p l", `echo "${l[@]:1:2}"`, `IFS=,; echo "${l[*]}"`,
			"[[ -v l[1] ]]; echo $?", `printf '%s\n' "${l[@]}" | sort`))
		return b.String()
	}
	b.WriteString("declare -A m=(" + g.pick("", "[a]=1 [b]=2", "[us-east-1]=x [eu-west-1]=y [ap-south-1]=z", "[k v]=w",
		"[a]=1 [b]=2 [c]=3 [d]=4 [e]=5", "a 1 b 2", "['x y']=1 [\"z\"]=2") + ")\nk=" + g.pick("a", "'b c'", "us-east-1") + "\n")
	for range 1 + g.IntN(3) {
		b.WriteString(g.pick("m[$k]=n", "m[\"$k\"]=n", "m[b c]=2", "m[x]+=s", "unset 'm[a]'", "m+=([n]=1)", "m[1+1]=t", "(( m[c]++ ))",
			"m[c]=$(( ${m[c]:-0} + 1 ))") + "\n")
	}
	b.WriteString(g.pick(`echo "${!m[@]}|${m[@]}|${#m[@]}"`, "for i in \"${!m[@]}\"; do echo \"$i=${m[$i]}\"; done",
		`[[ -v m[a] ]]; echo "$?"; [[ -n ${m[$k]} ]]; echo "$?"`,
		`echo "${m[$k]-none} ${m[zz]:-none} ${m[a]+set}"`, `echo "${m["$k"]}" "${#m[a]}"`, "declare -p m") + "\n")
	return b.String()
}

// commandOf is a command with a known status.
func (g generator) commandOf(deep int) string {
	if deep > 0 && g.often(35) {
		return g.compound(deep - 1)
	}
	if !g.inside && g.often(18) {
		return g.pick("f", "g 5", "x=$(f)", "echo $(f; echo s$?)", "h")
	}
	return g.pick("true", "false", "echo a", "echo $?", "(exit 3)", "! true", "! false", "[ 1 -eq 2 ]", "[[ a == a ]]", "x=$(false)",
		"x=$(echo v; exit 4)", "echo \"$x\"", "(( 0 ))", "(( 1 ))",
		"nosuchcommand 2>/dev/null", "cd nofolder 2>/dev/null", "echo b | cat", "false | true", "true | false", "local v=1 2>/dev/null",
		"y=1", "test -f nofile", "return 2>/dev/null", ":",
		"unset x", "shift 2>/dev/null", "read -r x < /dev/null", "set -- a b", "echo ${x:-d}", "printf '%s\\n' c", "grep -q z <<< abc",
		"z=$((1/1))")
}

// compound is a command of several.
func (g generator) compound(deep int) string {
	c := func() string { return g.commandOf(deep) }
	switch g.IntN(12) {
	case 0:
		return "if " + c() + "; then " + c() + "; else " + c() + "; fi"
	case 1:
		return "if " + c() + "; then " + c() + "; elif " + c() + "; then " + c() + "; fi"
	case 2:
		return "for i in 1 2 3; do " + c() + "; " + g.pick("", "[ $i = 2 ] && break; ", "[ $i = 2 ] && continue; ",
			"[ $i -ge 2 ] || continue; ") + c() + "; done"
	case 3:
		return "i=0; while [ $i -lt 2 ]; do i=$((i+1)); " + c() + "; " + c() + "; done"
	case 4:
		return "i=0; until [ $i -ge 2 ]; do i=$((i+1)); " + c() + "; done"
	case 5:
		return "case $x in a|v) " + c() + ";; '') " + c() + ";; *) " + c() + ";; esac"
	case 6:
		return "{ " + c() + "; " + c() + "; }"
	case 7:
		return "( " + c() + "; " + c() + " )"
	case 8, 9:
		return c() + g.pick(" && ", " || ") + c()
	case 10:
		return c() + g.pick(" && ", " || ") + c() + g.pick(" && ", " || ") + c()
	default:
		return "printf '1\\n2\\n' | while read -r x; do " + c() + "; " + c() + "; done"
	}
}

// flow tries statuses, loops, functions, set -e and traps.
func (g generator) flow() string {
	var b strings.Builder
	b.WriteString(g.pick("", "", "set -e\n", "set -eu\n", "set -o pipefail\n", "set -euo pipefail\n", "set -u\n"))
	if g.often(25) {
		b.WriteString(g.pick("trap 'echo bye $?' EXIT\n", "trap 'echo err $?' ERR\n", "trap 'echo err' ERR; set -E\n",
			"trap 'echo out; false' EXIT\n", "trap f EXIT\n", "x=q; trap \"echo $x\" EXIT\n"))
	}
	in := generator{g.Rand, true}
	b.WriteString("f() { " + in.commandOf(1) + "; " + in.commandOf(1) + "; }\ng() { " + g.pick("return $1", "return", "false; return",
		"(exit $1)", "exit $1") + "; }\nh() { local x=loc; " + in.commandOf(0) + "; echo \"h $x\"; }\nx=v\n")
	for range 1 + g.IntN(4) {
		b.WriteString(g.commandOf(2) + g.pick("", "; echo \"s $?\"", "; echo \"s $?\"") + "\n")
	}
	b.WriteString(g.pick("", "echo end $?", "echo \"end ${PIPESTATUS[*]}\"", "exit", "f"))
	return b.String()
}

// streams tries redirections, descriptors, pipes and substitutions of processes.
func (g generator) streams() string {
	both := "{ echo out; echo err >&2; }"
	to := func() string {
		return g.pick("> f", ">> f", "2> f", "&> f", "> f 2>&1", "2>&1 > f", "2>/dev/null", ">/dev/null 2>&1", ">&2", ">| f", "&>> f",
			"2>&1", "< /dev/null", "> f 2> k", "1>&2 2>&1", ">&f", "3>&1 1>&2 2>&3", "3> f >&3")
	}
	var b strings.Builder
	for range 1 + g.IntN(3) {
		b.WriteString(g.pick(
			both+" "+to()+"; echo \"$?\"; cat f k 2>/dev/null",
			both+" "+to()+" | sort; echo \"${PIPESTATUS[@]}\"",
			"exec 3> f; echo three >&3; exec 3>&-; cat f",
			"exec 4< <(printf 'a\\nb\\n'); read -r x <&4; read -r -u 4 y; echo \"$x$y\"",
			"printf 'b\\na\\n' > f; while read -r x <&3; do echo \"-$x\"; done 3< f",
			"cat <(echo p) <(echo q)",
			"sort <(printf 'c\\na\\n') <(printf 'b\\n')",
			"echo a | tee f | wc -c; cat f",
			"x=$( "+both+" 2>&1 ); echo \"[$x]\"",
			"x=$( "+both+" 2>&1 >/dev/null ); echo \"[$x]\"",
			"echo hi | { read -r x; echo \"got $x\"; }; echo \"[$x]\"",
			"exec 5>&1; x=$( { echo c; echo d >&5; } ); echo \"$x\"; exec 5>&-",
			"sort <<E | head -1\nb\na\nE",
			"cat <<'E'\n$x `y` \\z\nE",
			"cat <<-E\n\ta $((1+1))\n\t\tb\n\tE",
			"set -C; echo a > f; echo b > f; echo $?; echo c >| f; cat f; set +C",
			"false | true | false; echo \"${PIPESTATUS[*]} $?\"",
			"true | (exit 4); echo \"${PIPESTATUS[1]}\"",
			"! echo x | grep -q y; echo $?",
			"for i in 1 2; do echo $i; done > f; wc -l < f",
			"if read -r x; then echo \"$x\"; fi <<< line",
			"(sleep 0.02; echo late) & wait; echo \"done $?\"",
			"(exit 6) & p=$!; wait $p; echo $?",
			"for i in 1 2; do (exit $i) & done; wait; echo $?",
			"printf '%s\\n' a b | while read -r x; do n=$x; done; echo \"[$n]\"",
			"shopt -s lastpipe; printf '%s\\n' a b | while read -r x; do n=$x; done; echo \"[$n]\"",
		) + "\n")
	}
	return b.String()
}

// declared tries attributes, the shell's own variables, and builtins that set.
func (g generator) declared() string {
	v := g.value()
	return g.pick(
		"declare -i n=5; n+=3; echo $n; n=2*3; echo $n; n="+v+"; echo \"$? $n\"",
		"declare -u x="+v+"; echo \"$x\"; x+=abc; echo \"$x\"; declare -p x",
		"declare -l x="+v+"; echo \"$x\"; x=QrS; echo \"$x\"",
		"readonly r="+v+"; r=2; echo \"same $?\"\necho \"next $? $r\"",
		"readonly r=1; f() { r=2; echo in; }; f; echo same\necho \"next $?\"",
		"x="+v+"; printf -v y '%s-%s' \"$x\" z; echo \"$y\"; printf -v 'l[2]' %s q; echo \"${l[@]}\" \"${!l[@]}\"",
		"f() { local x="+v+" y; y=2; g; echo \"$x\"; }; g() { x=changed; echo \"$y\"; }; f; echo \"[$x][$y]\"",
		"export E="+v+"; (echo \"$E\"); export -n E; declare -p E",
		"x=1; f() { local x; echo \"[${x-unset}]\"; x=2; unset x; echo \"[${x-unset}]\"; }; f; echo $x",
		"f() { declare -g z="+v+"; local -r k=1; echo \"${FUNCNAME[0]}\"; }; f; echo \"$z\"",
		"while getopts 'ab:c' o "+g.pick("-a -b x -c", "-ab x", "-b", "-z", "-a file", "-bval -a",
			"-a -- -c")+
			"; do echo \"$o ${OPTARG-none} $OPTIND\"; done 2>/dev/null; echo $? $OPTIND",
		"set -- "+g.items(3)+"; shift; echo \"$#:$*\"; shift 9; echo $? $#",
		"declare -a l=("+g.items(2)+"); declare -p l; declare -A m=([x]="+v+"); declare -p m",
		"x="+v+"; echo \"${x@Q}\" \"${x@A}\" \"${#x}\"; declare -p x",
		"type -t echo if f cat "+g.pick("nosuch", "")+"; command -v echo; command -v nosuch; echo $?",
		"echo "+g.pick("-e ", "-n ", "-E ", "-en ", "", "-x ")+g.pick(`'a\tb'`, `'a\nb\c d'`, `"a\\b"`, `'\0101\x41'`, `'\u00e9'`,
			v)+"; echo",
		"printf '"+g.pick("%s|", "%5s|", "%-5s|", "%d|", "%05d|", "%x|", "%q|", "%b|", "%.2s|", "%c|", "%%|", "%s %s|", "%i|", "%3d|",
			"%+d|", "%o|")+"' "+g.items(3)+"; echo \"$?\"",
		"unset x; echo \"${x?gone}\"; echo same\necho next",
		"set -u; echo \"$nosuch\"; echo same\necho next",
		"echo \"$- ${#-}\" | grep -c h; echo \"$OSTYPE ${BASH_VERSION%%.*}\"; [ $SECONDS -lt 9 ] && echo quick; "+
			"echo \"${#HOSTNAME}\" | grep -qv '^0' && echo host",
		"a=1 b=$a; echo \"$a$b\"; a=2 true; c=5 true; echo \"[$c]\"",
		"alias ll='echo hi'; ll 2>/dev/null; echo $?",
		"IFS=, ; set -- a b c; echo \"$*\" $*; x=\"$*\"; echo $x; y=$*; echo \"$y\"",
		"x=(a b); y=(\"${x[@]}\" c); unset 'y[0]'; echo \"${y[@]}\" ${#y[@]}; read -r x y <<< 'p q'; echo \"$x\" \"${x[1]}\"",
		"n=3; n=n+1; echo $n; let n=3+1 m=n*2; echo $n $m; echo $((n++)) $((++n)) $n",
		fmt.Sprintf("select x in a b; do echo \"$x\"; break; done <<< %s 2>/dev/null", g.pick("1", "2", "9", "x")),
		"time true 2>/dev/null; echo $?",
		"pushd /tmp > /dev/null && dirs | wc -w; popd > /dev/null; echo $?",
		"f() { echo \"${#FUNCNAME[@]} ${FUNCNAME[*]:0:1}\"; }; f",
		"x='a b'; y=${x// /_}; z=${y^^}; echo \"$z\" ${z:0:1} ${z: -1}; echo ${x/a/$y}",
	)
}
