package commands

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// dnsTypes are the kinds of records that can be asked for by name. CAA is none of the library's, and is read here.
var dnsTypes = map[string]dnsmessage.Type{
	"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "CNAME": dnsmessage.TypeCNAME, "MX": dnsmessage.TypeMX, "NS": dnsmessage.TypeNS,
	"PTR": dnsmessage.TypePTR, "SOA": dnsmessage.TypeSOA, "SRV": dnsmessage.TypeSRV, "TXT": dnsmessage.TypeTXT, "CAA": typeCAA,
}

const typeCAA = dnsmessage.Type(257)

// dnsElsewhere are kinds of records that the real programs know besides.
var dnsElsewhere = setOfWords("ANY AXFR IXFR DNSKEY DS RRSIG NSEC NSEC3 TLSA SSHFP NAPTR LOC HINFO SVCB HTTPS SPF DNAME CERT")

// typeName is the name of a kind of record.
func typeName(t dnsmessage.Type) string {
	for name, known := range dnsTypes {
		if known == t {
			return name
		}
	}
	return fmt.Sprintf("TYPE%d", uint16(t))
}

// dnsQuestion is one question to one server.
type dnsQuestion struct {
	name     string // with a dot at its end
	kind     dnsmessage.Type
	server   string // as the line names it; "" for the machine's
	port     string
	edns     bool
	stream   bool          // over TCP from the start
	norec    bool          // without recursion
	patience time.Duration // of one try
	tries    int
}

// dnsAnswer is what a server answered.
type dnsAnswer struct {
	dnsmessage.Message
	at     netip.AddrPort
	size   int // bytes
	took   time.Duration
	stream bool
}

// dnsSilenceError says that no server answered; lines are what the real programs say of each try.
type dnsSilenceError struct {
	at    netip.AddrPort
	lines []string
}

func (e *dnsSilenceError) Error() string { return "no servers could be reached" }

// mayAsk asks the guard about a name: one that a runbook names, or an entry host:53 of the configuration. What a value makes could carry
// away anything.
func (r *reach) mayAsk(name string) error {
	name = strings.TrimSuffix(name, ".")
	if slices.Contains(r.guard.Allowed, net.JoinHostPort(name, "53")) || r.guard.Named != nil && r.guard.Named(name) {
		return nil
	}
	return fmt.Errorf("%w: no runbook names %s; name it in the runbook, or allow %s in opsbook.yaml (hosts)", errRefused, name,
		net.JoinHostPort(name, "53"))
}

// serverAt is the address of the server that is asked: the one that the line names, under the guard, or the machine's own.
func (r *reach) serverAt(ctx context.Context, q dnsQuestion) (netip.AddrPort, error) {
	port, err := strconv.ParseUint(q.port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if q.server == "" {
		ip, err := machineResolver()
		return netip.AddrPortFrom(ip, uint16(port)), err
	}
	found, err := r.addresses(ctx, q.server, q.port, "ip")
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(found[0], uint16(port)), nil
}

// machineResolver is the first server of /etc/resolv.conf, as whoever runs the server has set it.
func machineResolver() (netip.Addr, error) {
	f, err := os.Open("/etc/resolv.conf")
	if err != nil {
		return netip.MustParseAddr("127.0.0.1"), nil // which is where the C library asks then
	}
	defer f.Close() //nolint:errcheck // it is only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) > 1 && words[0] == "nameserver" {
			return netip.ParseAddr(words[1])
		}
	}
	return netip.MustParseAddr("127.0.0.1"), nil
}

// ask asks a question, again where no answer comes, and over TCP where the answer is too long for a packet.
func (r *reach) ask(ctx context.Context, q dnsQuestion) (*dnsAnswer, error) {
	at, err := r.serverAt(ctx, q)
	if err != nil {
		return nil, err
	}
	id := uint16(rand.N(1 << 16)) // it tells answers apart
	packet, err := q.packet(id)
	if err != nil {
		return nil, err
	}
	silence := &dnsSilenceError{at: at}
	for range max(1, q.tries) {
		started := time.Now()
		a, err := exchange(ctx, at, packet, id, q.stream, q.patience)
		if err == nil && a.Truncated && !q.stream {
			a, err = exchange(ctx, at, packet, id, true, q.patience)
		}
		switch {
		case err == nil:
			a.took = time.Since(started)
			return a, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		text, _ := dialError(err)
		if isTimeout(err) {
			text = "timed out"
		}
		silence.lines = append(silence.lines,
			fmt.Sprintf(";; communications error to %s#%d: %s", at.Addr(), at.Port(), strings.ToLower(text)))
	}
	return nil, silence
}

// packet is the question as it is sent.
func (q dnsQuestion) packet(id uint16) ([]byte, error) {
	name, err := dnsmessage.NewName(q.name)
	if err != nil {
		return nil, err
	}
	b := dnsmessage.NewBuilder(nil, dnsmessage.Header{ID: id, RecursionDesired: !q.norec, AuthenticData: q.edns})
	b.EnableCompression()
	question := dnsmessage.Question{Name: name, Type: q.kind, Class: dnsmessage.ClassINET}
	if err := errors.Join(b.StartQuestions(), b.Question(question)); err != nil {
		return nil, err
	}
	if q.edns {
		var header dnsmessage.ResourceHeader
		if err := errors.Join(b.StartAdditionals(), header.SetEDNS0(1232, dnsmessage.RCodeSuccess, false)); err != nil {
			return nil, err
		}
		if err := b.OPTResource(header, dnsmessage.OPTResource{}); err != nil {
			return nil, err
		}
	}
	return b.Finish()
}

// exchange sends a packet and reads its answer.
func exchange(ctx context.Context, at netip.AddrPort, packet []byte, id uint16, stream bool, patience time.Duration) (*dnsAnswer, error) {
	network := "udp"
	if stream {
		network = "tcp"
		packet = append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...) // some hundred bytes
	}
	conn, err := dialled(ctx, network, at.Addr(), strconv.Itoa(int(at.Port())), patience)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // what was asked is answered, or not
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := conn.Write(packet); err != nil {
		return nil, err
	}
	buffer := make([]byte, 64<<10)
	for {
		n := 0
		if stream {
			var size [2]byte
			if _, err = io.ReadFull(conn, size[:]); err == nil {
				n, err = io.ReadFull(conn, buffer[:binary.BigEndian.Uint16(size[:])])
			}
		} else {
			n, err = conn.Read(buffer)
		}
		if err != nil {
			return nil, err
		}
		a := &dnsAnswer{at: at, size: n, stream: stream}
		if err := a.Unpack(buffer[:n]); err != nil {
			return nil, err
		}
		if a.ID == id && a.Response {
			return a, nil
		}
	}
}

// rcodeNames are how the real programs call what went wrong.
var rcodeNames = []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}

func rcodeName(c dnsmessage.RCode) string {
	if int(c) < len(rcodeNames) {
		return rcodeNames[c]
	}
	return fmt.Sprintf("RCODE%d", c)
}

// recordText is what a record holds, as dig prints it.
func recordText(body dnsmessage.ResourceBody) string {
	switch b := body.(type) {
	case *dnsmessage.AResource:
		return netip.AddrFrom4(b.A).String()
	case *dnsmessage.AAAAResource:
		return netip.AddrFrom16(b.AAAA).String()
	case *dnsmessage.CNAMEResource:
		return b.CNAME.String()
	case *dnsmessage.NSResource:
		return b.NS.String()
	case *dnsmessage.PTRResource:
		return b.PTR.String()
	case *dnsmessage.MXResource:
		return fmt.Sprintf("%d %s", b.Pref, b.MX)
	case *dnsmessage.SRVResource:
		return fmt.Sprintf("%d %d %d %s", b.Priority, b.Weight, b.Port, b.Target)
	case *dnsmessage.SOAResource:
		return fmt.Sprintf("%s %s %d %d %d %d %d", b.NS, b.MBox, b.Serial, b.Refresh, b.Retry, b.Expire, b.MinTTL)
	case *dnsmessage.TXTResource:
		parts := make([]string, len(b.TXT))
		for i, text := range b.TXT {
			parts[i] = dnsString(text)
		}
		return strings.Join(parts, " ")
	case *dnsmessage.UnknownResource:
		if b.Type == typeCAA && len(b.Data) > 2 && int(b.Data[1])+2 <= len(b.Data) {
			tag := 2 + int(b.Data[1])
			return fmt.Sprintf("%d %s %s", b.Data[0], b.Data[2:tag], dnsString(string(b.Data[tag:])))
		}
		return fmt.Sprintf(`\# %d %s`, len(b.Data), strings.ToUpper(hex.EncodeToString(b.Data)))
	}
	return ""
}

// dnsString is a text in quotes, with escapes for what is no printable ASCII.
func dnsString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// reverseName is the name that stands for an address.
func reverseName(ip netip.Addr) string {
	if ip.Is4() {
		b := ip.As4()
		return fmt.Sprintf("%d.%d.%d.%d.in-addr.arpa.", b[3], b[2], b[1], b[0])
	}
	var out strings.Builder
	b := ip.As16()
	for _, c := range slices.Backward(b[:]) {
		fmt.Fprintf(&out, "%x.%x.", c&15, c>>4)
	}
	return out.String() + "ip6.arpa."
}

// typeOf is the kind of record of a word.
func typeOf(word string) (dnsmessage.Type, error) {
	name := strings.ToUpper(word)
	if t, ok := dnsTypes[name]; ok {
		return t, nil
	}
	if dnsElsewhere[name] {
		return 0, missing("the record type "+name, "A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SRV and TXT are")
	}
	return 0, errNoType
}

var errNoType = errors.New("no type of a record")

// rooted is a name with a dot at its end.
func rooted(name string) string {
	if strings.HasSuffix(name, ".") {
		return name
	}
	return name + "."
}
