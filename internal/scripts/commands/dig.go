package commands

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/opsbook/opsbook/internal/procedures"
)

// digLine is what a line of dig asks for.
type digLine struct {
	dnsQuestion
	asks  string // the name or the address as the line has it
	short bool
	shows map[string]bool // the parts of the usual output
}

// digParts are the parts of dig's usual output, which +no… takes away: +nocomments, +noall +answer.
var digParts = []string{"cmd", "comments", "question", "answer", "authority", "additional", "stats"}

// readDig reads the words behind dig. The options stand at any place, and a type and a class before or behind the name.
func readDig(args []string) (*digLine, error) {
	l := &digLine{dnsQuestion: dnsQuestion{kind: dnsmessage.TypeA, port: "53", edns: true, patience: 5 * time.Second, tries: 3},
		shows: map[string]bool{}}
	for _, part := range digParts {
		l.shows[part] = true
	}
	for i := 0; i < len(args); i++ {
		word := args[i]
		value := func() string {
			if len(word) > 2 {
				return word[2:]
			}
			if i++; i < len(args) {
				return args[i]
			}
			return ""
		}
		switch {
		case word == "":
		case word[0] == '@':
			l.server = word[1:]
		case word[0] == '+':
			if err := l.flag(word[1:]); err != nil {
				return l, err
			}
		case strings.HasPrefix(word, "-x"):
			l.asks, l.kind = value(), dnsmessage.TypePTR
		case strings.HasPrefix(word, "-p"):
			l.port = value()
		case strings.HasPrefix(word, "-q"):
			l.asks = value()
		case strings.HasPrefix(word, "-t"):
			kind, err := typeOf(value())
			if err != nil {
				return l, err
			}
			l.kind = kind
		case word == "-4", word == "-6", word == "-r":
		case word[0] == '-':
			return l, missing(word, "")
		default:
			if err := l.word(word); err != nil {
				return l, err
			}
		}
	}
	return l, l.named()
}

// word is a type, a class or the name.
func (l *digLine) word(word string) error {
	kind, err := typeOf(word)
	switch {
	case err == nil:
		l.kind = kind
	case isNotHere(err):
		return err
	case strings.EqualFold(word, "IN"):
	case strings.EqualFold(word, "CH"), strings.EqualFold(word, "HS"):
		return missing("the class "+word, "")
	case l.asks != "":
		return missing("several names", "write a line for each")
	default:
		l.asks = word
	}
	return nil
}

// named makes the name that is asked for.
func (l *digLine) named() error {
	switch ip, err := netip.ParseAddr(l.asks); {
	case l.asks == "":
		return missing("a line without a name", "it asks for the servers of the root")
	case l.kind == dnsmessage.TypePTR && err == nil:
		l.name = reverseName(ip)
	default:
		l.name = rooted(l.asks)
	}
	return nil
}

// flag reads one that begins with a plus sign.
func (l *digLine) flag(text string) error {
	name, value, _ := strings.Cut(text, "=")
	on := true
	if rest, ok := strings.CutPrefix(name, "no"); ok {
		name, on = rest, false
	}
	switch name {
	case "short":
		l.short = on
	case "all":
		for _, part := range digParts {
			l.shows[part] = on
		}
	case "tcp", "vc":
		l.stream = on
	case "recurse", "rec":
		l.norec = !on
	case "edns":
		l.edns = on
	case "time", "timeout", "tries", "retry":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("invalid %s: %s", name, value)
		}
		switch name {
		case "tries":
			l.tries = max(1, n)
		case "retry":
			l.tries = n + 1
		default:
			l.patience = time.Duration(max(1, n)) * time.Second
		}
	case "ttlid", "search", "identify", "ignore", "fail", "cl":
		if on != (name == "ttlid") && name != "search" && name != "cl" || name == "search" && on || name == "cl" && !on {
			return missing("+"+text, "")
		}
	default:
		for _, part := range digParts {
			if name == part {
				l.shows[part] = on
				return nil
			}
		}
		return missing("+"+text, "")
	}
	return nil
}

func describeDig(args []string) (asked, error) {
	l, err := readDig(args)
	out := asked{}
	if l.asks != "" {
		out.hosts = append(out.hosts, strings.TrimSuffix(l.asks, "."))
	}
	if l.server != "" {
		out.hosts = append(out.hosts, l.server)
	}
	return out, err
}

// runDig asks DNS, and prints as dig of BIND 9.18 does. An answer without records, and a name that is not there, have the status 0.
func runDig(ctx context.Context, r *reach) int {
	l, err := readDig(r.inv.Args[1:])
	if err == nil {
		err = r.mayAsk(l.asks)
	}
	if errors.Is(err, errRefused) {
		return r.refused(10, err)
	}
	if err != nil {
		return complain(r.inv, 1, "%v", err)
	}
	a, err := r.ask(ctx, l.dnsQuestion)
	var silence *dnsSilenceError
	switch {
	case errors.As(err, &silence):
		for _, text := range silence.lines {
			_ = write(r.inv.Stdout, []byte(text+"\n")) // dig says it there
		}
		_ = write(r.inv.Stdout, []byte(";; no servers could be reached\n"))
		return r.report(9, procedures.Errored, "No server of DNS answered for %s.", l.asks)
	case errors.Is(err, errRefused):
		return r.refused(10, err)
	case err != nil:
		fmt.Fprintf(r.inv.Stderr, "dig: couldn't get address for '%s': not found\n", l.server)
		return r.report(1, procedures.Errored, "%s could not be asked: %v.", l.server, err)
	}
	text := l.text(a, r.inv.Args[1:], r.inv.Now())
	if write(r.inv.Stdout, []byte(text)) != nil {
		return 1
	}
	return r.answered(l.asks, l.kind, a)
}

// answered reports what DNS said of a name.
func (r *reach) answered(name string, kind dnsmessage.Type, a *dnsAnswer) int {
	n := 0
	for _, record := range a.Answers {
		if record.Header.Type == kind {
			n++
		}
	}
	switch {
	case a.RCode != dnsmessage.RCodeSuccess:
		return r.report(0, procedures.Info, "DNS says %s of %s.", rcodeName(a.RCode), name)
	case n == 0:
		return r.report(0, procedures.NoData, "DNS has no %s of %s.", typeName(kind), name)
	}
	return r.report(0, procedures.Info, "DNS has %d %s of %s.", n, typeName(kind), name)
}

// text is what dig prints of an answer.
func (l *digLine) text(a *dnsAnswer, args []string, now time.Time) string {
	var b strings.Builder
	if l.short {
		for _, record := range a.Answers {
			fmt.Fprintln(&b, recordText(record.Body))
		}
		return b.String()
	}
	if l.shows["cmd"] {
		fmt.Fprintf(&b, "\n; <<>> DiG 9.18 <<>> %s\n", strings.Join(args, " "))
		if l.server != "" {
			b.WriteString("; (1 server found)\n")
		}
		b.WriteString(";; global options: +cmd\n")
	}
	blank := ""
	if l.shows["comments"] {
		blank = "\n"
		l.header(&b, a)
	}
	if l.shows["question"] && len(a.Questions) > 0 {
		if blank != "" {
			b.WriteString(";; QUESTION SECTION:\n")
		}
		b.WriteString(columns(";"+a.Questions[0].Name.String(), []int{32, 40}, "IN", typeName(a.Questions[0].Type)) + "\n" + blank)
	}
	for _, section := range []struct {
		part, title string
		records     []dnsmessage.Resource
	}{{"answer", "ANSWER", a.Answers}, {"authority", "AUTHORITY", a.Authorities}, {"additional", "ADDITIONAL", a.plainAdditionals()}} {
		if !l.shows[section.part] || len(section.records) == 0 {
			continue
		}
		if blank != "" {
			fmt.Fprintf(&b, ";; %s SECTION:\n", section.title)
		}
		for _, record := range section.records {
			h := record.Header
			b.WriteString(columns(h.Name.String(), []int{24, 32, 40, 48}, strconv.FormatUint(uint64(h.TTL), 10), "IN", typeName(h.Type),
				recordText(record.Body)) + "\n")
		}
		b.WriteString(blank)
	}
	if l.shows["stats"] {
		way := "UDP"
		if a.stream {
			way = "TCP"
		}
		shown := l.server
		if shown == "" {
			shown = a.at.Addr().String()
		}
		fmt.Fprintf(&b, ";; Query time: %d msec\n;; SERVER: %s#%d(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n\n", a.took.Milliseconds(),
			a.at.Addr(), a.at.Port(), shown, way, now.Format("Mon Jan 02 15:04:05 MST 2006"), a.size)
	}
	return b.String()
}

// header is the part that says what the answer is like.
func (l *digLine) header(b *strings.Builder, a *dnsAnswer) {
	flags := "qr"
	for _, flag := range []struct {
		on   bool
		name string
	}{
		{a.Authoritative, "aa"}, {a.Truncated, "tc"}, {a.RecursionDesired, "rd"}, {a.RecursionAvailable, "ra"}, {a.AuthenticData, "ad"},
		{a.CheckingDisabled, "cd"},
	} {
		if flag.on {
			flags += " " + flag.name
		}
	}
	fmt.Fprintf(b, ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: %s, id: %d\n;; flags: %s; QUERY: %d, ANSWER: %d, "+
		"AUTHORITY: %d, ADDITIONAL: %d\n\n",
		rcodeName(a.RCode), a.ID, flags, len(a.Questions), len(a.Answers), len(a.Authorities), len(a.Additionals))
	for _, record := range a.Additionals {
		if record.Header.Type == dnsmessage.TypeOPT {
			fmt.Fprintf(b, ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: %d\n", uint16(record.Header.Class))
		}
	}
}

// plainAdditionals are the further records but the one that belongs to the transport.
func (a *dnsAnswer) plainAdditionals() []dnsmessage.Resource {
	var out []dnsmessage.Resource
	for _, record := range a.Additionals {
		if record.Header.Type != dnsmessage.TypeOPT {
			out = append(out, record)
		}
	}
	return out
}

// columns writes words at columns by tabs, and behind one space where a word is past its column already.
func columns(first string, at []int, words ...string) string {
	var b strings.Builder
	b.WriteString(first)
	from := len(first)
	for i, word := range words {
		to := max(at[i], from+1)
		if tabs := to/8 - from/8; tabs > 0 {
			b.WriteString(strings.Repeat("\t", tabs))
			from = to / 8 * 8
		}
		b.WriteString(strings.Repeat(" ", to-from) + word)
		from = to + len(word)
	}
	return b.String()
}
