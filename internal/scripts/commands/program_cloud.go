package commands

import (
	"slices"
	"strings"

	"github.com/opsbook/opsbook/internal/procedures"
)

// Command lines of clouds are groups and then a verb, at no fixed place: `gcloud compute instances list`, `az vm show`. The groups are
// known by name, so that an operand that is called like a verb is none: of `gcloud compute instances start list` the verb is start.

// cloudGroups are words that stand before the verb.
var cloudGroups = map[string]map[string]bool{
	"gcloud": setOfWords("alpha beta addresses app artifacts auth backend-services backups buckets builds certificates clusters compute " +
		"config configurations container databases disks dns docker filestore firewall-rules firestore forwarding-rules functions " +
		"health-checks iam images instance-groups instance-templates instances jobs keyrings keys kms locations logging logs managed " +
		"managed-zones memorystore monitoring networks node-pools objects operations organizations policies projects pubsub record-sets " +
		"redis regions releases repositories revisions routers routes run scheduler secrets service-accounts services snapshots spanner " +
		"sql ssl-certificates storage subnets subscriptions target-pools tasks topics url-maps users versions zones"),
	"az": setOfWords("account acr activity-log ad aks alert app appservice assignment backup blob container cosmosdb database db " +
		"deployment disk dns eventhubs feature flexible-server functionapp group identity image ip keyvault lb location " +
		"log-analytics metrics monitor " +
		"mysql namespace network nic nodepool nsg plan postgres provider public-ip queue record-set redis repository resource role rule " +
		"secret server servicebus share slot snapshot sp sql storage subnet subscription topic user vm vmss vnet webapp workspace zone"),
}

var (
	cloudReads    = setOfWords("list show describe info version get-value get-iam-policy list-usage list-locations read")
	cloudDestroys = setOfWords("delete destroy purge remove rm")
)

func setOfWords(text string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		out[word] = true
	}
	return out
}

// cloudEffect is the effect of a line of a cloud's program: that of its first word that is no group.
func cloudEffect(name string, args []string) procedures.Effect {
	for _, arg := range args {
		switch {
		case cloudGroups[name][arg]:
			continue
		case cloudReads[arg]:
			if slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--flags-file") }) {
				return procedures.EffectChange // options that nobody has seen
			}
			return procedures.EffectRead
		case cloudDestroys[arg]:
			return procedures.EffectDestroy
		}
		return procedures.EffectChange // an option, a verb that changes, or what nobody knows
	}
	return procedures.EffectChange
}
