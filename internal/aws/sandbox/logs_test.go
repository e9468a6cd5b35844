package sandbox

import (
	"strconv"
	"testing"
)

func TestLogPatterns(t *testing.T) {
	e := newEstate(t)
	if err := e.sandbox.SetFault(t.Context(), "log-errors", true); err != nil {
		t.Fatal(err)
	}
	count := func(pattern string) int {
		n, err := strconv.Atoi(e.says("logs filter-log-events --log-group-name " +
			"/aws/lambda/network-visualizer-api-production --start-time 1789900000000 --query 'length(events)' " +
			"--filter-pattern " + quoted(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	all, errors, info := count(""), count("ERROR"), count("INFO")
	for pattern, want := range map[string]int{
		"?ERROR ?INFO": errors + info, `"[ERROR]"`: errors, "ERROR INFO": 0, "%ERROR|INFO%": errors + info,
		`{ $.level = "ERROR" }`: 0, "ERROR topology": errors, "error": 0,
	} {
		if got := count(pattern); got != want || errors == 0 || info == 0 {
			t.Errorf("%s matches %d of %d events, want %d", pattern, got, all, want)
		}
	}
	if got, want := count("INFO -START"), info; got != want {
		t.Errorf("INFO -START matches %d events, want %d", got, want)
	}
	e.refuses("InvalidParameterException",
		`logs filter-log-events --log-group-name /aws/lambda/network-visualizer-api-production --filter-pattern '"open'`,
		"Invalid filter pattern")
	e.refuses("ResourceNotFoundException", "logs filter-log-events --log-group-name /aws/lambda/no-xxxx",
		"The specified log group does not exist.")
}
