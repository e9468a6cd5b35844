package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/opsbook/opsbook/internal/audit/streams"
	"github.com/opsbook/opsbook/internal/procedures"
)

// Times of a server that ends. An orchestrator has to wait longer than stopTime before it kills.
const (
	drainTime   = 5 * time.Second        // that a server goes on answering after it has said that it is not ready
	streamTime  = 300 * time.Millisecond // after which streams are cut, when nothing new is accepted any more
	requestTime = 5 * time.Second        // that what was accepted may still take
	stopTime    = 20 * time.Second       // that what changes something may still take
)

// serve answers requests until ctx ends: then nothing new is begun, what only reads is put back, and streams end.
// Before anything is fetched, jobs that processes of the past had in their hands are forgotten and their executions
// recovered. At the end, in this order: the server says that it is not ready and goes on answering for its drain time,
// so that balancers see it first; the listener closes and the queue fetches nothing more; streams say goodbye; what was
// accepted has requestTime; steps that only read have a moment, steps that make changes have until stopTime. Pages of a
// stream come back to another replica, or to this one after its restart.
func (p *portal) serve(ctx context.Context, listener net.Listener) error {
	begin := context.WithoutCancel(ctx) // a server that is told to end while it begins ends as any other
	if err := p.db.ForgetJobs(begin); err != nil {
		return err
	}
	if err := p.service.Recover(begin); err != nil {
		return fmt.Errorf("take up what was left: %w", err)
	}
	if p.reach.verifies() {
		n, err := p.service.WithdrawUnvouched(begin)
		if err != nil {
			return fmt.Errorf("withdraw requests for approval of people who had not signed in: %w", err)
		}
		if n > 0 {
			p.logger.WarnContext(begin, "requests for approval were withdrawn: people sign in now, and had not before", "requests", n)
		}
	}
	// Neither work nor requests end with the signal: each has its own end below.
	work, endWork := context.WithCancel(context.WithoutCancel(ctx))
	defer endWork()
	if err := p.queue.start(work); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	p.background.Go(func() { p.service.Watch(work) })
	p.background.Go(func() { p.people.Share(work) })
	if p.signIn != nil {
		p.background.Go(func() { p.signIn.Run(work) })
	}
	if p.accounts != nil {
		p.background.Go(func() { p.accounts.Run(work) })
	}
	if p.glass != nil {
		p.background.Go(func() { p.glass.Run(work) })
	}
	p.background.Go(func() { p.chainAudit(work) })
	p.background.Go(func() { streams.RunAll(work, p.streamed) })
	if p.outbox != nil {
		p.background.Go(func() { p.outbox.Watch(work) })
	}
	defer p.endRequests()
	server := httpServer(p.requests, p.handler, p.reach.certificate, p.logger)
	// Serve fails by itself only where the listener does.
	ended := make(chan error, 1)
	go func() { ended <- serveOn(server, bounded(listener, p.reach.crowds(), p.logger)) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		p.drain(ctx)
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- p.queue.stop(stop) }() // from here on nothing is fetched
	defer time.AfterFunc(streamTime, p.endStreams).Stop()
	defer time.AfterFunc(requestTime, p.endRequests).Stop()
	err = errors.Join(err, ignoreClosed(server.Shutdown(stop)))
	p.endStreams()
	wait(stop, &p.detached)
	// Requests are over: nothing can be pressed any more.
	p.service.Stop(stop)
	err = errors.Join(err, <-stopped)
	endWork()
	p.background.Wait()
	return ignoreClosed(err)
}

// wait waits until all of a group have ended, or ctx has.
func wait(ctx context.Context, group *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() { group.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// drain says that the server is not ready and lets it answer for a while, where an orchestrator ends it: balancers stop
// sending to it before it refuses. Who ends it from a terminal does not wait.
func (p *portal) drain(ctx context.Context) {
	p.draining.Store(true)
	if cause := context.Cause(ctx); cause == nil || !strings.HasPrefix(cause.Error(), syscall.SIGTERM.String()) {
		return
	}
	p.logger.InfoContext(ctx, "the server is told to end; it answers until balancers have seen that it is not ready", "drain", p.drainTime)
	time.Sleep(p.drainTime)
}

// ready says whether requests should come here.
func (p *portal) ready(ctx context.Context) error {
	if p.draining.Load() {
		return procedures.Errorf(procedures.CodeUnavailable, "this server is being stopped")
	}
	return p.db.Ready(ctx)
}

// ignoreClosed leaves out errors that only say that the server was ended, or that its time was over.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
