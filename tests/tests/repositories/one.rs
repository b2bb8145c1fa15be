//! One folder is one project: by its real path, and by the repository that its work trees share.

use super::*;

#[test]
fn a_linked_folder_is_the_same_project() {
    let sandbox = sandbox();
    let shop = repository(&sandbox, "disk/shop", None);
    symlink(sandbox.home().join("disk"), sandbox.home().join("link")).expect("it can be created");
    let linked = sandbox.home().join("link/shop");
    fs::create_dir(shop.join("src")).expect("it can be created");
    for (n, path) in (1..).zip([&linked, &shop, &linked.join("src"), &shop.join("src")]) {
        assert_eq!(prompt(&sandbox, n, path), "shop", "{}", path.display());
        assert_eq!(of(&sandbox, n)["worktree_root"], json!(shop));
    }
    assert_eq!(projects(&sandbox)["shop"]["path"], json!(shop));
    for path in [&linked, &shop] {
        assert_eq!(listed(&sandbox, &["occupants", "--path", &path.to_string_lossy()]), [1, 2, 3, 4]);
    }
    // A folder outside any repository.
    fs::create_dir(sandbox.home().join("disk/notes")).expect("it can be created");
    assert_eq!(prompt(&sandbox, 5, &sandbox.home().join("link/notes")), "notes");
    assert_eq!(prompt(&sandbox, 6, &sandbox.home().join("disk/notes")), "notes");
}

#[test]
fn a_project_registered_under_another_path_is_found() {
    let sandbox = sandbox();
    let shop = repository(&sandbox, "disk/shop", None);
    symlink(sandbox.home().join("disk"), sandbox.home().join("link")).expect("it can be created");
    let linked = sandbox.home().join("link/shop");
    fs::create_dir_all(sandbox.data()).expect("it can be created");
    let config = json!({"projects": {"mine": {"name": "Mine", "path": linked}}});
    fs::write(sandbox.data().join("config.json"), config.to_string()).expect("it can be written");
    assert_eq!(prompt(&sandbox, 1, &shop), "mine");
    assert_eq!(prompt(&sandbox, 2, &linked), "mine");
    let shown = sandbox
        .sh("cd ~ && cd disk/shop && cs-project show -q && cs-project register -q && cs-session create --intent x");
    assert!(status(&shown) == 0 && stdout(&shown).starts_with("mine\nmine\n"), "{shown:?}");
    // A heartbeat by hand finds it, too.
    assert_eq!(status(&sandbox.sh("cd ~ && cd link/shop && cs-heartbeat </dev/null")), 0);
    assert_eq!(projects(&sandbox).as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn work_trees_belong_to_their_repository() {
    let sandbox = sandbox();
    let shop = repository(&sandbox, "shop", None);
    git(&sandbox, &shop, "worktree add -q -b one ../one");
    git(&sandbox, &shop, "worktree add -q -b two .claude/worktrees/two");
    git(&sandbox, &shop, "-c worktree.useRelativePaths=true worktree add -q -b three ../three");
    let places =
        [&sandbox.home().join("one"), &shop.join(".claude/worktrees/two"), &sandbox.home().join("three"), &shop];
    for (n, path) in (1..).zip(places) {
        assert_eq!(prompt(&sandbox, n, path), "shop", "{}", path.display());
        assert_eq!(of(&sandbox, n)["worktree_root"], json!(path));
    }
    // A client's own work tree that no longer exists, as after the client removed it.
    git(&sandbox, &shop, "worktree remove --force .claude/worktrees/two");
    assert_eq!(prompt(&sandbox, 5, &shop.join(".claude/worktrees/two")), "shop");
}

#[test]
fn a_folder_around_a_bare_repository_is_one_project() {
    for has_file in [true, false] {
        let sandbox = sandbox();
        let seed = repository(&sandbox, "seed", Some("git@github.com:Ada/hub"));
        let hub = sandbox.home().join("hub");
        git(&sandbox, &seed, "clone -q --bare . ../hub/.bare");
        git(&sandbox, &hub, "--git-dir=.bare remote set-url origin git@github.com:Ada/hub.git");
        if has_file {
            fs::write(hub.join(".git"), "gitdir: ./.bare\n").expect("it can be written");
        }
        git(&sandbox, &hub, "--git-dir=.bare worktree add -q main");
        git(&sandbox, &hub, "--git-dir=.bare worktree add -q -b fix fix");
        for (n, path) in (1..).zip([hub.join("main"), hub.join("fix"), hub.clone()]) {
            assert_eq!(prompt(&sandbox, n, &path), "hub", "{}", path.display());
        }
        assert_eq!(place(&sandbox, "hub")["repo"], json!("github.com/Ada/hub"));
        assert_eq!(listed(&sandbox, &["list", "--repo", "github.com/Ada/hub"]), [1, 2, 3]);
    }
}

#[test]
fn a_separate_git_directory_belongs_to_its_work_tree() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.home().join("store")).expect("it can be created");
    git(&sandbox, &sandbox.home(), "init -q --separate-git-dir store/shop.git shop");
    let shop = sandbox.home().join("shop");
    git(&sandbox, &shop, "commit -q --allow-empty -m first");
    git(&sandbox, &shop, "worktree add -q ../linked");
    assert_eq!(prompt(&sandbox, 1, &shop), "shop");
    assert_eq!(prompt(&sandbox, 2, &sandbox.home().join("linked")), "shop");
}

#[test]
fn a_windows_path_is_a_project_but_not_a_local_folder() {
    // The hook runs in a repository.
    let sandbox = sandbox();
    git(&sandbox, &sandbox.work(), "init -q");
    for (n, cwd) in (1..).zip([
        r"C:\Users\ada\shop",
        r"C:\Users\ada\shop\.claude\worktrees\fix",
        r"C:\Users\ada\shop\.claude\worktrees\fix\src",
        r"C:\Users\ada\shop/.claude/worktrees/fix",
    ]) {
        assert_eq!(prompt_at(&sandbox, n, cwd), "shop", "{cwd}");
    }
    assert_eq!(prompt_at(&sandbox, 9, r"\\server\share\notes"), "notes");
    assert_eq!(projects(&sandbox)["shop"]["path"], json!(r"C:\Users\ada\shop"));
    // In WSL the same folder has a local path.
    let shop = repository(&sandbox, "laden", None);
    git(&sandbox, &shop, "worktree add -q -b fix .claude/worktrees/fix");
    let there = format!(r"\\wsl.localhost\Debian{}", shop.to_string_lossy().replace('/', r"\"));
    assert_eq!(prompt(&sandbox, 10, &shop), "laden");
    assert_eq!(prompt_at(&sandbox, 11, &there), "laden");
    assert_eq!(prompt_at(&sandbox, 12, &format!(r"{there}\.claude\worktrees\fix")), "laden");
    assert_eq!(of(&sandbox, 12)["git_branch"], json!("fix"));
}
