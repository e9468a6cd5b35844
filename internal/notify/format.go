package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/procedures"
)

// body is what is sent to a target: a message of ours, or what Slack and Teams show.
func body(f Format, a procedures.Alert, m *procedures.Message) ([]byte, error) {
	switch f {
	case Slack:
		return json.Marshal(slack(a, m))
	case Teams:
		return json.Marshal(teams(a, m))
	}
	return json.Marshal(struct {
		Type      procedures.AlertKind `json:"type"`
		Timestamp time.Time            `json:"timestamp"` // of what is told
		Data      *procedures.Message  `json:"data"`
	}{a.Kind, a.At.UTC(), m})
}

// signs are what a message begins with in a channel.
var signs = map[procedures.AlertKind]string{
	procedures.AlertRunFailed: "🔴", procedures.AlertScheduleMissed: "🟠", procedures.AlertStepUnknown: "🔴",
	procedures.AlertApprovalWaiting: "🔵", procedures.AlertGlassBroken: "🔴", procedures.AlertTest: "🟢",
}

// footer is where it is: the environment, its account and the procedure.
func footer(m *procedures.Message) string {
	var parts []string
	if m.Environment != "" {
		parts = append(parts, m.Environment)
	}
	if m.Account != "" && m.Account != m.Environment {
		parts = append(parts, "account "+m.Account)
	}
	if m.Procedure != nil && !strings.Contains(m.Title, m.Procedure.Title) {
		parts = append(parts, m.Procedure.Title)
	}
	return strings.Join(parts, " · ")
}

// several are the steps that a channel lists: a single one is in the text.
func several(m *procedures.Message) []procedures.MessageStep {
	if len(m.Steps) < 2 {
		return nil
	}
	return m.Steps
}

// button is what the link says.
func button(m *procedures.Message) string {
	switch {
	case m.Approval != nil:
		return "Review the change"
	case m.Run != nil:
		return "Open the run"
	case m.Procedure == nil:
		return "Open the portal"
	}
	return "Open the procedure"
}

// slackEscapes are the characters that mean something in Slack's texts: https://docs.slack.dev/messaging/formatting-message-text
var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// slack is a message of an incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
// text is what a telephone shows before it is opened. A section holds at most 3000 characters.
func slack(a procedures.Alert, m *procedures.Message) any {
	type object = map[string]any
	section := func(text string) object {
		return object{"type": "section", "text": object{"type": "mrkdwn", "text": cut(text, 2900), "verbatim": true}}
	}
	title := signs[a.Kind] + " *" + slackEscapes.Replace(m.Title) + "*"
	if m.URL != "" {
		title = signs[a.Kind] + " *<" + slackEscapes.Replace(m.URL) + "|" + strings.ReplaceAll(slackEscapes.Replace(m.Title),
			"|", "¦") + ">*"
	}
	blocks := []object{section(title + "\n" + slackEscapes.Replace(m.Text))}
	var steps strings.Builder
	for _, s := range several(m) {
		line := fmt.Sprintf("• *%s* — %s: %s\n", slackEscapes.Replace(s.Title), s.Verdict, slackEscapes.Replace(s.Reason))
		if steps.Len()+len(line) > 2900 {
			blocks, steps = append(blocks, section(steps.String())), strings.Builder{}
		}
		steps.WriteString(line)
	}
	if steps.Len() > 0 {
		blocks = append(blocks, section(steps.String()))
	}
	if text := footer(m); text != "" {
		blocks = append(blocks, object{"type": "context", "elements": []object{
			{"type": "plain_text", "text": cut(text, 2000)},
		}})
	}
	return object{"text": cut(slackEscapes.Replace(signs[a.Kind]+" "+m.Title+": "+m.Text), 2900), "blocks": blocks}
}

// teams is what a workflow takes that posts an adaptive card:
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook. Texts of cards are
// Markdown in part, so that what would be a link is none.
func teams(a procedures.Alert, m *procedures.Message) any {
	type object = map[string]any
	plain := strings.NewReplacer("[", "［", "]", "］", "*", "∗", "_", "＿", "`", "'")
	block := func(text string, more object) object {
		out := object{"type": "TextBlock", "text": plain.Replace(cut(text, 3000)), "wrap": true}
		for key, value := range more {
			out[key] = value
		}
		return out
	}
	content := []object{
		block(signs[a.Kind]+" "+m.Title, object{"weight": "Bolder", "size": "Medium"}),
		block(m.Text, nil),
	}
	var facts []object
	for _, s := range several(m) {
		facts = append(facts, object{"title": plain.Replace(s.Title), "value": plain.Replace(string(s.Verdict) + ": " + s.Reason)})
	}
	if len(facts) > 0 {
		content = append(content, object{"type": "FactSet", "facts": facts})
	}
	if text := footer(m); text != "" {
		content = append(content, block(text, object{"isSubtle": true, "size": "Small"}))
	}
	card := object{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": content,
		"msteams": object{"width": "Full"},
	}
	if m.URL != "" {
		card["actions"] = []object{{"type": "Action.OpenUrl", "title": button(m), "url": m.URL}}
	}
	return object{"type": "message", "attachments": []object{
		{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card},
	}}
}

// cut is a text of at most so many bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
