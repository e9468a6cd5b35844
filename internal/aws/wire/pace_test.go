package wire_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opsbook/opsbook/internal/aws/models"
	"github.com/opsbook/opsbook/internal/aws/wire"
	"github.com/opsbook/opsbook/internal/limits"
)

// limited is a service that lets one call through in a tenth of a second, and keeps five in hand, as AWS's buckets do.
type limited struct {
	mu      sync.Mutex
	tokens  float64
	at      time.Time
	refused int
}

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.tokens = min(5, l.tokens+now.Sub(l.at).Seconds()*10)
	l.at = now
	status, body := http.StatusOK, `{"TableNames":[]}`
	if l.tokens < 1 {
		l.refused++
		status, body = http.StatusBadRequest, `{"__type":"ThrottlingException","message":"Rate exceeded"}`
	} else {
		l.tokens--
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// all makes forty calls at once, each of a client of its own, and returns how many failed.
func all(t *testing.T, s *limited, change func(*wire.Client)) int {
	op := operation(t, "dynamodb", "ListTables")
	var failed atomic.Int32
	var group sync.WaitGroup
	for range 40 {
		client := &wire.Client{Region: "us-east-1", Unsigned: true, HTTP: &http.Client{Transport: s}}
		change(client)
		group.Go(func() {
			if _, err := client.Do(t.Context(), op, nil); err != nil {
				failed.Add(1)
			}
		})
	}
	group.Wait()
	return int(failed.Load())
}

func TestCallsThatShareALimitWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		alone := &limited{tokens: 5, at: time.Now()}
		failedAlone := all(t, alone, func(*wire.Client) {})
		paced := &limited{tokens: 5, at: time.Now()}
		var pace wire.Pace
		failedPaced := all(t, paced, func(c *wire.Client) { c.Pace = &pace })
		if paced.refused >= alone.refused || failedPaced > failedAlone {
			t.Errorf("each for itself: %d refused, %d failed; paced: %d refused, %d failed", alone.refused, failedAlone,
				paced.refused, failedPaced)
		}
	})
}

func TestAnotherLimitIsNotPaced(t *testing.T) {
	for _, c := range []struct {
		region, account string
		waits           bool
	}{{"us-east-1", "a", true}, {"eu-west-1", "a", false}, {"us-east-1", "b", false}} {
		t.Run(fmt.Sprint(c.region, c.account), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var pace wire.Pace
				s := &service{answers: []answer{fault(400, "ThrottlingException")}}
				client := clientOf(s)
				client.Pace, client.Account, client.Attempts = &pace, "a", 1
				for range 6 { // the spacing is now 1.6 s
					_, _ = client.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil)
				}
				other := clientOf(&service{answers: []answer{fine}})
				other.Pace, other.Account, other.Region = &pace, c.account, c.region
				var told time.Duration
				other.Pacing = func(_ *models.Operation, wait time.Duration) { told = wait }
				started := time.Now()
				if _, err := other.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(started); (waited > time.Second) != c.waits || told != waited {
					t.Errorf("waited %v, was told of %v", waited, told)
				}
				for range 40 { // calls that go through take the spacing away again
					_, _ = other.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil)
				}
				started = time.Now()
				_, _ = other.Do(t.Context(), operation(t, "dynamodb", "ListTables"), nil)
				if waited := time.Since(started); waited != 0 {
					t.Errorf("after calls that went through it waited %v", waited)
				}
			})
		})
	}
}

// TestWhoWaitsForAServiceHoldsNoWorker: between attempts and for its place in the pace, where that takes more than a moment.
func TestWhoWaitsForAServiceHoldsNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := limits.NewTurns(1, 0)
		turn, err := turns.Take(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		defer turn.Close()
		var answers []answer
		for range 9 {
			answers = append(answers, fault(400, "ThrottlingException"))
		}
		s := &service{answers: append(answers, fine)}
		client, began := clientOf(s), time.Now()
		client.Pace, client.Attempts = new(wire.Pace), 10
		done := make(chan error)
		go func() {
			_, err := client.Do(limits.WithTurn(t.Context(), turn), operation(t, "dynamodb", "ListTables"), nil)
			done <- err
		}()
		rested := time.Duration(0)
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-tick.C:
				if turns.Resting() == 1 && turns.Working() == 0 {
					rested += 10 * time.Millisecond
				}
				continue
			case err = <-done:
			}
			tick.Stop()
			break
		}
		if took := time.Since(began); err != nil || rested < took*3/4 {
			t.Errorf("of %v it rested for %v, %v", took, rested, err)
		}
	})
}
