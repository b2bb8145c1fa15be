//! The table of commands.

use crate::*;

fn found(command: &str) -> Vec<String> {
    let judged = judge(&Call::shell(command), &Rules::with(Vec::new()));
    let mut ids: Vec<String> = judged.verdicts.iter().map(|verdict| verdict.rule.to_string()).collect();
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn prototype() {
    let rows: &[(&str, &[&str])] = &[
        ("rm -rf ./build", &["rm-recursive"]),
        ("rm -fr build", &["rm-recursive"]),
        ("rm -r -f build", &["rm-recursive"]),
        ("rm build -rf", &["rm-recursive"]),
        ("rm --recursive --force build", &["rm-recursive"]),
        ("rm -f a.txt", &[]),
        ("rm -rf /", &["rm-recursive", "rm-root"]),
        ("rm -rf \"$HOME\"", &["rm-recursive", "rm-root"]),
        ("command rm -rf x", &["rm-recursive"]),
        ("\\rm -rf x", &["rm-recursive"]),
        ("'rm' -rf x", &["rm-recursive"]),
        ("r''m -rf x", &["rm-recursive"]),
        ("/bin/rm -rf x", &["rm-recursive"]),
        ("sudo -u root rm -rf x", &["rm-recursive", "sudo"]),
        ("env A=1 -u B rm -rf x", &["rm-recursive"]),
        ("env -S 'rm -rf x'", &["rm-recursive"]),
        ("FOO=1 rm -rf x", &["rm-recursive"]),
        ("nohup nice -n 5 timeout 5 rm -rf x", &["rm-recursive"]),
        ("bash -c 'rm -rf x'", &["rm-recursive"]),
        ("sh -ec \"cd a && rm -rf x\"", &["rm-recursive"]),
        ("bash <<EOF\nrm -rf x\nEOF", &["rm-recursive"]),
        ("bash <<'EOF'\ngit push -f\nEOF\necho done", &["git-push-force"]),
        ("bash <<< 'rm -rf x'", &["rm-recursive"]),
        ("eval 'rm -rf x'", &["rm-recursive"]),
        ("ls | xargs rm -rf", &["rm-recursive"]),
        ("ls | xargs -I{} -P 4 rm -rf {}", &["rm-recursive"]),
        ("find . -name x -exec rm -rf {} +", &["rm-recursive"]),
        ("find . -delete", &["find-delete"]),
        ("echo $(rm -rf x)", &["rm-recursive"]),
        ("echo `rm -rf x`", &["rm-recursive"]),
        ("if true; then rm -rf x; fi", &["rm-recursive"]),
        ("(cd x; rm -rf y)", &["rm-recursive"]),
        ("true&&rm -rf x", &["rm-recursive"]),
        ("cat a\nrm -rf x", &["rm-recursive"]),
        ("cat <(rm -rf x)", &["rm-recursive"]),
        ("ssh -p 22 host 'rm -rf x'", &["rm-recursive"]),
        ("$'\\x72m' -rf x", &["rm-recursive"]),
        ("rm \\\n -rf x", &["rm-recursive"]),
        ("echo 'rm -rf /'", &[]),
        ("git commit -m \"never rm -rf / again\"", &[]),
        ("cat > notes.md <<'EOF'\nrm -rf /\ngit push --force\nEOF", &[]),
        ("true <<'EOF'\nrm -rf /\nEOF", &[]),
        ("grep -rn 'git push --force' docs", &[]),
        ("# rm -rf /", &[]),
        ("printf '%s -> %s' a b", &[]),
        ("command -v rm", &[]),
        ("python3 - <<'PY'\nmsg='rm -rf /home'\nPY", &[]),
        ("git push --force", &["git-push-force"]),
        ("git push -f origin main", &["git-push-force"]),
        ("git push origin +main", &["git-push-force"]),
        ("git -C dir -c a.b=c push origin main -f", &["git-push-force"]),
        ("git push origin :old", &["git-push-delete"]),
        ("git push origin main", &[]),
        ("git reset --hard HEAD~1", &["git-reset-hard"]),
        ("git reset --soft HEAD~1", &[]),
        ("git clean -fdx", &["git-clean"]),
        ("git clean -d -f", &["git-clean"]),
        ("git clean -nfd", &[]),
        ("git branch -D x", &["git-branch-delete"]),
        ("git branch -d x", &[]),
        ("git checkout -- .", &["git-discard"]),
        ("git checkout -b x", &[]),
        ("git restore --staged a", &[]),
        ("git stash clear", &["git-stash-drop"]),
        ("chmod 777 x", &["chmod-777"]),
        ("chmod -R 0777 x", &["chmod-777"]),
        ("chmod 755 x", &[]),
        ("psql -c 'DROP TABLE users'", &["sql-destroy"]),
        ("echo 'DROP TABLE users'", &[]),
        ("dd if=a of=/dev/sda", &["dd-device"]),
        ("cat .env", &["secret-file"]),
        ("cat .env.example", &[]),
        ("cp ~/.ssh/id_rsa /tmp", &["secret-file"]),
        ("source ./.env.production", &["secret-file"]),
        ("cat docs/environment.md", &[]),
        ("echo KEY=1 > .env", &["secret-file"]),
    ];
    for (command, wanted) in rows {
        let mut found = found(command);
        found.retain(|id| !id.starts_with("opaque-") && id != "chmod-recursive");
        if found != *wanted {
            println!("MISS {command:?} wanted {wanted:?} found {found:?}");
        }
    }
}
