package interpret

import (
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestEventsDoNotShowSecrets(t *testing.T) {
	s := &secrets{}
	plain := procedures.Event{Kind: procedures.EventNotice, Text: "hunter2 and hunter22"}
	if got := s.event(plain).Text; got != plain.Text {
		t.Errorf("without secrets: %s", got)
	}
	s.add("hunter2")
	s.add("hunter22")
	s.add("a \"quoted\"\nsecond line")
	s.add("ab") // too short
	doc := document.NewObject(document.Member{Name: "List", Value: document.List{"hunter2", int64(7)}},
		document.Member{Name: "Plain", Value: "abc"})
	call := &procedures.Call{
		Args: []string{"--password", "hunter2"}, Error: "no hunter2", Document: doc,
		RuleVerdict: &procedures.Judgement{Reason: "hunter22 is wrong"},
	}
	got := s.event(procedures.Event{
		Kind: procedures.EventNotice, Text: `hunter22 a "quoted" {"x":"a \"quoted\"\nsecond line"} ab`, Call: call,
	})
	if want := `•••••• •••••• {"x":"••••••"} ab`; got.Text != want {
		t.Errorf("text %s\nwant %s", got.Text, want)
	}
	text, err := document.Marshal(got.Call.Document)
	if err != nil || string(text) != `{"List":["••••••",7],"Plain":"abc"}` {
		t.Errorf("document %s, %v", text, err)
	}
	if got.Call.Args[1] != Masked || got.Call.Error != "no ••••••" || got.Call.RuleVerdict.Reason != "•••••• is wrong" {
		t.Errorf("call %+v", got.Call)
	}
	if call.Args[1] != "hunter2" || call.RuleVerdict.Reason != "hunter22 is wrong" {
		t.Error("the command's own call was changed")
	}
}
