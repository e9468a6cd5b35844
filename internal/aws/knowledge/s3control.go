package knowledge

import "github.com/opsbook/opsbook/internal/procedures"

// s3controlService is Amazon S3, as far as an account has settings of its own.
func s3controlService() service {
	return service{operations: map[string]Operation{
		"GetPublicAccessBlock": {errors: map[string]procedures.Judgement{"NoSuchPublicAccessBlockConfiguration": {
			Verdict: procedures.Warned, Reason: "The account does not block public access for all its buckets.",
			Advice: "Each bucket may block it itself: aws s3api get-public-access-block says so.",
		}}},
	}}
}
