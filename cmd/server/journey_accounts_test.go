package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestJourneyAccounts: the first owner makes an account by the link that the server prints, sets an app up, invites somebody, and signs
// in again with a password and a code; whoever is invited makes an account. The pages fit a phone, in the light and the dark, and are
// whole without JavaScript.
func TestJourneyAccounts(t *testing.T) {
	t.Parallel()
	x := startLocal(t, t.TempDir(), "")
	b := open(t, 1440, 1000)
	b.name = "" // it is the account's
	b.expect("403")
	b.visit(x.portal.first)
	b.look("first")
	b.fill("[name=email]", "ada@example.com")
	b.fill("[name=name]", "Ada Lovelace")
	b.fill("[name=password]", goodPassword)
	b.fill("[name=again]", goodPassword)
	b.click("form .btn.primary")
	b.until(has(".nav .preferences", "Ada Lovelace"))

	b.visit(x.address + "/your-account/codes")
	b.look("enrol")
	phone := newApp(t, evaluate[string](b, "document.querySelector('code.secret').textContent"), x.clock.now)
	if squares := evaluate[float64](b, "document.querySelector('svg.qr path').getBBox().width"); squares < 21 {
		t.Errorf("the picture is %g squares wide", squares)
	}
	b.fill("[name=code]", phone.code())
	b.fill("main [name=password]", goodPassword)
	b.click("main form .btn.primary")
	b.until(has("#main", "Recovery codes"))
	b.look("recovery")

	b.visit(x.address + "/people")
	b.fill("[name=email]", "bob@example.com")
	b.fill(".settings [name=groups]", "engineering")
	b.click(".settings .btn.primary")
	b.until(has("#main .made", "Invitation for bob@example.com"))
	link := evaluate[string](b, "document.querySelector('.made code').textContent")
	b.look("people")

	b.click(".nav form[action='/sign-out'] .btn")
	b.until(has("#main", "You are signed out of Opsbook"))
	b.visit(x.address + health)
	b.fill("[name=email]", "ada@example.com")
	b.fill("[name=password]", "a wrong password")
	b.click("form .btn.primary")
	b.until(has("[role=alert]", "do not belong together"))
	b.look("wrong")
	const held = "document.querySelector('[name=email]').value+'/'+document.querySelector('[name=password]').value"
	if typed := evaluate[string](b, held); typed != "ada@example.com/" {
		t.Errorf("the form holds %s", typed)
	}
	b.fill("[name=password]", goodPassword)
	b.click("form .btn.primary")
	b.until(has("h1", "Enter your code"))
	b.look("code")
	x.clock.forward(time.Minute)
	b.fill("[name=code]", phone.code())
	b.click("form .btn.primary")
	b.until(has("#live", "live"))
	if at := evaluate[string](b, "location.pathname"); at != health {
		t.Errorf("the sign-in leads to %s", at)
	}
	b.visit(x.address + "/your-account")
	b.look("account")

	bob := open(t, 390, 844)
	bob.name = ""
	bob.visit(link)
	bob.look("invited")
	bob.fill("[name=name]", "Bob")
	bob.fill("[name=password]", goodPassword)
	bob.fill("[name=again]", goodPassword)
	bob.click("form .btn.primary")
	bob.until("location.pathname === '/'")
	for _, page := range []string{"/your-account", "/your-account/codes", "/sessions"} {
		bob.visit(x.address + page)
		bob.look("phone")
	}
	b.do(chromedp.EmulateViewport(390, 844))
	b.visit(x.address + "/people")
	b.look("people-phone")
}

// fill types into a field, in place of what it holds.
func (b *browser) fill(selector, text string) {
	b.t.Helper()
	b.until("document.querySelector(" + strconv.Quote(selector) + ")")
	evaluate[bool](b, "document.querySelector("+strconv.Quote(selector)+").value = '', true")
	b.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// look fails where a page is wider than its window or axe-core finds something, in the light and the dark. With OPSBOOK_PICTURES it keeps
// pictures there.
func (b *browser) look(name string) {
	b.t.Helper()
	if evaluate[bool](b, "document.documentElement.scrollWidth > innerWidth") {
		b.t.Errorf("%s is wider than its window", name)
	}
	b.accessible(name)
	folder := os.Getenv("OPSBOOK_PICTURES")
	if folder == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+"-"+scheme+".png"), picture, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
}
