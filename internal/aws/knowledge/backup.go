package knowledge

// backupService is AWS Backup.
// Its jobs go on after they were started: https://docs.aws.amazon.com/aws-backup/latest/devguide/API_StartBackupJob.html
func backupService() service {
	return service{
		slow: []string{"Start"},
	}
}
