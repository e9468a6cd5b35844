package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/opsbook/opsbook/internal/access"
	"github.com/opsbook/opsbook/internal/access/accounts"
	"github.com/opsbook/opsbook/internal/access/signin"
	"github.com/opsbook/opsbook/internal/audit"
)

// route is one line of the table: who may follow it is decided before its page is made.
type route struct {
	method, pattern string
	rule            rule
	page            func(*Server) page
	// fields are the names of those that a POST may have, in its address or its form; p.* stands for all parameters.
	// Each has one value. What is not among them is refused.
	fields string
}

// The fields of several routes. as is the name of somebody who is asked for it: see askName.
var (
	pressFields = "procedure environment run step section key seen corrected with confirmed typed rollback resume reason back as p.*"
	runFields   = "run back as"
)

// streamPattern is the route whose answers have no end.
const streamPattern = "/stream"

// accountPath is where pages ask for the account that an environment's calls go to.
const accountPath = "/account"

// backChannelPath is where providers say that sessions have ended.
const backChannelPath = "/sign-out/back-channel"

// unattended reports whether pages ask for the route by themselves: it does not show that somebody is there.
func (t route) unattended() bool {
	switch t.pattern {
	case streamPattern, accountPath, waitingListPath, waitingCountPath:
		return true
	}
	return false
}

// evidenceOf is the rule of what tells of a run outside of its page: the audit log says who read it.
var evidenceOf = may(access.View, ofRun).recorded(audit.EvidenceViewed)

// invites is the rule of what is done with the portal's own accounts.
var invites = may(access.Invite, ofNothing)

// table is every route of the portal.
var table = []route{
	{"GET", "/", may(access.View, ofEnvironment), placed(func(s *Server) page { return s.showHome }), ""},
	{"GET", "/procedures/*", may(access.View, ofPath), placed(func(s *Server) page { return s.showProcedure }), ""},
	{"GET", "/documents/*", may(access.View, ofEnvironment), placed(func(s *Server) page { return s.showDocument }), ""},
	{"GET", "/coverage", may(access.View, ofEnvironment), placed(func(s *Server) page { return s.showCoverage }), ""},
	{"GET", "/rights", may(access.View, ofProcedure), placed(func(s *Server) page { return s.showRights }), ""},
	{
		"GET", "/audit", may(access.Audit, ofNothing).recorded(audit.AuditViewed),
		placed(func(s *Server) page { return s.showAudit }), "",
	},
	{"POST", "/audit/erase", may(access.Erase, ofNothing), func(s *Server) page { return s.eraseAudit }, "number reason back"},
	{"GET", "/tokens", may(access.Accounts, ofNothing), placed(func(s *Server) page { return s.showTokens }), ""},
	{
		"POST", "/tokens", may(access.Accounts, ofNothing), func(s *Server) page { return s.makeToken },
		"name role may effects environments procedures days back",
	},
	{"POST", "/tokens/end", may(access.Accounts, ofNothing), func(s *Server) page { return s.endToken }, "token back"},
	{"GET", "/people", invites, placed(local(func(s *Server) page { return s.showPeople })), ""},
	{"POST", "/people/invite", invites, local(func(s *Server) page { return s.invite }), "email groups back"},
	{"POST", "/people/reset", invites, local(func(s *Server) page { return s.resetAccount }), "account factors back"},
	{"POST", "/people/disable", invites, local(func(s *Server) page { return s.disableAccount }), "account back"},
	{"POST", "/people/groups", invites, local(func(s *Server) page { return s.setGroups }), "account groups back"},
	{"POST", "/people/end-link", invites, local(func(s *Server) page { return s.endLink }), "id back"},
	{"GET", "/search", may(access.View, ofEnvironment), placed(func(s *Server) page { return s.showSearch }), ""},
	{"GET", "/search/found", may(access.View, ofEnvironment), func(s *Server) page { return s.showFound }, ""},
	{"GET", "/waiting", may(access.View, ofNothing), placed(func(s *Server) page { return s.showWaiting }), ""},
	{"GET", waitingListPath, may(access.View, ofNothing), func(s *Server) page { return s.showWaitingList }, ""},
	{"GET", waitingCountPath, may(access.View, ofNothing), func(s *Server) page { return s.showWaitingCount }, ""},
	{"GET", accountPath, may(access.View, ofEnvironment), func(s *Server) page { return s.showAccount }, ""},
	{"POST", "/break-glass", may(access.BreakGlass, ofNothing), func(s *Server) page { return s.breakGlass }, "reason back"},
	{"POST", "/break-glass/end", may(access.BreakGlass, ofNothing), func(s *Server) page { return s.endGlass }, "id back"},
	{"GET", "/runs", may(access.View, ofEnvironment), placed(func(s *Server) page { return s.showRuns }), ""},
	{"GET", "/runs.jsonl", may(access.View, ofEnvironment), func(s *Server) page { return s.showRunLines }, ""},
	{"GET", "/compare", may(access.View, ofEnvironment), func(s *Server) page { return s.chooseCompare }, ""},
	{"GET", "/runs/{run}", may(access.View, ofRun), ofItsRun(func(s *Server) page { return s.showRun }), ""},
	{"GET", "/runs/{run}/edited", may(access.View, ofRun), ofItsRun(func(s *Server) page { return s.showEdited }), ""},
	{"GET", "/runs/{run}/compare", may(access.View, ofRun), ofItsRun(func(s *Server) page { return s.showCompare }), ""},
	{"GET", "/runs/{run}/evidence", evidenceOf, ofItsRun(func(s *Server) page { return s.showEvidence }), ""},
	{"GET", "/runs/{run}/journal.jsonl", evidenceOf, func(s *Server) page { return s.showJournal }, ""},
	{"GET", "/runs/{run}/run.md", may(access.View, ofRun), func(s *Server) page { return s.showMarkdown }, ""},
	{"GET", "/runs/{run}/run.json", may(access.View, ofRun), func(s *Server) page { return s.showJSON }, ""},
	{"GET", "/runs/{run}/runbook.md", evidenceOf, func(s *Server) page { return s.showText }, ""},
	{"GET", "/runs/{run}/output/{execution}.txt", evidenceOf, func(s *Server) page { return s.showOutput }, ""},
	{"GET", "/runs/{run}/lines/{execution}", evidenceOf, ofItsRun(func(s *Server) page { return s.showLines }), ""},
	{"GET", "/runs/{run}/files/*", evidenceOf, ofItsRun(func(s *Server) page { return s.showFile }), ""},
	{"GET", cardPath, may(access.View, ofStream), func(s *Server) page { return s.showCard }, ""},
	{"GET", "/pictures/*", may(access.View, ofEnvironment), func(s *Server) page { return s.showPicture }, ""},
	{"GET", "/mistakes", may(access.View, ofEnvironment), placed(func(s *Server) page { return s.showMistakes }), ""},
	{"GET", streamPattern, may(access.View, ofStream), func(s *Server) page { return s.stream }, ""},
	{"POST", "/press", may(access.Press, ofPress).named(), func(s *Server) page { return s.press }, pressFields},
	{"POST", "/run-all", may(access.Press, ofPress).named(), func(s *Server) page { return s.runAll }, pressFields},
	{
		"POST", "/choices", may(access.Press, ofProcedure), func(s *Server) page { return s.choices },
		"procedure environment run parameter back p.*",
	},
	{
		"POST", "/approvals", may(access.Approve, ofNothing).of("request", access.Press).of("withdraw", access.Press).named(),
		func(s *Server) page { return s.approvals },
		"execution kind text back as",
	},
	{"POST", "/cancel", may(access.Cancel, ofRunField), func(s *Server) page { return s.cancel }, "run step back"},
	{"POST", "/end-early", may(access.Cancel, ofRunField).named(), func(s *Server) page { return s.endEarly }, "run step reason back as"},
	{
		"POST", "/marks", may(access.Mark, ofProcedure).of("note", access.Note).named(), func(s *Server) page { return s.mark },
		"procedure environment run step kind text back as",
	},
	{"POST", "/keep", may(access.Finish, ofRunField).named(), func(s *Server) page { return s.keep }, "run kept back as"},
	{"POST", "/finish", may(access.Finish, ofRunField).named(), func(s *Server) page { return s.finish }, runFields},
	{"POST", "/reopen", may(access.Finish, ofRunField).named(), func(s *Server) page { return s.reopen }, runFields},
	{
		"POST", "/rehearse", may(access.Rehearse, ofProcedure), func(s *Server) page { return s.rehearse },
		"procedure environment run back p.*",
	},
	{"POST", "/faults", may(access.Faults, ofEnvironment), func(s *Server) page { return s.setFault }, "name on environment back"},
	{"POST", "/faults/reset", may(access.Faults, ofEnvironment), func(s *Server) page { return s.resetSandbox }, "environment back"},
	{"GET", "/gameday", may(access.View, ofEnvironment), placed(func(s *Server) page { return s.showGameDay }), ""},
	{"GET", "/gameday/record", may(access.View, ofEnvironment), placed(func(s *Server) page { return s.showGame }), ""},
	{"POST", "/gameday", may(access.Faults, ofEnvironment), func(s *Server) page { return s.beginGame }, "procedure environment back"},
	{"POST", "/gameday/end", may(access.Faults, ofEnvironment), func(s *Server) page { return s.endGame }, "environment back"},
	{
		"POST", "/preferences", may(access.View, ofNothing), func(s *Server) page { return s.setPreferences },
		"environment name theme back",
	},
	{"GET", signInPath, entrance, func(s *Server) page { return s.signIn }, ""},
	{"GET", signInPath + "/with/{provider}", entrance, func(s *Server) page { return s.signInWith }, ""},
	{"GET", signin.CallbackPath, entrance, func(s *Server) page { return s.signedIn }, ""},
	{"GET", signedOutPath, entrance, func(s *Server) page { return s.signedOut }, ""},
	{"POST", "/sign-out", entrance, func(s *Server) page { return s.signOut }, "back"},
	{"POST", backChannelPath, entrance, func(s *Server) page { return s.backChannel }, "logout_token"},
	{"POST", signInPath + "/local", entrance, local(func(s *Server) page { return s.signInLocal }), "email password back"},
	{"POST", signInPath + "/code", entrance, local(func(s *Server) page { return s.signInCode }), "ticket code back"},
	{
		"POST", signInPath + "/passkey", entrance, local(func(s *Server) page { return s.signInPasskey }),
		"ticket credential client authenticator signature user back",
	},
	{"GET", accounts.LinkPath, entrance, local(func(s *Server) page { return s.showLink }), ""},
	{"POST", accounts.LinkPath, entrance, local(func(s *Server) page { return s.acceptLink }), "link email name password again"},
	{"GET", accountPagePath, open, own(func(s *Server) page { return s.showYourAccount }), ""},
	{"POST", accountPagePath + "/name", open, own(func(s *Server) page { return s.changeName }), "name"},
	{"POST", accountPagePath + "/password", open, own(func(s *Server) page { return s.changePassword }), "old password again"},
	{"GET", accountPagePath + "/codes", open, own(func(s *Server) page { return s.showEnrol }), ""},
	{"POST", accountPagePath + "/codes", open, own(func(s *Server) page { return s.enrol }), "ticket code password"},
	{"POST", accountPagePath + "/codes/remove", open, own(func(s *Server) page { return s.removeCodes }), "old"},
	{
		"POST", accountPagePath + "/passkeys", open, own(func(s *Server) page { return s.addPasskey }),
		"ticket credential client authenticator key name password",
	},
	{"POST", accountPagePath + "/passkeys/remove", open, own(func(s *Server) page { return s.removePasskey }), "passkey old"},
	{"POST", accountPagePath + "/recovery", open, own(func(s *Server) page { return s.renewRecovery }), "old"},
	{"GET", "/sessions", open, func(s *Server) page { return s.showSessions }, ""},
	{"POST", "/sessions/end", open, func(s *Server) page { return s.endSessions }, "session back"},
	{"GET", "/static/{file}", entrance, func(s *Server) page { return s.static }, ""},
	{"GET", "/metrics", metricsPage, func(s *Server) page { return s.metrics }, ""},
	{"GET", "/healthz", probe, func(s *Server) page { return s.health }, ""},
	{"GET", "/readyz", probe, func(s *Server) page { return s.ready }, ""},
}

// unknown and otherMethod are the rows of requests that no row of the table matches, old that of the keys of oldPaths.
// Their guards are those of every other row, and they tell nothing of what there is.
var (
	old         = route{rule: open, page: func(s *Server) page { return s.moved }}
	unknown     = route{rule: nowhere, page: func(s *Server) page { return s.noPage }}
	otherMethod = route{rule: open, page: func(s *Server) page { return s.wrongMethod }}
)

// routes makes the router from the table. All that is decided about a request is decided with its row, in handler: the
// router goes by the path as it was written, so nothing may be decided by another spelling of it. HEAD is answered
// wherever GET is (RFC 9110, 9.3.2; net/http leaves the content out), except for the stream, which has no end. Old
// addresses are led on for POST alone.
func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	s.router = r
	r.Use(bounded, s.logged, s.careful)
	for _, t := range table {
		h := s.handler(t)
		r.Method(t.method, t.pattern, h)
		if t.method == http.MethodGet && t.pattern != streamPattern {
			r.Method(http.MethodHead, t.pattern, h)
		}
	}
	for path := range oldPaths {
		r.Method(http.MethodPost, path, s.handler(old))
	}
	r.NotFound(s.handler(unknown).ServeHTTP)
	r.MethodNotAllowed(s.handler(otherMethod).ServeHTTP)
	return r
}
