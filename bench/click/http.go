package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/bench/process"
)

// overHTTP presses as htmx does and listens to the page's stream. It returns rounds times,
// from before the request until the line with the output was read.
func overHTTP(ctx context.Context, address string, rounds int) ([]time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar}
	if err := process.Post(ctx, client, address+"/preferences", url.Values{"name": {"bench"}}); err != nil { // which is asked for once
		return nil, err
	}
	stream, err := listen(ctx, client, address+"/stream?environment=sandbox&procedure="+url.QueryEscape(procedure))
	if err != nil {
		return nil, err
	}
	times := make([]time.Duration, 0, rounds)
	for i := range rounds + 1 { // the first opens the run
		round := fmt.Sprintf("press-%d-", i)
		form := url.Values{"procedure": {procedure}, "environment": {"sandbox"}, "p.ROUND": {round}, "as": {"bench"}}
		started := time.Now()
		if err := process.Post(ctx, client, address+"/press?step="+step+"&key=http-"+strconv.Itoa(i), form); err != nil {
			return nil, err
		}
		// The round is part of the output, so that an earlier press cannot be taken for this one.
		at, err := stream.until(output(round))
		if err != nil {
			return nil, err
		}
		if i > 0 {
			times = append(times, at.Sub(started))
		}
		if err := ended(ctx, client, address+"/procedures/"+procedure); err != nil { // so that the next press is another execution
			return nil, err
		}
	}
	return times, nil
}

// ended asks for the page until the step no longer runs. It goes by the class of a card
// that is running.
func ended(ctx context.Context, client *http.Client, address string) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		page, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || !bytes.Contains(page, []byte(`class="card now"`)) {
			return err
		}
	}
}

// stream is what the page's stream brought, with when.
type stream struct {
	lines chan received
}

// received is a line of the stream, with when it was read.
type received struct {
	text string
	at   time.Time
}

// listen opens the stream and reads it until ctx ends or the server closes it.
func listen(ctx context.Context, client *http.Client, address string) (*stream, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request) //nolint:bodyclose // its reader does
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fmt.Errorf("the stream was answered with %s", response.Status)
	}
	s := &stream{lines: make(chan received, 10_000)}
	go func() {
		defer response.Body.Close()
		defer close(s.lines)
		scanner := bufio.NewScanner(response.Body)
		// A part of the page may be one long line of the stream.
		scanner.Buffer(nil, 16<<20)
		for scanner.Scan() {
			s.lines <- received{scanner.Text(), time.Now()}
		}
	}()
	return s, nil
}

// until reads up to a line that contains text, for ten seconds at most.
func (s *stream) until(text string) (time.Time, error) {
	late := time.After(10 * time.Second)
	for {
		select {
		case r, ok := <-s.lines:
			if !ok {
				return time.Time{}, fmt.Errorf("the stream ended before %q", text)
			}
			if strings.Contains(r.text, text) {
				return r.at, nil
			}
		case <-late:
			return time.Time{}, fmt.Errorf("the stream did not bring %q", text)
		}
	}
}
