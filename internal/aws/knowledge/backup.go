package knowledge

// backupService is AWS Backup.
func backupService() service {
	return service{
		slow: []string{"Start"},
	}
}
