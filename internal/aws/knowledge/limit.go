package knowledge

import (
	"math"
	"strconv"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Threshold is a number of a default reading that a runbook or an environment may set, as a variable of its name.
type Threshold struct {
	Name  string
	Usual float64
	About string
}

// The limits.
var (
	BackupHours  = Threshold{"OPSBOOK_BACKUP_HOURS", 26, "hours that the newest backup may be old"}
	KeyDays      = Threshold{"OPSBOOK_KEY_DAYS", 90, "days that an access key may be old"}
	IdleDays     = Threshold{"OPSBOOK_IDLE_DAYS", 90, "days that a key or a password may be unused"}
	AlarmChanges = Threshold{"OPSBOOK_ALARM_CHANGES", 5, "changes of state that an alarm may make in a day"}
	AlarmMinutes = Threshold{"OPSBOOK_ALARM_MINUTES", 15, "minutes within which an alarm that clears was noise"}
	ObjectDays   = Threshold{"OPSBOOK_OBJECT_DAYS", 365, "days after which an object that nobody changed is old"}
	// MetricLimit has no usual number: a script names that of its metric, of one period.
	MetricLimit = Threshold{"OPSBOOK_METRIC_LIMIT", 0, "what the metric shall not reach in one period"}
	LimitDays   = Threshold{"OPSBOOK_LIMIT_DAYS", 90, "days within which a metric that rises shall not reach its limit"}
)

// limits are those that the readings of operations judge by.
var thresholdTable = map[string][]Threshold{
	"iam GetCredentialReport":         {KeyDays, IdleDays},
	"dynamodb ListBackups":            {BackupHours},
	"s3 ListObjectsV2":                {ObjectDays},
	"s3 ListObjects":                  {ObjectDays},
	"cloudwatch DescribeAlarmHistory": {AlarmChanges, AlarmMinutes},
}

// Thresholds are the numbers that the reading of an operation judges by.
func (e Operation) Thresholds() []Threshold { return thresholdTable[e.Service+" "+e.Name] }

// Thresholds lists all of them.
func Thresholds() []Threshold {
	return []Threshold{BackupHours, KeyDays, IdleDays, AlarmChanges, AlarmMinutes, ObjectDays, MetricLimit, LimitDays}
}

// threshold is the number that the variable says, else the usual one. A variable that is no number is a judgement.
func (q answered) threshold(l Threshold) (float64, *procedures.Judgement) {
	if q.variable == nil {
		return l.Usual, nil
	}
	text, ok := q.variable(l.Name)
	if !ok || text == "" {
		return l.Usual, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f > 0) || math.IsInf(f, 0) {
		return 0, judge(procedures.Errored, "%s is %q; it is the number of %s.", l.Name, text, l.About)
	}
	return f, nil
}
