package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

const hereNow = `[...document.querySelectorAll("#here .ava")].map(e => e.title).join("; ")`

func TestJourneyWhoIsHereAndWhoPressed(t *testing.T) {
	s := start(t, "")
	ada, grace := open(t, 1440, 1000), open(t, 1440, 1000)
	ada.name, grace.name = "Ada Lovelace", "Grace Hopper"
	for _, b := range []*browser{ada, grace} {
		b.visit(s.address + health)
		b.until(has("#live", "live"))
	}
	for _, b := range []*browser{ada, grace} {
		b.until(hereNow + ` === "Ada Lovelace (only a name: nobody checked it); Grace Hopper (only a name: nobody checked it)"`)
		b.until(has("#here .ava span", "AL"))
	}
	ada.click("#alarms .bar .btn")
	grace.until(has("#timeline", "Ada Lovelace started the run"))
	ada.do(chromedp.Navigate("about:blank"))
	grace.until(hereNow + ` === "Grace Hopper (only a name: nobody checked it)"`)
	grace.click("#alarms .write summary")
	grace.do(chromedp.SendKeys(chromedp.CSS("#alarms .write input[name=text]"), "same as Tuesday"))
	grace.click("#alarms .write button[value=remark]")
	ada.visit(s.address + health) // late, and sees all of it
	ada.until(has("#timeline", "Ada Lovelace started the run"))
	ada.until(has("#timeline", "Grace Hopper: “same as Tuesday”"))
}

func TestJourneyANameIsAskedForOnce(t *testing.T) {
	s := start(t, "")
	b, other := open(t, 1440, 1000), open(t, 1440, 1000)
	b.name = ""
	other.visit(s.address + health)
	b.visit(s.address + health)
	b.until(has("#live", "live"))
	other.until(hereNow + `.includes("1 tab of people without a name")`)
	b.click("#dynamodb-table .bar .btn")
	b.until("document.querySelector('#dialog').open")
	b.until(has("#dialog", "Only a name: nobody checks it"))
	b.do(chromedp.SendKeys(chromedp.CSS("#dialog [name=as]"), "Ada"))
	b.click("#dialog .primary")
	b.until(has("#dynamodb-table .sub", "ACTIVE")) // the press went on
	b.until("!document.querySelector('#dialog').open")
	b.until(has("#timeline", "Ada started the run"))
	other.until(hereNow + `.includes("Ada (only a name")`) // without a reload
	b.click("#alarms .bar .btn")
	b.until(has("#alarms .sub", "No alarm"))
	if b.text("#dialog") != "" {
		t.Error("it was asked again")
	}
}
