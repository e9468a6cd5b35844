package templates

import (
	"fmt"
	"strconv"
)

// Bytes writes a size.
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// thousands writes a number with its thousands set apart: 12,400.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

var units = []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}

// size writes bytes as S3 counts them, in units of 1024.
func size(n int64) string {
	f, unit := float64(n), 0
	for f >= 1024 && unit < len(units)-1 {
		f, unit = f/1024, unit+1
	}
	return inUnit(n, unit) + " " + units[unit]
}

func inUnit(n int64, unit int) string {
	if unit == 0 {
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%.1f", float64(n)/float64(int64(1)<<(10*unit)))
}

// sizes writes two sizes in the unit of the second: "2.1 of 8.4 GiB".
func sizes(done, of int64) string {
	unit := 0
	for f := float64(of); f >= 1024 && unit < len(units)-1; unit++ {
		f /= 1024
	}
	return inUnit(done, unit) + " of " + inUnit(of, unit) + " " + units[unit]
}
