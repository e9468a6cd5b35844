package sandbox

import "testing"

func TestInvalidations(t *testing.T) {
	e := newEstate(t)
	id := e.says("cloudfront create-invalidation --distribution-id E2EXAMPLE1 --paths '/*' --query Invalidation.Id --output text")
	status := "cloudfront get-invalidation --distribution-id E2EXAMPLE1 --query Invalidation.Status --output text --id " + id
	e.expect(status, "InProgress")
	e.expect("cloudfront get-distribution --id E2EXAMPLE1 --query Distribution.InProgressInvalidationBatches", "1")
	e.later(settling)
	e.expect(status, "Completed")
	e.expect("cloudfront get-distribution --id E2EXAMPLE1 --query Distribution.InProgressInvalidationBatches", "0")
}
