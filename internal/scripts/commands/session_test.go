package commands_test

import (
	"strings"
	"testing"

	"github.com/opsbook/opsbook/internal/scripts/commands"
)

// TestSessions tells lines that a person types into from those that are given what to do.
func TestSessions(t *testing.T) {
	t.Parallel()
	sessions := `
ssh|ssh ec2-user@10.0.0.1
ssh|ssh -i key.pem -o StrictHostKeyChecking=no -J jump ec2-user@${HOST}
ssh|ssh -A -tt bastion
ssh|ssh -t web sudo -i
kubectl exec|kubectl exec -it web-0 -- /bin/bash
kubectl exec|kubectl -n shop exec -ti deploy/web -c app -- sh
kubectl exec|kubectl exec --stdin --tty web-0 -- psql -U postgres
kubectl exec|kubectl exec -i -t web-0 -- bash -l
kubectl debug|kubectl debug -it web-0 --image=busybox
kubectl run|kubectl run tmp --rm -it --image=busybox --restart=Never -- sh
docker exec|docker exec -it web bash
docker exec|docker exec -u root -it web sh
docker run|docker run -it --rm -v /a:/b ubuntu
docker run|docker run --rm -it --network host postgres:16 psql -h db
docker compose exec|docker compose exec web bash
docker-compose exec|docker-compose exec web rails console
psql|psql -h db.example.com -U admin -d shop
psql|psql postgres://db/shop
psql|psql
mysql|mysql -h db -u root -p
mysql|mysql -h db -uroot -psecret shop
redis-cli|redis-cli -h cache -p 6379
mongosh|mongosh mongodb://db
sqlite3|sqlite3 app.db
su|su - postgres
su|su
sudo|sudo -i
sudo|sudo su -
sudo|sudo -u postgres psql
sudo|sudo -iu deploy
nsenter|nsenter -t 1 -m -u -i -n -p
nsenter|nsenter --target 1 --mount -- bash
chroot|chroot /mnt
bash|bash
python3|python3
rails|rails c
manage.py shell|python manage.py shell
manage.py dbshell|python3 app/manage.py dbshell
env|env TERM=xterm bash
exec|exec bash
tmux|tmux
tmux attach|tmux attach -t x
screen|screen -r
sftp|sftp backup@host
telnet|telnet mail 25
gcloud compute ssh|gcloud compute ssh vm-1 --zone europe-west1-b
fly ssh console|fly ssh console -a web`
	for line := range strings.SplitSeq(strings.TrimSpace(sessions), "\n") {
		want, words, _ := strings.Cut(line, "|")
		if got := commands.Session(strings.Fields(words)); got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
	none := `
ssh web uptime
ssh -i key.pem ec2-user@host sudo systemctl restart nginx
ssh -N -L 5432:db:5432 bastion
ssh -fNL 5432:db:5432 bastion
ssh -V
python manage.py migrate
kubectl exec web-0 -- ls
kubectl exec -it web-0 -- rails db:migrate
kubectl exec -it web-0 -- psql -c \dt
kubectl exec -it web-0 -- bash -c ls
kubectl get pods
kubectl run web --image=nginx
docker exec web ls
docker exec -it web rails db:migrate
docker run --rm alpine echo hello
docker run -d -it nginx
docker compose exec -T web bash
docker compose up -d
docker ps
psql -h db -c select
psql -h db -tAc select
psql -f dump.sql
psql -l
mysql -h db -e show
mysql -Nse show
mysql -uroot -psecret -eshow
redis-cli -h cache PING
redis-cli --scan
mongosh --eval db.stats()
sqlite3 app.db .tables
su - postgres -c psql
su postgres -c ls
sudo systemctl restart nginx
sudo -u postgres psql -c select
sudo bash deploy.sh
sudo -i -u postgres pg_dump shop
nsenter -t 1 -m ls
chroot /mnt update-grub
bash deploy.sh
bash -c ls
bash -lc ls
python3 -m http.server
python3 check.py
rails db:migrate
env
env A=b aws s3 ls
tmux ls
tmux new -d -s work
screen -dmS work make
gcloud compute instances list
fly ssh issue
aws s3 ls
git status`
	for words := range strings.SplitSeq(strings.TrimSpace(none), "\n") {
		if got := commands.Session(strings.Fields(words)); got != "" {
			t.Errorf("%s: %q, want none", words, got)
		}
	}
}

func TestEditor(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"nano prod.tfvars": "nano", "sudo vim /etc/hosts": "vim", "crontab -e": "crontab -e", "kubectl edit deploy api": "kubectl edit",
		"/usr/bin/vi x": "vi", "kubectl -n app edit cm x": "kubectl edit", "crontab -l": "", "vim --version": "", "kubectl get pods": "",
		"ls": "", "sudo ls": "",
	} {
		if got := commands.Editor(strings.Fields(line)); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
