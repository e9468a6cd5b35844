package commands_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"mvdan.cc/sh/v3/shell"

	"github.com/opsbook/opsbook/internal/procedures"
	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// run runs one command line and returns what it printed.
func run(t *testing.T, options commands.Options, stdin string, env map[string]string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	command, ok := commands.Table(options)[args[0]]
	if !ok {
		t.Fatalf("no command %q", args[0])
	}
	var out, errs bytes.Buffer
	status = command.Run(t.Context(), &procedures.Invocation{
		Args: args, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Files: &files{
			MapFS: fstest.MapFS{
				"three": {Data: []byte("one\ntwo\nthree\n")}, "rows": {Data: []byte(rows)}, "half": {Data: []byte("no newline")},
			},
		},
		Now: time.Now,
	})
	return out.String(), errs.String(), status
}

const rows = `discovery 1024 12.5 us-east-1
analysis 2048 3 eu-west-1
api 512 100 us-east-1
api 512 100 us-east-1
  indented	tab	end
Über 7 1e3 sa-east-1
`

// gnu returns the path of a GNU tool of this machine, whose answers ours are compared with.
func gnu(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s on this machine to compare with", name)
	}
	version, err := exec.CommandContext(t.Context(), path, "--version").Output()
	if err != nil || !bytes.Contains(version, []byte("GNU")) {
		t.Skipf("%s of this machine is not GNU's", name)
	}
	return path
}

// TestTextCommandsAsGNU compares standard output and exit status with the machine's tools.
func TestTextCommandsAsGNU(t *testing.T) {
	table, err := os.ReadFile("testdata/gnu.txt")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	inputs := map[string]string{
		"rows": rows, "empty": "", "base64": "aGVsbG8gd29ybGQK\n", "half": "a\nb\nb", "long": strings.Repeat("0123456789 ", 140),
	}
	for line := range strings.Lines(string(table)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		args, err := shell.Fields(line, nil)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		path := gnu(t, args[0])
		for name, input := range inputs {
			t.Run(fmt.Sprintf("%s<%s", line, name), func(t *testing.T) {
				theirs := exec.CommandContext(t.Context(), path, args[1:]...)
				theirs.Stdin = strings.NewReader(input)
				theirs.Env, theirs.Dir = []string{"LC_ALL=C.UTF-8"}, folder
				if args[0] == "sort" {
					theirs.Env = []string{"LC_ALL=C"}
				}
				want, err := theirs.Output()
				if theirs.ProcessState == nil {
					t.Fatal(err)
				}
				got, stderr, status := run(t, commands.Options{}, input, nil, args...)
				if got != string(want) {
					t.Errorf("printed\n%q, GNU prints\n%q (%s)", got, want, stderr)
				}
				if code := theirs.ProcessState.ExitCode(); status != code {
					t.Errorf("status %d, GNU's is %d (%s)", status, code, stderr)
				}
			})
		}
	}
}

// TestDateAsGNU checks date against the machine's over a table of expressions, zones and formats.
func TestDateAsGNU(t *testing.T) {
	path := gnu(t, "date")
	for _, zone := range []string{"UTC", "America/New_York", "Asia/Kolkata"} {
		t.Run(zone, func(t *testing.T) {
			compareDates(t, path, zone)
		})
	}
}

func compareDates(t *testing.T, path, zone string) {
	for _, expression := range dateExpressions() {
		ask := func() (string, int, string, int) {
			theirs := exec.CommandContext(t.Context(), path, "-d", expression, "+%F %T %z %s")
			theirs.Env = []string{"LC_ALL=C", "TZ=" + zone}
			want, err := theirs.Output()
			if theirs.ProcessState == nil {
				t.Fatal(err)
			}
			got, _, status := run(t, commands.Options{}, "", map[string]string{"TZ": zone}, "date", "-d", expression, "+%F %T %z %s")
			return string(want), theirs.ProcessState.ExitCode(), got, status
		}
		want, code, got, status := ask()
		for range 3 { // the second may have changed between the two
			if want == got {
				break
			}
			want, code, got, status = ask()
		}
		if want != got || code != status {
			t.Errorf("date -d %q: %q, status %d; GNU: %q, status %d", expression, got, status, want, code)
		}
	}
}

// dateExpressions are a few hundred ways to say a moment, and some that say none.
func dateExpressions() []string {
	all := []string{
		"", "now", "today", "tomorrow", "yesterday", "tomorrow 10:00", "10:00 tomorrow", "yesterday noon", "midnight",
		"noon", "12:00 yesterday", "next week", "last month", "next year", "last year", "this week",
		"2024-01-15", "2024-01-15 10:30", "2024-01-15 10:30:45", "2024-01-15T10:30:45", "2024-01-15T10:30:45Z",
		"2024-01-15T10:30:45+02:00", "2024-01-15T10:30:45-0500", "2024-01-15 10:30:45 UTC", "2024-01-15 10:30 EST",
		"2024-01-15 10:30 PDT", "2024-1-5", "24-1-5", "69-1-5", "2024-02-29", "2023-02-29", "2024-13-01", "2024-00-10",
		"2024-01-32", "20240115", "20240115 1030", "20240115T103045", "20240115 10:30", "1/15/2024", "1/15/24",
		"2024/01/15", "1/15", "13/1",
		"15 Jan 2024", "Jan 15 2024", "Jan 15, 2024", "January 15", "15 January", "15-Jan-2024", "Jan-15-2024",
		"15jan2024", "Sept 3 2024", "sep. 3", "mon", "monday", "next monday", "last friday", "this tuesday",
		"third monday", "2 monday", "monday, 10:00", "thurs", "wednes", "sun",
		"10:00", "10:00:00", "10:00:00.5", "10am", "10 am", "10:30 pm", "12am", "12pm", "12:30 a.m.", "13pm", "0am",
		"24:00", "23:59:59", "25:00", "10:60", "1030", "10", "930pm",
		"@0", "@1700000000", "@-1", "@1700000000.5", "@ 5", "@x", "@1 day", "10:00 +2 days", "10:00 2 days",
		"10:00 +0200", "10:00 +02:30", "10:00 -5", "UTC", "UTC +2 days", "UTC+2", "GMT+1 10:00", "10:00 Z", "10:00 A",
		"10:00 M", "10:00 N", "10:00 Y", "10:00 J", "EST", "EST DST", "EDT", "10:00 CEST", "JST 10:00",
		"2024-01-31 +1 month", "2024-01-31 1 month ago", "2024-02-29 +1 year", "2024-03-31 -1 month",
		"2024-01-15 +1 day", "2024-01-15 1 day ago", "2024-01-15 - 1 day", "2024-01-15 10:00 1 hour ago",
		"2024-01-15 10:00 -90 minutes", "2024-01-15 +36 hours",
		"2024-01-15 +1 week 2 days", "2024-01-15 +1 week -2 days", "2024-01-15 1 week ago 2 days ago",
		"20240115 +3 days", "2024-01-15 fortnight", "2024-01-15 next day", "2024-01-15 last week",
		"2024-01-15 third day", "2024-01-15 monday", "2024-03-10 02:30", "2024-11-03 12:00 -1 day",
		"2024-03-10 12:00 -1 day", "2024-03-09 12:00 +24 hours",
		"1.5 seconds ago", "2.5 days ago", "1 fortnight ago", "-1 day", "+1 day", "- 3 days", "+ 3 days", "1 day",
		"day", "day ago", "hour", "hour ago", "2 hours 30 minutes ago", "2 hours ago 30 minutes ago", "24 Nov 10:00",
		"10:00 24 Nov", "Nov 24 10:00", "(a comment) 2024-01-15", "2024-01-15 (", "2024-01-15 10:00 (x) UTC",
		"foo", "2024-01-15 foo", "10:00 11:00", "2024-01-15 2024-01-16", "monday tuesday", "UTC EST", "ago", "1", "99",
		"2400", "1 2 3", "--1 day", "-", "+", "T10:00", "2024-01-15T", "2024-01-15Tfoo", "today 2024-01-15",
		"2024-01-15 today", "99999999999999999999", "10:00:61", "10:", ":10", "first day", "12th", "1st monday",
		"TZ=\"Asia/Tokyo\" 10:00", "TZ=\"America/New_York\" 2024-07-01 12:00", "2024-01-15 00:00:00 +0000",
		"2024-01-15 12:00 tomorrow", "yesterday 00:00", "today 00:00", "now - 15 minutes", "now + 1 hour",
		"00:00 today - 1 day", "last sunday", "1 month ago", "-30 days", "-1 week", "-7day", "7day ago", "3 months ago", "12 months ago",
	}
	for _, n := range []int{1, 2, 7, 24, 30, 48, 90} {
		for _, unit := range []string{"second", "sec", "minute", "min", "hour", "day", "week", "fortnight", "month", "year"} {
			all = append(all, fmt.Sprintf("%d %ss ago", n, unit), fmt.Sprintf("2024-05-17 13:14:15 -%d %s", n, unit))
		}
	}
	return all
}

// TestDateFormatsAsGNU checks every conversion with every flag.
func TestDateFormatsAsGNU(t *testing.T) {
	path := gnu(t, "date")
	var format strings.Builder
	for _, conversion := range "aAbBcCdDeFgGhHIjklmMNnpPqrRsSTtuUVwWxXyYzZ" {
		for _, flags := range []string{"", "-", "_", "0", "^", "#", "12", "_12", "012", "-3", "3", "E", "O"} {
			fmt.Fprintf(&format, "%%%s%c|", flags, conversion)
		}
	}
	format.WriteString("%:z|%::z|%:::z|%_:z|%10:z|%&|%|%%")
	for _, moment := range []string{"@0", "@1700000000.123456789", "2024-12-30 00:05:09", "2021-01-03 12:00", "2024-02-29 23:59:59"} {
		for _, zone := range []string{"UTC", "America/St_Johns", "Asia/Kathmandu"} {
			theirs := exec.CommandContext(t.Context(), path, "-d", moment, "+"+format.String())
			theirs.Env = []string{"LC_ALL=C", "TZ=" + zone}
			want, err := theirs.Output()
			if err != nil {
				t.Fatal(err)
			}
			got, stderr, _ := run(t, commands.Options{}, "", map[string]string{"TZ": zone}, "date", "-d", moment, "+"+format.String())
			formats, ours, gnus := strings.Split(format.String(), "|"), strings.Split(got, "|"), strings.Split(string(want), "|")
			if len(ours) != len(gnus) {
				t.Fatalf("%d parts, GNU prints %d (%s)", len(ours), len(gnus), stderr)
			}
			for i := range ours {
				if ours[i] != gnus[i] {
					t.Errorf("date -d %s +%s in %s: %q, GNU: %q", moment, formats[i], zone, ours[i], gnus[i])
				}
			}
		}
	}
}

// TestDateOptions checks the options besides -d.
func TestDateOptions(t *testing.T) {
	path := gnu(t, "date")
	for _, line := range []string{
		"-u -d @0", "-u -d @0 -Iseconds", "-u -d @0 -I", "-u -d @0 --iso-8601=ns", "-u -d @0 -R",
		"-u -d @0 --rfc-3339=seconds", "-u -d @0 --rfc-3339 ns", "-d @0 --utc +%H", "-u --date=@0 +%s",
		"-u -d @0 +%s +%H", "-u -d @0 nonsense", "-x", "-u -d @0 -Ihours", "-Inope", "-u -d @0 +",
	} {
		args := strings.Fields(line)
		theirs := exec.CommandContext(t.Context(), path, args...)
		theirs.Env = []string{"LC_ALL=C.UTF-8", "TZ=Asia/Tokyo"}
		want, err := theirs.Output()
		if theirs.ProcessState == nil {
			t.Fatal(err)
		}
		got, stderr, status := run(t, commands.Options{}, "", map[string]string{"TZ": "Asia/Tokyo"}, append([]string{"date"}, args...)...)
		if got != string(want) || status != theirs.ProcessState.ExitCode() {
			t.Errorf("date %s: %q, status %d (%s); GNU: %q, status %d", line, got, status, stderr, want, theirs.ProcessState.ExitCode())
		}
	}
}
