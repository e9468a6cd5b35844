package runbook

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/lazy"
	"github.com/opsbook/opsbook/internal/procedures"
)

// session is what a line of a block opens: a shell on another machine, a database's client. The lines below it are typed there.
type session struct {
	line int    // that opens it, in the file
	with string // "ssh", "kubectl exec"
	// language is that of lines that nothing opens, and that are no commands.
	language string
}

// String says of a line that it belongs to the session.
func (s *session) String() string {
	if s.language != "" {
		return foreignWhy(s.language)
	}
	return fmt.Sprintf("it is typed into the session that line %d opens (%s): it runs there, not here.", s.line, s.with)
}

// sessionEnd leaves a session.
var sessionEnd = lazy.Regexp(`^\s*(?:exit|logout|quit|bye|\\\\?q|exit\(\)|quit\(\)|\.exit|\.quit)\s*;?\s*(?:#.*)?$`)

var (
	// clients open sessions that no command of a shell can be typed into.
	clients = setOf("psql mysql mariadb redis-cli valkey-cli mongo mongosh sqlite3 cqlsh sqlplus telnet ftp sftp nc python " +
		"python3 node irb")
	// ownCommand begins a line that is for a shell, and so for the one below the session.
	ownCommand = lazy.Regexp(`^\$?\s*(?:aws|kubectl|helm|docker|terraform|curl|dig|nslookup|ssh|psql|mysql|redis-cli|telnet)\s+\S`)
)

// findSessions takes the lines that are typed into a session out of what runs here: those below the line that opens it, up to its exit.
// Comments stay, as they are titles. opens says what a statement opens a session with. Only whole statements are asked about: the text of
// a session may be any language.
func (b *block) findSessions(opens func(text string) string) {
	var open []*session
	for i := 0; i < len(b.shell); {
		text := strings.TrimSpace(b.shell[i])
		if len(open) > 0 && clients[open[len(open)-1].with] && ownCommand().MatchString(text) {
			open = open[:len(open)-1] // nobody wrote that it was left
		}
		if len(open) > 0 && !isHash(b.shell[i]) && !b.output[i] {
			b.there[i], b.shell[i] = open[len(open)-1], ""
		}
		if text == "" || isHash(text) || b.output[i] {
			i++
			continue
		}
		if len(open) > 0 && sessionEnd().MatchString(text) {
			open = open[:len(open)-1]
			i++
			continue
		}
		last := b.statementEnd(i, text)
		statement := strings.Join(append([]string{text}, b.shell[i+1:last+1]...), "\n")
		if with := opens(statement); with != "" {
			open = append(open, &session{line: b.line + i, with: with})
		}
		if len(open) > 0 && b.there[i] != nil {
			for k := i + 1; k <= last; k++ {
				b.there[k], b.shell[k] = b.there[i], ""
			}
		}
		i = last + 1
	}
}

// maxStatement bounds how many lines are read for the end of a statement.
const maxStatement = 400

// statementEnd is the last line of the statement that begins on a line; that line where it has no end.
func (b *block) statementEnd(i int, first string) int {
	text := first + "\n"
	for last := i; last < len(b.shell) && last < i+maxStatement; last++ {
		if last > i {
			text += b.shell[last] + "\n"
		}
		if continued(text) == "" {
			return last
		}
	}
	return i
}

// opens is what a statement opens a session with, as the analyser knows it.
func (b *pageBuilder) opens(text string) string {
	if b.d.options.Analyser == nil {
		return ""
	}
	masked, _ := maskAngles(text, nil)
	return b.d.options.Analyser.Analyse(procedures.Script{File: b.d.file, Line: 1, Text: masked + "\n"}).Opens
}

// leaveToPerson makes a manual step of one of which nothing runs here that matters: a session with what is typed into it, a
// construct that is not supported. Where the rest of it does something, that runs, and what does not is known before.
func (b *pageBuilder) leaveToPerson(s *procedures.Step, blk *block, first, last int) {
	a := &s.Analysis
	for i := first; i <= last; i++ {
		if blk.there[i] == nil || strings.TrimSpace(blk.raw[i]) == "" {
			continue
		}
		if n := len(a.ByHand); n > 0 && a.ByHand[n-1].Last == blk.line+i-1 && a.ByHand[n-1].Why == blk.there[i].String() {
			a.ByHand[n-1].Last, a.ByHand[n-1].Text = blk.line+i, a.ByHand[n-1].Text+"\n"+blk.raw[i]
			continue
		}
		a.ByHand = append(a.ByHand, procedures.ByHand{Line: blk.line + i, Last: blk.line + i, Text: blk.raw[i], Why: blk.there[i].String()})
	}
	if len(a.ByHand) == 0 || !a.Idle() || a.Refused != "" || s.Bake != nil {
		return
	}
	s.Kind = procedures.KindManual
	if there := blk.there[min(len(blk.there)-1, a.ByHand[0].Line-blk.line)]; there != nil && there.language != "" && len(a.ByHand) == 1 {
		s.Language = there.language
	}
	if s.Why == "" {
		s.Why = a.Hindrance() + " Do it by hand, then mark this step as done."
	}
}
