package knowledge

import (
	"fmt"
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// bucketReadings are the operations of buckets and objects of which is known what their answers mean.
func bucketReadings() map[string]Operation {
	return map[string]Operation{
		// A bucket that never had versions answers nothing at all.
		"GetBucketVersioning": {reads: "Status", rule: func(q answered) *procedures.Judgement {
			state := str(q.answer, "Status")
			if state == "" {
				return judge(procedures.Warned, "%s: it has no versions.", q.about())
			}
			f := vocabularyOf(states{pass: "enabled", warn: "suspended"}).finding(state)
			return judge(f.verdict, "%s: versioning %s.", q.about(), f.says)
		}},
		"GetBucketEncryption": survey{
			reads: "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.SSEAlgorithm",
			list:  "ServerSideEncryptionConfiguration.Rules.ApplyServerSideEncryptionByDefault",
			kind:  "rule", kinds: "rules", whose: true,
			none: procedures.Judgement{Verdict: procedures.Warned, Reason: "There is no encryption by default."},
			each: func(_ answered, o *document.Object) finding {
				return found(procedures.Passed, "%s", str(o, "SSEAlgorithm"))
			},
		}.operation().withErrors(map[string]procedures.Judgement{
			"ServerSideEncryptionConfigurationNotFoundError": {Verdict: procedures.Warned},
		}),
		"GetBucketReplication": survey{
			reads: "ReplicationConfiguration.Rules[]: Status, ID",
			list:  "ReplicationConfiguration.Rules", kind: "rule", kinds: "rules", name: "ID", good: "Enabled", whose: true,
			state: "Status", states: thing,
			none: procedures.Judgement{Verdict: procedures.Warned, Reason: "There is no rule."},
		}.operation().withErrors(map[string]procedures.Judgement{
			"ReplicationConfigurationNotFoundError": {Verdict: procedures.Warned},
		}),
		"HeadObject": survey{
			reads: "ContentLength, LastModified, StorageClass, ReplicationStatus",
			kind:  "object", kinds: "objects", each: judgeObject,
		}.operation().withErrors(map[string]procedures.Judgement{
			"404":       {Verdict: procedures.Failed, Reason: "There is no such object."},
			"NotFound":  {Verdict: procedures.Failed, Reason: "There is no such object."},
			"NoSuchKey": {Verdict: procedures.Failed},
		}),
	}
}

// judgeObject reads whether an object can be used, and how old it is.
func judgeObject(q answered, o *document.Object) finding {
	n, ok := numberAt(o, "ContentLength")
	if !ok {
		return finding{}
	}
	f := found(procedures.Passed, "%s, %s old", bytes(n), ago(q.now.Sub(at(o, "LastModified"))))
	f.name = str(q.input, "Key")
	switch class := str(o, "StorageClass"); {
	case strings.EqualFold(str(o, "ReplicationStatus"), "FAILED"):
		f.verdict, f.says = procedures.Failed, f.says+", its replication FAILED"
	case n == 0:
		f.verdict, f.says = procedures.Warned, "empty: "+f.says
	case class == "GLACIER" || class == "DEEP_ARCHIVE":
		f.verdict, f.says = procedures.Warned, fmt.Sprintf("archived in %s: %s", class, f.says)
	}
	return f
}
