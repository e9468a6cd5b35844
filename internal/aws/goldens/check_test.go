package goldens

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws"
	"github.com/opsbook/opsbook/internal/procedures"
)

// recorded are the lines of all transcripts that call aws, each with its words and its exit status, as the AWS CLI ended.
func recorded(t *testing.T) (lines []*Step, words [][]string) {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := Parse(string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			if s.Line == "" {
				continue
			}
			_, args, err := Split(s.Line)
			if err != nil {
				t.Fatal(err)
			}
			if len(args) > 0 && args[0] == "aws" {
				lines, words = append(lines, s), append(words, args)
			}
		}
	}
	if len(lines) < 900 {
		t.Fatalf("only %d lines", len(lines))
	}
	return lines, words
}

// described is what is known of a line before it runs. unknown makes words unknown, by their places.
func described(args []string, unknown map[int]procedures.Word) procedures.LineInfo {
	words := make([]procedures.Word, len(args))
	col := 1
	for i, text := range args {
		words[i] = procedures.Word{Text: text, Known: true, Source: text}
		if w, ok := unknown[i]; ok {
			words[i] = w
		}
		words[i].Line, words[i].Col = 1, col
		col += len(words[i].Source) + 1
	}
	return aws.New(aws.Options{Environment: procedures.Environment{Name: "sandbox", Account: "sandbox"}}).Describe(words)
}

func errorsOf(info procedures.LineInfo) []string {
	var out []string
	for _, f := range info.Findings {
		if f.Severity == procedures.SeverityError {
			out = append(out, f.Rule+": "+f.Message)
		}
	}
	return out
}

// byTheService are recorded lines that the AWS CLI sends and the service refuses: they are refused beforehand.
var byTheService = []string{
	"aws apigateway update-stage --rest-api-id a1b2c3d4e5 --stage-name prod --patch-operations " +
		"op=replace,path=/throttle/burstLimit,value=10000 op=replace,path=/throttle/rateLimit,value=20000",
	"aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors --start-time 2026-09-20 " +
		"--end-time 2026-09-21 --period 86400 --statistics Average,Maximum",
	"aws ce get-cost-and-usage --time-period Start=2026-09-14,End=2026-09-21 --granularity DAILY --metrics " +
		"BlendedCost --group-by Type=SERVICE",
}

// stricter are recorded lines that the AWS CLI accepts, and which are errors all the same.
var stricter = map[string]string{
	"--query 'nothing'": "the AWS CLI prints null for a member that no answer has: its author meant another one",
}

// later are recorded lines that the AWS CLI refuses before a call, and which are only refused when they run.
var later = map[string]string{
	"file://":                        "what a file holds, and whether it is there, is known when the line runs",
	"fileb://":                       "the same",
	"--body ":                        "the same",
	"--outfile missing/":             "the folder may be made by an earlier line",
	"cloudsearchdomain search":       "whether an address is there is known when the line runs",
	"--region bad_region!":           "the region is read together with the environment's",
	"--priv-launch-key":              "whether the file is there is known when the line runs",
	"--generate-cli-skeleton output": "the AWS CLI refuses the sample that it made itself",
}

func excepted(line string, exceptions map[string]string) bool {
	for part := range exceptions {
		if strings.Contains(line, part) {
			return true
		}
	}
	return false
}

// refused reports whether the AWS CLI ended before a call: with wrong usage, or with a value that it could not read.
func refused(s *Step) bool {
	unread := []string{"invalid literal for int()", "could not convert string", "Invalid base64", "ConversionSyntax", "of format Key=Value"}
	return s.Status == 252 || s.Status == 255 && slices.ContainsFunc(unread, func(text string) bool {
		return strings.Contains(s.Stderr, text)
	})
}

// TestRecordedLinesAreJudgedAsByTheCLI checks every recorded line before it runs: none that the AWS CLI sends is an error, and what
// it refuses is one.
func TestRecordedLinesAreJudgedAsByTheCLI(t *testing.T) {
	lines, words := recorded(t)
	for i, s := range lines {
		found := errorsOf(described(words[i], nil))
		switch {
		case refused(s):
			if len(found) == 0 && !excepted(s.Line, later) {
				t.Errorf("the AWS CLI refuses %s\n%s", s.Line, s.Stderr)
			}
		case slices.Contains(byTheService, s.Line):
			if len(found) == 0 || s.Status != 254 {
				t.Errorf("the service refuses %s", s.Line)
			}
		case len(found) > 0 && !excepted(s.Line, stricter):
			t.Errorf("the AWS CLI ends with %d, and sends %s\n%s", s.Status, s.Line, strings.Join(found, "\n"))
		}
	}
}

// unknownForms are what a value may be replaced by in a line that is not known yet.
var unknownForms = []procedures.Word{
	{Text: "${X}", Source: `$X`, Split: true},
	{Text: "${X}", Source: `"$X"`},
	{Text: "${X}-suffix", Source: `"${X}-suffix"`},
	{Text: "prefix-$(…)", Source: `prefix-$(date)`, Split: true},
	{Text: "<x>", Source: "<x>", Parameters: []string{"x"}},
	{Text: "$((1 + ${X}))", Source: "$((1 + X))"},
}

// TestAnUnknownValueIsNoError takes lines that are no error and makes one word after the other unknown: the other words stay right.
func TestAnUnknownValueIsNoError(t *testing.T) {
	lines, words := recorded(t)
	tried := 0
	for i, s := range lines {
		if s.Status != 0 || len(errorsOf(described(words[i], nil))) > 0 {
			continue
		}
		for at := 1; at < len(words[i]); at++ {
			if strings.HasPrefix(words[i][at], "--") && !strings.Contains(words[i][at], "=") {
				continue // an option
			}
			for _, form := range unknownForms {
				tried++
				if found := errorsOf(described(words[i], map[int]procedures.Word{at: form})); len(found) > 0 {
					t.Errorf("%s with %q as %s\n%s", s.Line, words[i][at], form.Source, strings.Join(found, "\n"))
				}
			}
		}
	}
	t.Logf("%d lines", tried)
}

// TestAnUnknownPartOfAValueIsNoError makes a part of each shorthand or JSON value unknown, between two of its marks.
func TestAnUnknownPartOfAValueIsNoError(t *testing.T) {
	lines, words := recorded(t)
	tried := 0
	for i, s := range lines {
		if s.Status != 0 || len(errorsOf(described(words[i], nil))) > 0 {
			continue
		}
		for at := 1; at < len(words[i]); at++ {
			text := words[i][at]
			if strings.HasPrefix(text, "--") || !strings.ContainsAny(text, "={[") {
				continue
			}
			for from := range len(text) {
				if !strings.ContainsRune(`=,{[":`, rune(text[from])) {
					continue
				}
				size := strings.IndexAny(text[from+1:], `=,}]":`)
				if size < 0 {
					size = len(text) - from - 1
				}
				part := text[:from+1] + "${X}" + text[from+1+size:]
				tried++
				word := procedures.Word{Text: part, Source: part}
				if found := errorsOf(described(words[i], map[int]procedures.Word{at: word})); len(found) > 0 {
					t.Errorf("%s with %s\n%s", s.Line, part, strings.Join(found, "\n"))
				}
			}
		}
	}
	t.Logf("%d lines", tried)
}
