package runbook

import (
	"cmp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/opsbook/opsbook/internal/procedures"
)

// schedule reads "0 8 * * 1-5 Europe/Berlin", "CRON_TZ=Europe/Berlin 0 8 * * 1-5" or
// {cron, timezone}, and returns the second form.
// Cron expressions are those of POSIX's crontab, with five fields, and @daily and its like.
// Without a zone the schedule is in UTC, with a note. A schedule that is wrong is "" with an
// error: nothing is planned for it.
func (r *yamlReader) schedule(n *yaml.Node) string {
	expr, zone := n.Value, ""
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			switch k, v := n.Content[i], n.Content[i+1]; k.Value {
			case "cron":
				expr = r.text("cron", v)
			case "timezone", "time_zone", "zone", "tz":
				zone = r.text(k.Value, v)
			default:
				r.unknownKey(procedures.SeverityError, k, []string{"cron", "timezone"})
			}
		}
	} else if n.Kind != yaml.ScalarNode {
		r.wrong("schedule", n, "a cron expression with a time zone, such as 0 8 * * 1-5 Europe/Berlin")
		return ""
	}
	if rest, ok := strings.CutPrefix(expr, "CRON_TZ="); ok {
		zone, expr, _ = strings.Cut(rest, " ")
	} else if fields := strings.Fields(expr); len(fields) == 6 && zone == "" || len(fields) == 2 && strings.HasPrefix(expr, "@") {
		zone, expr = fields[len(fields)-1], strings.Join(fields[:len(fields)-1], " ")
	}
	if _, err := time.LoadLocation(zone); err != nil || strings.EqualFold(zone, "local") {
		r.add(procedures.SeverityError, n.Line,
			"`schedule` has the unknown time zone %q: names are like Europe/Berlin or UTC", zone)
		return ""
	}
	spec := "CRON_TZ=" + cmp.Or(zone, "UTC") + " " + expr
	if _, err := procedures.ParseSchedule(spec); err != nil {
		r.add(procedures.SeverityError, n.Line,
			"`schedule` must be a cron expression with a time zone, such as 0 8 * * 1-5 Europe/Berlin: %s", err)
		return ""
	}
	if zone == "" {
		r.add(procedures.SeverityNote, n.Line,
			"`schedule` has no time zone, so it is in UTC. To set one, write for example %s Europe/Berlin", expr)
	}
	return spec
}
