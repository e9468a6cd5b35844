package commands

import (
	"path"
	"slices"
	"strings"
)

// A session is what a person types into until they leave it: a shell on another machine or in a container, a database's client. The lines
// of a document that follow such a line are typed there. A line that gives the session its commands, as an argument or a file, is none.

// Session is what a line opens a session with: "ssh", "kubectl exec"; empty where it opens none. What is only known when the script
// runs stands in args as it is written. The line's standard input is a terminal.
func Session(args []string) string {
	if len(args) == 0 {
		return ""
	}
	name, rest := path.Base(args[0]), args[1:]
	if len(rest) == 1 && isOneOf("--version --help -V", rest[0]) {
		return ""
	}
	if len(rest) > 1 && path.Base(rest[0]) == "manage.py" && consoles["django-admin"].interactive(rest[1:]) {
		return "manage.py " + rest[1]
	}
	if o, ok := openers[name]; ok {
		return o.session(name, rest)
	}
	if c, ok := consoles[name]; ok && c.interactive(rest) {
		return name
	}
	return ""
}

// editors are programs in which a person edits a file; of some a subcommand or an option opens one.
var editors = map[string]string{
	"nano": "", "vi": "", "vim": "", "nvim": "", "emacs": "", "pico": "", "visudo": "", "sudoedit": "", "crontab": "-e",
	"kubectl": "edit", "systemctl": "edit", "ansible-vault": "edit",
}

// Editor is what a line opens an editor with: "nano", "kubectl edit"; empty where it opens none. The lines below it run when it is closed.
func Editor(args []string) string {
	if len(args) > 1 && args[0] == "sudo" {
		args = args[1:]
	}
	if len(args) == 0 || len(args) == 2 && isOneOf("--version --help", args[1]) {
		return ""
	}
	with, ok := editors[path.Base(args[0])]
	switch {
	case !ok:
		return ""
	case with == "":
		return path.Base(args[0])
	case slices.Contains(args[1:min(len(args), 4)], with):
		return args[0] + " " + with
	}
	return ""
}

// opener is a program that opens a session elsewhere, or runs another program there.
type opener struct {
	subcommands []string // one of them is the first operand; none where the program has no subcommands
	values      string   // its options that take a value of their own
	targets     int      // how many operands come before the command: the host, the container
	below       []string // words that come before that one
	terminal    bool     // it is a session only with -t, or -i and -t joined
	never       string   // options with which it is none
	shell       string   // options with which it opens a shell, where no command follows
	bare        bool     // without a command it opens a shell
	alone       bool     // also without any word
	assigns     bool     // NAME=VALUE may stand before the command
}

var dockerValues = "-e --env -u --user -w --workdir --env-file --detach-keys --index -v --volume -p --publish --name --network --net " +
	"--mount -l --label -m --memory --cpus --entrypoint --platform --pull -h --hostname --add-host --dns --restart --shm-size --device " +
	"--cap-add --cap-drop --log-driver --log-opt --gpus --ulimit --security-opt -H --host -c --context -f --file --profile --project-name"

// openers are those programs, by name. What they run is told from their own words by the options that take a value.
var openers = map[string]opener{
	"ssh":     {values: "-b -B -c -D -E -e -F -I -i -J -L -l -m -o -p -R -S -W -w", targets: 1, never: "-N -f -V -G -Q -O", bare: true},
	"mosh":    {values: "-p --port --ssh --server --client --predict", targets: 1, bare: true},
	"sftp":    {values: "-B -c -D -F -i -J -l -o -P -R -S -s -b", targets: 1, never: "-b", bare: true},
	"telnet":  {targets: 2, bare: true},
	"ftp":     {targets: 1, bare: true},
	"kubectl": kubernetes, "oc": kubernetes, "k": kubernetes,
	"docker": containers, "podman": containers, "nerdctl": containers, "docker-compose": compose, "podman-compose": compose,
	"su":      {values: "-s --shell -g --group -G", targets: 2, never: "-c --command --session-command", bare: true, alone: true},
	"sudo":    {values: "-u --user -g --group -h --host -p --prompt -C -r -U -D -R -T", shell: "-i --login -s --shell"},
	"doas":    {values: "-u -C", shell: "-s"},
	"nsenter": {values: "-t --target -S --setuid -G --setgid", bare: true},
	"chroot":  {targets: 1, bare: true},
	"env":     {values: "-u --unset -C --chdir -S", assigns: true},
	"winpty":  {}, "command": {}, "exec": {values: "-a"}, "nohup": {}, "time": {},
	"screen": {values: "-S -c -e -h -s -t -T -p", never: "-d -D -ls -list -X -dm -dmS -m", bare: true, targets: 1},
	"tmux": {values: "-t -s -n -c -f -L -S", subcommands: []string{"", "attach", "a", "at", "new", "new-session"}, never: "-d", bare: true,
		alone: true, targets: 1},
	"vagrant":    {subcommands: []string{"ssh"}, targets: 1, never: "-c --command", bare: true},
	"minikube":   {subcommands: []string{"ssh"}, values: "-p -n", bare: true},
	"heroku":     {subcommands: []string{"run"}, values: "-a --app -s -r --remote", targets: 0},
	"eb":         {subcommands: []string{"ssh"}, targets: 1, values: "-n -e", never: "-c --command", bare: true},
	"lxc":        {subcommands: []string{"exec", "shell", "console"}, targets: 1, bare: true},
	"machinectl": {subcommands: []string{"shell", "login"}, targets: 1, bare: true},
	"virsh":      {subcommands: []string{"console"}, targets: 1, bare: true},
	"fly":        {below: []string{"ssh"}, subcommands: []string{"console"}, values: "-a --app", never: "-C --command", bare: true},
	"flyctl":     {below: []string{"ssh"}, subcommands: []string{"console"}, values: "-a --app", never: "-C --command", bare: true},
	"tsh":        {subcommands: []string{"ssh"}, targets: 1, values: "-l -p -i --proxy --user", bare: true},
	"gcloud": {below: []string{"compute"}, subcommands: []string{"ssh"}, targets: 1, values: "--zone --project", never: "--command",
		bare: true},
}

var (
	kubernetes = opener{
		subcommands: []string{"exec", "attach", "debug", "run", "rsh"}, targets: 1, terminal: true, bare: true,
		values: "-n --namespace --context --cluster --kubeconfig -c --container -s --server --user --as --image --overrides -l --labels " +
			"--restart --env --port --target --copy-to --profile --pod-running-timeout -f --filename --request-timeout",
	}
	containers = opener{
		subcommands: []string{"exec", "run", "attach", "compose"}, targets: 1, terminal: true, bare: true, values: dockerValues,
		never: "-d --detach",
	}
	compose = opener{subcommands: []string{"exec", "run"}, targets: 1, values: dockerValues, never: "-T --no-TTY -d --detach"}
)

// session reads the line's options, its subcommand and its targets; what follows is what it runs there.
func (o opener) session(name string, args []string) string {
	l := &sessionLine{opener: o, args: args}
	if !l.options() {
		return ""
	}
	called := name
	for _, word := range o.below {
		if l.next() != word {
			return ""
		}
		called += " " + word
	}
	if len(o.subcommands) > 0 {
		sub := l.next()
		if !slices.Contains(o.subcommands, sub) {
			return ""
		}
		called = strings.TrimSpace(called + " " + sub)
		if sub == "compose" {
			return compose.session(called, l.args)
		}
	}
	command, ok := l.command()
	switch {
	case !ok, o.terminal && !l.terminal:
		return ""
	case len(command) == 0 && (o.bare && (len(args) > 0 || o.alone) || l.opens):
		return called
	case len(command) == 1: // ssh's is a text for the shell there
		command = strings.Fields(command[0])
	}
	if Session(command) != "" {
		return called
	}
	return ""
}

// sessionLine is such a program's line while it is read.
type sessionLine struct {
	opener
	args     []string // what is left of it
	terminal bool
	opens    bool
}

// next takes the next word, empty where there is none.
func (l *sessionLine) next() string {
	if len(l.args) == 0 {
		return ""
	}
	word := l.args[0]
	l.args = l.args[1:]
	return word
}

// options takes the options up to the next operand; false where there is one with which no session is opened.
func (l *sessionLine) options() bool {
	for len(l.args) > 0 && strings.HasPrefix(l.args[0], "-") && l.args[0] != "-" && l.args[0] != "--" {
		option, _, joined := strings.Cut(l.next(), "=")
		letters := strings.TrimPrefix(option, "-")
		short := !strings.HasPrefix(option, "--")
		switch {
		case isOneOf(l.never, option), short && !isOneOf(l.values, option[:2]) && slices.ContainsFunc(strings.Fields(l.never),
			func(never string) bool { return len(never) == 2 && strings.Contains(letters, never[1:]) }):
			return false
		case isOneOf(l.shell, option), short && len(letters) > 1 && isOneOf(l.shell, option[:2]):
			l.opens = true
		case option == "--tty", short && strings.Contains(letters, "t") && strings.Trim(letters, "itdq") == "":
			l.terminal = true
		}
		// of letters that are joined the last one may take a value: -iu deploy
		if last := "-" + option[len(option)-1:]; !joined && (isOneOf(l.values, option) ||
			short && len(letters) > 1 && !isOneOf(l.values, option[:2]) && isOneOf(l.values, last)) {
			l.next()
		}
	}
	return true
}

// command is what the line runs there, behind its targets.
func (l *sessionLine) command() (words []string, ok bool) {
	for n := 0; ; n++ {
		if !l.options() {
			return nil, false
		}
		switch {
		case len(l.args) > 0 && l.assigns && strings.Contains(l.args[0], "="):
		case len(l.args) == 0:
			return nil, true
		case l.args[0] == "--":
			return l.args[1:], true
		case n >= l.targets:
			return l.args, true
		}
		l.next()
	}
}

// isOneOf reports whether a word is one of a list with blanks between.
func isOneOf(list, word string) bool {
	return word != "" && slices.Contains(strings.Fields(list), word)
}

// console is a program that asks for what to do, where its line does not say it.
type console struct {
	values  string // its options that take a value of their own
	gives   string // options that say what to do
	most    int    // how many operands it has where it asks; -1 for any
	command string // its operand that makes it ask; empty for a program that asks by itself
}

var (
	shellConsole  = console{gives: "-c", most: 0, values: "-o -O --rcfile --init-file"}
	mysqlConsole  = console{gives: "-e --execute", most: 1, values: "-h --host -u --user -P --port -D --database -S --socket"}
	pythonConsole = console{gives: "-c -m", most: 0, values: "-W -X"}
	mongoConsole  = console{
		gives: "--eval -f --file", most: 1, values: "-u --username -p --password --host --port --authenticationDatabase",
	}
	redisConsole = console{
		most: 0, values: "-h -p -a -n -u -s --user --pass --cacert --cert --key -t",
		gives: "--scan --bigkeys --memkeys --hotkeys --stat --latency --latency-history --pipe --eval --rdb --cluster -x " +
			"--intrinsic-latency",
	}
)

// consoles are those programs, by name.
var consoles = map[string]console{
	"bash": shellConsole, "sh": shellConsole, "zsh": shellConsole, "ash": shellConsole, "dash": shellConsole, "ksh": shellConsole,
	"fish": shellConsole, "pwsh": {gives: "-c -Command -f -File", most: 0},
	"psql": {
		gives: "-c --command -f --file -l --list", most: 2,
		values: "-h --host -U --username -d --dbname -p --port -v --set --variable -P --pset -F -R -T -o --output -L --log-file",
	},
	"mysql": mysqlConsole, "mariadb": mysqlConsole, "mysqlsh": mysqlConsole, "redis-cli": redisConsole, "valkey-cli": redisConsole,
	"mongo": mongoConsole, "mongosh": mongoConsole, "sqlite3": {most: 1, gives: "-cmd"}, "sqlplus": {most: 1, gives: "-S"},
	"cqlsh":             {gives: "-e --execute -f --file", most: 2, values: "-u -p -k --username --password --keyspace"},
	"clickhouse-client": {gives: "-q --query --queries-file", most: 0, values: "-h --host --port -u --user --password -d --database"},
	"python":            pythonConsole, "python3": pythonConsole, "ipython": pythonConsole,
	"node": {gives: "-e --eval -p --print", most: 0, values: "-r --require"}, "irb": {most: 0, gives: "-e"},
	"rails": {command: "console c dbconsole db", most: -1}, "iex": {most: 0, gives: "-e --eval", values: "-S"},
	"bundle": {command: "console", most: -1}, "django-admin": {command: "shell dbshell", most: -1},
}

// interactive reports whether the program asks for what to do.
func (c console) interactive(args []string) bool {
	operands := 0
	for i := 0; i < len(args); i++ {
		option, _, joined := strings.Cut(args[i], "=")
		switch {
		case c.command != "" && operands == 0 && !strings.HasPrefix(args[i], "-"):
			return isOneOf(c.command, args[i])
		case !strings.HasPrefix(option, "-") || option == "-":
			operands++
		case isOneOf(c.gives, option):
			return false
		case len(option) > 2 && option[1] != '-' && isOneOf(c.gives, option[:2]) && !isOneOf(c.gives, option):
			return false // -e'SELECT 1', -c'…'
		case len(option) > 2 && option[1] != '-' && slices.ContainsFunc(strings.Fields(c.gives), func(g string) bool {
			return len(g) == 2 && strings.HasSuffix(option, g[1:]) && strings.Trim(option[1:], "ABDENSVXafilnqrstuvx"+g[1:]) == ""
		}):
			return false // -Nse 'SELECT 1', -lc '…'
		case !joined && isOneOf(c.values, option):
			i++
		}
	}
	return c.command == "" && (c.most < 0 || operands <= c.most)
}
