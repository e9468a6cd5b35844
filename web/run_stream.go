package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/runs"
	"github.com/opsbook/opsbook/web/templates"
)

// heartbeat keeps proxies from closing a quiet stream.
const heartbeat = 15 * time.Second

// stream brings a page what happens: it reads the journal from the number that the page has, and writes
// the parts of the page that changed. A message's id is RUN.NUMBER. It returns nil when the reader has gone: pages come
// back by themselves and ask again.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) error {
	var f reader
	var err error
	if r.URL.Query().Get("home") == "true" {
		f, err = s.watchHome(r)
	} else {
		f, err = s.follow(r)
	}
	if err != nil {
		return err
	}
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Time{}); err != nil {
		s.Logger.DebugContext(r.Context(), "the connection has no write deadline", "error", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if _, err := fmt.Fprint(w, ": live\n\n"); err != nil {
		return nil
	}
	changed, stop := s.Runs.Changed(f.topics()...)
	defer func() { stop() }()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if moved, err := f.next(r.Context(), w); err != nil {
			return nil
		} else if moved { // another run is shown: listen to that one
			stop()
			changed, stop = s.Runs.Changed(f.topics()...)
			continue
		}
		if err := control.Flush(); err != nil {
			return nil
		}
		select {
		case <-changed:
		case <-beat.C:
			if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil {
				return nil
			}
			if err := s.may(r, access.Look, ""); err != nil {
				return nil
			}
		case <-r.Context().Done():
			return nil
		}
	}
}

// reader is what a stream is written by.
type reader interface {
	topics() []string
	// next writes what is new, and reports whether the topics are others now.
	next(ctx context.Context, w http.ResponseWriter) (moved bool, err error)
}

// follower is what one page has seen.
type follower struct {
	server      *Server
	request     *http.Request
	environment procedures.Environment
	procedure   *procedures.Procedure
	run         *procedures.Run // nil as long as there is none
	view        *runs.View
	fixed       bool // the page is of one run
	digest      string
}

// follow begins where the page, or the stream before this one, ended.
func (s *Server) follow(r *http.Request) (*follower, error) {
	q := r.URL.Query()
	e, err := s.environment(r)
	if err != nil {
		return nil, err
	}
	f := &follower{server: s, request: r, environment: e, fixed: q.Get("fixed") == "true", view: runs.NewView()}
	run, after := q.Get("run"), q.Get("after")
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		run, after, _ = strings.Cut(id, ".")
	}
	if run == "" {
		f.procedure, _, err = s.Library().Find(q.Get("procedure"))
		if f.procedure != nil {
			f.digest = f.procedure.Digest
		}
		return f, err
	}
	number, err := strconv.ParseInt(after, 10, 64)
	if err != nil || number < 0 {
		return nil, procedures.Errorf(procedures.CodeInvalid, "the stream was asked for from %q", after)
	}
	if f.run, err = s.Runs.Run(r.Context(), run); err != nil {
		return nil, err
	}
	if f.procedure, err = s.Runs.Procedure(r.Context(), f.run); err != nil {
		return nil, err
	}
	f.digest = f.procedure.Digest
	return f, f.skip(r.Context(), number)
}

// skip folds in what the page shows already.
func (f *follower) skip(ctx context.Context, to int64) error {
	for f.view.Last < to {
		events, err := f.server.Runs.Since(ctx, f.run.ID, f.view.Last, int(min(to-f.view.Last, 500)))
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			f.view.Apply(e)
		}
	}
	return nil
}

func (f *follower) topics() []string {
	topics := []string{runs.Topic(f.environment.Name, f.procedure.ID)}
	if f.run != nil {
		topics = append(topics, f.run.ID)
	}
	return topics
}

// next writes what is new. It reports whether the page shows another run now.
func (f *follower) next(ctx context.Context, w http.ResponseWriter) (moved bool, err error) {
	if !f.fixed {
		open, err := f.server.Runs.Open(ctx, f.procedure.ID, f.environment.Name)
		if err != nil {
			return false, err
		}
		if open != nil && (f.run == nil || open.ID != f.run.ID) {
			return true, f.move(ctx, w, open)
		}
	}
	if f.run == nil {
		return false, nil
	}
	for {
		events, err := f.server.Runs.Since(ctx, f.run.ID, f.view.Last, 500)
		if err != nil || len(events) == 0 {
			return false, err
		}
		if err := f.bring(w, events); err != nil {
			return false, err
		}
	}
}

// move shows another run on the whole page.
func (f *follower) move(ctx context.Context, w http.ResponseWriter, run *procedures.Run) error {
	p, err := f.server.Runs.Procedure(ctx, run)
	if err != nil {
		return err
	}
	f.run, f.procedure, f.view = run, p, runs.NewView()
	if f.view, err = f.server.Runs.View(ctx, run.ID); err != nil {
		return err
	}
	page, err := f.page()
	if err != nil {
		return err
	}
	return f.write(w, partial("#page", "innerMorph", templates.Content(page)), partial("#timeline", "innerHTML", templates.Timeline(page)), partial("#history", "innerHTML", templates.History(page)))
}

// page draws the page as it is now.
func (f *follower) page() (*templates.RunPage, error) {
	r := f.request
	head, err := f.server.Runs.Run(r.Context(), f.run.ID)
	if err != nil {
		return nil, err
	}
	f.run = head
	history, err := f.server.Runs.History(r.Context(), f.procedure.ID, f.environment.Name, 14)
	if err != nil {
		return nil, err
	}
	page := &templates.RunPage{
		Frame:     templates.Frame{Environment: f.environment, Environments: f.server.Environments},
		Procedure: f.procedure, Run: head, Fixed: f.fixed, Chapter: f.server.chapter(f.procedure),
	}
	for i := len(history) - 1; i >= 0; i-- {
		page.History = append(page.History, history[i])
	}
	f.server.fill(page, f.view)
	page.Here = page.URL()
	return page, nil
}

// bring writes the parts of the page that events change: lines are added to an output, and a step
// that began, ended or was marked is drawn again.
func (f *follower) bring(w http.ResponseWriter, events []procedures.Event) error {
	added := map[string][]runs.Piece{} // output by step
	drawn := map[string]bool{}
	var order []string
	head := false
	for _, e := range events {
		f.view.Apply(e)
		if e.Step == "" {
			head = head || e.Kind == procedures.EventRunFinished
			continue
		}
		if _, ok := added[e.Step]; !ok {
			added[e.Step] = nil
			order = append(order, e.Step)
		}
		switch e.Kind {
		case procedures.EventOutput, procedures.EventCommand, procedures.EventNote:
			if v := f.view.Step(e.Step); v.Execution == e.Execution {
				added[e.Step] = append(added[e.Step], runs.Piece{Kind: e.Kind, Stream: e.Stream, Text: e.Text})
			}
		case procedures.EventCall, procedures.EventFile:
		default:
			drawn[e.Step] = true
		}
	}
	page, err := f.page()
	if err != nil {
		return err
	}
	var parts []templ.Component
	for _, id := range order {
		switch step := page.Steps[id]; {
		case step == nil:
		case drawn[id]:
			parts = append(parts, partial("#"+id, "outerMorph", templates.StepCard(step)))
		case len(added[id]) > 0:
			parts = append(parts, partial("#out-"+id, "beforeend", templates.Pieces(pieces(added[id]))))
		}
	}
	if len(drawn) > 0 || head {
		parts = append(parts, partial("#head", "outerMorph", templates.Head(page)), partial("#meter", "outerMorph", templates.MeterBar(page)))
		parts = append(parts, partial("#history", "innerHTML", templates.History(page)))
		parts = append(parts, partial(".nav [aria-current] .dot", "outerHTML", templates.Dot(templates.NavItem{Verdict: page.Run.Verdict, Running: page.Meter.Running})))
	}
	if head {
		for _, step := range page.Procedure.Steps {
			if !drawn[step.ID] {
				parts = append(parts, partial("#"+step.ID, "outerMorph", templates.StepCard(page.Steps[step.ID])))
			}
		}
	}
	parts = append(parts, partial("#timeline", "innerHTML", templates.Timeline(page)))
	return f.write(w, parts...)
}

// write sends one message.
func (f *follower) write(w http.ResponseWriter, parts ...templ.Component) error {
	var buffer bytes.Buffer
	if err := together(parts...).Render(f.request.Context(), &buffer); err != nil {
		return fmt.Errorf("render a part of the page: %w", err)
	}
	return message(w, fmt.Sprintf("%s.%d", f.run.ID, f.view.Last), buffer.Bytes())
}

// message writes one message of a stream.
func message(w io.Writer, id string, html []byte) error {
	var message bytes.Buffer
	if id != "" {
		fmt.Fprintf(&message, "id: %s\n", id)
	}
	for line := range bytes.Lines(html) {
		message.WriteString("data: ")
		message.Write(bytes.TrimRight(line, "\r\n"))
		message.WriteByte('\n')
	}
	message.WriteByte('\n')
	_, err := w.Write(message.Bytes())
	return err
}
