package knowledge

// kafkaService is Amazon MSK.
func kafkaService() service {
	return service{
		slow: []string{"Create", "Update"},
	}
}
