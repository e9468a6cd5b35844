package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Evidence is a run as a document: every attempt of each step and every action of a person, not only the newest.
type Evidence struct {
	*View     // with all attempts
	Run       *procedures.Run
	Procedure *procedures.Procedure // as its text was when the run began
	File      string                // of the runbook
	Text      string                // SHA-256 of the file's text, hexadecimal
	First     time.Time             // of the first event
	Ended     time.Time             // of the last thing that was done
	People    []string              // all who did something, in the order of their first action
	Issuers   map[string][]string   // by a name of People: who vouched for it, "session" for nobody

	digest hash.Hash
	points map[string]time.Time // by execution: of when the data are that it found
}

// EvidenceOutput is how much of an attempt's output is evidence, in bytes: its end.
const EvidenceOutput = 4 << 10

// NewEvidence returns the evidence of a run without events. Markdown is the runbook's text as it was when the run began.
func NewEvidence(run *procedures.Run, p *procedures.Procedure, file, markdown string) *Evidence {
	sum := sha256.Sum256([]byte(markdown))
	return &Evidence{
		View: newView(every), Run: run, Procedure: p, File: file, Text: hex.EncodeToString(sum[:]),
		digest: sha256.New(), points: map[string]time.Time{}, Issuers: map[string][]string{},
	}
}

// Apply folds an event in. Events come in the order of their numbers; one that was applied already is left out. An error is
// that the event cannot be written.
func (v *Evidence) Apply(e procedures.Event) error {
	if e.Number != 0 && e.Number <= v.Last {
		return nil
	}
	if err := WriteEvent(v.digest, e); err != nil {
		return err
	}
	v.View.Apply(e)
	if e.By != "" && !slices.Contains(v.People, e.By) {
		v.People = append(v.People, e.By)
	}
	if e.By != "" && !slices.Contains(v.Issuers[e.By], e.Issuer) {
		v.Issuers[e.By] = append(v.Issuers[e.By], e.Issuer)
	}
	if v.First.IsZero() {
		v.First = e.At
	}
	if !kinds[e.Kind].apart {
		v.Ended = e.At
	}
	if at, ok := v.point(e); ok {
		v.points[e.Execution] = at
	}
	return nil
}

// WriteEvent writes an event as one line of JSON, as the journal is handed out.
func WriteEvent(w io.Writer, e procedures.Event) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write event %d: %w", e.Number, err)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// Digest is the SHA-256, hexadecimal, of the events so far as WriteEvent writes them.
func (v *Evidence) Digest() string { return hex.EncodeToString(v.digest.Sum(nil)) }

// Actions are what people did beside executing steps: marks, notes, approvals, and what they decided about the run.
func (v *Evidence) Actions() []Entry {
	return slices.DeleteFunc(slices.Clone(v.Timeline), func(e Entry) bool { return !e.Action() })
}

// AttemptsOf are the attempts of a step in their order.
func (v *Evidence) AttemptsOf(step string) []*Attempt {
	return slices.DeleteFunc(slices.Clone(v.Attempts), func(a *Attempt) bool { return a.Step != step })
}

// Target is how long an attempt may take, by its parameters; 0 where the runbook says nothing.
func (v *Evidence) Target(a *Attempt) time.Duration {
	step := v.Procedure.Step(a.Step)
	if step == nil {
		return 0
	}
	return step.Annotations.Target.Of(v.values(a.Parameters))
}

// values are the parameters of an attempt, the run's where it has none of its own.
func (v *Evidence) values(own map[string]string) map[string]string {
	out := map[string]string{}
	for _, p := range v.Procedure.Parameters {
		out[p.Name] = p.Default
	}
	maps.Copy(out, v.Run.Parameters)
	maps.Copy(out, own)
	return out
}
