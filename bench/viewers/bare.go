package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// bareServer sends each stream what it is told. It stores nothing and draws nothing: what
// it takes is what any server written in Go takes for so many streams. wake is closed, and
// replaced, when message has changed.
type bareServer struct {
	mu      sync.Mutex
	wake    chan struct{}
	message []byte
}

// serveBare serves on a free port of loopback, prints the address and ends with the process.
func serveBare(ctx context.Context) error {
	b := &bareServer{wake: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", b.stream)
	mux.HandleFunc("POST /say", b.say)
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return s.Serve(listener)
}

// say takes a message and wakes all streams. Its size is that of a note in the portal's stream.
func (b *bareServer) say(_ http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.message = fmt.Appendf(nil, "data: <li><time>08:02:11</time><span>bench: “%s”</span></li>\n\n", r.FormValue("text"))
	// Closing wakes every stream at once, however many there are.
	close(b.wake)
	b.wake = make(chan struct{})
}

// stream sends the messages that come after it began, each as an event of its own. It
// begins as the portal's streams do.
func (b *bareServer) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	send := func(message []byte) bool {
		if _, err := w.Write(message); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	b.mu.Lock()
	wake := b.wake
	b.mu.Unlock()
	if !send([]byte("event: beat\ndata: \n\n")) {
		return
	}
	for {
		select {
		case <-wake:
		case <-r.Context().Done():
			return
		}
		b.mu.Lock()
		message := b.message
		wake = b.wake
		b.mu.Unlock()
		if !send(message) {
			return
		}
	}
}
