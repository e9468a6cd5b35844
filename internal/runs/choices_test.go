package runs_test

import (
	"context"
	"slices"
	"testing"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/engine/enginetest"
	"github.com/opsbook/opsbook/internal/procedures"
)

func TestChoicesOfAParameter(t *testing.T) {
	front := "---\nparams:\n  table: {choose: aws dynamodb list-tables}\n  queue: {choose: aws sqs delete-queue " +
		"--name q}\n  plain: {title: Plain}\n---\n"
	p := newPortal(t, front+enginetest.Fence("# Look\naws dynamodb describe-table --name <table> --queue <queue> --other <plain>"))
	p.aws.Answer = func(context.Context, []string) (document.Value, int) { return "a\tb\nb\nNone", 0 }
	got, err := p.Choices(t.Context(), p.request(""), "table")
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := p.Choices(t.Context(), p.request(""), "queue"); procedures.CodeOf(err) != procedures.CodeRefused {
		t.Errorf("choices that delete a queue: %v", err)
	}
	for _, name := range []string{"plain", "unknown"} {
		if _, err := p.Choices(t.Context(), p.request(""), name); procedures.CodeOf(err) != procedures.CodeNotFound {
			t.Errorf("choices of %s: %v", name, err)
		}
	}
	if calls := p.aws.Calls(); !slices.Equal(calls, []string{"dynamodb list-tables"}) {
		t.Errorf("called %q", calls)
	}
	if i := slices.IndexFunc(p.Library().Findings, func(m procedures.Finding) bool {
		return m.Rule == "front-matter" && m.Line == 4
	}); i < 0 {
		t.Errorf("the line that changes something is no mistake: %v", p.Library().Findings)
	}
}
