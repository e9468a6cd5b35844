package procedures

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Threshold is a number that a verdict rule judges by, which the variable of its name sets.
type Threshold struct {
	Name    string // "OPSBOOK_KEY_DAYS"
	Default string // what it is where nobody sets it
	About   string // "maximum age of an access key in days"
	// None reports that it may be 0, and Ports that it is a list of ports.
	None, Ports bool
}

// thresholdPrefix begins the names of all thresholds' variables.
const thresholdPrefix = "OPSBOOK_"

// Setting is the threshold's name in front matter and in opsbook.yaml: "key-days".
func (t Threshold) Setting() string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(t.Name, thresholdPrefix)), "_", "-")
}

// Wrong says what is wrong with a value; empty where nothing is.
func (t Threshold) Wrong(text string) string {
	if t.Ports {
		if ports, err := PortsOf(text); err != nil || len(ports) == 0 {
			return fmt.Sprintf("%s is %q; it must be ports such as %q: %s", t.Name, text, t.Default, t.About)
		}
		return ""
	}
	f, err := strconv.ParseFloat(text, 64)
	// The comparison is written so that NaN fails it as well.
	if err == nil && !math.IsInf(f, 0) && (f > 0 || t.None && f == 0) {
		return ""
	}
	least := "above 0"
	if t.None {
		least = "from 0"
	}
	return fmt.Sprintf("%s is %q; it must be a number %s: %s", t.Name, text, least, t.About)
}

// PortsOf reads ports between spaces or commas.
func PortsOf(text string) ([]int, error) {
	var out []int
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		n, err := strconv.ParseUint(word, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("%q is no port: %w", word, err)
		}
		out = append(out, int(n))
	}
	return out, nil
}
