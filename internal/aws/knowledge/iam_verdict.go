package knowledge

import (
	"strings"

	"github.com/opsbook/opsbook/internal/document"
	"github.com/opsbook/opsbook/internal/procedures"
)

// iamReadings are the operations of which is known what their answers mean, beside the credential report.
func iamReadings() map[string]Operation {
	return map[string]Operation{
		"GetAccountSummary": {reads: "SummaryMap: AccountMFAEnabled, AccountAccessKeysPresent", rule: judgeAccount},
		"ListAccessKeys": survey{
			reads: "AccessKeyMetadata[]: UserName, AccessKeyId, Status, CreateDate",
			list:  "AccessKeyMetadata", kind: "access key", kinds: "access keys", name: "UserName", good: "young enough",
			none: procedures.Judgement{Verdict: procedures.Info}, each: judgeAccessKey,
		}.operation(KeyDays),
		"ListMFADevices": survey{
			reads: "MFADevices[]: UserName, EnableDate",
			list:  "MFADevices", kind: "MFA device", kinds: "MFA devices", name: "UserName", good: "enabled", whose: true,
			none: procedures.Judgement{Verdict: procedures.Warned, Reason: "There is no MFA device."},
			each: func(_ answered, o *document.Object) finding {
				return found(procedures.Passed, "enabled on %s", at(o, "EnableDate").Format("2 January 2006"))
			},
		}.operation(),
	}
}

// judgeAccount fails for a root user that signs in with its password alone, or that has access keys.
func judgeAccount(q answered) *procedures.Judgement {
	mfa, ok := numberAt(q.answer, "SummaryMap.AccountMFAEnabled")
	keys, _ := numberAt(q.answer, "SummaryMap.AccountAccessKeysPresent")
	switch {
	case !ok:
		return judge(procedures.NoData, "The answer does not say whether root has MFA.")
	case mfa == 0 && keys > 0:
		return judge(procedures.Failed, "root: no MFA, and an access key.")
	case mfa == 0:
		return judge(procedures.Failed, "root: no MFA.")
	case keys > 0:
		return judge(procedures.Failed, "root: an access key.")
	}
	return judge(procedures.Passed, "root: MFA, no access key.")
}

// judgeAccessKey warns of an active key that is old.
func judgeAccessKey(q answered, o *document.Object) finding {
	age, most := q.now.Sub(at(o, "CreateDate")), q.limit(KeyDays)
	f := found(procedures.Passed, "a key of %s", ago(age))
	switch {
	case !strings.EqualFold(str(o, "Status"), "Active"):
		f.says += ", " + str(o, "Status")
	case age.Hours() > 24*most:
		f = found(procedures.Warned, "a key of %s; it should not be older than %s days", ago(age), number(most))
	}
	f.id = str(o, "AccessKeyId")
	return f
}

// simulated is the simulation of policies: it evaluates them and changes nothing.
func simulated() Operation {
	o := survey{
		reads: "EvaluationResults[]: EvalActionName, EvalResourceName, EvalDecision, MissingContextValues",
		list:  "EvaluationResults", kind: "action", kinds: "actions", name: "EvalActionName", good: "allowed",
		each: func(_ answered, o *document.Object) finding {
			f := vocabularyOf(states{pass: "allowed", fail: "explicit deny, implicit deny"}).finding(str(o, "EvalDecision"))
			if missing := textsAt(o, "MissingContextValues"); len(missing) > 0 && f.verdict == procedures.Passed {
				f = found(procedures.Warned, "%s, but %s is not known", f.says, strings.Join(missing, ", "))
			}
			f.id = str(o, "EvalActionName") + " " + str(o, "EvalResourceName")
			return f
		},
	}.operation()
	o.Effect = procedures.EffectRead
	return o
}
