package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// reviewPages are pages of the pack that draw what they found, each with what is seen of it on the broken sandbox.
var reviewPages = []struct {
	page string
	seen []string // JavaScript that is true then
}{
	{"weekly-maintenance/security-review", []string{
		`document.querySelector('#keys-passwords-and-mfa .judged tbody tr')?.innerText.includes('oncall')`,
		`document.querySelector('#keys-passwords-and-mfa .judged tbody tr td')?.innerText.includes('warned')`,
		has("#findings-in-the-image .judged", "CVE-2026-31337"),
		has("#calls-that-cannot-be-undone .judged", "198.51.100.24"),
	}},
	{"weekly-maintenance/cost-review", []string{
		`document.querySelectorAll('#cost-by-service .chart svg .block').length == 42`,
		`document.querySelector('#cost-by-service svg[role=img]')?.getAttribute('aria-label').includes('7 bars')`,
		`document.querySelector('#cost-by-service .block title')?.textContent.includes('USD')`,
		has("#anomalies .judged", "211.75 USD"),
	}},
	{"monthly-reviews/capacity-planning", []string{
		`document.querySelectorAll('#read-capacity-of-the-table .chart .line.guide').length == 2`,
		has("#read-capacity-of-the-table .chart", "limit 4,320,000"),
		has("#read-capacity-of-the-table .sub", "it reaches the limit of 4,320,000 on"),
	}},
	{"monthly-reviews/security-audit", []string{
		`document.querySelectorAll('#no-bucket-is-public .judged tbody tr').length == 4`,
		`document.querySelector('#no-bucket-is-public .judged tbody tr')?.innerText.includes('network-visualizer-logs-production')`,
		has("#trusted-advisor .judged", "MFA on Root Account"),
	}},
	{"monitoring/tune-the-alarms", []string{
		`document.querySelectorAll('#history-of-the-alarms .lane').length == 3`,
		`document.querySelector('#history-of-the-alarms .views label')?.textContent == 'Timeline'`,
		`[...document.querySelectorAll('#history-of-the-alarms svg[role=img]')].some(s =>
			s.getAttribute('aria-label').includes('ALARM 7 times'))`,
		has("#history-of-the-alarms .why", "consider 3 evaluation periods of 5 min"),
		has("#what-the-alarms-look-at .judged", "Sum of Errors > 10, 1 × 5 min"),
	}},
}

// TestReviewsInABrowser breaks what the reviews look at, runs each page and reads it as a person does: what was found stands in
// tables, bars and lanes that say it to those who do not see them, and that a phone shows without scrolling sideways.
func TestReviewsInABrowser(t *testing.T) {
	t.Parallel()
	s := start(t, "")
	b := open(t, 1440, 1000)
	for _, fault := range []string{
		"no-mfa", "critical-finding", "bucket-deleted", "cost-anomaly", "growth", "no-access-block", "flapping-alarm",
	} {
		if status, _ := post(t, s.address+"/faults", url.Values{"name": {fault}, "on": {"true"}, "back": {"/healthz"}}); status != 200 {
			t.Fatalf("the fault %s answers %d", fault, status)
		}
	}
	for _, p := range reviewPages {
		b.visit(s.address + "/procedures/" + p.page)
		b.until(has("#live", "live"))
		b.click("#head .primary")
		b.until("document.querySelectorAll('.step .g.spin').length == 0 && !document.querySelector('#meter').textContent.includes('to go')")
		for _, expression := range p.seen {
			b.until(expression)
		}
	}
	for _, view := range []struct {
		width, height int64
		scheme        string
	}{{1440, 1000, "light"}, {1440, 1000, "dark"}, {390, 844, "light"}, {390, 844, "dark"}} {
		c := open(t, view.width, view.height)
		c.scheme(view.scheme)
		for _, p := range reviewPages {
			c.visit(s.address + "/procedures/" + p.page)
			c.until(has("#live", "live"))
			c.until("document.querySelector('.view')")
			what := fmt.Sprintf("%s, %d wide, %s", p.page, view.width, view.scheme)
			if found := c.violations(); found != "" {
				t.Errorf("%s:\n%s", what, found)
			}
			if wide := evaluate[string](c,
				`[...document.querySelectorAll('.view *')].filter(e =>
					e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll, pre, svg'))
					.slice(0, 3).map(e => e.outerHTML.slice(0, 100)).join('\n')`); strings.TrimSpace(wide) != "" {
				t.Errorf("%s is wider than the page:\n%s", what, wide)
			}
		}
	}
}
