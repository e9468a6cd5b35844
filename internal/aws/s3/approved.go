package s3

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Listing is which objects a line takes, overwrites and deletes, as they are now: the names are not among its words. Files that it uploads
// are none of these; they are bound by what is in them.
type Listing struct {
	works map[[16]byte]bool
	named []procedures.BoundMember
	whole hash.Hash
}

// listed is the member that says what is known of a line's objects.
const listed = "objects"

// maxNamed is up to how many objects each is a member of its own, so that the one that differs is named.
const maxNamed = 200

// Lists reports whether a line takes objects that its words do not determine: what is in a copied object, and what lies below a prefix.
func (l *Line) Lists() bool {
	if !l.Effect().Changes() {
		return false
	}
	whole := l.flags["recursive"] || l.Verb == "sync"
	switch l.Verb {
	case "rb":
		return l.flags["force"]
	case "rm":
		return whole
	case "cp", "mv", "sync":
		for _, p := range l.Paths {
			if p == "-" {
				return false
			}
		}
		return l.kind() != "upload" || l.flags["delete"]
	}
	return false
}

// List finds out what a line would do with objects, and does nothing of it.
func (s *Session) List(ctx context.Context, l *Line) (*Listing, error) {
	var err error
	if s.service, err = models.Load("s3"); err != nil {
		return nil, err
	}
	out := &Listing{works: map[[16]byte]bool{}, whole: sha256.New()}
	s.line, s.Stdout, s.Stderr = l, io.Discard, io.Discard
	s.out = results{session: s}
	kind, whole := l.kind(), l.flags["recursive"] || l.Verb == "sync"
	if l.Verb == "rb" {
		inner := *l
		inner.Verb, inner.flags = "rm", map[string]bool{"recursive": true}
		s.line, kind, whole = &inner, "delete", true
	}
	from := s.place(l.Paths[0], whole)
	to := from
	if len(l.Paths) == 2 {
		to = s.place(l.Paths[1], whole)
	}
	from.source = kind == "copy"
	patterns := s.patterns(from, to, whole)
	if l.Verb == "sync" {
		err = s.synchronise(ctx, kind, from, to, patterns, out.add)
	} else {
		err = s.find(ctx, from, to, whole, patterns, func(i item) error { return out.add(work{kind: kind, item: i}) })
	}
	return out, err
}

// add adds one thing that the line would do.
func (l *Listing) add(w work) error {
	if w.kind == "upload" {
		return nil
	}
	if len(l.works) >= limits.PlanObjects.Size() {
		return limits.PlanObjects.Reached()
	}
	key, words := w.approved()
	l.works[key] = true
	fmt.Fprintf(l.whole, "%x\n", key)
	if len(l.named) < maxNamed {
		l.named = append(l.named, procedures.BoundMember{Name: "object " + shown(w.item.local, w.item.from), Value: words})
	}
	return nil
}

// has reports whether something that the line does is what was listed.
func (l *Listing) has(w work) bool {
	key, _ := w.approved()
	return w.kind == "upload" || l.works[key]
}

// approved is what counts of one thing that a line does, as a digest and in words.
func (w work) approved() (key [16]byte, words string) {
	words = w.kind
	if w.kind != "delete" {
		words += " to " + shown(w.kind == "download", w.item.to)
	}
	words += fmt.Sprintf(", %d bytes, %s", w.item.size, w.item.etag)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", w.item.from, words))
	return [16]byte(sum[:16]), words
}

// Members are what the line is bound to.
func (l *Listing) Members() []procedures.BoundMember {
	out := []procedures.BoundMember{{Name: listed, Value: fmt.Sprint(len(l.works))}}
	if len(l.works) > len(l.named) {
		return append(out, procedures.ContentMember("which objects", l.whole.Sum(nil)))
	}
	return append(out, l.named...)
}

// NotListed is the member in the place of a listing that could not be made, or is too long to be compared.
func NotListed(err error) []procedures.BoundMember {
	var over *limits.Error
	why := "they could not be listed: " + plainError(err)
	if errors.As(err, &over) {
		why = "there are more than " + limits.PlanObjects.String()
	}
	return []procedures.BoundMember{{Name: listed, Value: notCompared + why}}
}

const notCompared = "not compared, as "

// Approved looks a line's objects up among the members that it is bound to: whether they were compared, and why not.
func Approved(members []procedures.BoundMember) (compared bool, why string) {
	for _, m := range members {
		if m.Name != listed {
			continue
		}
		if len(m.Value) > len(notCompared) && m.Value[:len(notCompared)] == notCompared {
			return false, m.Value[len(notCompared):]
		}
		return true, ""
	}
	return false, ""
}
