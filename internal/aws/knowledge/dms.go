package knowledge

// dmsService is AWS Database Migration Service.
func dmsService() service {
	return service{
		slow: []string{"Start"},
	}
}
