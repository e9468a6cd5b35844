package commands

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/opsbook/opsbook/internal/procedures"
)

// lookupLine is what a line of nslookup or of host asks for.
type lookupLine struct {
	dnsQuestion
	asks  string
	kinds []dnsmessage.Type // one after the other; one where the line says it
	given bool              // it says it
}

// readLookup reads the words behind nslookup, or behind host.
func readLookup(name string, args []string) (*lookupLine, error) {
	l := &lookupLine{dnsQuestion: dnsQuestion{port: "53", patience: 5 * time.Second, tries: 3}}
	var operands []string
	for i := 0; i < len(args); i++ {
		option, value, attached := strings.Cut(args[i], "=")
		if !strings.HasPrefix(option, "-") {
			operands = append(operands, args[i])
			continue
		}
		if name == "host" {
			if len(option) > 2 {
				option, value, attached = option[:2], args[i][2:], true
			}
			if slices.Contains([]string{"-t", "-p", "-W", "-R"}, option) && !attached && i+1 < len(args) {
				i++
				value = args[i]
			}
		}
		if err := l.option(name, option, value); err != nil {
			return l, err
		}
	}
	if len(operands) > 0 {
		l.asks = operands[0]
	}
	if len(operands) > 1 {
		l.server = operands[1]
	}
	if l.asks == "" || len(operands) > 2 {
		return l, missing("a line without one name", "")
	}
	l.kindsOf(name)
	return l, nil
}

// option reads one.
func (l *lookupLine) option(command, option, value string) error {
	switch command + " " + strings.ToLower(option) {
	case "nslookup -type", "nslookup -query", "nslookup -q", "nslookup -querytype", "host -t":
		kind, err := typeOf(value)
		if errors.Is(err, errNoType) {
			return missing(option+" "+value, "")
		}
		l.kinds, l.given = []dnsmessage.Type{kind}, true
		return err
	case "nslookup -port", "host -p":
		l.port = value
	case "nslookup -timeout", "host -w":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return missing(option+" "+value, "")
		}
		l.patience = time.Duration(n) * time.Second
	case "nslookup -retry", "host -r":
		n, err := strconv.Atoi(value)
		if err != nil || option == "-r" {
			return missing(option+" "+value, "")
		}
		l.tries = n + 1
	case "host -4", "host -6":
	default:
		return missing(option, "")
	}
	return nil
}

// kindsOf are the kinds that are asked for where the line says none.
func (l *lookupLine) kindsOf(command string) {
	ip, err := netip.ParseAddr(l.asks)
	switch {
	case err == nil && (!l.given || l.kinds[0] == dnsmessage.TypePTR):
		l.name, l.kinds, l.given = reverseName(ip), []dnsmessage.Type{dnsmessage.TypePTR}, true
		return
	case !l.given && command == "host":
		l.kinds = []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeMX}
	case !l.given:
		l.kinds = []dnsmessage.Type{dnsmessage.TypeA, dnsmessage.TypeAAAA}
	}
	l.name = rooted(l.asks)
}

func describeLookup(name string) func(args []string) (asked, error) {
	return func(args []string) (asked, error) {
		l, err := readLookup(name, args)
		out := asked{}
		for _, host := range []string{strings.TrimSuffix(l.asks, "."), l.server} {
			if host != "" {
				out.hosts = append(out.hosts, host)
			}
		}
		return out, err
	}
}

// runLookup asks DNS, and prints as nslookup or host of BIND 9.18 does.
func runLookup(name string) func(context.Context, *reach) int {
	return func(ctx context.Context, r *reach) int {
		l, err := readLookup(name, r.inv.Args[1:])
		if err == nil {
			err = r.mayAsk(l.asks)
		}
		switch {
		case errors.Is(err, errRefused):
			return r.refused(1, err)
		case err != nil:
			return complain(r.inv, 1, "%v", err)
		}
		var b strings.Builder
		show := &lookupShown{lookupLine: l, b: &b}
		for i, kind := range l.kinds {
			q := l.dnsQuestion
			q.kind = kind
			if i > 0 && show.target != "" {
				q.name = show.target // of an alias only the end is asked for again
			}
			a, err := r.ask(ctx, q)
			if err != nil {
				return l.unanswered(r, &b, err)
			}
			if show.first = i == 0; name == "host" {
				show.host(a)
			} else {
				show.nslookup(a)
			}
			if show.status != 0 {
				break
			}
		}
		if name == "nslookup" {
			show.end()
		}
		if write(r.inv.Stdout, []byte(b.String())) != nil {
			return 1
		}
		return show.report(r)
	}
}

// unanswered says that there was no answer.
func (l *lookupLine) unanswered(r *reach, b *strings.Builder, err error) int {
	var silence *dnsSilenceError
	switch {
	case errors.Is(err, errRefused):
		return r.refused(1, err)
	case errors.As(err, &silence):
		for _, text := range silence.lines {
			fmt.Fprintln(b, text)
		}
		fmt.Fprintln(b, ";; no servers could be reached")
		if r.inv.Args[0] == "nslookup" {
			fmt.Fprintln(b)
		}
		_ = write(r.inv.Stdout, []byte(b.String()))
		return r.report(1, procedures.Errored, "No server of DNS answered for %s.", l.asks)
	}
	fmt.Fprintf(r.inv.Stderr, "%s: couldn't get address for '%s': not found\n", r.inv.Args[0], l.server)
	return r.report(1, procedures.Errored, "%s could not be asked: %v.", l.server, err)
}

// lookupShown is what was printed so far.
type lookupShown struct {
	*lookupLine
	b       *strings.Builder
	first   bool
	target  string // where an alias leads
	records int
	status  int
	said    string // what DNS said instead of records
}

// plainName is a name without the dot at its end.
func plainName(name dnsmessage.Name) string {
	if text := strings.TrimSuffix(name.String(), "."); text != "" {
		return text
	}
	return "."
}

// follow remembers where an alias leads.
func (s *lookupShown) follow(a *dnsAnswer) {
	for _, record := range a.Answers {
		if alias, ok := record.Body.(*dnsmessage.CNAMEResource); ok {
			s.target = alias.CNAME.String()
		}
	}
}

// nslookup prints an answer as nslookup does.
func (s *lookupShown) nslookup(a *dnsAnswer) {
	if s.first && a.RCode != dnsmessage.RCodeSuccess && a.RCode != dnsmessage.RCodeNameError {
		fmt.Fprintf(s.b, ";; Got %s reply from %s\n", rcodeName(a.RCode), a.at.Addr())
	}
	reverse := strings.HasSuffix(s.name, ".arpa.")
	if s.first && !reverse {
		shown := s.server
		if shown == "" {
			shown = a.at.Addr().String()
		}
		fmt.Fprintf(s.b, "Server:\t\t%s\nAddress:\t%s#%d\n\n", shown, a.at.Addr(), a.at.Port())
	}
	if a.RCode != dnsmessage.RCodeSuccess {
		if s.first {
			s.status, s.said = 1, rcodeName(a.RCode)
			fmt.Fprintf(s.b, "** server can't find %s: %s\n", strings.TrimSuffix(s.name, "."), s.said)
		}
		return
	}
	if s.first && !a.Authoritative && !reverse {
		s.b.WriteString("Non-authoritative answer:\n")
	}
	for _, record := range a.Answers {
		if !s.first && record.Header.Type == dnsmessage.TypeCNAME {
			continue
		}
		s.records++
		s.record(record)
	}
	s.follow(a)
}

// record prints one in the words of nslookup.
func (s *lookupShown) record(record dnsmessage.Resource) {
	name := plainName(record.Header.Name)
	switch b := record.Body.(type) {
	case *dnsmessage.AResource, *dnsmessage.AAAAResource:
		fmt.Fprintf(s.b, "Name:\t%s\nAddress: %s\n", name, recordText(b))
		return
	case *dnsmessage.CNAMEResource:
		fmt.Fprintf(s.b, "%s\tcanonical name = %s\n", name, b.CNAME)
	case *dnsmessage.MXResource:
		fmt.Fprintf(s.b, "%s\tmail exchanger = %s\n", name, recordText(b))
	case *dnsmessage.TXTResource:
		fmt.Fprintf(s.b, "%s\ttext = %s\n", name, recordText(b))
	case *dnsmessage.NSResource:
		fmt.Fprintf(s.b, "%s\tnameserver = %s\n", name, b.NS)
	case *dnsmessage.PTRResource:
		fmt.Fprintf(s.b, "%s\tname = %s\n", name, b.PTR)
	case *dnsmessage.SRVResource:
		fmt.Fprintf(s.b, "%s\tservice = %s\n", name, recordText(b))
	case *dnsmessage.SOAResource:
		fmt.Fprintf(s.b, "%s\n\torigin = %s\n\tmail addr = %s\n\tserial = %d\n\trefresh = %d\n\tretry = %d\n"+
			"\texpire = %d\n\tminimum = %d\n", name, plainName(b.NS), plainName(b.MBox), b.Serial, b.Refresh, b.Retry, b.Expire, b.MinTTL)
	default:
		fmt.Fprintf(s.b, "%s\trdata_%d = %s\n", name, uint16(record.Header.Type), recordText(b))
	}
}

// end is what nslookup says behind all records.
func (s *lookupShown) end() {
	if s.status == 0 && s.records == 0 {
		fmt.Fprintf(s.b, "*** Can't find %s: No answer\n", strings.TrimSuffix(s.name, "."))
	}
	addresses := s.kinds[0] == dnsmessage.TypeA || s.kinds[0] == dnsmessage.TypeAAAA
	if s.status == 0 && !addresses {
		s.b.WriteString("\nAuthoritative answers can be found from:\n")
	}
	s.b.WriteString("\n")
}

// host prints an answer as host does.
func (s *lookupShown) host(a *dnsAnswer) {
	if s.first && s.server != "" {
		fmt.Fprintf(s.b, "Using domain server:\nName: %s\nAddress: %s#%d\nAliases: \n\n", s.server, a.at.Addr(), a.at.Port())
	}
	if a.RCode != dnsmessage.RCodeSuccess {
		if s.first {
			s.status, s.said = 1, rcodeName(a.RCode)
			name := s.name
			if !strings.HasSuffix(name, ".arpa.") {
				name = strings.TrimSuffix(name, ".")
			}
			fmt.Fprintf(s.b, "Host %s not found: %d(%s)\n", name, a.RCode, s.said)
		}
		return
	}
	n := 0
	for _, record := range a.Answers {
		if !s.first && record.Header.Type == dnsmessage.TypeCNAME {
			continue
		}
		n++
		s.records++
		fmt.Fprintf(s.b, "%s %s\n", plainName(record.Header.Name), hostText(record))
	}
	if n == 0 && s.given {
		fmt.Fprintf(s.b, "%s has no %s record\n", strings.TrimSuffix(s.name, "."), typeName(s.kinds[0]))
	}
	s.follow(a)
}

// hostText is a record in the words of host.
func hostText(record dnsmessage.Resource) string {
	text := recordText(record.Body)
	switch record.Header.Type {
	case dnsmessage.TypeA:
		return "has address " + text
	case dnsmessage.TypeAAAA:
		return "has IPv6 address " + text
	case dnsmessage.TypeCNAME:
		return "is an alias for " + text
	case dnsmessage.TypeMX:
		return "mail is handled by " + text
	case dnsmessage.TypeTXT:
		return "descriptive text " + text
	case dnsmessage.TypeNS:
		return "name server " + text
	case dnsmessage.TypePTR:
		return "domain name pointer " + text
	}
	return "has " + typeName(record.Header.Type) + " record " + text
}

// report tells what DNS said.
func (s *lookupShown) report(r *reach) int {
	switch {
	case s.said != "":
		return r.report(s.status, procedures.Failed, "DNS says %s of %s.", s.said, s.asks)
	case s.records == 0:
		return r.report(s.status, procedures.NoData, "DNS has no record of %s.", s.asks)
	}
	return r.report(s.status, procedures.Info, "DNS has %d records of %s.", s.records, s.asks)
}
