// This file is Opsbook's: the processes that a script sees, and the signals that they send each other. They are shells of this
// interpreter; there is nothing else that a script could reach.

package interp

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// mainPid is the number of the script; those of its jobs and subshells follow. No file and no status of a script has such a number. A
// script that it calls begins scriptPids further.
const (
	mainPid    = 20000
	scriptPids = 1000
)

// Depth says how deep in scripts that call one another this one is. (Opsbook)
func Depth(depth int) RunnerOption {
	return func(r *Runner) error {
		r.mainPid = mainPid + depth*scriptPids
		return nil
	}
}

// parentPid is the number of the shell that has called this one.
func (r *Runner) parentPid() int {
	if r.mainPid == mainPid {
		return mainPid - 1
	}
	return r.mainPid - scriptPids
}

// processes are those of a step, by their numbers.
type processes struct {
	mu    sync.Mutex
	last  int
	byPid map[int]*process
}

// process is a shell that signals are sent to.
type process struct {
	pid int
	job bool // it runs beside the shell that began it

	mu      sync.Mutex
	traps   map[string]trapped // what it has set for signals
	pending []string
	woken   chan struct{} // has something in it when a signal is pending
	killed  string        // the signal that ended it from outside
	over    bool
	cancel  context.CancelFunc // nil where it is not ended at once
}

// newProcesses has the script itself.
func newProcesses(pid int) (*processes, *process) {
	main := &process{pid: pid, woken: make(chan struct{}, 1)}
	return &processes{last: pid, byPid: map[int]*process{pid: main}}, main
}

func (ps *processes) add(p *process) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.last++
	p.pid, p.woken = ps.last, make(chan struct{}, 1)
	ps.byPid[p.pid] = p
}

func (ps *processes) find(pid int) *process {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p := ps.byPid[pid]; p != nil && !p.ended() {
		return p
	}
	return nil
}

func (p *process) ended() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// end notes that there is no such process any more.
func (p *process) end() {
	if p != nil {
		p.mu.Lock()
		p.over = true
		p.mu.Unlock()
	}
}

// pid is the number of this shell: BASHPID.
func (r *Runner) pid() int {
	if r.process == nil {
		r.process = &process{traps: signalTraps(r.traps)}
		r.processes.add(r.process)
	}
	return r.process.pid
}

// signalTraps are the traps that signals look at.
func signalTraps(traps map[string]trapped) map[string]trapped {
	out := map[string]trapped{}
	for name, t := range traps {
		if signalNumber(name) > 0 {
			out[name] = t
		}
	}
	return out
}

// trapsChanged tells those that send signals which of them are trapped.
func (r *Runner) trapsChanged() {
	if p := r.process; p != nil {
		p.mu.Lock()
		p.traps = signalTraps(r.traps)
		p.mu.Unlock()
	}
}

// signalNames are the signals of Linux, by their numbers.
var signalNames = func() []string {
	names := strings.Fields(`EXIT HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU
		URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS`)
	names = append(names, "", "") // 32 and 33 are the C library's own
	for n := range 16 {
		names = append(names, "RTMIN"+strings.TrimSuffix("+"+strconv.Itoa(n), "+0"))
	}
	for n := 14; n >= 0; n-- {
		names = append(names, "RTMAX"+strings.TrimSuffix("-"+strconv.Itoa(n), "-0"))
	}
	return names
}()

// signalNumber is the number of a signal by its name; -1 for none.
func signalNumber(name string) int {
	if name == "" {
		return -1
	}
	return slices.Index(signalNames, name)
}

// What a signal does that is not trapped.
var (
	ignoredSignals  = []string{"CHLD", "CONT", "URG", "WINCH"}
	stoppingSignals = []string{"STOP", "TSTP", "TTIN", "TTOU"}
)

// send sends a signal. from is the shell that sends it.
func (p *process) send(signal string, from *Runner) error {
	if slices.Contains(stoppingSignals, signal) {
		return fmt.Errorf("SIG%s would stop a part of the step for ever, which is not supported here", signal)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t, set := p.traps[signal]
	switch {
	case p.over, set && t.text == "" && signal != "KILL", !set && slices.Contains(ignoredSignals, signal):
		return nil
	case p.job && !set && (signal == "INT" || signal == "QUIT"):
		return nil // as for any job of a shell without a terminal
	}
	if set && signal != "KILL" || p == from.process {
		p.pending = append(p.pending, signal)
		select {
		case p.woken <- struct{}{}:
		default:
		}
		return nil
	}
	if p.killed == "" {
		p.killed = signal
	}
	// What runs in front of a subshell that sends the signal goes on to its end, as a process would whose shell is gone.
	if p.cancel != nil && (p.job || from.insideJob) {
		p.cancel()
	}
	return nil
}

// signalled carries out what was sent to this shell since it was asked last.
func (r *Runner) signalled(ctx context.Context) {
	p := r.process
	if p == nil || r.handlingSignal {
		return
	}
	p.mu.Lock()
	pending, killed := p.pending, p.killed
	if p.pending = nil; p.over {
		pending, killed = nil, ""
	}
	select {
	case <-p.woken:
	default:
	}
	p.mu.Unlock()
	for _, signal := range pending {
		if t, set := r.traps[signal]; set && signal != "KILL" {
			if t.text != "" && !r.exit.fatalExit {
				r.handlingSignal = true
				r.runTrap(ctx, t.text, signal)
				r.handlingSignal = false
			}
			continue
		}
		killed = signal
		break
	}
	if killed != "" && !r.exit.fatalExit {
		r.killedBy(ctx, killed)
	}
}

// endedBy is the signal that has ended this shell from outside, "" for none.
func (r *Runner) endedBy() string {
	r.process.mu.Lock()
	defer r.process.mu.Unlock()
	if r.process.over {
		return ""
	}
	return r.process.killed
}

// killedBy ends this shell as a signal does. What is set to run at its end sees the status of the command before.
func (r *Runner) killedBy(ctx context.Context, signal string) {
	r.process.mu.Lock()
	r.process.over = true
	r.process.mu.Unlock()
	if !slices.Contains([]string{"KILL", "SEGV", "BUS", "FPE", "ILL", "ABRT", "TRAP"}, signal) {
		r.exit = r.lastExit
		r.exit.leave()
		r.exitTrap(ctx)
		if r.exit.fatalExit {
			return
		}
	}
	delete(r.traps, "EXIT")
	r.exit = exitStatus{code: uint8(128 + signalNumber(signal)), exiting: true}
	if !r.process.job && r.process.pid != r.mainPid {
		r.died = signal
	}
}

// saysDeath says what has ended a subshell, as the shell around it does.
func (r *Runner) saysDeath() {
	if said := deathOf(r.died); said != "" {
		r.errf("%s\n", said)
	}
	r.died = ""
}

// deathOf is what a shell says of a process that a signal has ended; "" where it says nothing.
func deathOf(signal string) string {
	switch signal {
	case "", "INT", "PIPE":
		return ""
	case "HUP":
		return "Hangup"
	case "KILL":
		return "Killed"
	case "TERM":
		return "Terminated"
	}
	return "Signal " + signal
}

// kill is the builtin of that name.
func (r *Runner) kill(args []string) (exit exitStatus) {
	fail := func(code uint8, format string, args ...any) {
		r.errf("bash: line %d: kill: "+format+"\n", append([]any{r.line}, args...)...)
		exit.code = code
	}
	usage := func() exitStatus {
		r.errf("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n")
		exit.code = 2
		return exit
	}
	signal := "TERM"
	if len(args) > 0 {
		switch first := args[0]; {
		case first == "-l" || first == "-L":
			return r.listSignals(args[1:])
		case first == "-s" || first == "-n":
			if len(args) < 2 {
				fail(1, "%s: option requires an argument", first)
				return exit
			}
			signal, args = args[1], args[2:]
		case first != "--" && len(first) > 1 && first[0] == '-':
			signal, args = first[1:], args[1:]
		}
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	name := trapName(signal)
	if n, err := strconv.Atoi(signal); err == nil && n == 0 || signal == "EXIT" {
		name = "EXIT" // which is sent to nobody: it only asks whether there is somebody
	} else if name == "" || signalNumber(name) <= 0 {
		fail(1, "%s: invalid signal specification", signal)
		return exit
	}
	if len(args) == 0 {
		return usage()
	}
	sent := false
	for _, arg := range args {
		p, err := r.processOf(arg)
		if err != nil {
			exit.fatal(err)
			return exit
		}
		if p == nil {
			switch {
			case strings.HasPrefix(arg, "%"):
				fail(1, "%s: no such job", arg)
			case strings.Trim(arg, "0123456789") != "":
				fail(1, "%s: arguments must be process or job IDs", arg)
			default:
				fail(1, "(%s) - No such process", arg)
			}
			continue
		}
		sent = true
		if name == "EXIT" {
			continue
		}
		if err := p.send(name, r); err != nil {
			exit.fatal(err)
			return exit
		}
	}
	if sent {
		exit.code = 0 // one of them is enough
	}
	return exit
}

// processOf is the process that a number or %JOB names; nil where there is none.
func (r *Runner) processOf(arg string) (*process, error) {
	if strings.HasPrefix(arg, "%") {
		if j := r.jobOf(arg); j != nil && !j.process.ended() {
			return j.process, nil
		}
		return nil, nil //nolint:nilnil // there is none
	}
	n, err := strconv.Atoi(arg)
	switch {
	case err != nil:
		return nil, nil //nolint:nilnil,nilerr // it is no number
	case n <= 0 || n == r.parentPid():
		return nil, fmt.Errorf("a signal to %s reaches more than this script, which is not supported here", arg)
	case n == r.mainPid && r.process != nil && r.process.pid == n:
		return r.process, nil
	}
	return r.processes.find(n), nil
}

// listSignals is kill -l.
func (r *Runner) listSignals(args []string) (exit exitStatus) {
	if len(args) == 0 {
		column := 0
		for n, name := range signalNames {
			if n == 0 || name == "" {
				continue
			}
			r.outf("%2d) SIG%s", n, name)
			if column++; column%5 == 0 {
				r.out("\n")
			} else {
				r.out("\t")
			}
		}
		if column%5 != 0 {
			r.out("\n")
		}
		return exit
	}
	for _, arg := range args {
		if n, err := strconv.Atoi(arg); err == nil {
			if n > 128 {
				n -= 128
			}
			if n >= 0 && n < len(signalNames) && signalNames[n] != "" {
				r.outf("%s\n", signalNames[n])
				continue
			}
		} else if n := signalNumber(trapName(arg)); n >= 0 {
			r.outf("%d\n", n)
			continue
		}
		r.errf("bash: line %d: kill: %s: invalid signal specification\n", r.line, arg)
		exit.code = 1
	}
	return exit
}
