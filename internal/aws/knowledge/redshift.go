package knowledge

// redshiftService is Amazon Redshift.
func redshiftService() service {
	return service{
		slow: []string{"Create", "Restore", "Modify", "Resize"},
	}
}
