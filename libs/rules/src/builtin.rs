//! Owns the rules that come with these programs. Each has a row in `tests/rules.txt` that it applies to, and one that it
//! does not apply to.

use crate::rule::{Kind, Rule};
use crate::words::Words;

use Kind::{Destructive, Install, Privilege, Sensitive};

/// Directories whose loss is the loss of a system, a person's files or a whole project.
const ROOTS: &str = r"/ ~ $HOME ${HOME} $PWD ${PWD} . .. ../.. \* /bin /boot /dev /etc /home /lib /lib64 /opt /root /sbin /srv /usr /var /Users /System /Library /Applications";
const SQL_CLIENTS: &str =
    "psql mysql mariadb sqlite3 sqlcmd duckdb clickhouse-client cockroach mysqlsh usql pgcli mycli litecli";
const SQL_LOSSES: &str = "drop table|drop database|drop schema|drop view|drop materialized view|drop owned|drop user|drop role|drop column|truncate|delete from|update";
const SECRETS: &str = ".env .env.* .envrc id_rsa id_ed25519 id_ecdsa id_dsa .ssh/* .aws/credentials .aws/config .npmrc .pypirc .netrc .kube/config credentials credentials.json credentials.y*ml secrets.json secrets.y*ml secrets.toml secrets.env .git-credentials .pgpass .my.cnf .docker/config.json key.pem *-key.pem *_key.pem *.key *.p12 *.pfx *.keystore *.jks .gnupg/* .vault-token .htpasswd service-account*.json terraform.tfstate";
const NO_SECRETS: &str = ".env.example .env.sample .env.template .env.dist .env.defaults *.pub .ssh/known_hosts .ssh/config .ssh/authorized_keys secrets.example.*";

struct Draft(Rule);

fn rule(id: &'static str, group: &'static str, kind: Kind, severity: u8) -> Draft {
    Draft(Rule::new(id, group, kind, severity))
}

impl Draft {
    fn program(self, words: &'static str) -> Self {
        Draft(Rule { program: Words::of(words), ..self.0 })
    }

    fn sub(self, phrases: &'static str) -> Self {
        Draft(Rule { sub: Words::phrases(phrases), ..self.0 })
    }

    fn flags(self, words: &'static str) -> Self {
        Draft(Rule { flags_any: Words::of(words), ..self.0 })
    }

    fn unless(self, words: &'static str) -> Self {
        Draft(Rule { flags_not: Words::of(words), ..self.0 })
    }

    fn begins(self, words: &'static str) -> Self {
        Draft(Rule { arg_prefix: Words::of(words), ..self.0 })
    }

    fn argument(self, patterns: &'static str) -> Self {
        Draft(Rule { arg_glob: Words::of(patterns), ..self.0 })
    }

    fn not(self, patterns: &'static str) -> Self {
        Draft(Rule { arg_not: Words::of(patterns), ..self.0 })
    }

    fn last(self, patterns: &'static str) -> Self {
        Draft(Rule { arg_last: Words::of(patterns), ..self.0 })
    }

    fn words(self, phrases: &'static str) -> Self {
        Draft(Rule { words: Words::phrases(phrases), ..self.0 })
    }

    fn statements(self, phrases: &'static str) -> Self {
        Draft(Rule { statements: Words::phrases(phrases), ..self.0 })
    }

    fn writes(self, patterns: &'static str) -> Self {
        Draft(Rule { writes: Words::of(patterns), ..self.0 })
    }

    fn paths(self, patterns: &'static str, not: &'static str) -> Self {
        Draft(Rule { paths: Words::of(patterns), paths_not: Words::of(not), ..self.0 })
    }
}

/// All rules.
pub fn builtin() -> Vec<Rule> {
    let all = [files(), git(), databases(), services(), system(), installs(), secrets()];
    all.into_iter().flatten().map(|draft| draft.0).collect()
}

fn files() -> Vec<Draft> {
    let d = |id, severity| rule(id, "files", Destructive, severity);
    vec![
        d("rm-recursive", 2).program("rm grm").flags("-r -R --recursive"),
        d("rm-root", 3).program("rm grm").flags("-r -R --recursive").argument(ROOTS),
        d("rm-root", 3).program("rm grm").flags("--no-preserve-root"),
        d("rm-root", 3)
            .program("rm grm")
            .flags("-r -R --recursive")
            .argument("/home/* /Users/*")
            .not("/home/*/* /Users/*/*"),
        d("find-delete", 2).program("find gfind").flags("-delete"),
        d("rsync-delete", 2)
            .program("rsync")
            .flags("--delete --del --delete-before --delete-during --delete-after --delete-excluded --remove-source-files")
            .unless("-n --dry-run"),
        d("chmod-777", 2).program("chmod").argument("777 ?777 ??777 a+w* a+rw* a=rw* o+w* o+rw* ugo+w* ugo+rw* +w* +rw* 666 0666"),
        d("chmod-recursive", 1).program("chmod").flags("-R --recursive"),
        d("chown", 1).program("chown chgrp"),
        d("chown-recursive", 2).program("chown chgrp").flags("-R --recursive"),
        d("shred", 2).program("shred srm wipe"),
        d("truncate", 2).program("truncate gtruncate").flags("-s --size"),
        d("move-to-null", 2).program("mv").argument("/dev/null"),
        d("overwrite-system", 3).writes("/etc/* /usr/* /boot/* /bin/* /sbin/* /lib/* /System/* /dev/sd* /dev/nvme* /dev/vd* /dev/hd* /dev/disk* /dev/mmcblk*"),
        d("overwrite-system", 3).program("tee").argument("/etc/* /boot/* /usr/bin/* /usr/lib/* /dev/sd* /dev/nvme* /dev/disk*"),
        d("overwrite-system", 3).program("cp mv install ln").last("/etc/* /boot/* /usr/bin/* /usr/lib/* /dev/sd* /dev/nvme* /dev/disk*"),
    ]
}

fn git() -> Vec<Draft> {
    let d = |id, severity| rule(id, "git", Destructive, severity).program("git");
    vec![
        d("git-push-force", 3)
            .sub("push")
            .flags("-f --force --force-with-lease --force-if-includes")
            .unless("-n --dry-run"),
        d("git-push-force", 3).sub("push").begins("+").unless("-n --dry-run"),
        d("git-push-delete", 2).sub("push").flags("-d --delete --mirror --prune").unless("-n --dry-run"),
        d("git-push-delete", 2).sub("push").argument(":?*").unless("-n --dry-run"),
        d("git-reset-hard", 2).sub("reset").flags("--hard"),
        d("git-clean", 2).sub("clean").flags("-f --force").unless("-n --dry-run"),
        d("git-branch-delete", 1).sub("branch").flags("-D -d+-f -d+--force --delete+-f --delete+--force"),
        d("git-tag-delete", 1).sub("tag").flags("-d --delete"),
        d("git-discard", 2).sub("checkout").flags("-- -f --force"),
        d("git-discard", 2).sub("checkout").argument("."),
        d("git-discard", 2).sub("restore").unless("--staged -S"),
        d("git-discard", 2).sub("restore").flags("--worktree -W"),
        d("git-discard", 2).sub("switch").flags("-f --force --discard-changes"),
        d("git-stash-drop", 2).sub("stash drop|stash clear"),
        d("git-history", 3).sub("filter-branch|filter-repo|reflog expire|reflog delete"),
        d("git-history", 3).sub("gc").flags("--prune"),
        d("git-history", 2).sub("update-ref").flags("-d --delete"),
        d("git-worktree-remove", 2).sub("worktree remove").flags("-f --force"),
        d("git-submodule-deinit", 1).sub("submodule deinit").flags("-f --force --all"),
    ]
}

fn databases() -> Vec<Draft> {
    let d = |id, severity| rule(id, "database", Destructive, severity);
    vec![
        d("sql-destroy", 3).program(SQL_CLIENTS).statements(SQL_LOSSES),
        d("database-drop", 3).program("dropdb dropuser"),
        d("database-drop", 3).program("mysqladmin").argument("drop"),
        d("database-drop", 3).program("mongo mongosh").words("dropDatabase|drop|deleteMany|remove"),
        d("redis-flush", 3).program("redis-cli valkey-cli").sub("flushall|flushdb"),
        d("migration-reset", 3).program("prisma").sub("migrate reset"),
        d("migration-reset", 3).program("prisma").sub("db push").flags("--force-reset --accept-data-loss"),
        d("migration-reset", 3).program("npx bunx").sub("prisma migrate reset"),
        d("migration-reset", 3).program("rails rake bin/rails").argument("db:drop* db:reset* db:purge*"),
        d("migration-reset", 3).program("python* manage.py django-admin").argument("flush reset_db"),
        d("migration-reset", 3).program("supabase").sub("db reset"),
        d("migration-reset", 3).program("php* artisan").argument("migrate:fresh migrate:reset db:wipe"),
    ]
}

fn services() -> Vec<Draft> {
    let d = |id, severity| rule(id, "services", Destructive, severity);
    vec![
        d("docker-prune", 2)
            .program("docker podman nerdctl")
            .sub("system prune|volume prune|image prune|container prune|network prune|builder prune"),
        d("docker-volume-remove", 2).program("docker podman nerdctl").sub("volume rm|volume remove"),
        d("docker-remove", 1).program("docker podman nerdctl").sub("rm|rmi|container rm|image rm").flags("-f --force"),
        d("compose-down-volumes", 2).program("docker podman").sub("compose down").flags("-v --volumes"),
        d("compose-down-volumes", 2).program("docker-compose podman-compose").sub("down").flags("-v --volumes"),
        d("kubectl-delete", 3).program("kubectl oc").sub("delete|drain").unless("--dry-run"),
        d("helm-uninstall", 2).program("helm").sub("uninstall|delete").unless("--dry-run"),
        d("terraform-destroy", 3)
            .program("terraform tofu terragrunt")
            .sub("destroy|apply")
            .flags("-destroy -auto-approve --auto-approve"),
        d("terraform-destroy", 3).program("terraform tofu terragrunt").sub("destroy|state rm|workspace delete"),
        d("pulumi-destroy", 3).program("pulumi").sub("destroy|stack rm"),
        d("cloud-delete", 3).program("aws").sub("s3 rb|s3api delete-bucket|s3api delete-objects"),
        d("cloud-delete", 3).program("aws").sub("s3 rm|s3 sync").flags("--recursive --delete").unless("--dryrun"),
        d("cloud-delete", 3).program("aws").argument("delete-* terminate-* deregister-*").unless("--dry-run"),
        d("cloud-delete", 3).program("gcloud az doctl hcloud linode-cli flyctl fly").argument("delete destroy"),
        d("cloud-delete", 3).program("gsutil").argument("rm rb"),
        d("cloud-delete", 3).program("heroku").argument("apps:destroy pg:reset addons:destroy"),
        d("github-delete", 3)
            .program("gh")
            .sub("repo delete|repo archive|release delete|secret delete|issue delete|run delete|gist delete"),
        d("registry-unpublish", 3).program("npm pnpm yarn").sub("unpublish|deprecate"),
        d("registry-unpublish", 2).program("cargo gem").sub("yank"),
    ]
}

fn system() -> Vec<Draft> {
    let d = |id, severity| rule(id, "system", Destructive, severity);
    vec![
        d("dd-device", 3).program("dd").begins(
            "of=/dev/sd of=/dev/nvme of=/dev/disk of=/dev/rdisk of=/dev/hd of=/dev/vd of=/dev/mmcblk of=/dev/mapper",
        ),
        d("mkfs", 3).program("mkfs mkfs.* mke2fs mkswap newfs newfs_*"),
        d("disk-erase", 3).program("wipefs sgdisk sfdisk fdisk gdisk parted blkdiscard").unless("-l --list -p --print"),
        d("disk-erase", 3).program("diskutil").argument("erase* partitionDisk zeroDisk secureErase"),
        d("volume-destroy", 3).program("lvremove vgremove pvremove"),
        d("volume-destroy", 3).program("zfs zpool").sub("destroy|rollback"),
        d("volume-destroy", 3).program("cryptsetup").argument("luksFormat erase"),
        d("shutdown", 3).program("shutdown reboot halt poweroff"),
        d("service-stop", 2)
            .program("systemctl")
            .sub("stop|disable|mask|restart|kill|isolate|reboot|poweroff|halt|rescue|emergency"),
        d("service-stop", 2).program("service rc-service").argument("stop restart"),
        d("service-stop", 2).program("launchctl").argument("unload bootout remove kill disable"),
        d("service-stop", 2).program("brew").sub("services stop|services restart"),
        d("kill-many", 2).program("pkill killall killall5"),
        d("kill-many", 3).program("kill").argument("-1"),
        d("kill-many", 3).program("kill").flags("-1+-9 -1+-KILL -1+-SIGKILL -1+-TERM -1+-15 -1+-s"),
        d("crontab-remove", 3).program("crontab").flags("-r"),
        d("user-remove", 3).program("userdel deluser groupdel delgroup"),
        d("firewall-flush", 2).program("iptables ip6tables nft").flags("-F --flush -X"),
        d("firewall-flush", 2).program("nft").sub("flush"),
        d("firewall-flush", 2).program("ufw").argument("disable reset"),
        d("history-clear", 1).program("history").flags("-c"),
        rule("sudo", "system", Privilege, 1).program("sudo doas su pkexec runuser"),
    ]
}

fn installs() -> Vec<Draft> {
    let d = |id, severity| rule(id, "installs", Install, severity);
    vec![
        d("npm-install-global", 1)
            .program("npm pnpm bun")
            .sub("install|i|add|update|uninstall|remove|link")
            .flags("-g --global"),
        d("npm-install-global", 1).program("yarn").sub("global add|global remove"),
        d("pip-install", 1).program("pip pip3 pipx").sub("install").unless("--dry-run"),
        d("pip-install", 1).program("python*").sub("pip install").unless("--dry-run"),
        d("pip-install", 1).program("uv").sub("tool install|pip install").unless("--dry-run"),
        d("brew-install", 1)
            .program("brew")
            .sub("install|reinstall|upgrade|uninstall|remove|tap")
            .unless("-n --dry-run"),
        d("system-install", 1)
            .program("apt apt-get aptitude")
            .sub("install|remove|purge|upgrade|dist-upgrade|full-upgrade|autoremove")
            .unless("-s --dry-run --simulate"),
        d("system-install", 1).program("dnf yum zypper").sub("install|remove|erase|upgrade|update"),
        d("system-install", 1).program("pacman yay paru").flags("-S -R -U"),
        d("system-install", 1).program("apk").sub("add|del|upgrade"),
        d("system-install", 1)
            .program("snap flatpak port nix-env choco winget scoop")
            .sub("install|remove|uninstall|refresh"),
        d("tool-install", 1).program("cargo go gem dotnet").sub("install|tool install"),
    ]
}

fn secrets() -> Vec<Draft> {
    let d = |id, severity| rule(id, "secrets", Sensitive, severity);
    vec![
        d("secret-file", 2).paths(SECRETS, NO_SECRETS),
        d("secret-folder", 2)
            .program("cp scp rsync tar zip mv rm 7z chmod chown")
            .argument("*/.ssh .ssh */.aws .aws */.gnupg .gnupg */.kube .kube"),
        d("secret-store", 2)
            .program("security")
            .argument("find-generic-password find-internet-password dump-keychain export"),
        d("secret-store", 2).program("pass gopass").argument("show"),
        d("secret-store", 2).program("op").sub("read|item get"),
        d("secret-store", 2).program("gh").sub("auth token"),
        d("secret-store", 2).program("vault").sub("read|kv get"),
        d("secret-store", 2).program("kubectl").sub("get secret|get secrets"),
    ]
}
