package endpoints_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/endpoints"
	"github.com/opsbook/opsbook/internal/aws/models"
)

// TestEveryService resolves every service in a region of three partitions.
func TestEveryService(t *testing.T) {
	for _, name := range models.Services() {
		s, err := models.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, region := range []string{"us-east-1", "eu-central-1", "cn-north-1"} {
			e, err := endpoints.Resolve(s, endpoints.Parameters{"Region": region})
			if err != nil && wantsMore(err.Error()) {
				continue
			}
			if err != nil || !strings.HasPrefix(e.URL, "https://") || strings.ContainsAny(e.URL, "{} ") {
				t.Errorf("%s in %s: %q, %v", name, region, e.URL, err)
			}
		}
	}
}

// wantsMore reports whether the rules say, in words, what they want besides a region.
func wantsMore(message string) bool {
	for _, words := range []string{"required", "must", "only available in", "Unknown ApiType"} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		name, service string
		p             endpoints.Parameters
		url           string
		region        string
	}{
		{"regional", "lambda", endpoints.Parameters{"Region": "eu-west-1"}, "https://lambda.eu-west-1.amazonaws.com", ""},
		{"FIPS", "lambda", endpoints.Parameters{"Region": "us-east-1", "UseFIPS": true}, "https://lambda-fips.us-east-1.amazonaws.com", ""},
		{"dual stack", "ec2", endpoints.Parameters{"Region": "eu-west-1", "UseDualStack": true}, "https://ec2.eu-west-1.api.aws", ""},
		{"global", "iam", endpoints.Parameters{"Region": "eu-west-1"}, "https://iam.amazonaws.com", "us-east-1"},
		{"global, China", "iam", endpoints.Parameters{"Region": "cn-north-1"}, "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"one region", "ce", endpoints.Parameters{"Region": "eu-west-1"}, "https://ce.us-east-1.amazonaws.com", "us-east-1"},
		{
			"bucket", "s3", endpoints.Parameters{"Region": "eu-west-1", "Bucket": "my-bucket"},
			"https://my-bucket.s3.eu-west-1.amazonaws.com", "eu-west-1",
		},
		{
			"bucket with dots", "s3", endpoints.Parameters{"Region": "eu-west-1", "Bucket": "my.bucket"},
			"https://s3.eu-west-1.amazonaws.com/my.bucket", "eu-west-1",
		},
		{
			"bucket, path style", "s3", endpoints.Parameters{
				"Region": "us-east-1", "Bucket": "my-bucket", "ForcePathStyle": true, "Endpoint": "http://127.0.0.1:1",
			}, "http://127.0.0.1:1/my-bucket", "us-east-1",
		},
		{
			"custom", "dynamodb", endpoints.Parameters{"Region": "eu-west-1", "Endpoint": "http://127.0.0.1:8000"},
			"http://127.0.0.1:8000", "",
		},
		{
			"access point", "s3", endpoints.Parameters{
				"Region": "us-west-2", "Bucket": "arn:aws:s3:us-west-2:123456789012:accesspoint:mine",
			}, "https://mine-123456789012.s3-accesspoint.us-west-2.amazonaws.com", "us-west-2",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := models.Load(c.service)
			if err != nil {
				t.Fatal(err)
			}
			e, err := endpoints.Resolve(s, c.p)
			if err != nil || e.URL != c.url || e.SigningRegion != c.region {
				t.Errorf("%q, signed for %q, %v; want %q, %q", e.URL, e.SigningRegion, err, c.url, c.region)
			}
		})
	}
}
