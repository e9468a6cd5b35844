// This file is Opsbook's: what runs beside the script.

package interp

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/opsbook/opsbook/internal/scripts/expand"
	"mvdan.cc/sh/v3/syntax"
)

// mostJobs bounds how many jobs a shell has at a time.
const mostJobs = 32

// job is what stands before an &.
type job struct {
	number  int // of the table; 0 where it has left it
	process *process
	text    *syntax.Stmt
	done    chan struct{}      // closed when it has ended
	exit    *exitStatus        // set then
	cancel  context.CancelFunc // ends it
	killed  string             // the signal that has ended it, until that was said
	told    bool               // its end was told: no wait -n waits for it any more
	forgot  bool               // nothing waits for it any more
}

func (j *job) isDone() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// begins begins a job.
func (r *Runner) begins(ctx context.Context, st *syntax.Stmt) {
	st2 := *st
	st2.Background, st2.Disown = false, false
	ctx, cancel := context.WithCancel(ctx)
	r2 := r.subshell(true)
	r2.fillExpandConfig(ctx)
	r2.input, r2.piped = inputAnything, nil
	if r.running == nil {
		r.running = new(atomic.Int32)
	}
	running := r.running
	if running.Load() >= mostJobs {
		cancel()
		r.exit.fatal(fmt.Errorf("more than %d jobs run beside the script; wait for some of them before others begin", mostJobs))
		return
	}
	j := &job{text: st, done: make(chan struct{}), exit: new(exitStatus), cancel: cancel}
	for _, other := range r.listedJobs() {
		j.number = max(j.number, other.number)
	}
	j.number++
	j.process = &process{job: true, cancel: cancel, traps: signalTraps(r2.traps)}
	r.processes.add(j.process)
	r2.process, r2.insideJob = j.process, true
	if _, is := st.Cmd.(*syntax.Subshell); is { // which is the job itself
		r2.passes = true
	}
	r2.counted = true
	r.jobs, r.lastJob = append(r.jobs, j), j.process.pid
	if r2.stdin != nil {
		r2.stdin = nil // a job reads nothing
	}
	release := r2.holdOutputs()
	running.Add(1)
	run := func() {
		defer close(j.done)
		defer running.Add(-1)
		defer cancel()
		defer release()
		defer func() {
			j.process.mu.Lock()
			killed := j.process.killed
			j.process.over, j.killed = true, killed
			j.process.mu.Unlock()
			switch {
			case killed != "":
				*j.exit = exitStatus{code: uint8(128 + signalNumber(killed))}
			case ctx.Err() != nil:
				*j.exit = exitStatus{code: 128 + 15}
			default:
				*j.exit = r2.exit
			}
		}()
		r2.alone(ctx, &st2)
	}
	if !r.beside0 {
		run()
		if r2.exit.fatalExit && j.exit.fatalExit {
			r.exit.fatal(r2.exit.err)
		}
		return
	}
	go run()
}

// endJobs ends the jobs of the script, and those that subshells have left behind: none outlives its step.
func (r *Runner) endJobs() {
	for _, s := range r.substituted { // they end by themselves, when nobody writes any more
		s.close()
	}
	r.substituted = nil
	r.orphans.mu.Lock()
	all := slices.Concat(r.jobs, r.orphans.jobs)
	r.orphans.mu.Unlock()
	for _, j := range all {
		j.cancel()
	}
	for _, j := range all {
		<-j.done
	}
}

// leaveJobs leaves the jobs of a subshell that has ended to the script.
func (r *Runner) leaveJobs() {
	for _, s := range r.substituted {
		s.close()
	}
	r.substituted = nil
	if len(r.jobs) > 0 {
		r.orphans.mu.Lock()
		r.orphans.jobs = append(r.orphans.jobs, r.jobs...)
		r.orphans.mu.Unlock()
	}
}

// wait waits for a job, and is its status. A signal that is trapped ends the waiting.
func (r *Runner) wait(ctx context.Context, j *job) exitStatus {
	var woken chan struct{}
	if r.process != nil {
		woken = r.process.woken
	}
	select {
	case <-j.done:
	case <-woken:
		return r.interrupted()
	case <-ctx.Done():
		var exit exitStatus
		exit.fatal(ctx.Err())
		return exit
	}
	if j.told = true; j.killed != "" && j.killed != "TERM" && deathOf(j.killed) != "" {
		r.errf("bash: line %d: %d %s\n", r.line, j.process.pid, deathOf(j.killed))
		j.killed = ""
	}
	if j.exit.fatalExit {
		return *j.exit
	}
	return exitStatus{code: j.exit.code}
}

// interrupted is the status of a wait that a signal has ended, whose trap runs next.
func (r *Runner) interrupted() (exit exitStatus) {
	r.process.mu.Lock()
	defer r.process.mu.Unlock()
	if len(r.process.pending) > 0 {
		exit.code = uint8(128 + signalNumber(r.process.pending[0]))
	}
	return exit
}

// jobOf is the job of this shell that a number, or %JOB, names; nil for none. Those whose end was told have only their number.
func (r *Runner) jobOf(name string) *job {
	spec, isSpec := strings.CutPrefix(name, "%")
	if !isSpec {
		n, err := strconv.Atoi(name)
		if err != nil {
			return nil
		}
		for _, j := range r.jobs {
			if j.process.pid == n && !j.forgot {
				return j
			}
		}
		return nil
	}
	listed := r.listedJobs()
	switch {
	case spec == "" || spec == "%" || spec == "+":
		return currentJob(listed, 0)
	case spec == "-":
		if j := currentJob(listed, 1); j != nil {
			return j
		}
		return currentJob(listed, 0)
	}
	if n, err := strconv.Atoi(spec); err == nil {
		for _, j := range listed {
			if j.number == n {
				return j
			}
		}
		return nil
	}
	for _, j := range listed {
		text := r.jobText(j)
		if part, anywhere := strings.CutPrefix(spec, "?"); anywhere && strings.Contains(text, part) || strings.HasPrefix(text, spec) {
			return j
		}
	}
	return nil
}

// currentJob is the job that began last, or the one before.
func currentJob(listed []*job, back int) *job {
	if len(listed) <= back {
		return nil
	}
	return listed[len(listed)-1-back]
}

// listedJobs are those of the table.
func (r *Runner) listedJobs() []*job {
	return slices.DeleteFunc(slices.Clone(r.jobs), func(j *job) bool { return j.number == 0 || j.told })
}

// jobText is a job as it was written.
func (r *Runner) jobText(j *job) string {
	st := *j.text
	st.Background, st.Disown, st.Comments = false, false, nil
	return r.source(&st)
}

// waitFor is the wait builtin: for the jobs that are named, for the next one with -n, or for all.
func (r *Runner) waitFor(ctx context.Context, args []string) (exit exitStatus) {
	next, variable := false, ""
	fail := func(code uint8, format string, args ...any) exitStatus {
		r.errf("bash: line %d: wait: "+format+"\n", append([]any{r.line}, args...)...)
		exit = exitStatus{code: code}
		return exit
	}
options:
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		option := args[0]
		args = args[1:]
		if option == "--" {
			break
		}
		for i, letter := range option[1:] {
			switch letter {
			case 'n':
				next = true
			case 'f':
			case 'p':
				if variable = option[i+2:]; variable == "" {
					if len(args) == 0 {
						return fail(2, "-p: option requires an argument")
					}
					variable, args = args[0], args[1:]
				}
				continue options
			default:
				return fail(2, "-%c: invalid option", letter)
			}
		}
	}
	if variable != "" {
		if !syntax.ValidName(variable) {
			return fail(1, "`%s': not a valid identifier", variable)
		}
		r.delVar(variable)
	}
	waited := func(j *job) exitStatus {
		e := r.wait(ctx, j)
		if variable != "" && j.told {
			r.setVarString(variable, strconv.Itoa(j.process.pid))
		}
		return e
	}
	if next {
		return r.waitForNext(ctx, args, waited)
	}
	if len(args) == 0 { // its own status is zero
		for _, j := range slices.Clone(r.jobs) {
			if j.forgot {
				continue
			}
			if e := r.wait(ctx, j); e.fatalExit || !j.told {
				return e
			}
			j.forgot = true
		}
		r.jobs = nil
		return exit
	}
	for _, arg := range args {
		j := r.jobOf(arg)
		switch {
		case j != nil:
			if exit = waited(j); exit.fatalExit || !j.told {
				return exit
			}
		case strings.HasPrefix(arg, "%"):
			fail(127, "%s: no such job", arg)
		case arg == "" || strings.Trim(arg, "0123456789") != "":
			return fail(1, "`%s': not a pid or valid job spec", arg)
		default:
			fail(127, "pid %s is not a child of this shell", arg)
		}
	}
	return exit
}

// waitForNext is wait -n: for the job that ends first, of those that are named or of all whose end nobody was told.
func (r *Runner) waitForNext(ctx context.Context, args []string, waited func(*job) exitStatus) (exit exitStatus) {
	var of []*job
	for _, arg := range args {
		if j := r.jobOf(arg); j != nil && !j.told {
			of = append(of, j)
		} else {
			r.errf("bash: line %d: wait: %s: no such job\n", r.line, arg)
		}
	}
	if len(args) == 0 {
		of = r.listedJobs()
	}
	if len(of) == 0 {
		exit.code = 127
		return exit
	}
	for _, j := range of { // of several that have ended it is the first
		if j.isDone() {
			return waited(j)
		}
	}
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())}}
	if r.process != nil {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(r.process.woken)})
	}
	before := len(cases)
	for _, j := range of {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(j.done)})
	}
	at, _, _ := reflect.Select(cases)
	switch {
	case at == 0:
		exit.fatal(ctx.Err())
		return exit
	case at < before:
		return r.interrupted()
	}
	return waited(of[at-before])
}

// listJobs is the jobs builtin. Only the numbers are listed; see analyse for what is refused.
func (r *Runner) listJobs(args []string) (exit exitStatus) {
	ids := false
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		for _, letter := range args[0][1:] {
			switch letter {
			case 'p':
				ids = true
			case 'r', '-':
			default:
				r.errf("bash: line %d: jobs: -%c: invalid option\njobs: usage: jobs [-lnprs] [jobspec ...] or jobs -x command [args]\n",
					r.line, letter)
				exit.code = 2
				return exit
			}
		}
		args = args[1:]
	}
	if !ids {
		exit.fatal(fmt.Errorf("jobs without -p is not supported here: it prints what runs in bash's own words"))
		return exit
	}
	list := r.jobs
	if len(list) == 0 {
		list = r.shownJobs
	}
	for _, j := range list {
		if j.number > 0 && !j.told && !j.isDone() {
			r.outf("%d\n", j.process.pid)
		}
	}
	return exit
}

// disown takes jobs out of the table.
func (r *Runner) disown(args []string) (exit exitStatus) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	all := len(args) > 0 && args[0] == "-a"
	if len(args) == 0 {
		args = []string{"%+"}
	}
	for _, arg := range args {
		if all {
			break
		}
		j := r.jobOf(arg)
		if j == nil || j.told || j.number == 0 {
			r.errf("bash: line %d: disown: %s: no such job\n", r.line, strings.Replace(arg, "%+", "current", 1))
			exit.code = 1
			continue
		}
		j.number, j.forgot = 0, true
	}
	for _, j := range r.jobs {
		if all {
			j.number, j.forgot = 0, true
		}
	}
	return exit
}

// printVariables is what set prints without arguments.
func (r *Runner) printVariables() {
	for _, name := range r.variableNames() {
		vr := r.lookupVar(name)
		if !vr.Set {
			continue
		}
		r.marks.seen(vr, r.within)
		if vr.Kind == expand.String {
			r.outf("%s=%s\n", name, expand.PlainQuote(vr.Str))
			continue
		}
		r.outf("%s\n", strings.TrimPrefix(vr.DeclaredAs(name), "declare -"+vr.Flags()+" "))
	}
}

// lookupVarNamed is lookupVar without following a reference.
func (r *Runner) lookupVarNamed(name string) expand.Variable {
	if name == "" {
		return expand.Variable{}
	}
	return r.lookupVar(name)
}

// orphans are jobs that subshells have left behind.
type orphans struct {
	mu   sync.Mutex
	jobs []*job
}
