package endpoints_test

import (
	"reflect"
	"testing"

	"github.com/opsbook/opsbook/internal/aws/endpoints"
	"github.com/opsbook/opsbook/internal/aws/models"
)

func TestResolverEvaluatesTheRulesOnceForWhatTheyLookAt(t *testing.T) {
	s3, err := models.Load("s3")
	if err != nil {
		t.Fatal(err)
	}
	r := endpoints.NewResolver()
	for i, c := range []struct {
		p    endpoints.Parameters
		work int // how often rules were evaluated so far
	}{
		{endpoints.Parameters{"Region": "eu-west-1", "Bucket": "one", "Key": "a"}, 1},
		{endpoints.Parameters{"Region": "eu-west-1", "Bucket": "one", "Key": "b"}, 1},
		{endpoints.Parameters{"Region": "eu-west-1", "Bucket": "two"}, 2},
		{endpoints.Parameters{"Region": "us-east-1", "Bucket": "one"}, 3},
		{endpoints.Parameters{"Region": "eu-west-1", "Bucket": "one", "UseDualStack": true}, 4},
		{endpoints.Parameters{"Region": "eu-west-1", "Bucket": "one", "Endpoint": "http://127.0.0.1:1"}, 5},
		{endpoints.Parameters{"Region": "eu-west-1", "Bucket": "one"}, 5},
	} {
		got, err := r.Resolve(s3, c.p)
		want, wrong := endpoints.Resolve(s3, c.p)
		if err != nil || wrong != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%d: %+v, %v; want %+v, %v", i, got, err, want, wrong)
		}
		if n := r.Stats().Misses; n != c.work {
			t.Errorf("%d: evaluated %d times, want %d", i, n, c.work)
		}
		got.Headers["X"] = []string{"changed"}
	}
}
