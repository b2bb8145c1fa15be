//! Command lines that commit, and those that do not.

use super::*;

#[test]
fn git_commit_as_a_command_commits() {
    let once = [
        "git commit -m x",
        "git commit",
        "/usr/bin/git commit",
        "'git' \"commit\" -m x",
        "g'i't \\commit -m x",
        "git -C a -c user.name='A B' --no-pager --git-dir=x --work-tree y commit -m x",
        "git --no-pager -P commit",
        "cd a && git -C b commit",
        "git add . ; git commit -qam 'a; b'",
        "git add .\ngit commit -m 'two\nlines'",
        "git add . && \\\n  git commit -m x",
        "git status|cat;git commit&",
        "GIT_AUTHOR_DATE='2026-01-01 00:00' A=b git commit -m x",
        "A=$(date) git commit",
        "sudo -u me env -i A=b git commit",
        "env -u A -C dir B=c nice -n 5 nohup timeout -k 1 5 git commit",
        "timeout 5s git commit",
        "time -p git commit",
        "command git commit",
        "exec -a x git commit",
        "stdbuf -oL ionice -c 3 setsid git commit",
        "bash -c 'git commit -m \"x y\"'",
        "sh -lc \"cd a; git commit\"",
        "bash -euo pipefail -c 'git commit'",
        "eval 'git commit' -m x",
        "bash <<'EOF'\ngit commit -m x\nEOF",
        "sh <<< 'git commit'",
        "(cd a; git commit)",
        "{ git commit; }",
        "if git diff --quiet; then :; else git commit -m x; fi",
        "case $x in a|b) git commit ;; *) echo no ;; esac",
        "if ! git commit -m x; then echo no; fi",
        "x=$(git commit -m x) && echo $x",
        "echo \"made $(git commit -m x)\"",
        "echo `git commit -m x`",
        "diff <(git commit) x",
        "git commit -m x 2>&1 | tail -1",
        "git commit -m x >/dev/null 2>&1",
        "2>/dev/null git commit",
        "git commit -m \"$(cat <<'EOF'\nIt's done) \"quoted\n\nBody\nEOF\n)\"",
        "git commit -F - <<EOF\nIt's done\nEOF",
        "git commit -m --dry-run",
        "git commit -am --help",
        "git commit -- --dry-run",
        "git commit --date now --no-verify",
        "git commit -uno -SABChh -m x",
        "git commit --amend --no-edit",
        "echo a # git commit of old\ngit commit",
        "echo a#b; git commit",
        "echo $((1<<2)); git commit",
        "(( i<<2 )); git commit",
        "echo ${x:-'}'}; git commit",
        "a=(git commit); git commit",
        "git commit -m $'it\\'s'",
        "uv run git commit",
    ];
    for line in once {
        assert_eq!(commits(line).map(|found| found.most), Some(Some(1)), "{line}");
    }
    assert_eq!(commits("git commit -m a; git commit -m b").unwrap().most, Some(2));
    let open = [
        "for i in 1 2; do git commit --allow-empty -m $i; done",
        "while read x; do git commit -m \"$x\"; done < list",
        "until git commit; do sleep 1; done",
        "f() { git commit -m \"$1\"; }; f a; f b",
        "function f { git commit -m \"$1\"; }\nf a",
        "ls | xargs -n 1 -I{} git commit -m {}",
        "find . -name x -execdir git commit {} ';'",
        "for i in 1; do echo `git commit`; done",
    ];
    for line in open {
        assert_eq!(commits(line).map(|found| found.most), Some(None), "{line}");
    }
}

#[test]
fn other_commands_do_not_commit() {
    let none = [
        "git log",
        "git notes add -m commit",
        "git log | grep commit",
        "grep -r git . | grep commit",
        "echo git commit",
        "echo \"git commit\"",
        "echo 'x; git commit'",
        "echo git; commit",
        "git commit-tree abc",
        "git help commit",
        "git --help commit",
        "git commit --help",
        "git commit -h",
        "git commit -ah",
        "git commit --dry-run -m x",
        "git commit --dry -m x",
        "git commit -m x --porcelain",
        "git commit --short",
        "git log --grep commit",
        "git show commit",
        "git config alias.ci commit",
        "git -c alias.x=commit x",
        "git -C commit status",
        "legit commit",
        "git.sh commit",
        "./git-x commit",
        "cat <<EOF\ngit commit\nEOF",
        "cat <<-'A B'\n\tgit commit\n\tA B\n",
        "# git commit",
        "ls # ; git commit",
        "man git commit",
        "command -v git commit",
        "ssh host 'git commit'",
        "git \"commit -m x\"",
        "'git commit'",
        "a=(git commit)",
        "for git in commit; do :; done",
        "$GIT commit",
        "timeout git commit",
        "bash script git commit",
        "echo \\\ngit commit",
        "sudo",
        "env",
        "commit git",
        "",
    ];
    for line in none {
        assert_eq!(commits(line), None, "{line}");
    }
}

#[test]
fn directories_are_returned_as_written() {
    let dirs = |line: &str| {
        let found = commits(line).expect("it commits").dirs.into_iter();
        found.map(|dir| dir.to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(dirs("git commit"), [""]);
    assert_eq!(dirs("cd a/b && git commit"), ["a/b"]);
    assert_eq!(dirs("cd '/a b'; git -C c -C d commit; git commit"), ["/a b", "/a b/c/d"]);
    assert_eq!(dirs("(cd ../x; git commit); git -C /y commit"), ["/y", "../x"]);
}

#[test]
fn any_text_is_parsed_in_time() {
    let deep = 100_000;
    for piece in [
        "(",
        "$(",
        "`",
        "\"$(",
        "${a:-",
        "\"${a:-\"",
        "sudo ",
        "((",
        "<(",
        "a=(",
        "<<E\n",
        "case a in ",
        "f() {",
        "eval ",
        "'",
        "\\",
        "$'\\x",
    ] {
        let _ = commits(&format!("{}git commit", piece.repeat(deep)));
        let _ = commits(&format!("git commit {}", piece.repeat(deep)));
    }
}
