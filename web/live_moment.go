package web

import (
	"bytes"
	"context"
	"slices"

	"github.com/a-h/templ"

	"github.com/opsbook/opsbook/web/templates"
)

// What a hub sends beside the changes of its page: it is about this moment, and has no position.

// noticing is a source that says something of the runbook's newest text.
type noticing interface {
	// notice draws it; changed is false where it would be what it was. It is called with the hub's lock held.
	notice() (html []templ.Component, changed bool)
}

// renderPeople renders who is there. The message has no id: it is about this moment, and a page that comes back gets
// who is there then. One that is equal to the last is not sent.
func (h *hub) renderPeople() {
	place := h.source.place()
	if place == "" {
		return
	}
	html, err := markup(partial("#here", "innerHTML", templates.People(h.people.visitors(place))))
	if err != nil {
		h.logger.Warn("who is there cannot be shown", "error", err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.present = html
	h.compose()
}

// renderLine renders what is waited for, where anything still is.
func (h *hub) renderLine(ctx context.Context, queue queuing) {
	if !queue.waits() {
		return
	}
	draw, err := queue.line(ctx)
	if err != nil {
		if ctx.Err() == nil {
			h.logger.WarnContext(ctx, "what steps wait for cannot be read", "error", err)
		}
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	html, err := markup(draw()...)
	if err != nil {
		h.logger.WarnContext(ctx, "what steps wait for cannot be shown", "error", err)
		return
	}
	h.line = html
	h.compose()
}

// renderNotice renders what the page says of the newest text of its runbook.
func (h *hub) renderNotice() {
	source, ok := h.source.(noticing)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	parts, changed := source.notice()
	if !changed {
		return
	}
	html, err := markup(parts...)
	if err != nil {
		h.logger.Warn("what was edited cannot be shown", "error", err)
		return
	}
	h.edited = html
	h.compose()
}

// compose puts the message of this moment together, and wakes the streams where it is another one. The lock is held.
func (h *hub) compose() {
	if sent := message("", slices.Concat(h.present, h.line, h.edited)); !bytes.Equal(sent, h.peopleMessage) {
		h.peopleMessage = sent
		h.peopleVersion++
		h.wakeAll()
	}
}
