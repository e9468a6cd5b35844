package procedures

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// BoundMember is one thing that a changing call is sent with besides its words: where it goes, as whom, what it reads. It is found out when
// the call is planned, and again just before it is sent: what was approved is what is sent.
type BoundMember struct {
	// Name is how people know it: "region", "--dashboard-body file://dash.json", "variable AWS_PROFILE".
	Name string `json:"name"`
	// Value is what it is; of a content, and of a secret, its SHA-256.
	Value   string `json:"value,omitempty"`
	Content bool   `json:"content,omitempty"`
	Secret  bool   `json:"secret,omitempty"`
}

// Binder is a Command that knows what its changing lines are sent with besides their words, standard input, files and variables, which the
// interpreter finds out by itself.
type Binder interface {
	Command
	// Bound returns that; it changes nothing, and may be called often. What it cannot find out for certain is an error, which refuses the
	// line.
	Bound(ctx context.Context, inv *Invocation) ([]BoundMember, error)
}

// ContentMember is a member of which the content counts.
func ContentMember(name string, content []byte) BoundMember {
	return DigestMember(name, sha256.Sum256(content), int64(len(content)))
}

// DigestMember is a member of which the content counts, by the SHA-256 and the size of it.
func DigestMember(name string, sum [sha256.Size]byte, size int64) BoundMember {
	return BoundMember{Name: name, Value: fmt.Sprintf("%s %d", hex.EncodeToString(sum[:]), size), Content: true}
}

// VariableMember is an exported variable. The value of one whose name says that it is secret is not kept.
func VariableMember(name, value string) BoundMember {
	m := BoundMember{Name: "variable " + name, Value: value}
	upper := strings.ToUpper(name)
	for _, word := range []string{"SECRET", "TOKEN", "PASSW", "PWD", "KEY", "CREDENTIAL"} {
		if strings.Contains(upper, word) {
			sum := sha256.Sum256([]byte(value))
			m.Value, m.Secret = hex.EncodeToString(sum[:]), true
			break
		}
	}
	return m
}

// BoundDigest is the SHA-256 of a call with all that it is sent with. The salt keeps others from guessing values by it.
func (c PlannedCall) BoundDigest(salt string, number int) string {
	data, err := json.Marshal([]any{salt, number, c.Words(), c.Effect, c.Unknown, c.Folder, c.Variables, c.Bound})
	if err != nil {
		return "" // texts and numbers only
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Deviations say how a call as it would be sent now differs from this one, which was planned: a sentence each, without a full stop. There
// are none where it is the same. The texts may hold secrets of the script: the caller masks them.
func (c PlannedCall) Deviations(now PlannedCall) []string {
	if out := wordDeviations(c.Words(), now.Words()); len(out) > 0 {
		return out
	}
	if c.Bound == nil { // it was not planned by the interpreter
		return nil
	}
	var out []string
	left := slices.Clone(now.Bound)
	for _, was := range c.Bound {
		i := slices.IndexFunc(left, func(m BoundMember) bool { return m.Name == was.Name })
		if i < 0 {
			out = append(out, was.gone())
			continue
		}
		if left[i] != was {
			out = append(out, was.became(left[i]))
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, m := range left {
		out = append(out, m.added())
	}
	return out
}

// wordDeviations name the first word that differs, by the option before it.
func wordDeviations(was, now []string) []string {
	if slices.Equal(was, now) {
		return nil
	}
	at := 0
	for at < min(len(was), len(now)) && was[at] == now[at] {
		at++
	}
	word := func(words []string) string {
		if at < len(words) {
			return words[at]
		}
		return "(none)"
	}
	name := fmt.Sprintf("word %d", at+1)
	if at > 0 && at <= len(was) && strings.HasPrefix(was[at-1], "--") {
		name = "`" + was[at-1] + "`"
	}
	return []string{fmt.Sprintf("%s: %s → %s", name, word(was), word(now))}
}

func (m BoundMember) became(now BoundMember) string {
	switch {
	case m.Content || now.Content:
		return m.Name + ": its content is not what was approved"
	case m.Secret || now.Secret:
		return m.Name + ": its value is not what was approved"
	}
	return fmt.Sprintf("%s: %s → %s", m.Name, orNone(m.Value), orNone(now.Value))
}

func (m BoundMember) gone() string {
	if m.Content || m.Secret {
		return m.Name + ": it is not there any more"
	}
	return fmt.Sprintf("%s: %s → (none)", m.Name, orNone(m.Value))
}

func (m BoundMember) added() string {
	if m.Content || m.Secret {
		return m.Name + ": it was not there when this was approved"
	}
	return fmt.Sprintf("%s: (none) → %s", m.Name, orNone(m.Value))
}

func orNone(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}

// KeptAnswer is what a reading line answered while its step was planned. Carrying the plan out answers the line with it again: it is what
// was seen and approved. It may hold secrets and is kept encrypted only.
type KeptAnswer struct {
	Key     string     `json:"key"` // a digest of the line with what it is given
	Line    int        `json:"line,omitempty"`
	Stdout  []byte     `json:"stdout,omitempty"`
	Stderr  []byte     `json:"stderr,omitempty"`
	Status  int        `json:"status,omitempty"`
	Calls   []Call     `json:"calls,omitempty"`
	Secrets []string   `json:"secrets,omitempty"`
	Files   []KeptFile `json:"files,omitempty"` // that the line wrote
	// Generated reports that the line makes a new value each time, such as a password.
	Generated bool `json:"generated,omitempty"`
}

// KeptFile is a file that a reading line wrote.
type KeptFile struct {
	Name string `json:"name"` // as the line names it
	Data []byte `json:"data,omitempty"`
}
