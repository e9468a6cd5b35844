package knowledge

// elasticacheService is Amazon ElastiCache.
func elasticacheService() service {
	return service{
		slow: []string{"Create", "Modify", "TestFailover"},
	}
}
