package sandbox

import (
	_ "embed"
	"strings"
	"testing"
	"time"
)

// scenes are command lines with what they print: see the file's own first line.
//
//go:embed testdata/lives.txt
var scenes string

// TestLives plays the scenes.
func TestLives(t *testing.T) {
	for _, scene := range strings.Split(scenes, "\n# ")[1:] {
		name, scene, _ := strings.Cut(scene, "\n")
		t.Run(name, func(t *testing.T) {
			e := newEstate(t)
			for line := range strings.Lines(scene) {
				e.play(strings.TrimSpace(line))
			}
			checkAnswers(t, e)
		})
	}
}

// play does one line of a scene.
func (e *estateTest) play(line string) {
	e.t.Helper()
	short := strings.NewReplacer("TG/", "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/",
		"Q/", "https://sqs.us-east-1.amazonaws.com/123456789012/")
	line, want, compared := strings.Cut(short.Replace(line), " = ")
	if wait, ok := strings.CutPrefix(line, "later "); ok {
		d, _ := time.ParseDuration(wait)
		e.later(d)
		return
	}
	if fault, ok := strings.CutPrefix(line, "fault "); ok {
		if err := e.sandbox.SetFault(e.t.Context(), fault, true); err != nil {
			e.t.Fatal(err)
		}
		return
	}
	words, refused := strings.CutPrefix(line, "! ")
	if words == "" {
		return
	}
	parts := strings.Fields(words)
	for i, p := range parts {
		parts[i] = quoted(p)
	}
	status, out, problem := e.run(strings.Join(parts, " "))
	switch {
	case refused && (status == 0 || !strings.Contains(problem, want)):
		e.t.Errorf("aws %s: %d %s %s, want %s", words, status, out, problem, want)
	case !refused && (status != 0 || compared && out != want):
		e.t.Errorf("aws %s: %d %s %s, want %s", words, status, out, problem, want)
	}
}
