package knowledge

import (
	"strings"
	"time"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// accessBlock are the four settings of a bucket that keep it from becoming public.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html
var accessBlock = []string{"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}

// blocksOff are the settings that are off.
func blocksOff(q answered) []string {
	var off []string
	for _, name := range accessBlock {
		if on, _ := child(q.answer, "PublicAccessBlockConfiguration").Get(name); on != true {
			off = append(off, name)
		}
	}
	return off
}

// judgeAccessBlock fails for a bucket that does not block all public access: each setting closes another way to become public.
func judgeAccessBlock(q answered) *procedures.Judgement {
	settings, bucket, off := child(q.answer, "PublicAccessBlockConfiguration"), str(q.input, "Bucket"), blocksOff(q)
	switch {
	case settings.Len() == 0:
		return judge(procedures.NoData, "The answer does not say what %s blocks.", bucket)
	case len(off) > 0:
		return judge(procedures.Failed, "%s does not block all public access: %s off.", bucket, strings.Join(off, ", "))
	}
	return judge(procedures.Passed, "%s blocks public access.", bucket)
}

// judgePolicyStatus fails for a public policy, as S3 evaluates it:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func judgePolicyStatus(q answered) *procedures.Judgement {
	public, ok := child(q.answer, "PolicyStatus").Get("IsPublic")
	switch bucket := str(q.input, "Bucket"); {
	case public == true:
		return judge(procedures.Failed, "The policy of %s makes it public.", bucket)
	case ok:
		return judge(procedures.Passed, "The policy of %s does not make it public.", bucket)
	}
	return judge(procedures.NoData, "The answer does not say whether the bucket is public.")
}

// Facts of a bucket, one of each operation.
const (
	policyFact = "Policy"
	blockFact  = "Public access block"
)

// bucketVerdict is one fact of the bucket that a call names. Its reason has no full stop: facts of several calls are put together.
func bucketVerdict(input *document.Object, j *procedures.Judgement, fact, value string) procedures.ResourceVerdict {
	f := procedures.ResourceVerdict{
		Kind: "Bucket", Name: str(input, "Bucket"), Verdict: j.Verdict, Facts: []procedures.Fact{{Name: fact, Value: value}},
	}
	if j.Verdict != procedures.Passed {
		f.Reason = strings.TrimSuffix(j.Reason, ".")
	}
	return f
}

// bucketVerdicts only lists the buckets: what other calls say of them decides.
func bucketVerdicts(q answered) []procedures.ResourceVerdict {
	var out []procedures.ResourceVerdict
	for _, b := range members(q.answer, "Buckets") {
		out = append(out, procedures.ResourceVerdict{
			Kind: "Bucket", Name: str(b, "Name"),
			Facts: []procedures.Fact{{Name: "Created", Value: at(b, "CreationDate").UTC().Format(time.DateOnly)}},
		})
	}
	return out
}

// policyStatusVerdicts is the fact of a bucket's policy.
func policyStatusVerdicts(q answered) []procedures.ResourceVerdict {
	value := "not public"
	if public, _ := child(q.answer, "PolicyStatus").Get("IsPublic"); public == true {
		value = "public"
	}
	return []procedures.ResourceVerdict{bucketVerdict(q.input, judgePolicyStatus(q), policyFact, value)}
}

// accessBlockVerdicts is the fact of a bucket's public access block, with the settings that are off.
func accessBlockVerdicts(q answered) []procedures.ResourceVerdict {
	value := "all four on"
	if off := blocksOff(q); len(off) > 0 {
		value = strings.Join(off, ", ") + " off"
	}
	return []procedures.ResourceVerdict{bucketVerdict(q.input, judgeAccessBlock(q), blockFact, value)}
}

// bucketErrorVerdicts are what an error says of one fact of a bucket.
func bucketErrorVerdicts(fact string) func(*document.Object, string, *procedures.Judgement) []procedures.ResourceVerdict {
	return func(input *document.Object, code string, j *procedures.Judgement) []procedures.ResourceVerdict {
		for _, some := range []string{"A bucket ", "The bucket "} {
			if rest, ok := strings.CutPrefix(j.Reason, some); ok {
				j.Reason = str(input, "Bucket") + " " + rest
			}
		}
		value := code
		if strings.HasPrefix(code, "NoSuch") && code != "NoSuchBucket" {
			value = "none"
		}
		return []procedures.ResourceVerdict{bucketVerdict(input, j, fact, value)}
	}
}
