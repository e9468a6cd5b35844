package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Keeper keeps the world for longer than a process lives, and for several processes at once. It
// numbers what it keeps: the first world has the revision 1, each change of it the next.
type Keeper interface {
	// World returns the kept world and its revision. data is nil where none is kept, and where the
	// kept one has the revision have.
	World(ctx context.Context, have int64) (data []byte, revision int64, err error)
	// KeepWorld keeps data as the world after revision, which is 0 for the first. kept is false, and
	// nothing is done, where another world came first.
	KeepWorld(ctx context.Context, revision int64, data []byte) (kept bool, err error)
}

// stale is the revision of a world that has to be read again.
const stale = -1

// maxTries bounds how often a change is made again because another process was first.
const maxTries = 100

// VersionError says that the kept world is one that this program cannot read.
type VersionError struct {
	Version int // of the kept world; 0 where it is no world at all
	Err     error

	revision int64
}

// Error says what to do: a world of another version is not converted.
func (e *VersionError) Error() string {
	if e.Version == 0 {
		return fmt.Sprintf("the kept sandbox cannot be read (%v); reset it", e.Err)
	}
	return fmt.Sprintf("the kept sandbox is of version %d, this Opsbook has version %d; reset it", e.Version, worldVersion)
}

// Unwrap is why the world cannot be read, nil where only the version differs.
func (e *VersionError) Unwrap() error { return e.Err }

// Load begins with the kept world. Where none is kept, the healthy one is; where it is one that this program
// cannot read, it is replaced by the healthy one and notice says so.
func (s *Sandbox) Load(ctx context.Context) (notice string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range maxTries {
		s.revision = stale
		err := s.refresh(ctx)
		var version *VersionError
		switch {
		case errors.As(err, &version):
			notice = version.Error()
			s.world, s.revision = newWorld(s.now()), version.revision
		case err != nil || s.revision > 0:
			return notice, err
		}
		if kept, err := s.keep(ctx); err != nil || kept {
			return notice, err
		}
	}
	return notice, errBusy
}

// errBusy reports that each try came second.
var errBusy = errors.New("the sandbox's world is changed by others all the time; nothing was changed, try again")

// with runs fn on the newest world, with the sandbox's lock held. What fn changed is kept, if it raised the
// world's serial number; where another process was first, fn runs again on what that one left. fn's error is returned
// as it is.
func (s *Sandbox) with(ctx context.Context, fn func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range maxTries {
		if err := s.refresh(ctx); err != nil {
			return err
		}
		// fn raises the serial number when it changes something: a read is not stored.
		before := s.world.Serial
		err := fn()
		if s.world.Serial == before || s.keeper == nil {
			return err
		}
		kept, failed := s.keep(ctx)
		switch {
		case failed != nil:
			s.revision = stale // whatever was kept, this world may be another
			return failed
		case kept:
			return err
		}
		s.revision = stale
	}
	return errBusy
}

// refresh reads the world where another process changed it.
func (s *Sandbox) refresh(ctx context.Context) error {
	if s.keeper == nil {
		return nil
	}
	data, revision, err := s.keeper.World(ctx, s.revision)
	switch {
	case err != nil:
		return fmt.Errorf("read the sandbox's world: %w", err)
	case data == nil && s.revision == stale: // none is kept
		s.world, s.revision = newWorld(s.now()), 0
		return nil
	case data == nil:
		return nil
	}
	w, err := readWorld(data, revision)
	if err != nil {
		s.revision = stale
		return err
	}
	s.world, s.revision = w, revision
	return nil
}

// readWorld reads a kept world; a *VersionError for one that this program cannot read.
func readWorld(data []byte, revision int64) (*world, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, &VersionError{Err: err, revision: revision}
	}
	if head.Version != worldVersion {
		return nil, &VersionError{Version: head.Version, revision: revision}
	}
	w := &world{}
	if err := json.Unmarshal(data, w); err != nil {
		return nil, &VersionError{Err: err, revision: revision}
	}
	w.makeMaps()
	return w, nil
}

// keep hands the world to the keeper.
func (s *Sandbox) keep(ctx context.Context) (bool, error) {
	data, err := json.Marshal(s.world)
	if err != nil {
		return false, fmt.Errorf("write the sandbox's world: %w", err)
	}
	kept, err := s.keeper.KeepWorld(ctx, s.revision, data)
	if err != nil {
		return false, fmt.Errorf("keep the sandbox's world: %w", err)
	}
	if kept {
		s.revision++
	}
	return kept, nil
}
