package sandbox

import (
	"fmt"
	"time"

	"github.com/opsbook/opsbook/internal/document"
)

// guarddutySimulation is Amazon GuardDuty: one detector, which finds nothing. Whatever detector a line names is there.
// https://docs.aws.amazon.com/guardduty/latest/APIReference/Welcome.html
func guarddutySimulation() simulation {
	return simulation{
		service: "guardduty",
		handlers: map[string]handler{
			"ListDetectors": {"MaxResults NextToken", func(*Sandbox, *request) (*document.Object, error) {
				return obj("DetectorIds", document.List{detectorID}), nil
			}},
			"GetDetector": {"DetectorId", func(*Sandbox, *request) (*document.Object, error) {
				return obj("CreatedAt", estateBegan.Format(time.RFC3339), "FindingPublishingFrequency", "SIX_HOURS",
					"ServiceRole", fmt.Sprintf("arn:aws:iam::%s:role/aws-service-role/guardduty.amazonaws.com/"+
						"AWSServiceRoleForAmazonGuardDuty", accountID), "Status", "ENABLED", "Tags", &document.Object{}), nil
			}},
			"ListFindings": {"DetectorId FindingCriteria SortCriteria MaxResults NextToken", listFindings},
			"GetFindings":  {"DetectorId FindingIds SortCriteria", getFindings},
		},
		faults: []Fault{{
			Name: "guardduty-finding", Title: "GuardDuty sees an instance that mines coins", Sees: "guardduty get-findings --detector-id " +
				detectorID + " --finding-ids " + findingID,
		}},
	}
}

// The ids of the estate's one detector, and of the finding that the fault makes.
const (
	detectorID = "12abc34d567e8fa901bc2d34e56789f0"
	findingID  = "9ab2f1c0d3e44c5f8b6a7c8d9e0f1a2b"
)

// listFindings lists the one that the fault makes; criteria do not leave it out.
func listFindings(s *Sandbox, _ *request) (*document.Object, error) {
	ids := document.List{}
	if s.world.Faults["guardduty-finding"] {
		ids = append(ids, findingID)
	}
	return obj("FindingIds", ids), nil
}

// getFindings answers what it is asked for, as far as it is there.
func getFindings(s *Sandbox, r *request) (*document.Object, error) {
	findings := document.List{}
	for _, id := range texts(r.input, "FindingIds") {
		if id != findingID || !s.world.Faults["guardduty-finding"] {
			continue
		}
		seen := r.now.Add(-20 * time.Minute).Truncate(time.Second).Format(time.RFC3339)
		findings = append(findings, obj(
			"AccountId", accountID, "Arn", fmt.Sprintf("arn:aws:guardduty:%s:%s:detector/%s/finding/%s", region, accountID, detectorID, id),
			"CreatedAt", seen, "Description", "The EC2 instance i-0a1b2c3d4e5f60718 is querying a domain name that is associated with "+
				"Bitcoin-related activity.", "Id", id, "Partition", "aws", "Region", region,
			"Resource", obj("ResourceType", "Instance", "InstanceDetails", obj("InstanceId", "i-0a1b2c3d4e5f60718")),
			"SchemaVersion", "2.0", "Service", obj("Archived", false, "Count", int64(12), "DetectorId", detectorID, "EventFirstSeen", seen,
				"EventLastSeen", seen, "ResourceRole", "TARGET", "ServiceName", "guardduty"),
			"Severity", 8.0, "Title", "Bitcoin-related domain name queried by EC2 instance i-0a1b2c3d4e5f60718.",
			"Type", "CryptoCurrency:EC2/BitcoinTool.B!DNS", "UpdatedAt", seen,
		))
	}
	return obj("Findings", findings), nil
}
