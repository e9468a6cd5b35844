package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/web/templates"
)

// Auditor is the audit log: entries are recorded in it, and read from it.
type Auditor interface {
	audit.Log
	// AuditBefore returns entries before a number, the newest first; 0 is from the newest on.
	AuditBefore(ctx context.Context, number int64, limit int) ([]audit.Record, error)
	// EraseAudit erases the text of an entry, and adds one that says so.
	EraseAudit(ctx context.Context, number int64, reason string, by audit.Origin) error
}

// originOf is who sends a request, for the audit log. A session is known by the beginning of its token's hash, which opens nothing.
func (s *Server) originOf(r *http.Request, p access.Person) audit.Origin {
	o := audit.Origin{Issuer: p.Issuer, Subject: subjectOfAudit(p), Email: p.Email, Name: p.Name, Address: s.address(r)}
	if token := s.Sessions.Token(r.Context()); token != "" {
		o.Session = shortHash(token)
	}
	return o
}

// subjectOfAudit is an account. That of a session would be a secret of its browser, so that its hash stands for it.
func subjectOfAudit(p access.Person) string {
	if p.Issuer == access.IssuerSession {
		return shortHash(p.Subject)
	}
	return p.Subject
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// record keeps an entry about a request, and fails where it cannot be kept.
func (s *Server) record(r *http.Request, e audit.Entry) error { return s.recordOf(r, s.person(r), e) }

// recordOf keeps an entry about a request of somebody who is known by other means than the request.
func (s *Server) recordOf(r *http.Request, p access.Person, e audit.Entry) error {
	if s.Audit == nil {
		return nil
	}
	e.At, e.Origin = time.Now(), s.originOf(r, p)
	return s.Audit.Record(context.WithoutCancel(r.Context()), e)
}

// recordRefusal keeps that somebody who is known was refused. Strangers are in the server's log alone: they could fill a record that
// nothing deletes.
func (s *Server) recordRefusal(r *http.Request, asked access.Request, rule, reason string) {
	if _, known := r.Context().Value(personKey{}).(access.Person); !known || rule != "policy" && rule != "run" {
		return
	}
	err := s.record(r, audit.Entry{
		Kind: audit.Refused, Result: "refused", Environment: asked.Environment, Procedure: asked.Procedure,
		Text: string(asked.Action) + " " + methodOf(r) + " " + oneLine(r.URL.EscapedPath()) + ": " + reason,
	})
	if err != nil {
		s.Logger.ErrorContext(r.Context(), "a refusal is not in the audit log", "request", requestID(r), "error", err)
	}
}

// Bounds of the page of the audit log: how many entries it shows, and how many it looks through for them.
const (
	auditShown = 100
	auditRead  = 500
	auditMost  = 20000
)

// showAudit is the page of the audit log, the newest entries first, with filters.
func (s *Server) showAudit(w http.ResponseWriter, r *http.Request) error {
	f, err := s.frame(r, "Audit log")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	page := &templates.AuditView{
		Frame: *f, Kind: q.Get("kind"), Who: q.Get("who"), In: q.Get("in"), Of: q.Get("of"), Run: q.Get("run"),
		MayErase: s.may(r, access.Erase, subject{}) == nil,
	}
	if s.AuditStreams != nil {
		if page.Streams, err = s.AuditStreams(r.Context()); err != nil {
			return err
		}
	}
	for _, k := range audit.Kinds {
		page.Kinds = append(page.Kinds, string(k.Kind))
	}
	before, _ := strconv.ParseInt(q.Get("before"), 10, 64) // what is none is the newest
	for read := 0; s.Audit != nil && read < auditMost && len(page.Entries) < auditShown; read += auditRead {
		rows, err := s.Audit.AuditBefore(r.Context(), before, auditRead)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if len(page.Entries) == auditShown {
				break
			}
			before = row.Number
			if !s.shownInAudit(page, row) {
				continue
			}
			line, err := auditLine(row)
			if err != nil {
				return err
			}
			page.Entries = append(page.Entries, line)
		}
		if len(rows) < auditRead {
			if len(rows) == 0 || before == rows[len(rows)-1].Number {
				before = 0
			}
			break
		}
	}
	if before > 1 {
		q.Set("before", strconv.FormatInt(before, 10))
		page.Older = "/audit?" + q.Encode()
	}
	return render(w, r, http.StatusOK, templates.AuditPage(page))
}

// shownInAudit reports whether an entry is among those that a page is filtered for.
func (s *Server) shownInAudit(p *templates.AuditView, r audit.Record) bool {
	is := func(filter, value string) bool { return filter == "" || filter == value }
	return is(p.Kind, string(r.Kind)) && is(p.In, r.Environment) && is(p.Run, r.Run) &&
		strings.HasPrefix(r.Procedure, p.Of) && strings.Contains(strings.ToLower(r.Who), strings.ToLower(p.Who))
}

// auditLine draws an entry.
func auditLine(r audit.Record) (templates.AuditLine, error) {
	e, err := r.Entry()
	if r.Run != "" && e.Origin == (audit.Origin{}) { // a worker's: the press before it says for whom
		e.Name = "Opsbook"
	}
	return templates.AuditLine{
		Number: r.Number, At: e.At, Kind: string(r.Kind), Result: r.Result, Environment: r.Environment, Procedure: r.Procedure, Run: r.Run,
		Name: cmp.Or(e.Name, e.Email, e.Subject), Email: e.Email, Account: strings.TrimSpace(e.Issuer + " " + e.Subject),
		Address: e.Address, Session: e.Session, Step: e.Step, Digest: e.Digest, Request: e.Request, Text: e.Text, Hash: r.Hash,
		Erased: r.Erased(), Stays: r.Kind == audit.Erased,
	}, err
}

// eraseAudit erases the text of an entry, for a reason.
func (s *Server) eraseAudit(w http.ResponseWriter, r *http.Request) error {
	number, err := strconv.ParseInt(r.FormValue("number"), 10, 64)
	if err != nil || number < 1 || s.Audit == nil {
		return procedures.Errorf(procedures.CodeInvalid, "there is no such entry. Nothing was erased")
	}
	reason := strings.TrimSpace(r.FormValue("reason"))
	if reason == "" {
		return procedures.Errorf(procedures.CodeInvalid, "say why the text is erased; nothing was erased").Of("reason")
	}
	if err := s.Audit.EraseAudit(r.Context(), number, reason, s.originOf(r, s.person(r))); err != nil {
		return err
	}
	return back(w, r)
}
