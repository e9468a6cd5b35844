package knowledge_test

import (
	"testing"

	"github.com/opsbook/opsbook/internal/procedures"
)

func TestMQVerdicts(t *testing.T) {
	surveyed(t, []verdictCase{
		{
			"mq DescribeBroker", `{"BrokerId":"b-1"}`,
			`{"BrokerName":"orders","BrokerState":"RUNNING"}`,
			procedures.Passed, "orders: RUNNING.",
		},
		{
			"mq DescribeBroker", `{"BrokerId":"b-1"}`,
			`{"BrokerName":"orders","BrokerState":"RUNNING",` +
				`"ActionsRequired":[{"ActionRequiredCode":"RABBITMQ_MEMORY_ALARM"}]}`,
			procedures.Warned, "orders: RABBITMQ_MEMORY_ALARM is to be done.",
		},
		{
			"mq DescribeBroker", `{"BrokerId":"b-1"}`,
			`{"BrokerName":"orders","BrokerState":"CRITICAL_ACTION_REQUIRED"}`,
			procedures.Failed, "orders: CRITICAL_ACTION_REQUIRED.",
		},
	})
}
