//! Owns the rules that come with these programs. Each entry has a row in `table.txt` that it applies
//! to, and others that it does not apply to.

use crate::rule::{Kind, Rule};
use crate::words::Words;

use Kind::{Destructive, Install, Privilege, Sensitive};

/// Directories whose loss is the loss of a system, a person's files or a whole project.
const ROOTS: &str = r"/ ~ $HOME ${HOME} $PWD ${PWD} . .. ../.. \* /bin /boot /dev /etc /home /lib /lib64 /opt /root /sbin /srv /usr /var /Users /System /Library /Applications";
/// Directories of a system, of which more than one file is hardly ever removed.
const SYSTEM: &str = "/usr/bin /usr/lib /usr/sbin /usr/local /usr/share /var/lib /var/log /var/www ~root";
/// Files of a system.
const SYSTEM_FILES: &str =
    "/etc/?* /boot/?* /bin/?* /sbin/?* /lib/?* /usr/bin/?* /usr/lib/?* /usr/sbin/?* /usr/share/?*";
/// Whole disks and their partitions.
const DISKS: &str =
    "/dev/sd* /dev/nvme* /dev/vd* /dev/xvd* /dev/hd* /dev/disk* /dev/rdisk* /dev/mmcblk* /dev/dm-* /dev/mapper/*";
/// What a shell or git reads when it starts.
const PROFILES: &str = "~/.bashrc ~/.bash_profile ~/.profile ~/.zshrc ~/.zshenv ~/.zprofile ~/.gitconfig ~/.ssh/config ~/.ssh/authorized_keys .bashrc .zshrc .bash_profile .zshenv";
/// Programs that run SQL.
pub const SQL_CLIENTS: &str = "psql mysql mariadb sqlite3 sqlite sqlcmd duckdb clickhouse-client cockroach mysqlsh usql pgcli mycli litecli bq snowsql trino presto cqlsh isql beeline hive impala-shell turso wrangler spark-sql heroku sqlplus influx";
const SQL_LOSSES: &str = "drop table|drop database|drop schema|drop view|drop materialized view|drop owned|drop user|drop role|drop index|drop function|drop keyspace|truncate|delete from|update|alter table * drop column|alter table * drop partition";
const SECRETS: &str = ".env .env.* .envrc id_rsa id_ed25519 id_ecdsa id_dsa .ssh/* .aws/credentials .aws/config .npmrc .pypirc .netrc _netrc .kube/config credentials.json credentials.y*ml .cargo/credentials* .gem/credentials secrets.json secrets.y*ml secrets.toml secrets.env .git-credentials .pgpass .my.cnf .docker/config.json *.pem *.key *.p12 *.pfx *.keystore *.jks *.kdbx *.ovpn .gnupg/* .vault-token .htpasswd service-account*.json service_account*.json *.tfstate *.tfstate.backup *.tfvars .azure/* .config/gcloud/* gh/hosts.yml .claude/.credentials.json .codex/auth.json .terraformrc .bash_history .zsh_history .rclone.conf rclone/rclone.conf .m2/settings.xml wp-config.php";
const NO_SECRETS: &str = ".env.example .env.sample .env.template .env.dist .env.defaults *.example *.sample *.template *.pub .ssh/known_hosts .ssh/config .ssh/authorized_keys secrets.example.* cert.pem *cert.pem fullchain.pem chain.pem ca.pem *-ca.pem cacert.pem *.example.tfvars public*.key fixtures/*.pem fixtures/*.key testdata/*.pem testdata/*.key";
/// Files of a system with secrets.
const SYSTEM_SECRETS: &str = "/etc/shadow /etc/gshadow /etc/sudoers /etc/ssl/private/* /proc/*/environ";

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

    fn least(self, arguments: u8) -> Self {
        Draft(Rule { args_least: arguments, ..self.0 })
    }

    fn via(self, patterns: &'static str) -> Self {
        Draft(Rule { via: Words::phrases(patterns), ..self.0 })
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
    let all = [files(), git(), databases(), services(), cloud(), system(), installs(), secrets()];
    all.into_iter().flatten().map(|draft| draft.0).collect()
}

fn files() -> Vec<Draft> {
    let d = |id, severity| rule(id, "files", Destructive, severity);
    vec![
        d("rm-recursive", 2).program("rm grm").flags("-r -R --recursive"),
        d("rm-recursive", 2).program("rimraf rimraf@* del-cli"),
        d("rm-root", 3).program("rm grm").flags("-r -R --recursive").argument(ROOTS),
        d("rm-root", 3).program("rm grm").flags("-r -R --recursive").argument(SYSTEM),
        d("rm-root", 3).program("rm grm").flags("--no-preserve-root"),
        d("rm-root", 3)
            .program("rm grm")
            .flags("-r -R --recursive")
            .argument("/home/* /Users/*")
            .not("/home/*/* /Users/*/*"),
        d("rm-repository", 3).program("rm grm").flags("-r -R --recursive").argument(".git */.git .hg */.hg .svn */.svn"),
        // `rm -rf "$DIR"/*` is `rm -rf /*` if the variable is empty.
        d("rm-variable", 2)
            .program("rm grm")
            .flags("-r -R --recursive")
            .argument(r"$*/ $*/\* ${*}/ ${*}/\*")
            .not(r"$HOME ${HOME} $PWD ${PWD} *:\?* $(*"),
        d("rm-system", 2).program("rm grm unlink").argument(SYSTEM_FILES),
        d("rm-many", 2).program("rm grm unlink").unless("-r -R --recursive").via("xargs|gxargs|parallel|sem|entr"),
        // All files of a folder, not those of a kind.
        d("rm-all", 2).program("rm grm unlink").unless("-r -R --recursive").argument(r"\* ./\* */\*"),
        d("find-delete", 2).program("find gfind").flags("-delete"),
        d("find-delete", 2).program("rm grm unlink").unless("-r -R --recursive").via("find *|gfind *|fd *|fdfind *"),
        d("rsync-delete", 2)
            .program("rsync")
            .flags("--delete --del --delete-before --delete-during --delete-after --delete-delay --delete-excluded --remove-source-files")
            .unless("-n --dry-run --list-only"),
        d("rsync-delete", 2).program("rclone").sub("sync|delete|purge|rmdirs|move").unless("-n --dry-run"),
        d("archive-remove", 1).program("tar gtar bsdtar").flags("--remove-files"),
        d("chmod-777", 2).program("chmod").argument("777 ?777 ??777 a+w* a+rw* a=rw* o+w* o+rw* o=rw* go+w* go+rw* go=rw* ugo+w* ugo+rw* ugo=rw* 666 0666"),
        // Rights that are only added lock nobody out.
        d("chmod-recursive", 1)
            .program("chmod")
            .flags("-R --recursive")
            .not("+* u+* g+* ug+* a+r* a+x a+X go+r* go+x go+X 755 0755 775 0775"),
        d("chmod-recursive", 3).program("chmod").flags("-R --recursive").argument(ROOTS).not(r". .. ../.. ./* \*"),
        d("chown", 1).program("chown chgrp").not("$USER* ${USER}*"),
        d("chown-recursive", 2).program("chown chgrp").flags("-R --recursive"),
        d("chown-recursive", 3).program("chown chgrp").flags("-R --recursive").argument(ROOTS).not(r". .. ../.. ./* \*"),
        d("shred", 2).program("shred srm wipe"),
        d("truncate", 2).program("truncate gtruncate").flags("-s --size").not("+* *.img *.raw"),
        d("truncate", 2).program("truncate gtruncate").flags("-s --size").argument("0"),
        d("truncate", 2).program("truncate gtruncate").flags("-s0 --size=0"),
        d("truncate", 1).program(":").writes("*").unless("--help"),
        d("truncate", 2).program("cat cp").argument("/dev/null").writes("*"),
        d("truncate", 2).program("cp").argument("/dev/null").least(2),
        d("move-to-null", 2).program("mv").last("/dev/null"),
        d("overwrite-system", 3).writes(SYSTEM_FILES),
        d("overwrite-system", 3).writes(DISKS),
        d("overwrite-system", 3).program("tee sponge").argument(SYSTEM_FILES).unless("-a --append"),
        d("overwrite-system", 3).program("tee sponge").argument(DISKS),
        d("overwrite-system", 3).program("cp install ln rsync").last(SYSTEM_FILES).least(2),
        d("overwrite-system", 3).program("cp install ln pv").last(DISKS),
        d("overwrite-system", 3).program("mv").argument(SYSTEM_FILES),
        d("overwrite-system", 2).program("sed gsed perl").flags("-i --in-place").argument(SYSTEM_FILES),
        d("overwrite-profile", 2).writes(PROFILES),
        d("overwrite-profile", 2).program("cp mv ln").last(PROFILES),
    ]
}

fn git() -> Vec<Draft> {
    let d = |id, severity| rule(id, "git", Destructive, severity).program("git");
    let v = |id, severity| rule(id, "git", Destructive, severity);
    vec![
        d("git-push-force", 3).sub("push").flags("-f --force --force-with-lease").unless("-n"),
        d("git-push-force", 3).sub("push").begins("+").unless("-n"),
        d("git-push-delete", 2).sub("push").flags("-d --delete --mirror --prune").unless("-n"),
        d("git-push-delete", 2).sub("push").argument(":?*").unless("-n"),
        d("git-reset-hard", 2).sub("reset").flags("--hard"),
        d("git-reset-hard", 1).sub("reset").flags("--merge --keep"),
        d("git-clean", 2).sub("clean").flags("-f --force").unless("-n"),
        d("git-branch-delete", 1).sub("branch").flags("-D -d+-f -d+--force --delete+-f --delete+--force"),
        d("git-branch-move", 1).sub("branch").flags("-f --force").unless("-d --delete -D -r --list"),
        d("git-branch-move", 1).sub("checkout").flags("-B"),
        d("git-branch-move", 1).sub("switch").flags("-C --force-create"),
        d("git-tag-delete", 1).sub("tag").flags("-d --delete -f --force"),
        d("git-discard", 2).sub("checkout").flags("-- -f --force").unless("-b -B --orphan"),
        d("git-discard", 2).sub("checkout").argument(r". .. :/ :/* \*").unless("-b -B --orphan"),
        // A file, not a branch.
        d("git-discard", 2)
            .sub("checkout")
            .argument(r"./?* ../?* *\** *.rs *.py *.js *.jsx *.ts *.tsx *.go *.c *.h *.cpp *.java *.kt *.rb *.php *.swift *.md *.txt *.json *.toml *.yaml *.yml *.html *.css *.sh *.sql *.lock *.xml")
            .unless("-b -B --orphan -t --track --detach --"),
        // A branch and a file.
        d("git-discard", 2).sub("checkout").least(2).unless("-b -B --orphan -t --track --detach --"),
        d("git-discard", 2).sub("restore").unless("--staged -S"),
        d("git-discard", 2).sub("restore").flags("--worktree -W"),
        d("git-discard", 2).sub("switch").flags("-f --force --discard-changes"),
        d("git-discard", 2).sub("rm").flags("-f --force").unless("--cached -n"),
        d("git-discard", 2).sub("checkout-index").flags("-f --force"),
        d("git-discard", 2).sub("read-tree").flags("--reset"),
        d("git-stash-drop", 2).sub("stash drop|stash clear"),
        d("git-history", 3).sub("filter-branch|filter-repo|reflog expire|reflog delete"),
        d("git-history", 3).sub("gc").flags("--prune"),
        d("git-history", 2).sub("prune|lfs prune|lfs migrate").unless("-n"),
        d("git-history", 2).sub("update-ref").flags("-d --delete"),
        v("git-history", 3).program("git-filter-repo bfg"),
        d("git-worktree-remove", 2).sub("worktree remove").flags("-f --force"),
        d("git-submodule-deinit", 1).sub("submodule deinit").flags("-f --force --all"),
        v("git-discard", 2).program("gh").sub("repo sync").flags("--force"),
        v("vcs-discard", 2).program("hg").sub("purge|strip|rollback"),
        v("vcs-discard", 2).program("hg").sub("update|up|checkout|co|revert").flags("-C --clean --all -a"),
        v("vcs-discard", 2).program("svn").sub("revert").flags("-R --recursive"),
        v("vcs-discard", 2).program("jj").sub("abandon|restore|op restore"),
    ]
}

fn databases() -> Vec<Draft> {
    let d = |id, severity| rule(id, "database", Destructive, severity);
    vec![
        d("sql-destroy", 3).program(SQL_CLIENTS).statements(SQL_LOSSES),
        d("database-drop", 3).program("dropdb dropuser"),
        d("database-drop", 3).program("mysqladmin").argument("drop"),
        d("database-drop", 3).program("mongo mongosh").words("dropDatabase|drop|deleteMany|remove"),
        d("database-drop", 2).program("pg_restore").flags("-c --clean"),
        d("database-drop", 2).program("mongorestore").flags("--drop"),
        d("redis-flush", 3).program("redis-cli valkey-cli").sub("flushall|flushdb"),
        d("redis-flush", 3).program("redis-cli valkey-cli").sub("eval").words("flushall|flushdb"),
        // What it reads.
        d("redis-flush", 3).program("redis-cli valkey-cli").not("*").words("flushall|flushdb"),
        d("migration-reset", 3).program("prisma prisma@*").sub("migrate reset"),
        d("migration-reset", 3).program("prisma prisma@*").sub("db push").flags("--force-reset --accept-data-loss"),
        d("migration-reset", 3)
            .program("rails rake")
            .argument("db:drop* db:reset* db:purge* db:schema:load* db:migrate:reset*"),
        d("migration-reset", 3).program("manage.py django-admin").argument("flush reset_db"),
        d("migration-reset", 3).program("python*").sub("*manage.py flush|*manage.py reset_db|django flush"),
        d("migration-reset", 3).program("supabase").sub("db reset"),
        d("migration-reset", 3).program("php* artisan").argument("migrate:fresh migrate:reset migrate:refresh db:wipe"),
        d("migration-reset", 3).program("php* console").argument("doctrine:database:drop doctrine:schema:drop"),
        d("migration-reset", 3).program("sequelize sequelize-cli").argument("db:drop db:migrate:undo:all"),
        d("migration-reset", 3).program("typeorm").argument("schema:drop"),
        d("migration-reset", 3).program("knex").sub("migrate:rollback").flags("--all"),
        d("migration-reset", 3).program("alembic").sub("downgrade").argument("base"),
        d("migration-reset", 3).program("flyway").argument("clean"),
        d("migration-reset", 3).program("liquibase").argument("dropAll drop-all"),
        d("migration-reset", 3).program("diesel sqlx").sub("database reset|database drop"),
        d("migration-reset", 3).program("mix").argument("ecto.drop ecto.reset"),
        d("migration-reset", 3).program("dotnet").sub("ef database drop"),
        d("migration-reset", 3).program("goose migrate dbmate").argument("reset drop down-to"),
    ]
}

fn services() -> Vec<Draft> {
    let d = |id, severity| rule(id, "services", Destructive, severity);
    vec![
        d("docker-prune", 2).program("docker podman nerdctl").sub(
            "system prune|volume prune|image prune|container prune|network prune|builder prune|buildx prune|system reset",
        ),
        d("docker-volume-remove", 2).program("docker podman nerdctl").sub("volume rm|volume remove"),
        d("docker-remove", 1)
            .program("docker podman nerdctl")
            .sub("rm|rmi|container rm|image rm|pod rm|swarm leave")
            .flags("-f --force"),
        d("docker-remove", 2).program("docker").sub("stack rm|service rm|secret rm"),
        d("compose-down-volumes", 2).program("docker podman").sub("compose down|compose rm").flags("-v --volumes"),
        d("compose-down-volumes", 2).program("docker-compose podman-compose").sub("down|rm").flags("-v --volumes"),
        d("kubectl-delete", 3).program("kubectl oc").sub("delete|drain"),
        d("kubectl-delete", 2).program("kubectl oc").sub("scale").flags("--replicas=0"),
        d("kubectl-delete", 2).program("kubectl oc").sub("scale").flags("--replicas").argument("0"),
        d("store-delete", 2).program("vault").sub("delete|kv delete|kv destroy|kv metadata delete|secrets disable"),
        d("store-delete", 2).program("consul").sub("kv delete"),
        d("store-delete", 2).program("etcdctl").sub("del"),
        d("store-delete", 2).program("nomad").sub("job stop|stop|system gc").flags("-purge"),
        d("machine-delete", 2).program("vagrant").sub("destroy"),
        d("machine-delete", 2).program("lxc incus").sub("delete|storage delete"),
        d("machine-delete", 2).program("virsh").sub("undefine|vol-delete|pool-delete"),
        d("machine-delete", 2).program("qm pct").sub("destroy"),
        d("kubectl-delete", 2).program("kubectl oc").sub("replace|apply").flags("--force --prune"),
        d("helm-uninstall", 2).program("helm").sub("uninstall|delete"),
        d("helm-uninstall", 2).program("helmfile").sub("destroy|delete"),
        d("service-stop", 2)
            .program("systemctl")
            .sub("stop|disable|mask|kill|isolate|reboot|poweroff|halt|rescue|emergency"),
        d("service-stop", 2).program("service rc-service").argument("stop"),
        d("service-stop", 2).program("launchctl").argument("unload bootout remove kill disable"),
        d("service-stop", 2).program("brew").sub("services stop"),
        d("service-stop", 2).program("supervisorctl").sub("stop|shutdown"),
        d("service-stop", 1).program("pm2").sub("delete|kill|stop"),
    ]
}

fn cloud() -> Vec<Draft> {
    let d = |id, severity| rule(id, "cloud", Destructive, severity);
    vec![
        d("terraform-destroy", 3)
            .program("terraform tofu terragrunt")
            .sub("destroy|apply")
            .flags("-destroy -auto-approve --auto-approve --terragrunt-non-interactive"),
        d("terraform-destroy", 3)
            .program("terraform tofu terragrunt")
            .sub("destroy|state rm|workspace delete|run-all destroy|destroy-all|force-unlock"),
        d("pulumi-destroy", 3).program("pulumi").sub("destroy|down|stack rm|state delete"),
        d("cloud-delete", 3).program("cdk cdktf").sub("destroy"),
        d("cloud-delete", 3).program("sam serverless sls eksctl firebase vercel netlify").argument(
            "delete remove rm hosting:disable sites:delete projects:delete firestore:delete functions:delete database:remove",
        ),
        d("cloud-delete", 3).program("aws").sub("s3 rb|s3api delete-bucket|s3api delete-objects"),
        d("cloud-delete", 3).program("aws").sub("s3 rm|s3 sync").flags("--recursive --delete"),
        d("cloud-delete", 3)
            .program("aws")
            .sub("* delete-*|* terminate-*|* deregister-*|* purge-queue|* schedule-key-deletion"),
        d("cloud-delete", 3)
            .program("gcloud az doctl hcloud linode-cli flyctl fly oci scw")
            .sub("delete|destroy|* delete|* destroy|* * delete|* * destroy|* * * delete|* * * * delete|* * delete-batch"),
        d("cloud-delete", 2).program("aws").sub("s3 rm").unless("--recursive"),
        d("cloud-delete", 3).program("gsutil").argument("rm rb"),
        d("cloud-delete", 3).program("gsutil").sub("rsync").flags("-d"),
        d("cloud-delete", 3).program("gcloud").sub("storage rm"),
        d("cloud-delete", 3).program("bq").sub("rm"),
        d("cloud-delete", 3).program("mc s3cmd s5cmd").argument("rm rb del"),
        d("cloud-delete", 3).program("azcopy").argument("remove rm"),
        d("cloud-delete", 3).program("heroku").argument("apps:destroy pg:reset addons:destroy"),
        d("cloud-delete", 3).program("wrangler railway supabase neonctl turso").argument("delete destroy down"),
        d("github-delete", 3).program("gh").sub(
            "repo delete|repo archive|release delete|secret delete|variable delete|issue delete|run delete|gist delete|ssh-key delete|cache delete|codespace delete",
        ),
        d("github-delete", 3).program("gh glab").sub("api").argument("DELETE").flags("-X --method"),
        d("github-delete", 3).program("gh glab").sub("api").flags("-*XDELETE --method=DELETE"),
        d("github-delete", 3).program("glab").sub("repo delete|release delete|issue delete|variable delete"),
        d("http-delete", 1)
            .program("curl")
            .argument("DELETE")
            .flags("-X --request")
            .not("*localhost* *127.0.0.1* *[::1]*"),
        d("http-delete", 1).program("curl").flags("-*XDELETE --request=DELETE").not("*localhost* *127.0.0.1* *[::1]*"),
        d("http-delete", 1).program("http https xh xhs").argument("DELETE").not("*localhost* :* *127.0.0.1*"),
        d("http-delete", 1).program("wget").flags("--method=DELETE").not("*localhost* *127.0.0.1* *[::1]*"),
        d("registry-unpublish", 3).program("npm pnpm yarn").sub("unpublish|deprecate"),
        d("registry-unpublish", 2).program("cargo gem").sub("yank"),
    ]
}

fn system() -> Vec<Draft> {
    let d = |id, severity| rule(id, "system", Destructive, severity);
    vec![
        d("dd-device", 3).program("dd").begins(
            "of=/dev/sd of=/dev/nvme of=/dev/disk of=/dev/rdisk of=/dev/hd of=/dev/vd of=/dev/xvd of=/dev/mmcblk of=/dev/mapper of=/dev/dm-",
        ),
        d("mkfs", 3).program("mkfs.ext2 mkfs.ext3 mkfs.ext4 mke2fs").unless("-n").not("*.img *.raw"),
        d("mkfs", 3)
            .program("mkfs mkfs.btrfs mkfs.xfs mkfs.fat mkfs.vfat mkfs.msdos mkfs.ntfs mkfs.f2fs mkfs.jfs mkfs.minix mkfs.udf mkfs.nilfs2 mkfs.reiserfs mkfs.bcachefs mkfs.ocfs2 mkfs.exfat mkfs.erofs mkswap newfs newfs_*")
            .not("*.img *.raw"),
        d("disk-erase", 3)
            .program("sgdisk sfdisk fdisk gdisk cfdisk parted blkdiscard")
            .unless("-l --list -p --print -d --dump")
            .not("print"),
        d("disk-erase", 3).program("wipefs").flags("-a --all -o --offset").unless("-n --no-act"),
        d("disk-erase", 3)
            .program("diskutil")
            .argument("erase* partitionDisk zeroDisk secureErase randomDisk deleteContainer deleteVolume"),
        d("disk-erase", 3).program("mdadm").flags("--zero-superblock --stop --fail --remove --create"),
        d("disk-erase", 3).program("nvme hdparm").argument("format sanitize"),
        d("disk-erase", 3).program("hdparm").flags("--security-erase --security-erase-enhanced"),
        d("disk-erase", 3).program("badblocks").flags("-w"),
        d("volume-destroy", 3).program("lvremove vgremove pvremove lvreduce vgreduce").unless("-t --test"),
        d("volume-destroy", 3).program("zfs zpool").sub("destroy|rollback").unless("-n"),
        d("volume-destroy", 3).program("btrfs").sub("subvolume delete|device remove|device delete"),
        d("volume-destroy", 3).program("dmsetup").sub("remove|remove_all|wipe_table"),
        d("volume-destroy", 3).program("cryptsetup").argument("luksFormat erase luksErase"),
        d("volume-destroy", 3).program("tmutil").sub("delete|deletelocalsnapshots"),
        d("volume-destroy", 3).program("restic borg").sub("forget|prune|delete").unless("-n"),
        d("shutdown", 3).program("shutdown reboot halt poweroff").unless("-c"),
        d("shutdown", 3).program("init telinit").argument("0 6"),
        d("kill-many", 2).program("pkill killall killall5").unless("-l --list"),
        d("kill-many", 2).program("fuser").flags("-k --kill").not("*/tcp */udp"),
        d("kill-many", 3).program("kill").argument("-1"),
        d("kill-many", 3).program("kill").flags("-1+-9 -1+-KILL -1+-SIGKILL -1+-TERM -1+-15 -1+-s"),
        d("crontab-remove", 3).program("crontab").flags("-r"),
        d("crontab-remove", 2).program("crontab").argument("*").unless("-l -e -u"),
        d("user-remove", 3).program("userdel deluser groupdel delgroup"),
        d("user-remove", 3).program("dscl").argument("-delete delete"),
        d("user-remove", 3).program("dscl").flags("-delete"),
        d("firewall-flush", 2).program("iptables ip6tables nft").flags("-F --flush -X"),
        d("firewall-flush", 2).program("nft").sub("flush"),
        d("firewall-flush", 2).program("iptables ip6tables").flags("-P --policy").argument("DROP REJECT"),
        d("firewall-flush", 2).program("ufw").argument("disable reset"),
        d("history-clear", 1).program("history").flags("-c"),
        rule("sudo", "system", Privilege, 1)
            .program("sudo doas")
            .unless("-l --list -k -K -v -V --version --help"),
        rule("sudo", "system", Privilege, 1).program("su pkexec runuser run0 gosu su-exec").unless("--version --help"),
        rule("setuid", "system", Privilege, 2).program("chmod").argument("*+s* *+*s 4??? 2??? 6???"),
    ]
}

fn installs() -> Vec<Draft> {
    let d = |id, severity| rule(id, "installs", Install, severity);
    vec![
        d("npm-install-global", 1)
            .program("npm pnpm bun")
            .argument("install i add update up upgrade uninstall remove rm un link")
            .flags("-g --global --location=global"),
        d("npm-install-global", 1).program("yarn").sub("global add|global remove|global upgrade"),
        d("pip-install", 1).program("pip pip3 pip3.* pipx").sub("install|uninstall|upgrade").unless("--target -t"),
        d("pip-install", 1).program("python* py").sub("pip install|pip uninstall").unless("--target -t"),
        d("pip-install", 1).program("uv").sub("tool install|pip install|python install"),
        d("pip-install", 1).program("conda mamba micromamba").sub("install|remove|update|create|env create"),
        d("brew-install", 1).program("brew").sub("install|reinstall|upgrade|uninstall|remove|tap|bundle").unless("-n"),
        d("system-install", 1)
            .program("apt apt-get aptitude nala")
            .argument("install reinstall remove purge upgrade dist-upgrade full-upgrade autoremove")
            .unless("-s --simulate --just-print"),
        d("system-install", 1)
            .program("dnf yum zypper microdnf tdnf")
            .sub("install|in|remove|rm|erase|upgrade|update|up"),
        d("system-install", 1).program("pacman yay paru").flags("-S -R -U").unless("-s -i -l -p -g"),
        d("system-install", 1).program("pacman yay paru").flags("-R --remove").unless("-p --print"),
        d("system-install", 1).program("apk").sub("add|del|upgrade"),
        d("system-install", 1)
            .program("snap flatpak port nix-env choco winget scoop emerge xbps-install mas")
            .sub("install|remove|uninstall|refresh|upgrade"),
        d("system-install", 1).program("dpkg").flags("-i --install -r --remove -P --purge"),
        d("system-install", 1).program("rpm").flags("-i -U -e --install --upgrade --erase").unless("-q --query"),
        d("tool-install", 1).program("cargo go gem").sub("install|binstall|uninstall"),
        d("tool-install", 1).program("dotnet").sub("tool install|tool update").flags("-g --global"),
        d("tool-install", 1).program("composer").sub("global require|global remove"),
        d("tool-install", 1).program("deno").sub("install").flags("-g --global"),
        d("tool-install", 1).program("rustup").sub(
            "update|toolchain install|toolchain uninstall|component add|target add|self update|self uninstall|default",
        ),
        d("tool-install", 1).program("nvm asdf mise volta pyenv rbenv fnm sdk").sub("install|uninstall"),
        d("tool-install", 1).program("code cursor").flags("--install-extension"),
    ]
}

fn secrets() -> Vec<Draft> {
    let d = |id, severity| rule(id, "secrets", Sensitive, severity);
    vec![
        d("secret-file", 2).paths(SECRETS, NO_SECRETS),
        d("secret-file", 3).paths(SYSTEM_SECRETS, ""),
        d("secret-folder", 2)
            .program("cp scp rsync tar zip mv rm 7z chmod chown")
            .argument("*/.ssh .ssh */.aws .aws */.gnupg .gnupg */.kube .kube"),
        d("secret-store", 2)
            .program("security")
            .argument("find-generic-password find-internet-password dump-keychain export"),
        d("secret-store", 2).program("pass gopass").argument("show"),
        d("secret-store", 2).program("op").sub("read|item get"),
        d("secret-store", 2).program("bw").sub("get|list items"),
        d("secret-store", 2).program("gh").sub("auth token"),
        d("secret-store", 2).program("vault").sub("read|kv get"),
        d("secret-store", 2).program("kubectl oc").sub("get secret|get secrets"),
        d("secret-store", 2).program("aws").sub("secretsmanager get-secret-value|ssm get-parameter|ssm get-parameters"),
        d("secret-store", 2).program("aws").sub("configure get|configure export-credentials"),
        d("secret-store", 2)
            .program("gcloud")
            .sub("secrets versions access|auth print-access-token|auth application-default print-access-token"),
        d("secret-store", 2).program("az").sub("keyvault secret show|account get-access-token"),
        d("secret-store", 2).program("gpg gpg2").flags("--export-secret-keys --export-secret-subkeys"),
        d("secret-store", 2).program("heroku").argument("config config:get"),
        d("secret-store", 2).program("doppler").sub("secrets download|secrets get"),
        d("secret-environment", 1).program("printenv").not("*").unless("--version --help"),
        d("secret-environment", 1).program("printenv").argument("*KEY* *TOKEN* *SECRET* *PASS* *CREDENTIAL* *AUTH*"),
        d("secret-environment", 1).program("env").not("*").unless("-S --split-string --version --help"),
        d("secret-environment", 1).program("set").not("*").unless("-e -u -x -o -a -v -f -n -m -E"),
        d("secret-environment", 1).program("export declare").flags("-p").not("*"),
    ]
}
