package interpret

import (
	"github.com/opsbook/opsbook/internal/scripts/commands"
	"slices"
	"strings"
	"testing"
)

// TestProgramsRunNoValue gives values to programs that run what they are given, in every place where they take a command or a text, and
// in those where they take a value.
func TestProgramsRunNoValue(t *testing.T) {
	t.Parallel()
	refused := []string{
		`bash -o pipefail -c "echo $V"`, `bash -euo pipefail -c "$V"`, `bash -oe pipefail -c "$V"`, `bash -ec "echo $V"`,
		`bash +o x -c "$V"`, `bash --rcfile f -c "$V"`, `bash --norc -c "$V"`, `bash <<< "aws $V"`, `echo "aws $V" | bash`,
		`sh -s "$V" <<< "echo"`, `python3 -W ignore -c "$V"`, `perl -I lib -e "$V"`, `perl -ne "print if /$V/"`, `perl -pi -e "s/a/$V/" f`,
		`perl -i.pre "$V"`, `ruby -rjson -e "$V"`, `node -r x "$V"`, `node --eval="$V"`, `node -p "$V"`, `awk "{print \"$V\"}"`,
		`awk -f "$V"`, `gawk -e "$V"`, `sed -e s/a/b/ -e "s/x/$V/"`, `sed s/a/b/ f -e "$V"`, `sed --expression="s/a/$V/" f`,
		`sed -i "s/a/$V/" f`, `env -S "bash -c $V"`, `env --split-string="$V"`, `env -u A -C /x "$V"`, `xargs --max-procs 4 bash -c "$V"`,
		`xargs -P 4 bash -c "$V"`, `nice --adjustment 10 bash -c "$V"`, `timeout --signal KILL 5 bash -c "$V"`, `timeout 5 "$V"`,
		`sudo --user x bash -c "$V"`, `flock /tmp/l -c "$V"`, `ssh -L 1:2:3 h "$V"`, `ssh -p 22 h ls "$V"`, `ssh -o "ProxyCommand=$V" h ls`,
		`ssh -o "$V" h ls`, `ssh h bash -s <<< "$V"`, `ssh h <<< "$V"`, `scp -o ProxyCommand="$V" a b`, `docker run --rm img sh -c "$V"`,
		`docker run --rm -e A=1 img $V`, `docker run --entrypoint $V img`, `docker exec -it c $V`, `docker exec c sh -c "echo $V"`,
		`docker exec -u root c $V`, `docker compose exec -T svc $V`, `docker compose -f f exec svc $V`, `kubectl exec -it pod -- $V`,
		`kubectl exec p -- sh -c "echo $V"`, `kubectl exec -i p -- sh <<< "$V"`, `aws-vault exec p -- $V`, `git -c core.pager="$V" log`,
		`git -c "$V" log`, `git fetch --upload-pack="$V" x`, `git bisect run $V`, `rsync -e "$V" a b`, `rsync -e "ssh -p $V" a b`,
		`tar -I "$V" -xf a`, `tar --to-command="$V" -xf a`, `make -f $V`, `find . -exec $V \;`, `find . -exec sh -c "$V" \;`,
		`su - u -c "$V"`, `parallel echo ::: $V`, `nohup $V`, `busybox sh -c "$V"`, `unknown sh -c "$V"`, `echo $V | xargs rm`,
		`echo $V | xargs -I{} sh -c "echo {}"`, `echo $V | xargs -I{} rm {}`, `echo $V | xargs bash`, `git -c alias.x="!$V" x`,
		`{ echo set -e; echo "$V"; } | bash`, `f() { echo "$V"; }; f | bash`, `set -- "$V"; echo "$1" | sh`, `x=V; echo "${!x}" | sh`,
		`echo $((V)) | sh`, `./s.sh | sh`, `make "$V=x"`, `docker container exec c $V`, `git submodule foreach $V`,
		`git rebase --exec "$V" x`, `bash -s "a$V" <<< "echo"`, `env -S"sh $V"`, `sudo -n timeout 5 env A=1 nice -n 5 sh -ec "$V"`,
		`php -r "$V"`, `ssh h "ls $V" x`,
	}
	allowed := []string{
		`bash -c "echo" "$V"`, `bash s.sh "$V"`, `bash -x s.sh "$V"`, `echo aws | bash; : $V`, `sh -s a <<< "$V"`, `python3 -u s.py "$V"`,
		`python3 -c "print(1)" "$V"`, `python3 -m json.tool "$V"`, `perl -e 1 "$V"`, `node s.js "$V"`, `awk -v x=$V '{print x}'`,
		`awk -F, -v a=$V -f p.awk "$V"`, `sed s/a/b/ "$V"`, `sed -n -f p.sed "$V"`, `env A="$V" cmd`, `env -i A=1 cmd "$V"`,
		`nice -n 5 tar x "$V"`, `timeout -k 1 5 git diff "$V"`, `sudo -u x ls "$V"`, `sudo -u "$V" ls`, `ssh -p "$V" h ls`, `ssh "$V" ls`,
		`ssh -o User="$V" h id`, `ssh h ls`, `scp a "$V:b"`, `docker run --rm -v $V:/x img`, `docker run -e A=$V img cmd`,
		`docker run --rm img cmd $V`, `docker exec c ls $V`, `docker build -t $V .`, `docker tag $V b:$V`, `docker stop $V`,
		`kubectl exec $V -- ls`, `kubectl exec p -- ls $V`, `kubectl get node $V`, `kubectl get node -l $V`, `kubectl -n $V get pods`,
		`git -c user.name="$V" commit`, `git log --format="$V"`, `git diff $V`, `git push origin $V`, `git commit -m "$V"`, `rsync -a a $V`,
		`tar -xf $V`, `make $V`, `make A=$V`, `find . -name "$V"`, `find . -name x -exec rm $V \;`, `psql -c "select $V"`,
		`psql -v x=$V -f f.sql`, `psql --host=$V -c x`, `terraform apply -var x=$V p`, `npm run x -- $V`, `nohup ls $V`, `unknown $V`,
		`unknown --x=$V`, `unknown bash $V`, `echo $V | xargs rm --`, `echo $V | xargs -n1 sh -c "echo" _`, `echo $V | xargs -I{} rm -- {}`,
		`echo x | xargs rm`, `bash <<< "aws x"; : $V`, `echo x | sh; echo $V`, `bash script.sh --x="$V"`,
		`ssh -o User="$V" -o Port=22 h ls`,
		`docker compose run --rm svc cmd $V`, `git log --grep="$V"`, `x=$V; sed -n 1p f`,
	}
	table := commands.Table(commands.Options{})
	run := func(script string) typed {
		return runTyped(t, script, "x", func(e *Execution) { e.Scripts = nil })
	}
	for _, script := range refused {
		got := run(script)
		// an option that is not known is refused before its value
		said := strings.Contains(got.said(), "the field V") || strings.Contains(got.said(), "not carried out here")
		// what writes into a pipe may have begun when its reader is refused: it has no value
		begun := slices.ContainsFunc(got.foreign, func(name string) bool { return name != "./s.sh" })
		if !said || begun {
			t.Errorf("%s: was run as %q: %s", script, got.foreign, got.said())
		}
	}
	for _, script := range allowed {
		name, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(script, "echo $V | "), "echo x | "), " ")
		_, native := table[name]
		native = native || name == "bash" || name == "x=$V;"
		if got := run(script); got.err != nil || got.outcome.Refused != "" || len(got.foreign) == 0 && !native {
			t.Errorf("%s: was not run: %s", script, got.said())
		}
	}
}
