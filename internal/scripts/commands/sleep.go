package commands

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/opsbook/opsbook/internal/limits"
	"github.com/opsbook/opsbook/internal/procedures"
)

// sleepUnits are seconds.
var sleepUnits = map[byte]float64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}

// runSleep waits for the sum of its arguments: seconds, or with s, m, h, d behind the number. Fractions are allowed.
// The step rests meanwhile: it is none of those that work. It ends with the step, as 130; while planning it does not wait.
func runSleep(ctx context.Context, inv *procedures.Invocation) int {
	if len(inv.Args) < 2 {
		return complain(inv, 1, "missing operand")
	}
	total := 0.0 // seconds
	for _, arg := range inv.Args[1:] {
		text, unit := arg, 1.0
		if arg != "" && sleepUnits[arg[len(arg)-1]] != 0 {
			text, unit = arg[:len(arg)-1], sleepUnits[arg[len(arg)-1]]
		}
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || seconds < 0 || math.IsNaN(seconds) {
			return complain(inv, 1, "invalid time interval ‘%s’", arg)
		}
		total += seconds * unit
	}
	if inv.Planning {
		return 0 // nothing was made that would have to be waited for
	}
	// time.Duration holds 292 years; GNU's takes more
	const longest = float64(math.MaxInt64) / float64(time.Second)
	if limits.Sleep(ctx, time.Duration(min(total, longest-1)*float64(time.Second))) != nil {
		return interrupted
	}
	return 0
}
