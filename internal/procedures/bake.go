package procedures

import (
	"fmt"
	"time"
)

// Bake is what a step watches that is annotated `#| bake: 30m`, or says `watch -n 30 COMMAND` or, as before there were annotations for it,
// `bake 30m --every 1m --alarm NAME -- COMMAND`: it
// samples for a time, or until somebody ends it, and stops at the first sample that does not pass.
type Bake struct {
	For   time.Duration // how long it goes on; 0 until somebody ends it
	Every time.Duration // between the beginnings of two samples
	// Alarms reads the alarms that are watched, without text where none are; Named reports that the step names them,
	// and that it is not any alarm of the account.
	Alarms Script
	Named  bool
	// Command is what each sample runs beside that; without text for nothing.
	Command Script
	// Watch reports that it is written as watch.
	Watch bool
	// Annotated is the same bake as annotations over an ordinary command, of one written `bake …`. Empty where they cannot say it: an
	// alarm whose name is known only when it runs.
	Annotated string
	// Wrong says what has to be corrected before it is begun as it stands; the other fields are those of the corrected
	// line. Empty where nothing is wrong.
	Wrong string
}

// The defaults and limits of a bake.
const (
	BakeEvery    = time.Minute    // between two samples
	BakeLongest  = 24 * time.Hour // of a bake
	BakeShortest = time.Second    // between two samples
	MaxSamples   = 10_000         // of one bake
	WatchLongest = 4 * time.Hour  // of a watch that nobody ends
)

// Samples is how many samples a bake takes when all of them pass: one at its beginning, one after each interval, and one when its
// time is over. 0 where somebody ends it.
func (b *Bake) Samples() int {
	if b.For == 0 || b.Every == 0 {
		return 0
	}
	return int((b.For+b.Every-1)/b.Every) + 1
}

// Endless reports that somebody has to end it.
func (b *Bake) Endless() bool { return b.For == 0 }

// String is the bake as its tag has it: "bake 30m every 1m".
func (b *Bake) String() string {
	word := "bake"
	if b.Watch {
		word = "watch"
	}
	if b.For > 0 {
		word += " " + FormatDuration(b.For)
	}
	return word + " every " + FormatDuration(b.Every)
}

// AlarmsScript is the script that reads alarms: those that are named by words as a shell reads them, else any that is in ALARM.
func AlarmsScript(names string, at Script) Script {
	which := "--state-value ALARM"
	if names != "" {
		which = "--alarm-names " + names
	}
	at.Text = fmt.Sprintf("aws cloudwatch describe-alarms %s --alarm-types MetricAlarm CompositeAlarm --query "+
		"'[MetricAlarms,CompositeAlarms][].[AlarmName,StateValue,StateReason]' --output text\n", which)
	return at
}
