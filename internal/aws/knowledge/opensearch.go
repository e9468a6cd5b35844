package knowledge

// opensearchService is Amazon OpenSearch Service.
func opensearchService() service {
	return service{
		slow: []string{"Create", "Update", "Upgrade"},
	}
}
