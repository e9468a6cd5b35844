#!/usr/bin/env bash
# Says of a metric's daily datapoints, as get-metric-statistics prints them in JSON, their average and maximum, how
# they rise (the slope of the line of least squares), and on which day that line reaches a limit. The exit status is 1
# where that day is nearer than the number of days, and where there is nothing to say.
#
#     scripts/trend.sh NAME LIMIT DAYS < answer.json
jq -r --arg name "$1" --argjson limit "$2" --argjson days "$3" '
  def number: round | tostring | explode | reverse
    | [range(length) as $i | (if $i > 0 and $i % 3 == 0 and .[$i] != 45 then 44 else empty end), .[$i]] | reverse | implode;
  [.Datapoints | sort_by(.Timestamp)[] | .Sum // .Average] as $y
  | ($y | length) as $n
  | if $n < 2 then "\($name): no datapoints, so nothing can be said\n" | halt_error(1) else . end
  | (($n - 1) / 2) as $middle
  | (($y | add) / $n) as $mean
  | (([range($n) | (. - $middle) * ($y[.] - $mean)] | add) / ([range($n) | (. - $middle) * (. - $middle)] | add)) as $slope
  | ($mean + $slope * $middle) as $today
  | (if $today >= $limit then 0 elif $slope > 0 then ($limit - $today) / $slope else infinite end) as $left
  | ($slope | fabs * 10 | round / 10) as $by
  | "\($name): the limit of \($limit | number) is \(
      if $left == 0 then "reached" elif $left > 3650 then "not reached within ten years" else "reached on \(now + $left * 86400 | strftime("%Y-%m-%d"))" end)",
    "    average \($mean | number), maximum \($y | max | number), \(
      if $by == 0 then "steady" elif $slope < 0 then "falling by \($by) a day" else "rising by \($by) a day" end)",
    if $left < $days then "" | halt_error(1) else empty end'
