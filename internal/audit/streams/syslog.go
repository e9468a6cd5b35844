package streams

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// Syslog sends messages of RFC 5424: over TCP and TLS with their lengths before them (RFC 6587, 3.4.1; RFC 5425, 4.3), over UDP one a
// datagram (RFC 5426), of which nobody learns what became: an anchor shows what is missing.
type Syslog struct {
	Network string // tcp, udp or tls
	Address string // host:port
	TLS     *tls.Config
	Host    string // of this server, in the messages

	mu   sync.Mutex
	conn net.Conn
}

// Of messages: what reports audits (facility 13), as a notice or as information (RFC 5424, 6.2.1), and the most that a datagram holds.
const (
	facilityAudit  = 13
	severityNotice = 5
	severityInfo   = 6
	mostDatagram   = 65000
)

// lingers is how long a connection is listened to after a batch for being closed by the other side.
const lingers = 20 * time.Millisecond

// Place implements Sender.
func (s *Syslog) Place() string { return s.Network + "://" + s.Address }

// Send implements Sender. Where the connection breaks, the whole batch is sent again with the next one.
func (s *Syslog) Send(ctx context.Context, b *Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out bytes.Buffer
	for i, line := range b.Lines {
		severity := severityInfo
		if b.Records[i].Result == "refused" {
			severity = severityNotice
		}
		message := s.message(severity, time.UnixMilli(b.Records[i].At), string(b.Records[i].Kind), line)
		if err := s.put(ctx, &out, message); err != nil {
			return err
		}
	}
	if err := s.put(ctx, &out, s.message(severityInfo, b.Anchor.At, "anchor", b.Anchor.line())); err != nil {
		return err
	}
	if s.Network == "udp" {
		return nil
	}
	return s.flush(ctx, out.Bytes())
}

// message is one message. Its process is this one, and its kind is what a receiver filters by.
func (s *Syslog) message(severity int, at time.Time, kind string, text []byte) []byte {
	head := fmt.Sprintf("<%d>1 %s %s opsbook %d %s - ", facilityAudit*8+severity, at.UTC().Format("2006-01-02T15:04:05.000Z"), s.Host,
		os.Getpid(), kind)
	return append([]byte(head), text...)
}

// put writes a message into a batch; over UDP it is sent.
func (s *Syslog) put(ctx context.Context, out *bytes.Buffer, message []byte) error {
	if s.Network != "udp" {
		out.WriteString(strconv.Itoa(len(message)) + " ")
		out.Write(message)
		return nil
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if _, err := s.conn.Write(message[:min(len(message), mostDatagram)]); err != nil {
		return s.broken(err)
	}
	return nil
}

// flush sends a batch over a connection.
func (s *Syslog) flush(ctx context.Context, batch []byte) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	if err := s.conn.SetDeadline(deadline); err != nil {
		return s.broken(err)
	}
	if _, err := s.conn.Write(batch); err != nil {
		return s.broken(err)
	}
	// A receiver that has gone is only known when it is listened to. It says nothing itself.
	if err := s.conn.SetReadDeadline(time.Now().Add(lingers)); err != nil {
		return s.broken(err)
	}
	if _, err := s.conn.Read(make([]byte, 1)); err != nil && !isTimeout(err) {
		return s.broken(err)
	}
	return nil
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error) //nolint:errorlint // it is net's own
	return ok && timeout.Timeout()
}

func (s *Syslog) connect(ctx context.Context) (err error) {
	if s.conn != nil {
		return nil
	}
	dialer := &net.Dialer{Timeout: sendTime / 2}
	switch s.Network {
	case "tls":
		s.conn, err = (&tls.Dialer{NetDialer: dialer, Config: s.TLS}).DialContext(ctx, "tcp", s.Address)
	default:
		s.conn, err = dialer.DialContext(ctx, s.Network, s.Address)
	}
	if err != nil {
		s.conn = nil
		return fmt.Errorf("reach the syslog receiver: %w", err)
	}
	return nil
}

// broken forgets a connection.
func (s *Syslog) broken(err error) error {
	_ = s.conn.Close() // it is of no use any more
	s.conn = nil
	return fmt.Errorf("send to the syslog receiver: %w", err)
}
