package main

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// heard is what a command says, while it goes on.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

// wait waits until it has said something, and returns what the expression finds in it.
func (h *heard) wait(t *testing.T, expression string) string {
	t.Helper()
	what := regexp.MustCompile(expression)
	for range 600 {
		h.mu.Lock()
		found := what.FindStringSubmatch(h.text.String())
		h.mu.Unlock()
		if found != nil {
			return found[len(found)-1]
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("it never says %q: %s", expression, h.text.String())
	return ""
}

const gameBook = "# Deploy\n\n```bash\naws ecs describe-services --cluster web --services api\n```\n\n" +
	"```bash\naws ecs update-service --cluster web --service api --task-definition api:3\n```\n"

// TestGamedayInATerminal plays one with the AWS CLI's calls.
func TestGamedayInATerminal(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI is not installed")
	}
	dir := runbookFolder(t, gameBook)
	var out, said heard
	ended := make(chan error, 1)
	command := &gamedayCommand{Listen: "127.0.0.1:0", stretch: 0.01}
	go func() {
		ended <- command.run(context.WithoutCancel(t.Context()), &options{Runbooks: dir},
			terminal{strings.NewReader(""), &out, &said, func(string) string { return "" }}, nil)
	}()
	said.wait(t, `Seal: ([0-9a-f]{64})`)
	address := out.wait(t, `AWS_ENDPOINT_URL=(\S+)`)
	aws := func(line string) {
		t.Helper()
		c := exec.Command("aws", append([]string{"--endpoint-url", address, "--region", "us-east-1", "ecs"}, strings.Fields(line)...)...)
		c.Env = append(c.Environ(), "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_PAGER=")
		if said, err := c.CombinedOutput(); err != nil {
			t.Fatalf("aws ecs %s: %v: %s", line, err, said)
		}
	}
	aws("describe-services --cluster web --services api")
	said.wait(t, `First red: ecs describe-services`)
	aws("update-service --cluster web --service api --task-definition api:3")
	var err error
	for over := false; !over; { // a rollout takes a moment
		aws("describe-services --cluster web --services api")
		select {
		case err = <-ended:
			over = true
		case <-time.After(200 * time.Millisecond):
		}
	}
	if err != nil {
		t.Errorf("it ended with %v: %s", err, said.text.String())
	}
	text := said.text.String()
	for _, want := range []string{"The fault was ecs-crash", "Mitigated after", "by ecs update-service api, with 1 change and"} {
		if !strings.Contains(text, want) {
			t.Errorf("it says %q, want %s", text, want)
		}
	}
}
