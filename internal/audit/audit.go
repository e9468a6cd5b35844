// Package audit is the record of who did what: entries that only grow, each with the hash of the one before it. Store keeps them;
// this package says what an entry is, how it is hashed, and how a chain is verified.
package audit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is what was done.
type Kind string

// The kinds of entries. They are stored and exported, and never change.
const (
	SignedIn          Kind = "signed-in"
	SignedOut         Kind = "signed-out"
	SignInRefused     Kind = "sign-in-refused"
	Refused           Kind = "refused"
	EvidenceViewed    Kind = "evidence-viewed"
	AuditViewed       Kind = "audit-viewed"
	RunStarted        Kind = "run-started"
	RunEnded          Kind = "run-ended"
	RunReopened       Kind = "run-reopened"
	Pressed           Kind = "pressed"
	Cancelled         Kind = "cancelled"
	Overridden        Kind = "overridden"
	Planned           Kind = "planned"
	ApprovalRequested Kind = "approval-requested"
	Approved          Kind = "approved"
	Declined          Kind = "declined"
	Withdrawn         Kind = "approval-withdrawn"
	CallBegun         Kind = "call-begun"
	Called            Kind = "called"
	StepEnded         Kind = "step-ended"
	Marked            Kind = "marked"
	Noted             Kind = "noted"
	Kept              Kind = "kept"
	GlassBroken       Kind = "glass-broken"
	GlassEnded        Kind = "glass-ended"
	Configured        Kind = "configured"
	Erased            Kind = "erased"
	AccessChanged     Kind = "access-changed"
	GameDay           Kind = "game-day"
)

// Kinds are all of them, with what they mean and with the activity that OCSF's class API Activity (6003) has for them: 1 create,
// 2 read, 3 update, 4 delete, 99 other (https://schema.ocsf.io/1.3.0/classes/api_activity).
var Kinds = []struct {
	Kind     Kind
	Means    string
	Activity int
}{
	{SignedIn, "somebody signed in", 99},
	{SignedOut, "a session was ended", 99},
	{SignInRefused, "somebody was not let in", 99},
	{Refused, "a request was refused, by which rule", 99},
	{EvidenceViewed, "evidence, a journal, an output or a file of a run was read", 2},
	{AuditViewed, "the audit log was read or exported", 2},
	{RunStarted, "a run began", 1},
	{RunEnded, "a run ended", 3},
	{RunReopened, "a run was reopened", 3},
	{Pressed, "a step was pressed or confirmed", 3},
	{Cancelled, "somebody cancelled a step, or ended a bake early", 3},
	{Overridden, "somebody went on past a failure, with a reason", 3},
	{Planned, "a change was planned and shown", 1},
	{ApprovalRequested, "approval was requested", 1},
	{Approved, "somebody approved", 3},
	{Declined, "somebody declined", 3},
	{Withdrawn, "a request for approval was withdrawn", 3},
	{CallBegun, "a changing call is about to be sent", 3},
	{Called, "a call was answered", 99},
	{StepEnded, "a step ended, with its verdict", 3},
	{Marked, "a manual step was marked", 3},
	{Noted, "a note was written", 3},
	{Kept, "a run is kept, or no longer", 3},
	{GlassBroken, "somebody broke glass: their effects are raised for an hour, with a reason", 3},
	{GlassEnded, "raised effects ended, by themselves or before their time", 3},
	{Configured, "a server started, with the digest of its configuration and its roles", 3},
	{Erased, "the text of an entry was erased, with a reason", 4},
	{GameDay, "a game day was begun or given up", 3},
	{AccessChanged, "a token, an account or an invitation was made, changed or ended", 3},
}

// Known reports whether there is such a kind.
func (k Kind) Known() bool { return k.activity() != 0 }

func (k Kind) activity() int {
	for _, known := range Kinds {
		if known.Kind == k {
			return known.Activity
		}
	}
	return 0
}

// Origin is who sent a request, and from where.
type Origin struct {
	Issuer  string `json:"issuer,omitempty"`
	Subject string `json:"subject,omitempty"`
	Email   string `json:"email,omitempty"`
	Name    string `json:"name,omitempty"`
	Address string `json:"address,omitempty"` // of the network
	Session string `json:"session,omitempty"` // tells sessions apart, and opens none
}

// Entry is one thing that was done. Everything in Text and Origin can be erased; the rest stays.
type Entry struct {
	At          time.Time
	Kind        Kind
	Result      string // "allowed", "refused", a verdict, or what else came of it
	Environment string
	Procedure   string
	Run         string

	Origin
	Step, Execution string
	Digest          string // SHA-256 of the runbook, the plan or the call that it is about
	Request         string // by which AWS knows the call
	Text            string // what else there is to say: a reason, a call, an address
}

// Log records entries.
type Log interface {
	// Record keeps an entry. Who it is of is filled in from the context where the entry does not say it: see [WithOrigin].
	Record(ctx context.Context, e Entry) error
}

// originKey is where a context has its origin.
type originKey struct{}

// WithOrigin is a context in which who sent the request is known.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// Complete fills in what the context knows of who did it. What is of another person than the request's, such as an event that a worker
// writes, is left as it is.
func (e Entry) Complete(ctx context.Context) Entry {
	o, ok := ctx.Value(originKey{}).(Origin)
	switch {
	case !ok:
	case e.Subject == "" && e.Issuer == "" && e.Name == "":
		e.Origin = o
	case e.Subject == o.Subject && e.Issuer == o.Issuer:
		e.Email, e.Address, e.Session = o.Email, o.Address, o.Session
	}
	return e
}

// Record is an entry as it is stored. Who and Body go when it is erased; Digest and the rest stay, and the chain with them.
type Record struct {
	Number      int64 // from 1, without gaps
	At          int64 // Unix milliseconds
	Kind        Kind
	Result      string
	Environment string
	Procedure   string
	Run         string
	Who         string // what people search for: name, address, account; empty when erased
	Body        string // the rest, as JSON, with a salt; empty when erased
	Digest      string // SHA-256 of Who and Body, hexadecimal
	Previous    string // Hash of the entry before it; empty for the first
	Hash        string
}

// body is the part of an entry that can be erased. Its salt keeps others from guessing by the digest what was erased.
type body struct {
	Origin
	Step      string `json:"step,omitempty"`
	Execution string `json:"execution,omitempty"`
	Digest    string `json:"digest,omitempty"`
	Request   string `json:"request,omitempty"`
	Text      string `json:"text,omitempty"`
	Salt      string `json:"salt"`
}

// maxText bounds the text of an entry, in bytes.
const maxText = 4 << 10

// NewRecord is an entry that has no place in the chain yet.
func NewRecord(e Entry) (Record, error) {
	if len(e.Text) > maxText {
		e.Text = e.Text[:maxText] + "…"
	}
	for _, s := range []*string{&e.Result, &e.Environment, &e.Procedure, &e.Run, &e.Name, &e.Email, &e.Subject, &e.Text} {
		*s = strings.ToValidUTF8(strings.ReplaceAll(*s, "\x00", ""), "\uFFFD") // what is hashed is what a database keeps
	}
	text, err := json.Marshal(body{e.Origin, e.Step, e.Execution, e.Digest, e.Request, e.Text, rand.Text()})
	if err != nil {
		return Record{}, fmt.Errorf("record what was done: %w", err)
	}
	r := Record{
		At: e.At.UnixMilli(), Kind: e.Kind, Result: e.Result, Environment: e.Environment, Procedure: e.Procedure, Run: e.Run,
		Who: whoOf(e.Origin), Body: string(text),
	}
	r.Digest = sum(r.Who, r.Body)
	return r, nil
}

// whoOf is by what people are searched for.
func whoOf(o Origin) string {
	out := o.Name
	for _, more := range []string{o.Email, o.Subject} {
		if more != "" && more != out && o.Issuer != "session" { // a session's id is a secret of its browser
			out += " " + more
		}
	}
	return out
}

// Chain gives a record its place after another one; the zero record is before the first.
func (r Record) Chain(last Record) Record {
	r.Number, r.Previous = last.Number+1, last.Hash
	r.Hash = r.hash()
	return r
}

// hash covers everything but what can be erased, of which it covers the digest.
func (r *Record) hash() string {
	return sum(r.Previous, strconv.FormatInt(r.Number, 10), strconv.FormatInt(r.At, 10), string(r.Kind), r.Result,
		r.Environment, r.Procedure, r.Run, r.Digest)
}

// sum is the SHA-256 of texts, each with its length before it, so that no two lists are written alike.
func sum(texts ...string) string {
	buffer := make([]byte, 0, 1024)
	for _, t := range texts {
		buffer = binary.AppendUvarint(buffer, uint64(len(t)))
		buffer = append(buffer, t...)
	}
	hash := sha256.Sum256(buffer)
	return hex.EncodeToString(hash[:])
}

// Erased reports whether the text of a record is gone.
func (r *Record) Erased() bool { return r.Body == "" }

// Entry is the entry of a record; of one that was erased, what is left.
func (r *Record) Entry() (Entry, error) {
	e := Entry{
		At: time.UnixMilli(r.At).UTC(), Kind: r.Kind, Result: r.Result, Environment: r.Environment, Procedure: r.Procedure, Run: r.Run,
	}
	if r.Erased() {
		return e, nil
	}
	var b body
	if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
		return e, fmt.Errorf("entry %d of the audit log is damaged: %w", r.Number, err)
	}
	e.Origin, e.Step, e.Execution, e.Digest, e.Request, e.Text = b.Origin, b.Step, b.Execution, b.Digest, b.Request, b.Text
	return e, nil
}
