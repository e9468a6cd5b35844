package commands

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// ncOptions are those of OpenBSD's netcat, as Debian has it, that asking whether a port is open needs.
var ncOptions = []option{
	{'z', "", noArgument}, {'v', "", noArgument}, {'w', "", needsArgument}, {'n', "", noArgument}, {'4', "", noArgument},
	{'6', "", noArgument}, {'N', "", noArgument}, {'t', "", noArgument}, {'r', "", noArgument},
}

// ncElsewhere are the options that it has besides; a line with one is not carried out here.
const ncElsewhere = "bCDdFhIiklMmOPpqSsTUuVWXxZ"

// ncLine is what a line of nc asks for.
type ncLine struct {
	host     string
	ports    []string
	verbose  bool
	numeric  bool
	network  string // "ip", "ip4", "ip6"
	patience time.Duration
}

var errNCUsage = errors.New("usage")

func readNC(args []string) (*ncLine, error) {
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") || len(arg) < 2 {
			continue
		}
		for i, letter := range arg[1:] {
			if strings.ContainsRune(ncElsewhere, letter) {
				return nil, missing("-"+string(letter), "of nc only asking whether a port is open is (nc -z HOST PORT)")
			}
			if letter == 'w' && i > 0 {
				break
			}
		}
	}
	p, err := parseOptions("nc", args, ncOptions)
	if err != nil {
		return nil, err
	}
	if !p.has("z") {
		return nil, missing("a connection", "of nc only asking whether a port is open is (nc -z HOST PORT)")
	}
	if len(p.operands) != 2 {
		return nil, errNCUsage
	}
	l := &ncLine{host: p.operands[0], verbose: p.has("v"), numeric: p.has("n"), network: "ip"}
	if p.has("4") {
		l.network = "ip4"
	}
	if p.has("6") {
		l.network = "ip6"
	}
	if w := p.last("w"); w != "" {
		n, err := strconv.Atoi(w)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("timeout invalid: %s", w)
		}
		l.patience = time.Duration(n) * time.Second
	}
	l.ports, err = portsOf(p.operands[1])
	return l, err
}

// portsOf are the ports of a word: a number, a range, or a service's name.
func portsOf(text string) ([]string, error) {
	for number, name := range services {
		if name == text {
			return []string{strconv.Itoa(number)}, nil
		}
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, err := portOf(from)
	if err != nil {
		return nil, err
	}
	last, err := portOf(to)
	if err != nil {
		return nil, err
	}
	if first > last {
		first, last = last, first
	}
	if last-first > 100 {
		return nil, missing(text, "it is more than a hundred ports")
	}
	var out []string
	for n := first; n <= last; n++ {
		out = append(out, strconv.Itoa(n))
	}
	return out, nil
}

func portOf(text string) (int, error) {
	n, err := strconv.Atoi(text)
	switch {
	case strings.ContainsAny(text, "$<`"): // only known when it runs
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("port number invalid: %s", text)
	case n < 1:
		return 0, fmt.Errorf("port number too small: %s", text)
	case n > 65535:
		return 0, fmt.Errorf("port number too large: %s", text)
	}
	return n, nil
}

// services are names of ports, of Debian's /etc/services, that runbooks ask for.
var services = map[int]string{
	21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 80: "http", 110: "pop3", 111: "sunrpc", 123: "ntp", 143: "imap2",
	389: "ldap", 443: "https", 465: "submissions", 587: "submission", 636: "ldaps", 853: "domain-s", 873: "rsync", 993: "imaps",
	995:  "pop3s",
	1433: "ms-sql-s", 2049: "nfs", 3306: "mysql", 3389: "ms-wbt-server", 5432: "postgresql", 5671: "amqps", 5672: "amqp", 6379: "redis",
	6443: "", 8080: "http-alt", 11211: "",
}

// runNC asks whether ports are open: OpenBSD's netcat with -z, in its words.
func runNC(ctx context.Context, r *reach) int {
	l, err := readNC(r.inv.Args[1:])
	if errors.Is(err, errNCUsage) {
		fmt.Fprint(r.inv.Stderr, "usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n"+
			"\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] "+
			"[-W recvlimit]\n\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]\n")
		return 1
	}
	if err != nil {
		return complain(r.inv, 1, "%v", err)
	}
	status, open := 1, 0
	for _, port := range l.ports {
		found, err := l.addresses(ctx, r, port)
		switch {
		case errors.Is(err, errRefused):
			return r.refused(1, err)
		case err != nil:
			complain(r.inv, 1, "getaddrinfo for host %q port %s: Name or service not known", l.host, port)
			return r.report(1, procedures.Errored, "%s is not known to DNS.", l.host)
		}
		if l.ask(ctx, r, found, port) {
			status, open = 0, open+1
		}
		if ctx.Err() != nil {
			return interrupted
		}
	}
	where := net.JoinHostPort(l.host, strings.Join(l.ports, ","))
	if open == 0 {
		return r.report(status, procedures.Failed, "%s takes no connection.", where)
	}
	return r.report(status, procedures.Passed, "%s takes connections.", where)
}

// addresses are those of the host; with -n it has to be one itself.
func (l *ncLine) addresses(ctx context.Context, r *reach, port string) ([]netip.Addr, error) {
	if l.numeric {
		if _, err := netip.ParseAddr(l.host); err != nil {
			return nil, err
		}
	}
	return r.addresses(ctx, l.host, port, l.network)
}

// ask tries the addresses in turn, and reports whether one of them takes a connection.
func (l *ncLine) ask(ctx context.Context, r *reach, found []netip.Addr, port string) bool {
	for _, ip := range found {
		name := l.host
		if !l.numeric && l.host != ip.String() {
			name += " (" + ip.String() + ")"
		}
		conn, err := dialled(ctx, "tcp", ip, port, l.patience)
		if err == nil {
			_ = conn.Close()
			if l.verbose {
				service := "*"
				if n, _ := strconv.Atoi(port); services[n] != "" && !l.numeric {
					service = services[n]
				}
				fmt.Fprintf(r.inv.Stderr, "Connection to %s %s port [tcp/%s] succeeded!\n", name, port, service)
			}
			return true
		}
		if l.verbose {
			text, _ := dialError(err)
			if l.patience > 0 && text == "Connection timed out" {
				text = "Operation now in progress" // as netcat says it of its own limit
			}
			complain(r.inv, 1, "connect to %s port %s (tcp) failed: %s", name, port, text)
		}
	}
	return false
}

func describeNC(args []string) (asked, error) {
	l, err := readNC(args)
	if l == nil {
		return asked{}, err
	}
	var out asked
	for _, port := range l.ports {
		out.hosts = append(out.hosts, net.JoinHostPort(l.host, port))
	}
	return out, err
}
