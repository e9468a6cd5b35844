#!/usr/bin/env bash
# Says of a metric's daily datapoints, as get-metric-statistics prints them in JSON, their average and maximum, how
# they rise (the slope of the line of least squares) and on which day that line reaches a limit.
#
#     aws cloudwatch get-metric-statistics … --output json | scripts/trend.sh LIMIT UNIT
jq -r --argjson limit "$1" --arg unit "$2" '
  [.Datapoints | sort_by(.Timestamp)[] | .Sum // .Average] as $y
  | ($y | length) as $n
  | if $n < 2 then "no datapoints: nothing can be said"
    else
      (($n - 1) / 2) as $middle
      | (($y | add) / $n) as $mean
      | ([range($n) | (. - $middle) * ($y[.] - $mean)] | add) as $rise
      | ([range($n) | (. - $middle) * (. - $middle)] | add) as $run
      | ($rise / $run) as $slope
      | ($mean + $slope * $middle) as $today
      | "average   \($mean | round) \($unit)",
        "maximum   \($y | max | round) \($unit)",
        "slope     \($slope * 10 | round / 10) a day",
        if $today >= $limit then "limit     \($limit) \($unit) is reached"
        elif $slope <= 0 or ($limit - $today) / $slope > 3650 then "limit     \($limit) \($unit) is not reached within ten years"
        else "limit     \($limit) \($unit) on \(now + ($limit - $today) / $slope * 86400 | strftime("%Y-%m-%d"))"
        end
    end'
