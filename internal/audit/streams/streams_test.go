package streams_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/audit/streams"
	"github.com/opsbook/opsbook/internal/store"
)

// recorded is a database with a chain of n entries, each of somebody whose name needs more than ASCII.
func recorded(t *testing.T, n int) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	add(t, db, n)
	return db
}

func add(t *testing.T, db *store.DB, n int) {
	t.Helper()
	for i := range n {
		if err := db.Record(t.Context(), audit.Entry{
			Kind: audit.Pressed, Result: "allowed", Origin: audit.Origin{Name: "Zoë 😀", Subject: "zoe"},
			Text: fmt.Sprint("line\nbreak ", i),
		}); err != nil {
			t.Fatal(err)
		}
	}
	for some := true; some; {
		var err error
		if some, err = db.ChainAudit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func runner(db *store.DB, holder string, to streams.Sender) *streams.Runner {
	return &streams.Runner{
		Name: "s", Sender: to, Store: db, Holder: holder, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}
}

// all sends until there is nothing more.
func all(t *testing.T, r *streams.Runner) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAFileIsAnAnchor: what a file has is what the chain has, and shows that the chain was cut off or made anew; a line that was cut off
// spoils no other; a replica sends what another one has not sent.
func TestAFileIsAnAnchor(t *testing.T) {
	db, name := recorded(t, 700), filepath.Join(t.TempDir(), "audit.jsonl")
	all(t, runner(db, "one", streams.File{Name: name}))
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(file, `{"anchor":{"num`)
	file.Close()
	add(t, db, 3)
	two := runner(db, "two", streams.File{Name: name})
	all(t, two) // one has it yet
	two.Now = func() time.Time { return time.Now().Add(time.Hour) }
	all(t, two)
	text, err := os.ReadFile(name)
	entries, heads := bytes.Count(text, []byte(`"class_uid":6003`)), bytes.Count(text, []byte(`{"anchor":{"number"`))
	if err != nil || entries != 703 || heads != 3 {
		t.Fatalf("%v: %d entries, %d anchors", err, entries, heads)
	}
	for _, c := range []struct{ statement, want string }{
		{"", ""},
		{"DELETE FROM audit WHERE number > 650; UPDATE audit_head SET number = 650, hash = (SELECT hash FROM audit WHERE number = 650)",
			"an anchor knows entry 703, and the chain ends with 650: entries were removed from the end"},
	} {
		if _, err := db.SQL().ExecContext(t.Context(), c.statement); err != nil {
			t.Fatal(err)
		}
		if _, problems, err := db.VerifyAudit(t.Context()); err != nil || len(problems) > 0 {
			t.Fatalf("the chain itself: %q, %v", problems, err)
		}
		v := &audit.Verifier{}
		anchors, err := streams.Anchors(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range anchors {
			v.Anchor(a.Number, a.Hash)
		}
		_, problems, err := db.VerifyAuditBy(t.Context(), v)
		if found := strings.Join(problems, "\n"); err != nil || (found == "") != (c.want == "") || !strings.Contains(found, c.want) {
			t.Errorf("found %.300s, %v", found, err)
		}
	}
	add(t, db, 60) // a chain that was made anew is as long
	v := &audit.Verifier{}
	v.Anchor(700, strings.Repeat("0", 64))
	_, problems, err := db.VerifyAuditBy(t.Context(), v)
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "made anew") {
		t.Errorf("found %q, %v", problems, err)
	}
}

// received reads so many messages by the lengths before them, and closes the connection when it may.
func received(t *testing.T, listener net.Listener, most int, end <-chan struct{}) (out []string) {
	t.Helper()
	conn, err := listener.Accept()
	if err != nil {
		t.Error(err)
		return nil
	}
	go func() { <-end; conn.Close() }()
	for in := bufio.NewReader(conn); len(out) < most; {
		length, err := in.ReadString(' ')
		n, number := strconv.Atoi(strings.TrimSpace(length))
		if err != nil || number != nil {
			break
		}
		text := make([]byte, n)
		if _, err := io.ReadFull(in, text); err != nil {
			break
		}
		out = append(out, string(text))
	}
	return out
}

// messageForm is RFC 5424's, 6.
var messageForm = regexp.MustCompile(`^<(109|110)>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z host opsbook \d+ (pressed|anchor) - \{[ -~]+\}$`)

// TestSyslog: messages are of RFC 5424; a receiver that is away, or goes away in the middle, misses nothing, and that it fails is kept.
func TestSyslog(t *testing.T) {
	db := recorded(t, 5)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	r := runner(db, "one", &streams.Syslog{Network: "tcp", Address: address, Host: "host"})
	if _, err := r.Once(t.Context()); err == nil {
		t.Error("nobody listens, and it is sent")
	}
	kept, last, err := db.AuditStreams(t.Context())
	if err != nil || last != 5 || kept[0].Number != 0 || kept[0].Error == "" || kept[0].Failing.IsZero() {
		t.Errorf("%+v of %d, %v", kept, last, err)
	}
	if listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", address); err != nil {
		t.Skip("the port was taken")
	}
	defer listener.Close()
	first, end := make(chan []string, 1), make(chan struct{})
	go func() { first <- received(t, listener, 6, end) }()
	all(t, r)
	messages := <-first
	if len(messages) != 6 {
		t.Fatalf("%d messages", len(messages))
	}
	for i, m := range messages {
		if !messageForm.MatchString(m) || strings.Contains(m, "anchor - ") != (i == 5) {
			t.Errorf("%q", m)
		}
	}
	anchors, err := streams.Anchors(strings.NewReader(strings.Join(messages, "\n")))
	if err != nil || len(anchors) != 6 || anchors[5].Number != 5 || anchors[5].Hash != anchors[4].Hash {
		t.Errorf("%+v, %v", anchors, err)
	}
	// The connection that the receiver closed is found to be broken, and what was sent over it is sent again.
	end <- struct{}{}
	add(t, db, 2)
	go func() { first <- received(t, listener, 3, end) }()
	for until := time.Now().Add(10 * time.Second); ; {
		if _, err := r.Once(t.Context()); err == nil || time.Now().After(until) {
			break
		}
	}
	messages = <-first
	end <- struct{}{}
	if len(messages) != 3 || !strings.Contains(messages[0], `"sequence":6`) {
		t.Errorf("afterwards: %q", messages)
	}
	if kept, _, err = db.AuditStreams(t.Context()); err != nil || kept[0].Number != 7 || kept[0].Error != "" || !kept[0].Failing.IsZero() {
		t.Errorf("%+v, %v", kept, err)
	}
}

// TestSyslogByDatagrams: one message in each.
func TestSyslogByDatagrams(t *testing.T) {
	db := recorded(t, 2)
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	all(t, runner(db, "one", &streams.Syslog{Network: "udp", Address: conn.LocalAddr().String(), Host: "host"}))
	for range 3 {
		text := make([]byte, 1<<16)
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := conn.ReadFrom(text)
		if err != nil || !messageForm.Match(text[:n]) {
			t.Errorf("%q, %v", text[:n], err)
		}
	}
}

// TestBatchesAreObjects: each under a name of its own, which tells its place.
func TestBatchesAreObjects(t *testing.T) {
	db := recorded(t, 3)
	var keys []string
	put := func(_ context.Context, bucket, key string, body []byte) error {
		keys = append(keys, bucket+" "+key)
		if n := bytes.Count(body, []byte("\n")); n != 4 {
			t.Errorf("%d lines", n)
		}
		return nil
	}
	all(t, runner(db, "one", &streams.Bucket{Bucket: "b", Prefix: "log", Put: put}))
	if len(keys) != 1 || !regexp.MustCompile(`^b log/000000000001-000000000003-[0-9a-f]{16}\.jsonl$`).MatchString(keys[0]) {
		t.Errorf("%q", keys)
	}
}
