package inspect

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// limits says which limits of the account a change would meet, each as a sentence. What cannot be read is no warning.
func (in *inspection) limits(ctx context.Context, before *document.Object) []string {
	switch in.line.Service.Name + " " + in.line.Operation.Name {
	case "apigateway UpdateStage":
		return in.stageLimits(ctx)
	case "dynamodb UpdateTable":
		return append(in.switchLimits(before), in.capacityLimits(ctx, before)...)
	case "dynamodb DeleteTable", "rds DeleteDBInstance":
		return in.protection(before)
	case "lambda PutFunctionConcurrency":
		return in.concurrencyLimits(ctx)
	}
	return nil
}

// protection says that a deletion will be refused.
func (in *inspection) protection(before *document.Object) []string {
	for _, name := range []string{"DeletionProtectionEnabled", "DeletionProtection"} {
		if on, _ := before.Get(name); on == true {
			return []string{"It is protected against deletion: AWS will refuse it until " + name + " is switched off."}
		}
	}
	return nil
}

// figure is a number of a document; ok is false where there is none.
func figure(v document.Value, path ...string) (n float64, ok bool) {
	for _, name := range path {
		o, _ := v.(*document.Object)
		v, _ = o.Get(name)
	}
	if v == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	return n, err == nil
}

// stageLimits compare throttling with the account's: a stage that allows more gets no more.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
func (in *inspection) stageLimits(ctx context.Context) []string {
	answer, err := in.ask(ctx, "apigateway", "GetAccount", nil)
	if err != nil {
		return nil
	}
	var out []string
	for _, l := range []struct{ end, member, what string }{{"throttling/rateLimit", "rateLimit", "requests a second"}, {"throttling/burstLimit", "burstLimit", "requests at once"}} {
		quota, ok := figure(answer, "throttleSettings", l.member)
		for _, value := range in.patched(l.end) {
			if ok && value > quota {
				out = append(out, fmt.Sprintf("%.0f %s are more than the account's quota of %.0f: AWS throttles at the quota.", value, l.what, quota))
			}
		}
	}
	return out
}

// patched are the numbers that patches of a path with this end set.
func (in *inspection) patched(end string) []float64 {
	v, _ := in.line.Input.Get("patchOperations")
	list, _ := v.(document.List)
	var out []float64
	for _, item := range list {
		path := member(item, "path")
		if len(path) > len(end) && path[len(path)-len(end):] == end {
			if n, ok := figure(item, "value"); ok {
				out = append(out, n)
			}
		}
	}
	return out
}

// switchLimits say what DynamoDB's rule of four switches to on-demand in a day leaves, as far as a table tells.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
func (in *inspection) switchLimits(before *document.Object) []string {
	mode, _ := in.line.Input.Get("BillingMode")
	v, _ := before.Get("BillingModeSummary")
	summary, _ := v.(*document.Object)
	last, _ := summary.Get("LastUpdateToPayPerRequestDateTime")
	at, ok := last.(time.Time)
	if mode != "PAY_PER_REQUEST" || !ok || in.Invocation.Now().Sub(at) > 24*time.Hour {
		return nil
	}
	return []string{fmt.Sprintf("The table was switched to on-demand %s ago; AWS allows four switches in 24 hours, and does not say how many there were.", in.Invocation.Now().Sub(at).Round(time.Minute))}
}

// capacityLimits compare read and write units with the account's.
func (in *inspection) capacityLimits(ctx context.Context, before *document.Object) []string {
	throughput, _ := in.line.Input.Get("ProvisionedThroughput")
	if throughput == nil {
		return nil
	}
	var out []string
	if answer, err := in.ask(ctx, "dynamodb", "DescribeLimits", nil); err == nil {
		for _, l := range []struct{ member, limit, what string }{{"ReadCapacityUnits", "TableMaxReadCapacityUnits", "read"}, {"WriteCapacityUnits", "TableMaxWriteCapacityUnits", "write"}} {
			want, ok := figure(throughput, l.member)
			if most, known := figure(answer, l.limit); ok && known && want > most {
				out = append(out, fmt.Sprintf("%.0f %s units are more than the %.0f that the account allows a table: AWS will refuse it.", want, l.what, most))
			}
		}
	}
	lower := false
	for _, m := range []string{"ReadCapacityUnits", "WriteCapacityUnits"} {
		want, ok := figure(throughput, m)
		if have, known := figure(before, "ProvisionedThroughput", m); ok && known && want < have {
			lower = true
		}
	}
	if n, ok := figure(before, "ProvisionedThroughput", "NumberOfDecreasesToday"); lower && ok && n >= 4 {
		out = append(out, fmt.Sprintf("The table's capacity was lowered %.0f times today: after four times AWS allows one in an hour.", n))
	}
	return out
}

// concurrencyLimits say what reserving leaves for the other functions: AWS keeps 100 unreserved.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
func (in *inspection) concurrencyLimits(ctx context.Context) []string {
	const kept = 100
	want, ok := figure(in.line.Input, "ReservedConcurrentExecutions")
	answer, err := in.ask(ctx, "lambda", "GetAccountSettings", nil)
	if free, known := figure(answer, "AccountLimit", "UnreservedConcurrentExecutions"); ok && err == nil && known && free-want < kept {
		return []string{fmt.Sprintf("Reserving %.0f would leave %.0f for all other functions; AWS keeps %d and will refuse it.", want, free-want, kept)}
	}
	return nil
}
