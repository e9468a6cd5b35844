package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/notify"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

const notifyHelp = `It is sent once, as real messages are, and says that it is a test. The address is not shown:
those of Slack and Teams are secrets.

    opsbook notify oncall --config opsbook.yaml

Exit status: 0 the receiver took it; 2 it did not; 3 the configuration is wrong.`

// notifyCommand sends a test message.
type notifyCommand struct{ addressed }

func (c *notifyCommand) run(ctx context.Context, o *options, t terminal, words []string) error {
	o.url = c.URL
	targets, public, err := o.notifications(t)
	if err != nil {
		return err
	}
	out := &notify.Outbox{Options: notify.Options{Page: pages(public), Now: time.Now}}
	var names []string
	for _, target := range targets {
		if names = append(names, target.Name); target.Name != words[0] {
			continue
		}
		began := time.Now()
		id, err := out.Test(ctx, target)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.out, "%s: %s took the test message %s in %s\n", target.Name, target.URL.Host, id,
			time.Since(began).Round(time.Millisecond))
		return err
	}
	if len(names) == 0 {
		return procedures.Errorf(procedures.CodeInvalid, "%s has no notifications", configurationName(o.Config))
	}
	return procedures.Errorf(procedures.CodeInvalid, "there is no notification %q in %s; there is %s", words[0],
		configurationName(o.Config), strings.Join(names, ", "))
}

// pages makes addresses of pages for browsers. It is called where public is known.
func pages(public *url.URL) func(procedure, run, step string) string {
	return func(procedure, run, step string) string {
		page := public.String() + "/"
		switch {
		case run != "":
			page = public.String() + "/runs/" + url.PathEscape(run)
		case procedure != "":
			page = public.String() + templates.ProcedureURL(procedure)
		}
		if step != "" {
			page += "?step=" + url.QueryEscape(step) + "#" + url.PathEscape(step)
		}
		return page
	}
}

// buildOutbox makes what notifies people; nothing where the configuration has no notifications.
func (p *portal) buildOutbox(o *options, t terminal, observer notify.Observer) error {
	targets, public, err := o.notifications(t)
	if err != nil || len(targets) == 0 {
		return err
	}
	p.outbox = &notify.Outbox{Options: notify.Options{
		Store: p.db, Targets: targets, Page: pages(public), Observer: observer, Now: now(o), Logger: p.logger,
		Queue: func(ctx context.Context, tx procedures.Tx, id string, at time.Time) error {
			return p.queue.post(ctx, tx, id, at)
		},
		Describe: func(ctx context.Context, a procedures.Alert) (*procedures.Message, error) {
			return p.service.Describe(ctx, a)
		},
	}}
	return nil
}

// now is the clock of the options.
func now(o *options) func() time.Time {
	if o.now != nil {
		return o.now
	}
	return time.Now
}

// alert keeps an alert; nil where nobody is notified.
func (p *portal) alert() func(context.Context, procedures.Tx, procedures.Alert) error {
	if p.outbox == nil {
		return nil
	}
	return p.outbox.Keep
}

// duties are what the jobs of the portal do.
func (p *portal) duties() duties {
	d := duties{step: p.service.Work}
	if p.outbox != nil {
		d.deliver = p.outbox.Deliver
	}
	return d
}

// trouble is what could not be delivered, for the page of what is wrong.
func (p *portal) trouble(ctx context.Context) ([]templates.Undelivered, error) {
	if p.outbox == nil {
		return nil, nil
	}
	all, err := p.outbox.Trouble(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]templates.Undelivered, len(all))
	for i, m := range all {
		out[i] = templates.Undelivered{
			Notification: m.Target, Event: string(m.Alert.Kind), At: m.CreatedAt, Attempts: m.Attempts, Error: m.Error,
		}
		if m.State == procedures.OutgoingWaiting {
			out[i].Next = m.DueAt
		}
	}
	return out, nil
}
