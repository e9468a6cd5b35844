package commands

import "strings"

// programRule is what is known of a program's lines. What does not certainly only read is a change.
//
// A line of reads or destroys names subcommands, and options that have to be there too: "run watch", "fmt -check". A dot
// behind the last subcommand lets no further operand follow, two dots no option either.
type programRule struct {
	// globals are the options that may stand before the subcommand, with "=" behind those that take a value of their own.
	// Any other one makes the line a change.
	globals string
	// within are those between a first subcommand and the ones below it: "compose" has "-f=".
	within   map[string]string
	reads    []string
	destroys []string
	// except are options with which also what reads changes something: they write files, or run other programs. Long ones
	// are also meant where they are abbreviated, short ones where they are joined with others.
	except string
	// single says that options of one dash are words, as in "-out=f".
	single bool
	// surely looks at a whole line, for programs whose operands are a language; nil for none.
	surely func(args []string) bool
	// takesAway tells of a whole line that it destroys something, for such programs; nil for none.
	takesAway func(args []string) bool
}

// lines splits a list at its commas.
func lines(text string) []string {
	var out []string
	for line := range strings.SplitSeq(text, ",") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// always is a program that only reads, but with some options.
func always(except string) programRule {
	return programRule{except: except, surely: func([]string) bool { return true }}
}

// terraform's `fmt` rewrites files unless -check or -write=false is given, and `plan
// -generate-config-out` writes one.
var terraform = programRule{
	single:  true,
	globals: "-chdir",
	reads: lines("plan, validate, show, output, version, providers., providers schema, graph, fmt -check, fmt " +
		"-write=false, state list, state show, state pull, workspace list, workspace show, metadata functions"),
	destroys: lines("destroy, apply -destroy, workspace delete, state rm"),
	except:   "-generate-config-out -write=true",
}

// docker's `compose config -o` writes a file.
var docker = programRule{
	globals: "-c= --context= -H= --host= --config= -l= --log-level= -D --debug",
	within:  map[string]string{"compose": composeOptions},
	reads: lines("ps, images, logs, inspect, version, info, top, port, history, diff, search, stats, events, " +
		"image ls, image list, image inspect, image history, container ls, container list, container ps, container " +
		"inspect, container logs, container top, container port, container diff, container stats, volume ls, volume " +
		"inspect, network ls, network inspect, context ls, context show, context inspect, manifest inspect, system " +
		"df, system info, system events, compose ps, compose logs, compose ls, compose images, compose version, " +
		"compose top, compose port, compose config, buildx ls, buildx du, buildx version"),
	destroys: lines("rm, rmi, image rm, image prune, container rm, container prune, volume rm, volume prune, network " +
		"rm, network prune, system prune, builder prune, compose rm, compose down -v, compose down --volumes"),
	except: "-o --output --lock-image-digests",
}

// composeOptions stand before the subcommands of docker compose.
const composeOptions = "-f= --file= -p= --project-name= --profile= --env-file= --project-directory= --verbose --no-ansi --compatibility"

// composeAlone is what docker compose was called before it was a subcommand.
var composeAlone = programRule{
	globals:  composeOptions,
	reads:    lines("ps, logs, ls, images, version, top, port, config, events"),
	destroys: lines("rm, down -v, down --volumes"),
	except:   docker.except,
}

// programRules are the programs of which something is known, by name. Of others nothing is: they change something.
var programRules = map[string]programRule{
	"terraform": terraform, "tofu": terraform, "docker": docker, "podman": docker,
	"docker-compose": composeAlone, "podman-compose": composeAlone,
	// --output writes a file; --ext-diff, --exec, --upload-pack and -O (--open-files-in-pager) run
	// other programs. branch, tag, remote and reflog read where they list: without operands, or
	// with an option that lists.
	"git": {
		globals: "-C= --no-pager --no-optional-locks --literal-pathspecs",
		reads: lines("status, log, diff, show, rev-parse, describe, shortlog, blame, annotate, ls-files, ls-tree, " +
			"ls-remote, cat-file, rev-list, merge-base, name-rev, for-each-ref, show-ref, diff-tree, diff-index, " +
			"diff-files, whatchanged, count-objects, grep, version, secrets --scan, secrets --scan-history, secrets " +
			"--list, stash list, stash show, remote.., remote. -v, remote. --verbose, remote show, remote get-url, " +
			"worktree list, submodule status, reflog.., reflog show, tag.., tag -l, tag --list, branch.., branch " +
			"--list, branch. -a, branch. --all, branch. -r, branch. --remotes, branch. -v, branch. -vv, branch. " +
			"--show-current, config --get, config --get-all, config --get-regexp, config --list, config -l"),
		destroys: lines("clean, reset --hard, push --force, push -f, push --force-with-lease, push --delete, push " +
			"-d, push --mirror, push --prune, branch -D, branch -d, branch --delete, tag -d, tag --delete, stash " +
			"drop, stash clear, reflog expire, reflog delete, filter-branch"),
		except: "--output --ext-diff --exec --upload-pack --open-files-in-pager -O --unset-upstream --edit-description",
	},
	// --raw reaches any path of the API, and --profile writes files.
	"kubectl": {
		globals: "-n= --namespace= --context= --cluster= --user= --kubeconfig= -s= --server= --request-timeout= " +
			"--token= --as= --as-group= -v= --insecure-skip-tls-verify",
		reads: lines("get, describe, logs, top, version, cluster-info., explain, api-resources, api-versions, " +
			"events, wait, rollout status, rollout history, auth can-i, auth whoami, config view, config " +
			"current-context, config get-contexts, config get-clusters, config get-users"),
		destroys: lines("delete"),
		except:   "--raw --profile --profile-output",
	},
	// --output-dir writes files, --post-renderer runs a program.
	"helm": {
		globals: "-n= --namespace= --kube-context= --kubeconfig= --debug",
		reads: lines("list, ls, status, history, hist, get, template, lint, version, show, inspect, search, env, " +
			"repo list, repo ls, dependency list, dependency ls, dep list, dep ls, plugin list, plugin ls"),
		destroys: lines("uninstall, delete, del, un"),
		except:   "--output-dir --post-renderer",
	},
	// --web opens a browser on the server, and --show-token prints a secret.
	"gh": {
		globals: "-R= --repo=",
		reads: lines("run watch, run list, run ls, run view, pr view, pr list, pr ls, pr status, pr checks, pr " +
			"diff, issue view, issue list, issue ls, issue status, workflow view, workflow list, workflow ls, repo " +
			"view, repo list, repo ls, release view, release list, release ls, cache list, cache ls, secret list, " +
			"secret ls, variable list, variable ls, variable get, ruleset list, ruleset view, ruleset check, label " +
			"list, label ls, search, status, auth status, version"),
		destroys: lines("repo delete, release delete, run delete, cache delete, secret delete, variable delete, " +
			"issue delete, gist delete, label delete"),
		except: "--web --show-token",
	},
	// `stack graph` and --save-plan write files.
	"pulumi": {
		globals: "-C= --cwd= --color= --non-interactive -v= --verbose=",
		reads: lines("stack., stack ls, stack output, stack history, preview, about, whoami, version, config., config get, logs, plugin " +
			"ls, stack tag ls, stack tag get"),
		destroys: lines("destroy, down, dn, stack rm, state delete"),
		except:   "--save-plan",
	},
	"eksctl": {
		globals:  "-v= --verbose= -C= --color=",
		reads:    lines("get, version, info, utils describe-stacks, utils describe-addon-versions, utils schema"),
		destroys: lines("delete"),
	},
	// Without --yes kops only shows what it would do; what is written is judged as if it were there.
	"kops": {
		globals:  "--name= --state= -v= --config=",
		reads:    lines("get, version, validate"),
		destroys: lines("delete"),
	},
	"trivy": {
		globals: "-q --quiet -d --debug --timeout= --cache-dir= --insecure",
		reads:   lines("fs, filesystem, image, i, repo, repository, config, conf, rootfs, sbom, vm, kubernetes, k8s, version"),
		except:  "-o --output -c --config --reset --clear-cache --module-dir --generate-default-config",
	},
	"cdk": {destroys: lines("destroy")}, "terragrunt": {destroys: lines("destroy, run-all destroy, destroy-all, state rm")},
	"rsync": {takesAway: removes("--delete --delete-after --delete-before --delete-during --delete-excluded --remove-source-files --del")},
	"rm":    {takesAway: anyOperand}, "shred": {takesAway: anyOperand}, "dropdb": {takesAway: anyOperand},
	"dropuser": {takesAway: anyOperand},
	"psql":     {takesAway: queries}, "mysql": {takesAway: queries}, "mariadb": {takesAway: queries}, "sqlite3": {takesAway: queries},
	"mongo": {takesAway: queries}, "mongosh": {takesAway: queries}, "clickhouse-client": {takesAway: queries},
	"cqlsh":     {takesAway: queries},
	"redis-cli": {takesAway: keys}, "valkey-cli": {takesAway: keys},
	"systemctl": {
		globals: "--user --no-pager -q --quiet",
		reads:   lines("status, is-active, is-enabled, is-failed, list-units, list-timers, show, cat"),
	},
	"journalctl": always("--vacuum-size --vacuum-time --vacuum-files --rotate --flush --sync --relinquish-var " +
		"--smart-relinquish-var --update-catalog --setup-keys --cursor-file"),
	// The options of except write files: certificates, sessions, keys, serial numbers.
	"openssl": {
		single: true, reads: lines("s_client, x509, version, dgst, verify, ciphers, crl, asn1parse"),
		except: "-out -CAcreateserial -sess_out -keylogfile -writerand -gendelta",
	},

	"ls": always(""), "df": always(""), "du": always(""), "ps": always(""), "free": always(""), "uptime": always(""),
	"id": always(""), "whoami": always(""), "uname": always(""), "which": always(""), "stat": always(""), "uuidgen": always(""),
	"readlink": always(""), "realpath": always(""),
	"dig": always(""), "nslookup": always(""), "host": always(""), "ping": always(""), "traceroute": always(""),
	"pg_isready": always(""), "printenv": always(""),
	"diff": always(""), "cmp": always(""), "md5sum": always(""), "sha1sum": always(""), "sha256sum": always(""),
	"sha512sum": always(""), "cksum": always(""), "column": always(""), "paste": always(""), "comm": always(""),
	"join": always(""), "fold": always(""), "nl": always(""), "rev": always(""), "tac": always(""), "expr": always(""), "bc": always(""),
	"file": always("-C --compile"), "tree": always("-o -R"),
	"yq": always("-i --inplace -s --split-exp --split-exp-file"), "mktemp": always(""),
	"shellcheck": always(""), "yamllint": always(""), "hadolint": always(""), "actionlint": always(""),
	"less":     {surely: pages, except: "-o -O --log-file --LOG-FILE -k --lesskey-file --lesskey-src --lesskey-content"},
	"more":     {surely: pages},
	"hostname": {surely: func(args []string) bool { return len(operands(args)) == 0 }, except: "-F --file -b --boot"},
	"nc": {surely: func(args []string) bool {
		return hasOption(args, "-z", false)
	}, except: "-e --exec -c --sh-exec --lua-exec -l --listen"},
	"env":  {surely: func(args []string) bool { return len(args) == 0 }},
	"find": {surely: finds}, "sed": {surely: edits}, "awk": {surely: scans}, "gawk": {surely: scans}, "mawk": {surely: scans},
}
