package commands_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// dateLines are what date formats and reads, each compared with the machine's. {} stands for a day.
var dateLines = []string{
	"-d {} +%a|%A|%b|%B|%c|%C|%d|%D|%e|%F|%g|%G|%h|%H|%I|%j|%k|%l|%m|%M|%n|%N|%p", "-d {} +%P|%q|%r|%R|%s|%S|%t",
	"-d {} +%T|%u|%U|%V|%w|%W|%x|%X|%y|%Y|%z|%Z|%%",
	"-d {} +%:z|%::z|%:::z", "-d {} +%-d|%-m|%-H|%-I|%-j|%-M|%-S|%-y|%-e|%-k|%-l|%-U|%-W|%-V",
	"-d {} +%_d|%_m|%_H|%_j|%_S|%_Y|%_5d|%_10Y", "-d {} +%0e|%0k|%0l|%05d|%010s|%03u|%06Y", "-d {} +%^a|%^A|%^b|%^B|%^p|%#p|%#a|%#Z|%^h",
	"-d {} +%10a|%-10a|%_10b|%010B", "-d {} +%Ey|%EY|%Ec|%EC|%Ex|%EX|%Od|%Oe|%OH|%OI|%Om|%OM|%OS|%Ou|%OU|%OV|%Ow|%OW|%Oy",
	"-d {} +%3N|%6N|%9N|%1N|%-N|%_N", "-d {} +%E|%O|%Q|%|%E%", "-d {}", "-d {} -u", "-d {} -R", "-d {} -I",
	"-d {} -Ihours", "-d {} -Iminutes",
	"-d {} -Iseconds", "-d {} -Ins", "-d {} --rfc-3339=date", "-d {} --rfc-3339=seconds", "-d {} --rfc-3339=ns",
	"-d {} -Ix", "-d {} --rfc-3339=x",
}

// dateItems are added to a day.
var dateItems = []string{
	"+1 sec", "2 seconds ago", "+3 min", "4 minutes", "+1 hour", "5 hours ago", "1 day", "2 days ago", "+1 week",
	"2 weeks", "1 fortnight", "2 fortnights ago",
	"1 month", "13 months ago", "1 year", "4 years ago", "next day", "last week", "next month", "last year",
	"this month", "next hour", "first day", "third week",
	"fourth day", "fifth month", "sixth day", "seventh day", "eighth day", "ninth month", "tenth day", "eleventh hour",
	"twelfth month", "tomorrow", "yesterday",
	"today", "now", "12:34", "12:34:56", "1:02pm", "1am", "12am", "12pm", "noon", "midnight", "12:34:56.789", "monday",
	"tue", "tues", "wednesday", "wednes",
	"thu", "thur", "thurs", "friday", "sat", "sunday", "next monday", "last friday", "third tuesday", "UTC", "GMT",
	"EST", "EDT", "CST", "PDT", "CET", "Z", "+0200",
	"-0530", "+02:30", "UTC+3", "jan", "january 3", "3 feb", "march 4 2021", "apr 5, 2022", "may 6", "june 7", "jul 8",
	"august 9", "sept 10", "september 11", "oct 12",
	"nov 13", "december 14", "10-Nov-2023", "1/2", "1/2/2023", "1/2/23", "2023-02-29", "25:00", "12:60", "13pm",
	"24:00", "blursday", "1 2 3", "ago", "1 month ago 2 days", "dst",
}

// dateZones are names of time zones.
const dateZones = `GMT UT UTC WET WEST BST ART BRT BRST NST NDT AST ADT CLT CLST EST EDT CST CDT MST MDT PST PDT AKST AKDT HST
	HAST HADT SST WAT CET CEST MET MEZ MEST MESZ EET EEST CAT SAST EAT MSK MSD IST SGT KST JST GST NZST NZDT`

// TestDateLinesAsGNU compares each line for days on which months, weeks and daylight saving begin and end.
func TestDateLinesAsGNU(t *testing.T) {
	t.Parallel()
	path := gnu(t, "date")
	compare := func(zone string, args ...string) {
		theirs := exec.CommandContext(t.Context(), path, args...)
		theirs.Env = []string{"LC_ALL=C", "TZ=" + zone}
		want, err := theirs.Output()
		if theirs.ProcessState == nil {
			t.Fatal(err)
		}
		got, stderr, status := run(t, commands.Options{}, "", map[string]string{"TZ": zone}, append([]string{"date"}, args...)...)
		if got != string(want) || status != theirs.ProcessState.ExitCode() {
			t.Errorf("%s %q: %d %q (%s), GNU's %d %q", zone, args, status, got, strings.TrimSpace(stderr),
				theirs.ProcessState.ExitCode(), want)
		}
	}
	days := []string{"2024-01-01 00:00:00", "2024-12-31 23:59:59.123456789", "2023-01-01 12:00", "2021-03-09 08:07:06", "1999-05-04 13:00"}
	for _, day := range days {
		for _, line := range dateLines {
			args := strings.Fields(line)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "{}", day)
			}
			compare("America/New_York", args...)
		}
	}
	for _, zone := range strings.Fields(dateZones) {
		compare("UTC", "-d", "2024-01-31 10:00 "+zone, "+%F %T %z")
	}
	for _, item := range dateItems {
		compare("UTC", "-d", "2024-01-31 10:00 "+item, "+%F %T %z")
		compare("Europe/Berlin", "-d", item+" 2024-03-30", "+%F %T %z")
	}
}
