//! In a work tree `p` beside `q`, with real links.

use super::*;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |path: &str| dir.path().join(path);
        for folder in [
            "bin",
            "q/target",
            "q/d",
            "q/other",
            "p/src",
            "p/target/debug",
            "p/a/node_modules",
            "p/web/dist/js",
            "p/node_modules/pkg",
            "p/other/target",
            "p/prod:/srv/target",
            "p/-/target",
        ] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for file in ["q/f", "p/target/f", "p/src/f"] {
            fs::write(at(file), "x").unwrap();
        }
        let programs =
            "cargo npm ln make bash sh nice timeout ls env ssh xargs docker sudo git cp srm del-cli alias cd";
        for program in programs.split(' ') {
            fs::write(at("bin").join(program), "x").unwrap();
        }
        for (link, to) in [
            ("p/out", "../q"),
            ("p/target/out", "../../q"),
            ("p/target/up", "../../p"),
            ("p/target/lf", "../../q/f"),
            ("p/target/gone", "../../q/gone"),
            ("p/target/own", "debug"),
            ("p/web/node_modules", "../../q"),
        ] {
            symlink(to, at(link)).unwrap();
        }
        fs::hard_link(at("q/f"), at("p/target/hard")).unwrap();
        Tree(dir)
    }

    fn passes(&self, rule: &str, line: &str, cwd: &str) -> bool {
        let at = |path: &str| self.0.path().canonicalize().unwrap().join(path);
        let place = Place { cwd: at(cwd), top: at("p"), path: at("bin").into() };
        let folders = ["target", "node_modules", "web/dist"];
        let line = line.replace("/P/", &format!("{}/", at("p").display()));
        is_within(&line, rule, &Rules::with(Vec::new()), &folders, &place)
    }
}

#[test]
fn a_command_in_the_folders_passes() {
    let tree = Tree::new();
    for line in [
        "rm -rf target",
        "rm -rf ./target/",
        "rm -rf -- target/debug node_modules",
        "rm -rf /P/target/x",
        "rm -rf a/node_modules",
        "rm -rf web/dist/js",
        "rm -rf target/*",
        "rm -rf target/debug/",
        "rm -rf target/own/",
        "rm -rf target/missing/deep/",
        "rm -rf target/out",
        "rm -rf web/node_modules",
        "rm -rf target 2>/dev/null",
        "rm -rf target >> src/log",
        "rm target -fr --verbose",
        "/bin/rm -rf target",
        "cd a && rm -rf node_modules",
        "cd a; pwd; [ -d node_modules ] && rm -rf node_modules",
        "bash -c 'rm -rf target'",
        "bash -lc 'cd a && rm -rf node_modules'",
        "nice timeout 5 rm -rf target",
        "cargo clean; rm -rf target && ls -la",
        "rm -rf target && npm ci",
        "if [ -d target ]; then rm -rf target; fi",
        "for x in 1 2; do rm -rf target; done",
    ] {
        assert!(tree.passes("rm-recursive", line, "p"), "{line}");
    }
    assert!(tree.passes("rm-recursive", "rm -rf target", "p/a"));
    assert!(tree.passes("rm-recursive", "rm -rf debug", "p/target"));
    for (rule, line) in [
        ("find-delete", "find target -delete"),
        ("find-delete", "find target/own/ node_modules -name '*.o' -type f -delete"),
        ("find-delete", "find target/out -delete"),
        ("truncate", ": > target/f"),
        ("truncate", "truncate -s 0 target/f"),
        ("truncate", "truncate --size=0 -- target/new"),
        ("truncate", "cat /dev/null > target/f"),
        ("shred", "shred -un 3 target/f"),
        ("rsync-delete", "rsync -a --delete --exclude x src/ target/debug/"),
        ("rsync-delete", "rsync -av --delete host:src/ target"),
        ("chmod-777", "chmod 777 target/f"),
        ("chown", "chown me target/f"),
    ] {
        assert!(tree.passes(rule, line, "p"), "{rule}: {line}");
    }
}

#[test]
fn in_doubt_it_does_not() {
    let tree = Tree::new();
    for line in [
        // Elsewhere.
        "rm -rf src",
        "rm -rf target src",
        "rm -rf /P/src",
        "rm -rf /q/target",
        "rm -rf dist",
        "rm -rf a/web/dist",
        "rm -rf targets",
        "rm -rf node_modules/.git",
        "rm -rf node_modules/.GIT",
        "rm -rf",
        "rm -rf target > src/f",
        "rm -rf target > $X",
        // Words that mean more than they say.
        "rm -rf target/..",
        "rm -rf target/../src",
        "rm -rf target/.*",
        "rm -rf target/{a,../b}",
        "rm -rf $X/target",
        "rm -rf target/$X",
        "rm -rf target $X",
        "rm -rf$X target",
        "rm -rf ~/target",
        "rm -rf target/*/x",
        "rm -rf */target",
        "rm -rf target/**",
        "rm -rf target/@(..)/src",
        "rm -rf target/+(.)/src",
        "rm -rf target/!(x)",
        "rm -rf target/*(D)",
        "rm -rf target/(..|x)/src",
        // Links.
        "rm -rf web/node_modules/",
        "rm -rf web/node_modules/.",
        "rm -rf target/out/",
        "rm -rf target/out/d",
        "rm -rf target/up/",
        "rm -rf target/up/src",
        "rm -rf target/*/",
        "rm -rf target/*/.",
        "rm -rf target/gone/",
        "rm -rf out/target",
        "ln -s ../src target/new; rm -rf target/new/",
        "make && rm -rf target/new/",
        "bash x.sh; rm -rf target/new/",
        // Directories.
        "cd /q && rm -rf target",
        "cd out && rm -rf target",
        "cd $X && rm -rf target",
        "cd .. && rm -rf target",
        "cd - && rm -rf target",
        "cd && rm -rf target",
        "cd -P other && rm -rf target",
        "cd tar* && rm -rf target",
        "CDPATH=.. cd other && rm -rf target",
        "pushd && rm -rf target",
        "pushd +1; rm -rf target",
        "popd; rm -rf target",
        "source ./env.sh && rm -rf target",
        ". ./x.sh; rm -rf target",
        "z other && rm -rf target",
        "$go; rm -rf target",
        "eval \"$(x)\"; rm -rf target",
        "alias rm=x; rm -rf target",
        "alias cargo='cd ..'; cargo; rm -rf target",
        "cargo() { cd /q; }; cargo; rm -rf target",
        "function cargo { x; }; cargo; rm -rf target",
        "../q; rm -rf target",
        "./src; rm -rf target",
        // Other machines, other users, words that the line does not show.
        "sudo rm -rf target",
        "env -C /q rm -rf target",
        "ssh host rm -rf target",
        "ls | xargs rm -rf target",
        "find . -exec rm -rf target {} ;",
        "docker exec x rm -rf target",
        // Programs and options that are not understood.
        "./rm -rf target",
        "bin/rm -rf target",
        "rm -rf --no-preserve-root target",
        "rm -rf --files-from=x target",
        "del-cli target",
    ] {
        assert!(!tree.passes("rm-recursive", line, "p"), "{line}");
    }
    for (rule, line) in [
        ("find-delete", "find src -delete"),
        ("find-delete", "find -delete"),
        ("find-delete", "find -L target -delete"),
        ("find-delete", "find -H target/out -delete"),
        ("find-delete", "find target/out/ -delete"),
        ("find-delete", "find target -follow -delete"),
        ("find-delete", "find target -fprint src/f -delete"),
        ("find-delete", "find target -exec x {} + -delete"),
        ("find-delete", "find target -name $X -delete"),
        ("find-delete", "find target -exec rm {} +"),
        ("truncate", ": > target/lf"),
        ("truncate", ": > target/gone"),
        ("truncate", ": > target/hard"),
        ("truncate", ": > target/f > src/f"),
        ("truncate", "truncate -s0 target/lf"),
        ("truncate", "truncate -s 0 target/hard"),
        ("truncate", "truncate -s 0 target/*"),
        ("truncate", "truncate -s 0 -r src/f target/f"),
        ("truncate", "cp /dev/null target/f"),
        ("shred", "shred target/lf"),
        ("shred", "srm target/f"),
        ("rsync-delete", "rsync -a --delete target/ prod:/srv/www/target/"),
        ("rsync-delete", "rsync -a --delete target/ prod:/srv/target"),
        ("rsync-delete", "rsync -a --delete target/ rsync://h/target"),
        ("rsync-delete", "rsync -a --delete target/ h::target/"),
        ("rsync-delete", "rsync -a --delete target/ src/"),
        ("rsync-delete", "rsync -a --delete src/ target/out/"),
        ("rsync-delete", "rsync -aK --delete src/ target/"),
        ("rsync-delete", "rsync -a --delete --backup-dir=src src/ target/"),
        ("rsync-delete", "rsync -a --delete -e ssh src/ target/"),
        ("rsync-delete", "rsync -a --delete --remove-source-files src/ target/"),
        ("chmod-777", "chmod 777 target/lf"),
        ("chmod-recursive", "chmod -R 700 target"),
        ("chown", "chown me target/lf"),
        ("git-clean", "git clean -fd target"),
    ] {
        assert!(!tree.passes(rule, line, "p"), "{rule}: {line}");
    }
    assert!(!tree.passes("rm-recursive", "rm -rf target", "q"), "another project");
}

#[test]
fn a_long_line_is_read_to_its_end_or_does_not_pass() {
    let tree = Tree::new();
    let long = "target/x ".repeat(30);
    assert!(tree.passes("rm-recursive", &format!("rm -rf {long}"), "p"));
    assert!(!tree.passes("rm-recursive", &format!("rm -rf {long}; rm -rf {long}src"), "p"), "the same beginning");
    assert!(!tree.passes("rm-recursive", &format!("rm -rf target; {}", "x ".repeat(40_000)), "p"), "cut");
}

#[test]
fn without_a_work_tree_there_is_no_place() {
    let tree = Tree::new();
    let at = |path: &str| tree.0.path().join(path);
    let is_place = |cwd: Option<&Path>| Place::of(cwd.map(|cwd| cwd.to_str().unwrap())).is_some();
    assert!(!is_place(Some(&at("p"))), "no repository");
    fs::create_dir_all(at("p/.git/refs")).unwrap();
    fs::create_dir_all(at("p/.git/objects")).unwrap();
    fs::write(at("p/.git/HEAD"), "ref: refs/heads/main\n").unwrap();
    assert!(is_place(Some(&at("p"))) && is_place(Some(&at("p/a"))));
    for cwd in [None, Some(""), Some("relative"), Some("/nonexistent"), Some("/"), Some("p")] {
        assert!(!is_place(cwd.map(Path::new)), "{cwd:?}");
    }
    assert!(!is_place(Some(&at("p/src/f"))) && !is_place(Some(&at("p/missing"))));
    assert!(!is_place(Some(&at("p/out"))), "a link to a folder elsewhere");
}
