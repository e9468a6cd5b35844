package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// crowd is many streams of one page. They are raw connections and not http.Client's, so
// that the viewers, which share the machine with the server, take as little of it as they
// can.
type crowd struct {
	connections []net.Conn
	seen        chan sight     // of all readers, in the order of arrival
	readers     sync.WaitGroup // one for each connection
}

// sight is that one viewer saw a mark.
type sight struct {
	mark string
	at   time.Time
}

// watch opens n streams, each of its address, fifty at a time, and waits until each has begun. The caller closes
// the crowd.
func watch(ctx context.Context, address func(i int) string, n int) (*crowd, error) {
	c := &crowd{seen: make(chan sight, 4*n)}
	begun := make(chan error, n)
	var dialer net.Dialer
	const together = 50
	slots := make(chan struct{}, together)
	for i := range n {
		u, err := url.Parse(address(i))
		if err != nil {
			c.close()
			return nil, err
		}
		request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n", u.RequestURI(), u.Host)
		slots <- struct{}{}
		connection, err := dialer.DialContext(ctx, "tcp", u.Host)
		if err != nil {
			c.close()
			return nil, err
		}
		c.connections = append(c.connections, connection)
		if _, err := connection.Write([]byte(request)); err != nil {
			c.close()
			return nil, err
		}
		c.readers.Go(func() { c.read(connection, func(err error) { begun <- err; <-slots }) })
	}
	for range n {
		if err := <-begun; err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// read follows one stream. begun is called once, when it has begun or failed. A line that
// is longer than the buffer comes in pieces.
func (c *crowd) read(connection net.Conn, begun func(error)) {
	reader := bufio.NewReaderSize(connection, 4096)
	started := false
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if !started {
				begun(err)
			}
			return
		}
		text := string(line)
		switch {
		case !started && strings.HasPrefix(text, "event: beat"):
			started = true
			begun(nil)
		case strings.Contains(text, "mark-"):
			_, after, _ := strings.Cut(text, "mark-")
			name, _, _ := strings.Cut(after, "-")
			c.seen <- sight{"mark-" + name + "-", time.Now()}
		}
	}
}

// wait collects who saw a mark, for ten seconds at most, as times since began. Fewer times
// than connections means that some have lost it.
func (c *crowd) wait(mark string, began time.Time) []time.Duration {
	late := time.After(10 * time.Second)
	var times []time.Duration
	for len(times) < len(c.connections) {
		select {
		case s := <-c.seen:
			if s.mark == mark {
				times = append(times, s.at.Sub(began))
			}
		case <-late:
			return times
		}
	}
	return times
}

// close ends the streams; their readers end by themselves.
func (c *crowd) close() {
	for _, connection := range c.connections {
		_ = connection.Close()
	}
}
