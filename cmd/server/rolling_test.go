package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/store"
)

// balancer does what the shipped Caddyfile says: it asks each replica whether it is ready, sends requests to those that
// are, and tries another where one does not accept the connection.
type balancer struct {
	k  *killing
	at atomic.Uint64

	mu      sync.Mutex
	healthy map[string]bool
}

// newBalancer begins to look after the processes, until the test ends, and serves.
func newBalancer(k *killing) *httptest.Server {
	b := &balancer{k: k, healthy: map[string]bool{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(*httputil.ProxyRequest) {}, Transport: b,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	var looking sync.WaitGroup
	ctx, stop := context.WithCancel(k.Context())
	looking.Go(func() {
		for ctx.Err() == nil {
			b.look()
			time.Sleep(50 * time.Millisecond)
		}
	})
	server := httptest.NewServer(proxy)
	k.Cleanup(func() { server.Close(); stop(); looking.Wait() })
	b.look()
	return server
}

// look asks every process whether it is ready.
func (b *balancer) look() {
	b.k.mu.Lock()
	var addresses []string
	for _, p := range b.k.processes {
		if p != nil {
			addresses = append(addresses, p.address)
		}
	}
	b.k.mu.Unlock()
	client := http.Client{Timeout: time.Second} // a frozen one does not answer
	now := map[string]bool{}
	for _, address := range addresses {
		response, err := client.Get(address + "/readyz")
		if err == nil {
			now[address] = response.StatusCode == http.StatusOK
			_ = response.Body.Close()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.healthy = now
}

// RoundTrip implements http.RoundTripper.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	for until := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		b.mu.Lock()
		var ready []string
		for address, ok := range b.healthy {
			if ok {
				ready = append(ready, address)
			}
		}
		b.mu.Unlock()
		if len(ready) > 0 {
			target, err := url.Parse(ready[int(b.at.Add(1))%len(ready)])
			if err != nil {
				return nil, err
			}
			r.URL.Scheme, r.URL.Host, r.Host = target.Scheme, target.Host, target.Host
			response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
			var dial *net.OpError
			if err == nil || !errors.As(err, &dial) || dial.Op != "dial" {
				return response, err
			}
		}
		if time.Now().After(until) {
			return nil, errors.New("no replica is ready")
		}
	}
}

// note adds a note through the balancer and returns how it was answered.
func note(ctx context.Context, server, procedure, text string) (status int, body string, err error) {
	form := url.Values{
		"procedure": {procedure}, "environment": {"prod"}, "step": {"read"}, "kind": {"note"}, "text": {text}, "as": {"oncall"},
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/marks", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("HX-Request", "true")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err
}

// TestRollingRestartRefusesNothing replaces three replicas in turn while buttons are pressed and notes are written: none is refused,
// and each note that was acknowledged is kept.
func TestRollingRestartRefusesNothing(t *testing.T) {
	t.Parallel()
	k, _, db := newReplicas(t, 3)
	k.environ = append(k.environ, "OPSBOOK_DRAIN=1s")
	for i := range k.processes {
		k.start(i)
	}
	server := newBalancer(k)
	writing, end := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	presses, began, slowest := 0, time.Now(), time.Duration(0)
	for w := range 6 {
		procedure := fmt.Sprintf("book/p%d", w%3)
		writers.Go(func() {
			for n := 0; writing.Err() == nil; n++ {
				text, asked := fmt.Sprintf("note %d of writer %d.", n, w), time.Now()
				status, body, err := note(t.Context(), server.URL, procedure, text)
				if err != nil || status != http.StatusOK {
					t.Errorf("%q was answered with %d %s, %v", text, status, body, err)
					return
				}
				mu.Lock()
				acknowledged[text], slowest = true, max(slowest, time.Since(asked))
				mu.Unlock()
				time.Sleep(30 * time.Millisecond)
			}
		})
		writers.Go(func() {
			for n := 0; writing.Err() == nil; n++ {
				asked := time.Now()
				form := url.Values{"procedure": {procedure}, "environment": {"prod"}, "step": {"read"}, "key": {fmt.Sprintf("%d-%d", w, n)}}
				if body, ok := k.askOf(t.Context(), server.URL, form); !ok {
					t.Errorf("press %d of %d was refused: %s", n, w, body)
					return
				}
				mu.Lock()
				presses, slowest = presses+1, max(slowest, time.Since(asked))
				mu.Unlock()
				time.Sleep(30 * time.Millisecond)
			}
		})
	}
	for i := range k.processes {
		k.terminate(i)
		k.start(i)
	}
	end()
	writers.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(acknowledged) < 50 || presses < 50 {
		t.Fatalf("only %d notes were written, and %d presses answered", len(acknowledged), presses)
	}
	took := time.Since(began)
	t.Logf("%d presses and %d notes in %s, %.0f a second; the slowest took %s", presses, len(acknowledged), took.Round(time.Second),
		float64(presses+len(acknowledged))/took.Seconds(), slowest.Round(time.Millisecond))
	missing(t, db, acknowledged)
}

// TestWritesAreAnsweredAsTheyEnd ends one process after the other at once, without a drain, while notes are written:
// whatever the answers are, what was acknowledged is kept.
func TestWritesAreAnsweredAsTheyEnd(t *testing.T) {
	t.Parallel()
	k, _, db := newReplicas(t, 1)
	acknowledged := map[string]bool{}
	for round := range 5 {
		k.start(0)
		address := k.processes[0].address
		var writers sync.WaitGroup
		var mu sync.Mutex
		ctx, stop := context.WithCancel(t.Context())
		for w := range 12 {
			writers.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					text := fmt.Sprintf("note %d of writer %d in round %d.", n, w, round)
					status, _, err := note(t.Context(), address, fmt.Sprintf("book/p%d", w%3), text)
					if err != nil {
						return // it has gone
					}
					if status == http.StatusOK {
						mu.Lock()
						acknowledged[text] = true
						mu.Unlock()
					}
				}
			})
		}
		time.Sleep(300 * time.Millisecond) // the random point
		k.end(0, syscall.SIGTERM)
		stop()
		writers.Wait()
	}
	missing(t, db, acknowledged)
}

// missing reports notes that were acknowledged and are in no journal, or in one twice.
func missing(t *testing.T, db *store.DB, acknowledged map[string]bool) {
	t.Helper()
	all, err := db.Runs(t.Context(), "prod", 1000)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for _, r := range all {
		for after := int64(0); ; {
			events, err := db.Events(t.Context(), r.ID, after, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if len(events) == 0 {
				break
			}
			for _, e := range events {
				if e.Kind == procedures.EventNote {
					kept[e.Text]++
				}
			}
			after += int64(len(events))
		}
	}
	for text := range acknowledged {
		if kept[text] != 1 {
			t.Errorf("%q was acknowledged and is kept %d times", text, kept[text])
		}
	}
	t.Logf("%d notes were acknowledged", len(acknowledged))
}

// TestDrain has a server that is told to end: it says that it is not ready, and answers until its time is over.
func TestDrain(t *testing.T) {
	t.Parallel()
	k, _ := newKilling(t, 1)
	k.environ = append(k.environ, "OPSBOOK_DRAIN=2s")
	k.start(0)
	address := k.processes[0].address
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.end(0, syscall.SIGTERM)
	}()
	for {
		if status, _ := get(t, address+"/readyz"); status == http.StatusServiceUnavailable {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if status, body, err := note(t.Context(), address, "book/p0", "still here"); status != http.StatusOK {
		t.Errorf("while it drains, a note is answered with %d %s, %v", status, body, err)
	}
	if status, _ := get(t, address+"/healthz"); status != http.StatusOK {
		t.Errorf("while it drains, it is not alive: %d", status)
	}
	<-ended
	if _, err := http.Get(address + "/healthz"); err == nil {
		t.Error("it answers after its end")
	}
}
