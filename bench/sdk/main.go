// Command sdk makes the calls of the daily health check with the SDK's typed clients, all
// at the same time. It is what bench/health compares with, in a module of its own because
// the clients take minutes to build.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"golang.org/x/sync/errgroup"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "sdk:", err)
		os.Exit(1)
	}
}

// run makes all calls at the same time, or one of them alone, and prints the times of the
// rounds as JSON, in nanoseconds.
func run(ctx context.Context) error {
	account := flag.String("account", "", "URL of AWS's services")
	web := flag.String("web", "", "address of the host that curl asks")
	host := flag.String("host", "", "its name")
	roots := flag.String("roots", "", "file with its certificate")
	rounds := flag.Int("rounds", 1, "how often")
	each := flag.Int("each", -1, "the number of one call, to be made alone")
	flag.Parse()
	// What the clients cost before the first call is not part of a round: the
	// configuration is read, and connections are kept from one round to the next.
	calls, err := newCalls(ctx, *account, *web, *host, *roots)
	if err != nil {
		return err
	}
	// bench/call compares one line with one call.
	if *each >= 0 {
		calls = calls[*each : *each+1]
	}
	times := make([]time.Duration, *rounds)
	for i := range times {
		started := time.Now()
		// The first error ends the others, and with them the program: no time is kept.
		group, ctx := errgroup.WithContext(ctx)
		for _, call := range calls {
			group.Go(func() error { return call(ctx) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		times[i] = time.Since(started)
	}
	return json.NewEncoder(os.Stdout).Encode(times)
}

// newCalls are the check's seven calls, and its curl, in the order that bench/call numbers
// them. The clients are made once, as in any program that is up.
func newCalls(ctx context.Context, account, web, host, roots string) ([]func(context.Context) error, error) {
	c, err := config.LoadDefaultConfig(ctx, config.WithBaseEndpoint(account))
	if err != nil {
		return nil, err
	}
	functions, tables, watch, front := lambda.NewFromConfig(c), dynamodb.NewFromConfig(c), cloudwatch.NewFromConfig(c),
		cloudfront.NewFromConfig(c)
	var calls []func(context.Context) error
	for _, name := range []string{"discovery", "analysis", "api"} {
		calls = append(calls, func(ctx context.Context) error {
			_, err := functions.GetFunction(ctx,
				&lambda.GetFunctionInput{FunctionName: aws.String("network-visualizer-" + name + "-production")})
			return err
		})
	}
	curl, err := newCurl(web, host, roots)
	if err != nil {
		return nil, err
	}
	return append(calls,
		func(ctx context.Context) error {
			_, err := tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("network-visualizer-topology")})
			return err
		},
		func(ctx context.Context) error {
			_, err := watch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{StateValue: types.StateValueAlarm})
			return err
		},
		func(ctx context.Context) error {
			_, err := front.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: aws.String("E2EXAMPLE1")})
			return err
		},
		func(ctx context.Context) error {
			// The script asks for the errors of the last day.
			now := time.Now()
			_, err := watch.GetMetricStatistics(ctx, &cloudwatch.GetMetricStatisticsInput{
				Namespace: aws.String("AWS/Lambda"), MetricName: aws.String("Errors"),
				StartTime: aws.Time(now.Add(-24 * time.Hour)), EndTime: aws.Time(now),
				Period: aws.Int32(86400), Statistics: []types.Statistic{types.StatisticSum},
			})
			return err
		}, curl), nil
}

// newCurl is a request to host, at the address web. As with curl, each has a connection of
// its own; roots names a file of certificates.
func newCurl(web, host, roots string) (func(context.Context) error, error) {
	text, err := os.ReadFile(roots)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	// The name is the host's, for the certificate; the connection goes to loopback.
	var dialer net.Dialer
	// curl is a process that ends after each request, so that its connection is never used
	// again; here the connection is closed as well.
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, web)
		},
	}}
	return func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/health", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		// The answer is read to its end, as curl does.
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}, nil
}
