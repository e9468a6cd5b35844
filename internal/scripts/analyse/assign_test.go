package analyse

import (
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

// What a script sets in any of bash's ways is no question for its reader, and what it only reads is one.
func TestWhatAScriptSets(t *testing.T) {
	a := &Analyser{Command: func(string) (procedures.Command, bool) { return nil, false }}
	for text, want := range map[string]string{ // what it needs; what it sets
		"echo $X":                                           "X; ",
		"X=1\necho $X":                                      "; X",
		"let n=4\necho $n":                                  "; n",
		"let \"n = 4\" m+=1\necho $n $m":                    "; m n",
		"let \"n == 4\"\necho $n":                           "n; ",
		"(( n = 4 ))\necho $n":                              "; n",
		"(( n == 4 ))\necho $n":                             "n; ",
		"(( n++ ))\necho $n":                                "; n",
		"echo $((n=4)) $n":                                  "; n",
		"echo $((n<=4)) $n":                                 "n; ",
		"for ((i=0; i<3; i++)); do echo $i; done":           "; i",
		"printf -v LABEL '%s' x\necho $LABEL":               "; LABEL",
		"printf -vLABEL x\necho $LABEL":                     "; LABEL",
		"printf '%s' LABEL\necho $LABEL":                    "LABEL; ",
		"read -r -p 'Name: ' NAME\necho $NAME":              "NAME; ",
		"read -p NAME X\necho $NAME":                        "X NAME; ",
		"read -t 5 -a LIST\necho ${LIST[0]}":                "; LIST",
		"read\necho $REPLY":                                 "; REPLY",
		"IFS=, read -r A B <<< \"$ROW\"\necho $A":           "ROW; A B IFS",
		"mapfile -t LINES\necho $LINES":                     "; LINES",
		"mapfile -d , -t LINES\necho $LINES":                "; LINES",
		"mapfile\necho $MAPFILE":                            "; MAPFILE",
		"declare -a LIST=(a b)\necho ${LIST[1]}":            "; LIST",
		"declare -i N=1\necho $N":                           "; N",
		"declare NAME\necho $NAME":                          "; NAME",
		"export NAME\naws s3 ls $NAME":                      "NAME; ",
		"export NAME=x\naws s3 ls $NAME":                    "; NAME",
		"declare -n ref=TARGET\nref=1\necho $TARGET":        "; TARGET ref",
		"set -- a b\necho $1 $2":                            "; ",
		"set -e\necho $1":                                   "1; ",
		"while getopts ab: OPT; do echo $OPT $OPTARG; done": "; OPT OPTARG OPTIND",
		": ${NAME:=x}\necho $NAME":                          "; NAME",
		"echo ${NAME:-x}":                                   "; ",
		"x[0]=1\necho ${x[0]}":                              "; x",
		"(( x[1] = 2 ))\necho ${x[1]}":                      "; x",
	} {
		got := a.Analyse(procedures.Script{Text: text + "\n", Line: 1})
		sets := got.Sets
		slices.Sort(sets)
		if s := strings.Join(got.Uses, " ") + "; " + strings.Join(sets, " "); s != want {
			t.Errorf("%s: %q, want %q", text, s, want)
		}
	}
}

// A variable that is assigned in another way than once by its text is no constant of a line.
func TestWhatIsNoConstant(t *testing.T) {
	a := &Analyser{Command: func(string) (procedures.Command, bool) { return nil, false }}
	for text, want := range map[string]string{
		"N=1": "1", "N=1; let N=2": "", "N=1; (( N++ ))": "", "N=1; printf -v N 2": "", "N=1; read N": "", "N=1; mapfile N": "",
		"N=1; declare -n r=N; r=2": "", "N=1; echo $((N=2))": "", "N=1; N=2": "", "N=1; echo $((N+1))": "1",
	} {
		if got := a.Study(procedures.Script{Text: text + "\n"}).Constants["N"]; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
