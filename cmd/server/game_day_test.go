package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/audit"
	"github.com/opsbook/opsbook/internal/store"
)

// TestGameDayOnThePages begins one on its page, restarts the server in the middle, gives it up and reads its record.
func TestGameDayOnThePages(t *testing.T) {
	t.Chdir(t.TempDir())
	data, quiet := t.TempDir(), slog.New(slog.DiscardHandler)
	p := restartable(t, data, quiet)
	status := func(p *portal, target, form string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1"+target, strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		return w.Code
	}
	if got := status(p, "/gameday/end", "back=/gameday"); got != http.StatusConflict {
		t.Errorf("giving up without a game: %d", got)
	}
	if got := status(p, "/gameday", "procedure=none"); got != http.StatusNotFound {
		t.Errorf("a game for no procedure: %d", got)
	}
	ask(t, p, http.MethodPost, "/gameday", "procedure=&back=/gameday")
	if got := status(p, "/faults", "name=alarm&on=true"); got != http.StatusConflict {
		t.Errorf("a fault during a game: %d", got)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	p = restartable(t, data, quiet)
	page := ask(t, p, http.MethodGet, "/gameday", "")
	seal := regexp.MustCompile(`class="seal">([0-9a-f]{64})<`).FindStringSubmatch(page)
	if seal == nil || strings.Contains(page, "Begin a game day") || !strings.Contains(page, "not yet") {
		t.Fatalf("after a restart the page is %s", page)
	}
	ask(t, p, http.MethodPost, "/gameday/end", "back=/gameday")
	page = ask(t, p, http.MethodGet, "/gameday", "")
	address := regexp.MustCompile(`/gameday/record\?game=[0-9a-f]+`).FindString(page)
	if address == "" || !strings.Contains(page, "given up") || !strings.Contains(page, "Begin a game day") {
		t.Fatalf("after it was given up the page is %s", page)
	}
	record := ask(t, p, http.MethodGet, address, "")
	for _, want := range []string{seal[1], "is the SHA-256 of", "Timeline", "given up"} {
		if !strings.Contains(record, want) {
			t.Errorf("the record lacks %q", want)
		}
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
	db, err := store.Open(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for some := true; some; {
		if some, err = db.ChainAudit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	rows, err := db.AuditBefore(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Kind == audit.GameDay {
			told++
		}
	}
	if told != 2 {
		t.Errorf("the audit log tells of %d, a game was begun and given up", told)
	}
}
