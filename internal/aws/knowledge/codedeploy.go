package knowledge

// codedeployService is AWS CodeDeploy. https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_DeploymentInfo.html
func codedeployService() service {
	return service{operations: map[string]Operation{
		"GetDeployment": survey{
			reads: "deploymentInfo: deploymentId, status, errorInformation.message",
			list:  "deploymentInfo", kind: "deployment", kinds: "deployments", name: "deploymentId",
			state: "status", reason: "errorInformation.message", states: job.with(states{warn: "ready, baking"}),
		}.operation(),
	}}
}
