package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// attack is something that the server has to bear. begin returns at once; done waits for its end, after the context's.
type attack struct {
	name  string
	begin func(ctx context.Context, address string, connections int) (done func())
}

// attacks are all that are measured, in the order of the table.
var attacks = []attack{
	{"nothing", func(context.Context, string, int) func() { return func() {} }},
	{"half-open connections", connected("GET /runs HTTP/1.1\r\nHost: localhost\r\n", 0)},
	{"half-sent bodies", connected(head+"Content-Length: 1000\r\n\r\nstep=", 0)},
	{"bodies of 500 kB that wait", connected(head+"Content-Length: 500001\r\n\r\n", 500_000)},
	{"slow bodies", connected(head+"Content-Length: 500000\r\n\r\n", -1)},
	{"a flood of sessions", flooded("/preferences", func(i int) url.Values {
		return url.Values{"name": {"attacker " + strconv.Itoa(i)}}
	}, 200)},
	{"a flood of presses", flooded("/press", func(i int) url.Values {
		return url.Values{"procedure": {"bench/look"}, "step": {"one"}, "key": {strconv.Itoa(i)}}
	}, 50)},
	{"presses of hostile scripts", flooded("/press", func(i int) url.Values {
		return url.Values{"procedure": {"bench/hostile"}, "step": {[]string{"grow", "spin"}[i%2]}, "key": {strconv.Itoa(i)}}
	}, 20)},
}

const head = "POST /press HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"

// again is how soon an attacker opens a connection again, and pace how often a slow one sends a byte.
const (
	again = 5 * time.Second
	pace  = time.Second
)

// wait waits for a time, or until the attack ends.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// connected opens connections that send a part of a request, then so many bytes more, or a byte now and then where it is
// negative; and opens each again when the server has closed it.
func connected(part string, more int) func(context.Context, string, int) func() {
	return func(ctx context.Context, address string, connections int) func() {
		var all sync.WaitGroup
		body := bytes.Repeat([]byte("x"), max(more, 0))
		for i := range connections {
			all.Go(func() {
				time.Sleep(time.Duration(i%100) * 10 * time.Millisecond) // not all in one moment
				for ctx.Err() == nil {
					hold(ctx, strings.TrimPrefix(address, "http://"), part, body, more < 0)
					wait(ctx, again)
				}
			})
		}
		return all.Wait
	}
}

// hold sends a part of a request and waits until the server ends the connection.
func hold(ctx context.Context, address, part string, body []byte, slow bool) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if _, err := io.WriteString(c, part); err != nil {
		return
	}
	if _, err := c.Write(body); err != nil {
		return
	}
	if slow {
		go func() {
			for ctx.Err() == nil {
				if _, err := c.Write([]byte("x")); err != nil {
					return
				}
				wait(ctx, pace)
			}
		}()
	}
	_, _ = io.Copy(io.Discard, c) // the server's answer, and its end
}

// flooded posts forms without end, each without a cookie: so many in a second, whatever is answered, as far as the
// server answers them.
func flooded(path string, form func(i int) url.Values, rate int) func(context.Context, string, int) func() {
	return func(ctx context.Context, address string, _ int) func() {
		var all sync.WaitGroup
		client := &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}}
		const together = 8
		for n := range together {
			all.Go(func() {
				for i := n; ctx.Err() == nil; i += together {
					due := time.Now().Add(together * time.Second / time.Duration(rate))
					flood(ctx, client, address+path, form(i))
					wait(ctx, time.Until(due))
				}
			})
		}
		return all.Wait
	}
}

// flood posts one form. What is answered does not matter.
func flood(ctx context.Context, client *http.Client, address string, form url.Values) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		panic(fmt.Sprintf("the address %s: %v", address, err))
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(request)
	if err != nil {
		return
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
}
