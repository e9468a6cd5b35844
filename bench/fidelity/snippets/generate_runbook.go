package snippets

import "fmt"

// prelude are the calls that snippets of runbooks make: functions that print what the AWS CLI would.
func (g generator) prelude() string {
	state := g.pick("running", "stopped", "running", "ACTIVE")
	n := g.pick("0", "1", "3", "12", "95.2", "")
	return fmt.Sprintf(`aws() {
  case "$2" in
    list) printf '%%s\t%%s\t%%s\n' i-1 web-1 %s i-2 '' stopped i-3 'db 1' running ;;
    text) printf 'a\tb\tc\n' ;;
    count) echo '%s' ;;
    state) echo '%s' ;;
    csv) printf 'i-1,web,running\ni-2,,stopped\ni-3,"db",\n' ;;
    empty) : ;;
    *) echo "An error occurred (AccessDenied)" >&2; return 254 ;;
  esac
}
`, state, n, state)
}

// runbooks tries what runbooks are made of: loops over answers, thresholds, waiting, checks, functions, and what is printed.
func (g generator) runbooks() string {
	name := g.pick("prod", "staging", "eu-west-1", "my service", "")
	limit := g.pick("0", "1", "5", "80", "10")
	body := g.pick(
		"aws x list | while IFS=$'\\t' read -r id name state; do echo \"$id [$name] $state\"; done",
		"while IFS=, read -r id name state; do [ \"$state\" = running ] && echo \"$id ${name:-none}\"; done < <(aws x csv); echo $?",
		"COUNT=$(aws x count); if [ \"$COUNT\" -gt "+limit+" ]; then echo \"too many: $COUNT\"; exit 1; else echo ok; fi",
		"avg=$(aws x count)\nif [[ $avg -lt "+limit+" ]]; then echo low; else echo high; fi",
		"STATE=$(aws x state); until [ \"$STATE\" = ACTIVE ] || [ \"${n:=0}\" -ge 3 ]; do n=$((n+1)); echo \"waiting $n\"; "+
			"done; echo $STATE",
		"for id in $(aws x list | cut -f1); do echo \"stopping $id\"; done",
		"for r in us-east-1 eu-west-1; do echo \"== $r ==\"; aws x state --region \"$r\" || echo \"failed in $r\"; done",
		"set -euo pipefail\nout=$(aws x denied)\necho \"never $out\"",
		"aws x denied 2>/dev/null || echo \"no policy\"; echo $?",
		"if ! aws x denied > /dev/null 2>&1; then echo denied; fi",
		"mapfile -t ids < <(aws x list | cut -f1)\necho \"${#ids[@]}: ${ids[*]}\"; for i in \"${!ids[@]}\"; "+
			"do echo \"$i ${ids[$i]}\"; done",
		"declare -A counts\nwhile read -r id name state; do counts[$state]=$(( ${counts[$state]:-0} + 1 )); done < <(aws x list)\n"+
			"for s in $(printf '%s\\n' \"${!counts[@]}\" | sort); do echo \"$s=${counts[$s]}\"; done",
		"set -e\ntrap 'echo \"cleaning up $?\"' EXIT\necho begin\naws x denied\necho end",
		"trap 'echo \"removes $tmp\"' EXIT; tmp=out.txt; aws x list > \"$tmp\"; wc -l < \"$tmp\" | tr -d ' '; tmp=",
		"log() { printf '[%s] %s\\n' \"${1^^}\" \"${*:2}\"; }\nlog info starting '"+name+"'\nlog error \"code $?\"",
		"check() {\n  local name=$1 want=$2 got\n  got=$(aws x \"$3\")\n  if [[ $got == $want* ]]; "+
			"then echo \"PASS $name\"; else echo \"FAIL $name: $got\"; return 1; fi\n}\n"+
			"check state run state; check count 1 count; echo \"status $?\"",
		"ENVIRONMENT='"+name+"'\ncase \"$ENVIRONMENT\" in\n  prod|production) echo careful ;;\n  stag*) echo ok ;;\n"+
			"  '') echo \"usage\"; exit 2 ;;\n  *) echo \"unknown: $ENVIRONMENT\" ;;\nesac",
		"NAME='"+name+"'; echo \"${NAME:?set NAME}\"\necho \"bucket-${NAME// /-}-${NAME:0:3}\"",
		"TOTAL=0\nfor n in 3 4 5; do TOTAL=$((TOTAL + n)); done\necho \"Total: $TOTAL, avg $((TOTAL / 3))\"\n"+
			"(( TOTAL > "+limit+" )) && echo above",
		"echo 'a b\nc d' | while read -r first rest; do echo \"$first-$rest\"; done; echo \"[$first]\"",
		"cat <<EOF\n{\"env\": \"${ENVIRONMENT:-dev}\", \"n\": $((1+2))}\nEOF",
		"cat > config.json <<'EOF'\n{\"a\": \"$NOT\"}\nEOF\ngrep -c NOT config.json",
		"for i in {1..3}; do\n  if [ $i -eq 2 ]; then continue; fi\n  printf 'attempt %d\\n' \"$i\"\ndone",
		"retry() { local n=0; until \"$@\"; do n=$((n+1)); [ $n -ge 3 ] && return 1; done; }\n"+
			"retry aws x denied 2>/dev/null; echo \"gave up $?\"",
		"arn=arn:aws:iam::123456789012:role/admin; IFS=: read -r _ _ svc _ account rest <<< \"$arn\"; "+
			"echo \"$svc $account $rest ${arn##*/}\"",
		"file=/var/log/app/error.log.gz; echo \"${file##*/} ${file%/*} ${file%%.*} ${file##*.}\"",
		"(cd s && echo \"in $(basename \"s\")\"; exit 3); echo \"status $?\"",
		"aws x list | cut -f3 | sort | uniq -c | sort -rn | head -1 | tr -s ' '",
		"lines=$(aws x list | wc -l); [[ $lines =~ ^[[:space:]]*3$ ]] && echo three",
		"aws x state | grep -q running && echo yes || echo no; echo \"${PIPESTATUS[0]}\"",
		"start=$SECONDS; [ $((SECONDS - start)) -lt 60 ] && echo quick",
		"{ echo \"# Report\"; aws x list; } 2>/dev/null | cat; echo \"${PIPESTATUS[*]}\"",
		"for t in a b; do (aws x state > \"$t.out\") & done; wait; cat a.out b.out",
		"exec 3>&1; result=$( { aws x state; echo note >&3; } ); echo \"got $result\"; exec 3>&-",
		"readonly REGION=eu-west-1; REGION=us-east-1; echo \"$REGION\"\necho \"after $?\"",
		"IFS=',' ; csv=a,,b; for x in $csv; do echo \"<$x>\"; done; set -- $csv; echo $#",
		"[ -f config.json ] || echo '{}' > config.json; [ -s config.json ] && echo there; [ -d d ] && [ ! -e \"\" ] && echo dir",
		"while getopts 'e:v' opt -e "+g.pick("prod", "dev",
			"''")+" -v; do case $opt in e) E=$OPTARG ;; v) V=1 ;; *) exit 2 ;; esac; done; echo \"$E ${V:-0}\"",
	)
	return g.prelude() + body
}
