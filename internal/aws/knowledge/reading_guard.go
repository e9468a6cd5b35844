package knowledge

import (
	"strings"

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

func readAccessBlock(q answered) *procedures.Judgement {
	settings, bucket, off := child(q.answer, "PublicAccessBlockConfiguration"), str(q.input, "Bucket"), blocksOff(q)
	switch {
	case settings.Len() == 0:
		return judge(procedures.NoData, "The answer does not say what %s blocks.", bucket)
	case len(off) > 0:
		return judge(procedures.Failed, "%s does not block all public access: %s off.", bucket, strings.Join(off, ", "))
	}
	return judge(procedures.Passed, "%s blocks public access.", bucket)
}

// readBackup reads one backup: whether it is there, and what is in it.
func readBackup(q answered) *procedures.Judgement {
	b := child(q.answer, "BackupDescription")
	details, source := child(b, "BackupDetails"), child(b, "SourceTableDetails")
	name := str(details, "BackupName")
	switch status := str(details, "BackupStatus"); status {
	case "AVAILABLE":
		return judge(procedures.Passed, "%s is AVAILABLE%s · %s.", name, itemsIn(source), size(details, "BackupSizeBytes"))
	case "":
		return judge(procedures.NoData, "The answer has no status of the backup.")
	case "CREATING":
		return judge(procedures.Warned, "%s is CREATING.", name)
	default:
		return judge(procedures.Failed, "%s is %s.", name, status)
	}
}

func itemsIn(o *document.Object) string {
	if _, ok := o.Get("ItemCount"); !ok {
		return ""
	}
	return " · " + grouped(o, "ItemCount") + " items"
}
