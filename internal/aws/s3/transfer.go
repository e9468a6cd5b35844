package s3

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/opsbook/opsbook/internal/aws/wire"
)

// atOnce is how many files are transferred at a time.
const atOnce = 6

// ahead is how many transfers may be found before they are begun: as far as that it is known how much there is to do.
// Beyond it the search waits for the transfers, which bounds the memory of a large bucket.
const ahead = 16 << 10

// work is one thing to do with an item.
type work struct {
	kind  string // upload, download, copy or delete
	item  item
	place int // in the order of the results
}

// transfer is cp, mv, sync and rm.
// One goroutine finds, atOnce execute. A single failure is printed and counted while the others go on; an error of
// finding is fatal. The status is 0, 1 where something failed, 2 where something was skipped, or 130 when ctx ended.
func (s *Session) transfer(ctx context.Context) (int, error) {
	l := s.line
	kind := l.kind()
	if len(l.Paths) == 2 && (l.Paths[0] == "-" || l.Paths[1] == "-") {
		return s.stream(ctx, kind)
	}
	whole := l.flags["recursive"] || l.Verb == "sync"
	from := s.place(l.Paths[0], whole)
	to := from
	if len(l.Paths) == 2 {
		to = s.place(l.Paths[1], whole)
	}
	from.source = kind == "copy"
	if kind == "upload" {
		if _, err := s.Files.Stat(orDot(from.path)); err != nil {
			return 0, fmt.Errorf("The user-provided path %s does not exist.", l.Paths[0])
		}
	}
	if kind == "download" && whole && to.path != "" && !l.DryRun() {
		if err := s.folder(strings.TrimSuffix(to.path, "/")); err != nil {
			return 0, err
		}
	}
	defer s.tell(ctx)()
	group, inner := errgroup.WithContext(ctx)
	found := make(chan *work, ahead)
	submit := func(w work) error {
		if inner.Err() != nil {
			return inner.Err()
		}
		if skipped, err := s.skip(w, whole); skipped || err != nil {
			return err
		}
		s.out.found(w)
		w.place = s.out.begin()
		select {
		case found <- &w:
			return nil
		case <-inner.Done():
			return inner.Err()
		}
	}
	for range atOnce {
		group.Go(func() error {
			for w := range found {
				s.out.done(w.place, s.execute(inner, *w))
				if inner.Err() != nil {
					return inner.Err()
				}
			}
			return nil
		})
	}
	var err error
	patterns := s.patterns(from, to, whole)
	if l.Verb == "sync" {
		err = s.synchronise(inner, kind, from, to, patterns, submit)
	} else {
		err = s.find(inner, from, to, whole, patterns, func(i item) error { return submit(work{kind: kind, item: i}) })
	}
	close(found)
	s.out.counted()
	waited := group.Wait()
	switch {
	case ctx.Err() != nil:
		return 130, ctx.Err()
	case err != nil:
		fatal := "fatal error: " + plainError(err)
		s.out.fail(fatal)
		s.out.say(result{fatal, true})
		return 1, nil
	case waited != nil:
		return 1, waited
	}
	return s.out.status(), nil
}

// tell tells how far it is until what it returns is called.
func (s *Session) tell(ctx context.Context) (stop func()) {
	if s.Progress == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var told sync.WaitGroup
	told.Go(func() { s.out.tell(ctx) })
	return func() { cancel(); told.Wait() }
}

// synchronise finds both sides and does what makes the destination like the source.
// The destination is held in memory by its keys; the source is compared while it is listed. Both are sorted alike, so
// --delete removes in the order of the keys, when the source has passed one.
func (s *Session) synchronise(ctx context.Context, kind string, from, to place, patterns []pattern, submit func(work) error) error {
	there := map[string]item{}
	var order []string
	err := s.find(ctx, to, from, true, patterns, func(i item) error {
		there[i.key] = i
		order = append(order, i.key)
		return nil
	})
	if err != nil {
		return err
	}
	gone := 0 // of order, those before it are in the source or deleted
	remove := func(before string, all bool) error {
		for ; gone < len(order) && (all || order[gone] < before); gone++ {
			i, left := there[order[gone]]
			if !left || !s.line.flags["delete"] {
				continue
			}
			if err := submit(work{kind: "delete", item: i}); err != nil {
				return err
			}
		}
		return nil
	}
	err = s.find(ctx, from, to, true, patterns, func(i item) error {
		if err := remove(i.key, false); err != nil {
			return err
		}
		have, exists := there[i.key]
		delete(there, i.key)
		if exists && !s.differs(kind, i, have) {
			return nil
		}
		return submit(work{kind: kind, item: i})
	})
	if err != nil {
		return err
	}
	return remove("", true)
}

// differs compares by size and time as the AWS CLI does: a download is also made where the local file is newer.
// With --size-only times do not count, with --exact-timestamps any difference of a download's does.
func (s *Session) differs(kind string, from, to item) bool {
	sameSize, later := from.size == to.size, to.at.Sub(from.at)
	upToDate := later >= 0
	if kind == "download" {
		upToDate = later <= 0
		if s.line.flags["exact-timestamps"] {
			upToDate = later == 0
		}
	}
	switch {
	case s.line.flags["no-overwrite"]:
		return false
	case s.line.flags["size-only"]:
		return !sameSize
	}
	return !sameSize || !upToDate
}

// skip warns of what cannot be transferred.
// An object in an archive has to be restored first. A key that leads out of the destination is not written. With
// --no-overwrite a file that exists is left out without a warning.
func (s *Session) skip(w work, whole bool) (bool, error) {
	glacier := w.item.class == "GLACIER" || w.item.class == "DEEP_ARCHIVE"
	restored := strings.Contains(w.item.restore, `ongoing-request="false"`)
	if glacier && !restored && (w.kind == "download" || w.kind == "copy") && !s.line.flags["force-glacier-transfer"] {
		if !s.line.flags["ignore-glacier-warnings"] {
			s.out.warn("Skipping file s3://%s. Object is of storage class GLACIER. Unable to perform %s operations "+
				"on GLACIER objects. You must restore the object to be able to perform the operation. See aws s3 %s "+
				"help for additional parameter options to ignore or force these transfers.", w.item.from, w.kind, w.kind)
		}
		return true, nil
	}
	if w.kind != "download" {
		return false, nil
	}
	if w.item.outside {
		s.out.warn("Skipping file %s. File references a parent directory.", w.item.key)
		return true, nil
	}
	if s.line.flags["no-overwrite"] && s.line.Verb != "sync" {
		if _, err := s.Files.Stat(w.item.to); err == nil {
			return true, nil
		}
	}
	if !whole {
		return false, nil
	}
	return s.conflicts(w.item)
}

// conflictHelp is where the AWS CLI sends people who see its warning.
const conflictHelp = "https://docs.aws.amazon.com/cli/latest/topic/s3-case-insensitivity.html"

// conflicts is --case-conflict, of objects whose keys differ only by case: it warns, where the line does not say
// otherwise. What is said does not change the status. A file that has exactly the name already is written in any case.
// Unlike the AWS CLI's, the answer does not depend on which download was quicker.
func (s *Session) conflicts(i item) (skipped bool, err error) {
	mode := s.line.values["case-conflict"]
	if mode == "ignore" {
		return false, nil
	}
	if _, err := s.Files.Stat(i.to); err == nil {
		return false, nil
	}
	if s.lower == nil {
		s.lower = map[string]bool{}
	}
	key := strings.ToLower(i.key)
	if !s.lower[key] {
		s.lower[key] = true
		return false, nil
	}
	const why = "because a file whose name differs only by case either exists or is being downloaded."
	switch mode {
	case "skip":
		s.out.say(result{fmt.Sprintf("warning: Skipping %s -> %s %s", i.from, i.to, why), true})
		return true, nil
	case "error":
		return true, fmt.Errorf("Failed to download %s -> %s %s", i.from, i.to, why)
	}
	s.out.say(result{fmt.Sprintf("warning: Downloading %s -> %s despite a file whose name differs only by case either existing or being "+
		"downloaded. This behavior is not defined on case-insensitive filesystems and may result in overwriting existing files or race "+
		"conditions between concurrent downloads. For more information, see %s.", i.from, i.to, conflictHelp), true})
	return false, nil
}

// errNotApproved says that an object came, or became another, after what was approved was compared for the last time.
var errNotApproved = errors.New("it is not a part of what was approved")

// execute does one thing and says what became of it.
// A move removes its source only after the copy succeeded. What ctx ended has no line.
func (s *Session) execute(ctx context.Context, w work) result {
	name := w.kind
	if s.line.Verb == "mv" {
		name = "move"
	}
	where := shown(w.item.local, w.item.from)
	if w.kind != "delete" {
		where += " to " + shown(w.kind == "download", w.item.to)
	}
	if s.line.DryRun() {
		return result{text: "(dryrun) " + name + ": " + where}
	}
	moved := &movement{out: &s.out}
	err := errNotApproved
	if s.Approved == nil || s.Approved.has(w) {
		err = s.one(ctx, w, moved)
	}
	var failure *wire.ServiceError
	if errors.As(err, &failure) && failure.Code == "PreconditionFailed" && s.line.flags["no-overwrite"] {
		moved.takeBack() // the object came meanwhile, or was there: it is left as it is, and the AWS CLI prints nothing
		if s.Note != nil {
			s.Note(fmt.Sprintf("Left out %s: it already exists on %s", shown(w.item.local, w.item.from),
				shown(w.kind == "download", w.item.to)))
		}
		return result{}
	}
	if err == nil && s.line.Verb == "mv" {
		err = s.remove(ctx, w.item)
	}
	if err != nil {
		moved.takeBack()
		if ctx.Err() != nil {
			return result{}
		}
		failed := fmt.Sprintf("%s failed: %s %s", name, where, plainError(err))
		s.out.fail(failed)
		return result{failed, true}
	}
	s.out.transferred(w.kind, w.item.size, moved.bytes.Load())
	return result{text: name + ": " + where}
}

// movement counts the bytes of one transfer while it goes on.
type movement struct {
	out   *results
	bytes atomic.Int64
}

// add counts bytes that were sent or received.
func (m *movement) add(n int64) {
	m.bytes.Add(n)
	m.out.moved(n)
}

// takeBack uncounts a transfer that failed.
func (m *movement) takeBack() { m.out.moved(-m.bytes.Load()) }

// Write counts what is copied through it.
func (m *movement) Write(p []byte) (int, error) {
	m.add(int64(len(p)))
	return len(p), nil
}

// one transfers or deletes one item.
func (s *Session) one(ctx context.Context, w work, moved *movement) error {
	switch w.kind {
	case "upload":
		return s.upload(ctx, w.item, moved)
	case "download":
		return s.download(ctx, w.item, moved)
	case "copy":
		return s.copy(ctx, w.item, moved)
	}
	return s.remove(ctx, w.item)
}

// remove deletes what an item was found as.
func (s *Session) remove(ctx context.Context, i item) error {
	if i.local {
		return s.Files.Remove(i.from)
	}
	bucket, key := split(i.from)
	_, err := s.call(ctx, "DeleteObject", "Bucket", bucket, "Key", key, "RequestPayer", s.line.values["request-payer"])
	return err
}
