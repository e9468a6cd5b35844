package snippets

import "strings"

// literal is a text in the script's quotes.
func (s scripter) literal() string {
	return s.pick("a", "web-1", "'two words'", "''", `"it's"`, `'say "hi"'`, `$'tab\there'`, "x,y", "'*'", "'?'", "42", "3.5", "-n",
		`a\ b`, "'$name'", "'a\\b'", "'[x]'", "ünï", "'  pad  '", "A=b", "'a;b|c&d'",
		`"a\$b\"c"`, `'#no'`, "a#b", "'~'", `$'l1\nl2'`, "0x1f", "'100%'", "prod", "'!'", "abcabc", `"\\"`, "日本", `$'\x41\u00e9'`)
}

// word is one word of a command.
func (s scripter) word() string {
	switch s.IntN(9) {
	case 0, 1:
		return s.literal()
	case 2:
		return s.expansion(false)
	case 3, 4, 5:
		return s.quoted()
	case 6:
		return s.literal() + s.expansion(false)
	case 7:
		return s.expansion(false) + s.pick("-", ".", "/", ":", `"-"`) + s.quoted()
	default:
		return s.pick("pre", `"p "`, "'q'") + s.quoted() + s.pick("", "post", `" s"`, "$empty")
	}
}

// quoted is a word in double quotes.
func (s scripter) quoted() string {
	return `"` + s.pick("", "", "", "x ", "- ") + s.expansion(true) + s.pick("", "", " y", "'", ` \"z\"`, "$empty") + `"`
}

// parameter is a name, or an item of one.
func (s scripter) parameter() string {
	return s.pick("name", "id", "state", "n", "csv", "path", "empty", "name", "path", "csv", "list[0]", "list[1]", "list[-1]", "map[a]",
		"map[$n]", `map["k v"]`, "1", "2", "undef", "list", "list[n]", "x")
}

// many is a name of several values.
func (s scripter) many() string { return s.pick("list[@]", "list[*]", "@", "*", "map[@]") }

// expansion is one, which stands in double quotes or not.
func (s scripter) expansion(inQuotes bool) string {
	p := s.parameter()
	if s.often(15) {
		p = s.many()
	}
	switch s.IntN(22) {
	case 0, 1, 2, 3:
		return s.pick("$name", "$id", "$n", "${csv}", "$state", "$1", "$#", "$?", "$path", "${"+p+"}", "${"+p+"}")
	case 4, 5:
		return "${" + p + s.pick(":-", "-", ":+", "+", ":-", ":=", "=") + s.operand(inQuotes) + "}"
	case 6:
		return "${" + p + s.pick("#", "##", "%", "%%") + s.pattern() + "}"
	case 7, 8:
		return "${" + p + s.pick("/", "//", "/#", "/%") + s.pick(s.patternNoSlash(), ",", " ", "a") + s.pick("", "/"+s.pick("", "_",
			"$n", `"q"`, "&", `\&`, "[&]", "${id}", "a/b", `\/`)) + "}"
	case 9:
		return "${" + p + ":" + s.pick("0", "1", " -2", "n", "1+1", "$n", "${#id}-1") + s.pick("", ":"+s.pick("1", "2", "-1", "0",
			"n")) + "}"
	case 10:
		return "${#" + s.pick("name", "csv", "list[@]", "list[0]", "map[@]", "@", "*", "path", "empty") + "}"
	case 11:
		return "${" + p + s.pick("^", "^^", ",", ",,", "^^[a-c]", ",,A") + "}"
	case 12:
		return "${" + p + "@" + s.pick("Q", "U", "L", "u", "E", "a", "A", "K") + "}"
	case 13:
		return "${!" + s.pick("list[@]", "map[@]", "list[*]", "ptr", "n@", "name*") + "}"
	case 14, 15:
		return "$((" + s.arithmetic() + "))"
	case 16, 17, 18:
		return "$(" + s.inside() + ")"
	case 19:
		return "`" + s.pick("echo a b", "echo $name", `echo "$csv"`, `printf '%s' "$id"`, "false", `echo \$n`, `echo "\"q\""`) + "`"
	case 20:
		return s.pick("$@", "$*", "${list[@]}", "${list[*]}", "${list[@]:1}", "${@:2}", "${list[@]/a/b}", "${list[@]^}", "${*%e}",
			"${@:1:1}", "${list[*]:0:2}", "${map[*]}")
	default:
		if s.often(70) {
			return "$name"
		}
		return "${" + s.pick("name", "empty", "undef", "1") + s.pick(":?", "?") + "missing}"
	}
}

// operand is what stands after :- and the like.
func (s scripter) operand(inQuotes bool) string {
	plain := s.pick("none", "a b", "", "$n", "${id}", "$(echo sub)", "x$n", "/tmp", `\$`, `"d q"`, `"$id"`, "~", "*", "a,b", "{a,b}",
		"${csv%%,*}", "`echo t`", "$((1+1))")
	if inQuotes || s.often(70) {
		return plain
	}
	return s.pick("'s q'", `"${name:-deep}"`, "'$n'", `a\ b`, "${empty:-${undef:-deeper}}", `"a"'b'`)
}

// inside is a command that prints, in $( ).
func (s scripter) inside() string {
	if s.inner <= 0 {
		return s.pick("echo in", `echo "$name"`, "printf '%s' \"$csv\"", "false", "echo $n")
	}
	in := s
	in.inner--
	return s.pick("echo "+in.word(), "printf '%s\\n' "+in.word()+" "+in.word(), "echo "+in.quoted()+" | tr a-z A-Z", "cat <<< "+
		in.word(), "echo "+in.word()+"; exit 2", "echo one; echo two",
		"cut -d, -f2 <<< \"$csv\"", "basename \"$path\"", "dirname \"$path\"", "echo "+in.word()+" | sed 's/[aeiou]/_/g'",
		"case $state in run*) echo up ;; *) echo down ;; esac", "( echo "+in.word()+" )", "echo "+in.word()+" 2>&1",
		"if "+in.condition()+"; then echo t; else echo f; fi", "seq 3 | paste -sd+", "false", "printf '%03d' \"$n\"", "echo \"$(echo "+
			in.quoted()+")\"", "for x in 1 2; do printf '%s,' \"$x\"; done", "echo \"a)b\" # c\n", "awk -v v="+in.quoted()+
			" 'BEGIN{print v}'")
}

// pattern is one of a case, a comparison, or a prefix.
func (s scripter) pattern() string {
	return s.pick("*", "a*", "*.gz", "*/", "*/*", "?", "[a-f]*", "[!a-f]*", "[[:alpha:]]*", "*[0-9]", `"$name"`, "$id", "run*", "'*'",
		`\*`, "''", "*,*", "*,", "prod", "i-*", "[[:upper:]]*", "*' '*", `"two "*`, "*[[:space:]]*", "$state", "*[!0-9]*",
		"web-[0-9]", "[]x]", "*a", "??", "[^,]*")
}

func (s scripter) patternNoSlash() string {
	for {
		if p := s.pattern(); !strings.Contains(p, "/") && p != "''" {
			return p
		}
	}
}

// arithmetic is an expression.
func (s scripter) arithmetic() string {
	if s.inner <= 0 {
		return s.pick("n", "1", "$n", "3", "10", "n+1")
	}
	in := s
	in.inner--
	a, b := in.arithmetic(), in.arithmetic()
	return s.pick("n", "$n", "2", "0x10", "8#17", "2#101", a+" + "+b, a+" * ("+b+")", "("+a+") % 3", a+" / 2", "2 ** 3", "-"+s.pick("n",
		"3", "(n)"), a+" > "+b, a+" <= "+b, a+" == "+b, "n > 2 ? "+a+" : "+b, "n += 1", "n++", "--n", "!n", "~1",
		a+" & "+b, a+" | "+b, a+" ^ 1", "1 << 2", a+" && "+b, a+" || "+b, "n = 3, n * 2", "${#csv} + 1", "list[0] + 1", "${n:-0} + 1",
		"x = y = 2", "$(echo 4) + 1", "n -= 2", "n *= 2", "undef + 1", "${list[1]:-3}", "++n + n", "n , 2", "n != 1", "10 % n",
		"map[a]", "7 / n", "n >> 1", "name")
}

// format is one of printf.
func (s scripter) format() string {
	return s.pick(`'%s\n'`, `'[%s]'`, `'%s %s\n'`, `'%d\n'`, `'%5s|'`, `'%-6s|'`, `'%q '`, `'%b '`, `"%s-$n\n"`, `'%x '`, `'%.2s|'`,
		`'%%%s'`, `'%s\t%s\n'`, `'%05d|'`, `'a\\b\x41%s'`, `'%c|'`, `'%+d '`, `'%.3f '`, `'no\n'`, `'%*s|'`, `'%o '`, `'%e '`,
		`'%(%Y)T '`, `'%s'"\n"`, `%s`, `'%i '`, `'%u|'`, `'%.*s|'`, `'%g '`, `-- '%s\n'`)
}

// assignment sets a name.
func (s scripter) assignment() string {
	name := s.pick("name", "id", "state", "csv", "path", "x", "y", "n")
	value := s.pick(s.word(), s.quoted(), s.expansion(false), s.literal())
	switch s.IntN(8) {
	case 0:
		return "declare " + s.pick("-r k="+value+"; echo \"$k\"", "-i n="+s.pick("4+4", "n*2", "abc", "")+"; echo \"$n\"", "-x "+name+
			"="+value+"; echo \"${"+name+"}\"", "-l "+name+"="+value+"; echo \"${"+name+"}\"", "-- "+name+"="+value)
	case 1:
		return name + "+=" + value + "; echo \"$" + name + "\""
	case 2:
		return "IFS=" + s.pick(",", ":", "' '", "''", "$'\\n'", "/") + " " + name + "=" + value + "; echo $" + name
	case 3:
		return s.pick(": ", "echo ") + `"${` + name + s.pick(":=", "=") + s.operand(true) + `}"; echo "$` + name + `"`
	case 4:
		return "ptr=" + name + `; echo "${!ptr}" "${!ptr:-none}" "${!ptr#a}"`
	default:
		return name + "=" + value + `; echo "$` + name + `"`
	}
}

// array changes or prints an array.
func (s scripter) array() string {
	return s.pick("list+=("+s.some(2, " ", s.word)+")", "list["+s.pick("0", "3", "-1", "n", "${#list[@]}")+"]="+s.word(), "list=("+
		s.some(3, " ", s.element)+"); echo \"${#list[@]}\"", `printf '<%s>' "${list[@]}"; echo`, `echo "${!list[@]}: ${list[*]}"`,
		"for x in "+s.pick(`"${list[@]}"`, "${list[@]}", `"${!list[@]}"`, `"${list[*]}"`)+`; do echo "* $x"; done`,
		"list=($csv); echo ${#list[@]}", "IFS=, list=($csv); echo \"${list[1]}\"", `list=("${list[@]:1}"); echo "${list[@]}"`,
		`list=(${list[@]%%,*}); echo "${#list[@]}"`,
		"list[1]+=tail; echo \"${list[1]}\"", `IFS=:; echo "${list[*]}"; unset IFS`, "unset 'list[1]'; echo \"${!list[@]}\"",
		"unset list; echo \"${#list[@]}\"", `list=("${list[@]/#/pre-}"); echo "${list[@]}"`,
		`copy=("${list[@]}"); copy[0]=changed; echo "${list[0]} ${copy[0]}"`,
		`list=($(printf '%s\n' "${list[@]}" | sort)); echo "${list[@]}"`, "list=(*.txt); echo \"${#list[@]} ${list[0]}\"",
		`(( list[0]++ )); echo "${list[0]}"`, `[[ " ${list[*]} " == *" a "* ]] && echo has`, `echo "${list[@]: -1}" "${list[-1]}"`,
		`list=([1]=b [0]=a); echo "${list[@]@Q}"`,
		`printf '%s=%s\n' "${list[@]}"`, `set -- "${list[@]}"; echo "$#"`, `echo "${list[@]@A}"`, `echo "${list[@]@K}"`,
		"list=(a b c d); echo \"${list[@]:1:2}\" \"${list[@]: -2:1}\"", "declare -ar fixed=(1 2); fixed[0]=9; echo \"${fixed[@]}\"")
}

// mapped changes or prints an associative array.
func (s scripter) mapped() string {
	key := s.pick("a", "b", `"k v"`, "$n", `"$name"`, "$state", "x-y", "'*'", "us-east-1", "\"$csv\"")
	return "declare -A map; " + s.pick("map["+key+"]="+s.word(), "map["+key+"]="+s.word()+`; echo "${map[`+key+`]}"`, "map["+key+
		`]+=more; echo "${map[`+key+`]:-none}"`, "(( map["+s.pick("a", "b", "$n")+"]++ )); echo \"${map[a]}\"",
		`for x in "${!map[@]}"; do echo "$x=${map[$x]}"; done | sort`, `echo "${#map[@]}"`, "unset 'map[a]'; echo \"${!map[@]}\"",
		"map=([a]=1 [b]=2 [c]=3); echo \"${map[@]}\"", "map+=([new]="+s.word()+"); echo \"${map[new]}\"",
		`[[ -v map[`+s.pick("a", "b", "zz")+`] ]] && echo there || echo not`, `map=(); echo "${#map[@]}"`, `echo "${map[`+key+`]+set}"`,
		`while read -r k v; do map[$k]=$v; done <<< "$(printf 'p 1\nq 2\n')"; echo "${map[p]}${map[q]}"`, "declare -p map",
		`echo "${map[@]@K}"`, `map[a]=$(( ${map[a]:-0} + 1 )); echo "${map[a]}"`,
		`printf '%s\n' "${!map[@]}" | sort | head -n 2`, `echo "${map[a]:-x}" "${map[nope]-unset}"`)
}
