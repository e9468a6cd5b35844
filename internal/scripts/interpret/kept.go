package interpret

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/expand"
	"github.com/opsbook/opsbook/internal/scripts/interp"
)

// A change is planned by running its script without the changing calls; what the reading ones answer becomes part of the plan. Carrying the
// plan out runs the script again: until its first change is sent, what reads is answered as it was then, so that the calls are those that
// were seen, a generated password included. What is read after a change is read anew, as it is to tell what the change did; only values
// that are generated stay those of the plan. An answer is found by its line with what the line is given, the first one first.

// answers are those of a step's reading lines. It is safe for concurrent use.
type answers struct {
	mu   sync.Mutex
	left map[string][]procedures.KeptAnswer // to be answered with, by their keys
	kept []procedures.KeptAnswer            // what was answered, in order
	size int
}

// again takes the next answer of a line.
func (a *answers) again(key string) (procedures.KeptAnswer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.left[key]
	if len(list) == 0 {
		return procedures.KeptAnswer{}, false
	}
	a.left[key] = list[1:]
	return list[0], true
}

// keep keeps an answer, unless there are too many: what is left out is read anew, and the calls are compared all the same.
func (a *answers) keep(k procedures.KeptAnswer, size int) (kept bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.size+size > limits.PlanAnswersBytes.Size() {
		_ = limits.PlanAnswersBytes.Reached() // it is counted, and nothing fails
		return false
	}
	a.size += size
	a.kept = append(a.kept, k)
	return true
}

// all are the answers that were kept.
func (a *answers) all() []procedures.KeptAnswer {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.kept)
}

// load takes over answers that were kept before.
func (a *answers) load(list []procedures.KeptAnswer) {
	a.left = map[string][]procedures.KeptAnswer{}
	for _, k := range list {
		a.left[k.Key] = append(a.left[k.Key], k)
	}
}

// answersAgain reports whether a reading line is answered as it was before, where that was kept.
func (r *running) answersAgain(generates bool) bool {
	r.used.mu.Lock()
	defer r.used.mu.Unlock()
	switch {
	case generates, r.Planning && !r.Resuming:
		return true
	case r.Planning: // as far as the calls come that an earlier execution has made
		return r.used.turns < len(r.Made)
	}
	return r.used.sent == 0
}

// read runs a reading line of a step that changes something, or answers it as before.
func (r *running) read(ctx context.Context, h interp.HandlerContext, info procedures.LineInfo, inv *procedures.Invocation,
	run func(*procedures.Invocation) int) error {
	key := r.answerKey(h, inv)
	if r.answersAgain(info.Generates) {
		if kept, ok := r.used.kept.again(key); ok {
			r.used.kept.keep(kept, sizeOfAnswer(kept))
			return ended(ctx, answerAgain(inv, kept))
		}
	}
	k := &keeping{
		answer: procedures.KeptAnswer{Key: key, Line: inv.Line, Generated: info.Generates}, meter: r.used.meter.Part(inv.Line),
	}
	k.wrap(inv)
	status := run(inv)
	if answer, size, ok := k.end(status); !ok || ctx.Err() != nil || !r.used.kept.keep(answer, size) {
		k.meter.Close()
	}
	return ended(ctx, status)
}

// answerKey is a digest of a reading line with what it is given: its words, where it stands, AWS's variables, and of others than aws
// all that are exported.
func (r *running) answerKey(h interp.HandlerContext, inv *procedures.Invocation) string {
	var given []string
	h.Env.Each(func(name string, v expand.Variable) bool {
		if v.IsSet() && (strings.HasPrefix(name, "AWS_") || inv.Args[0] != "aws" && v.Exported) && name != "_" {
			given = append(given, name+"="+v.String())
		}
		return true
	})
	slices.Sort(given)
	data, err := json.Marshal([]any{inv.Args, h.Dir, given, inv.Terminal, inv.Line})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// answerAgain says what a line said before.
func answerAgain(inv *procedures.Invocation, k procedures.KeptAnswer) int {
	kind := procedures.SecretValue
	if k.Generated {
		kind = procedures.SecretGenerated
	}
	for _, value := range k.Secrets {
		if inv.Secret != nil {
			inv.Secret(value, kind)
		}
	}
	for _, file := range k.Files {
		f, err := inv.Files.Create(file.Name, false)
		if err != nil {
			_, _ = io.WriteString(inv.Stderr, "opsbook: "+err.Error()+"\n")
			return 1
		}
		_, writeErr := f.Write(file.Data)
		if err := errors.Join(writeErr, f.Close()); err != nil {
			_, _ = io.WriteString(inv.Stderr, "opsbook: "+err.Error()+"\n")
			return 1
		}
	}
	if inv.Note != nil {
		inv.Note("As reviewed: answered with what it returned when this was planned.")
	}
	for _, c := range k.Calls {
		inv.Report(c)
	}
	_, outErr := inv.Stdout.Write(k.Stdout)
	_, errErr := inv.Stderr.Write(k.Stderr)
	if k.Status == 0 && errors.Join(outErr, errErr) != nil {
		return 1 // the reader has gone
	}
	return k.Status
}

// keeping keeps what a line answers.
type keeping struct {
	mu     sync.Mutex
	answer procedures.KeptAnswer
	stdout bytes.Buffer
	stderr bytes.Buffer
	size   int
	lost   bool // it cannot be answered again: too much, or a file that was not only written
	files  []*keptFile
	meter  *limits.Meter // of what is kept, until the step ends
}

// add charges bytes, and reports whether they are kept.
func (k *keeping) add(n int) bool {
	if k.lost {
		return false
	}
	if k.size += n; k.size > limits.PlanAnswerBytes.Size() {
		_ = limits.PlanAnswerBytes.Reached() // it is counted, and nothing fails
		k.lost = true
	} else if k.meter.Charge(2*int64(n)) != nil { // a buffer that grows has room for as much again
		k.lost = true
	}
	return !k.lost
}

// wrap lets all that the line says pass here.
func (k *keeping) wrap(inv *procedures.Invocation) {
	same := inv.Stdout == inv.Stderr
	inv.Stdout = &keptOutput{k, inv.Stdout, &k.stdout}
	if same {
		inv.Stderr = inv.Stdout // 2>&1 keeps its order
	} else {
		inv.Stderr = &keptOutput{k, inv.Stderr, &k.stderr}
	}
	report, secret := inv.Report, inv.Secret
	inv.Report = func(c procedures.Call) {
		k.mu.Lock()
		if k.add(int(document.Size(c.Document))) {
			k.answer.Calls = append(k.answer.Calls, c)
		}
		k.mu.Unlock()
		report(c)
	}
	inv.Secret = func(value string, kind ...procedures.SecretKind) {
		k.mu.Lock()
		if k.add(len(value)) {
			k.answer.Secrets = append(k.answer.Secrets, value)
		}
		k.mu.Unlock()
		if secret != nil {
			secret(value, kind...)
		}
	}
	inv.Files = keptFiles{inv.Files, k}
}

// end is the answer; ok is false where the line did not come to answer, such as one that waits, which a plan leaves out.
func (k *keeping) end(status int) (answer procedures.KeptAnswer, size int, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lost || len(k.answer.Calls) == 0 || bytes.Contains(k.stdout.Bytes(), []byte(unknownWords)) {
		return answer, 0, false
	}
	k.answer.Status, k.answer.Stdout, k.answer.Stderr = status, k.stdout.Bytes(), k.stderr.Bytes()
	for _, f := range k.files {
		k.answer.Files = append(k.answer.Files, procedures.KeptFile{Name: f.name, Data: f.data.Bytes()})
	}
	return k.answer, k.size, true
}

// sizeOfAnswer is about what an answer takes.
func sizeOfAnswer(k procedures.KeptAnswer) int {
	size := len(k.Stdout) + len(k.Stderr)
	for _, c := range k.Calls {
		size += int(document.Size(c.Document))
	}
	for _, f := range k.Files {
		size += len(f.Data)
	}
	return size
}

// keptOutput passes an output on and keeps it.
type keptOutput struct {
	*keeping
	to   io.Writer
	kept *bytes.Buffer
}

// Write implements io.Writer.
func (o *keptOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	if o.add(len(p)) {
		o.kept.Write(p)
	}
	o.mu.Unlock()
	return o.to.Write(p)
}

// keptFiles keeps what a line writes into files.
type keptFiles struct {
	procedures.Files
	*keeping
}

// Create implements procedures.Files.
func (f keptFiles) Create(name string, appending bool) (io.WriteCloser, error) {
	w, err := f.Files.Create(name, appending)
	if err != nil {
		return nil, err
	}
	kept := &keptFile{WriteCloser: w, keeping: f.keeping, name: name}
	f.mu.Lock()
	f.lost = f.lost || appending
	f.files = append(f.files, kept)
	f.mu.Unlock()
	return kept, nil
}

// Remove, Mkdir and Chtimes implement procedures.Files: a line that does more than write files is done again.
func (f keptFiles) Remove(name string) error { f.lose(); return f.Files.Remove(name) }

// Mkdir implements procedures.Files.
func (f keptFiles) Mkdir(name string) error { f.lose(); return f.Files.Mkdir(name) }

// Chtimes implements procedures.Files.
func (f keptFiles) Chtimes(name string, at time.Time) error { return f.Files.Chtimes(name, at) }

// Open implements procedures.Files.
func (f keptFiles) Open(name string) (fs.File, error) { return f.Files.Open(name) }

func (k *keeping) lose() {
	k.mu.Lock()
	k.lost = true
	k.mu.Unlock()
}

// keptFile keeps what is written into one file.
type keptFile struct {
	io.WriteCloser
	*keeping
	name string
	data bytes.Buffer
}

// Write implements io.Writer.
func (f *keptFile) Write(p []byte) (int, error) {
	f.mu.Lock()
	if f.add(len(p)) {
		f.data.Write(p)
	}
	f.mu.Unlock()
	return f.WriteCloser.Write(p)
}
