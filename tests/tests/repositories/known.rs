//! How a repository is identified, and the commands that show it.

use super::*;

const CLONES: [(&str, &str); 5] = [
    ("a/shop", "https://ada:hunter2@github.com/Ada/shop.git"),
    ("b/shop", "git@github.com:Ada/shop.git"),
    ("c/shop", "ssh://git@GitHub.com:22/Ada/shop/"),
    ("d/laden", "https://github.com/Ada/shop"),
    ("e/shop", "https://gitlab.com/Ada/shop"),
];

fn clones() -> Town {
    let sandbox = sandbox();
    for (n, (name, origin)) in (1..).zip(CLONES) {
        let path = repository(&sandbox, name, Some(origin));
        prompt(&sandbox, n, &path);
    }
    sandbox
}

#[test]
fn clones_are_known_by_the_address_of_their_origin() {
    let sandbox = clones();
    let known: Vec<String> = sandbox.json("config.json")["places"]
        .as_object()
        .expect("projects")
        .values()
        .map(|project| project["repo"].as_str().expect("known").to_owned())
        .collect();
    assert_eq!(known.iter().filter(|repo| *repo == "github.com/Ada/shop").count(), 4, "{known:?}");
    assert_eq!(known.iter().filter(|repo| *repo == "gitlab.com/Ada/shop").count(), 1, "{known:?}");
    // The password is not stored anywhere.
    let found = sandbox.sh("cd ~ && grep -rl hunter2 .claude");
    assert_eq!(stdout(&found), "");
    for command in ["cs-project list --json", "cs-session list --repo a/shop --full --json", "cs-project show shop"] {
        let shown = sandbox.sh(&format!("cd ~ && {command} 2>&1"));
        assert!(status(&shown) == 0 && !stdout(&shown).contains("hunter2"), "{}", stdout(&shown));
    }
}

#[test]
fn a_repository_can_be_named_by_any_spelling_of_its_address_or_by_a_directory() {
    let sandbox = clones();
    let inside = sandbox.home().join("d/laden/src");
    fs::create_dir(&inside).expect("it can be created");
    let bad = "https://x:hunter2@github.com/Ada/shop.git";
    for name in ["github.com/Ada/shop", "git@github.com:Ada/shop", bad, &inside.to_string_lossy()] {
        assert_eq!(listed(&sandbox, &["list", "--repo", name]), [1, 2, 3, 4], "{name}");
        assert_eq!(listed(&sandbox, &["occupants", "--repo", name]), [1, 2, 3, 4], "{name}");
    }
    assert_eq!(listed(&sandbox, &["list", "--repo", "gitlab.com/Ada/shop"]), [5]);
    // A conversation of another repository that moved into a clone works there as well.
    let clone = sandbox.home().join("b/shop");
    send_event(&sandbox, 5, &clone.to_string_lossy(), "PostToolUse", json!({"tool_name": "Read"}));
    assert_eq!(listed(&sandbox, &["occupants", "--repo", "github.com/Ada/shop"]), [1, 2, 3, 4, 5]);
}

#[test]
fn an_unknown_repository_is_reported() {
    let sandbox = clones();
    fs::create_dir(sandbox.home().join("empty")).expect("it can be created");
    for (name, code, why) in [
        ("github.com/Ada/none", 1, "no project has the repository github.com/Ada/none"),
        ("nonsense", 64, "is neither a directory nor the address of a repository, such as github.com/owner/name"),
        ("/no/such/place", 64, "is neither a directory"),
        ("./a/shopp", 64, "is neither a directory"),
        ("", 64, "is neither a directory"),
        ("empty", 64, "is not a git repository"),
        ("https://x:hunter2@github.com/Ada/none", 1, "github.com/Ada/none"),
    ] {
        let output = sandbox.sh(&format!("cd ~ && cs-session list --repo '{name}'"));
        assert!(status(&output) == code && stderr(&output).contains(why), "{name}: {output:?}");
        assert!(!stderr(&output).contains("hunter2") && stdout(&output).is_empty(), "{output:?}");
    }
    let nobody = sandbox.cs("cs-session", &["occupants", "--repo", "github.com/Ada/none"]);
    assert_eq!(status(&nobody), 1);
    assert!(stderr(&nobody).contains("no conversation works in github.com/Ada/none"));
}

#[test]
fn without_an_origin_the_first_commit_identifies_the_repository() {
    let sandbox = sandbox();
    let shop = repository(&sandbox, "shop", None);
    let first = git(&sandbox, &shop, "rev-parse HEAD");
    git(&sandbox, &shop, "commit -q --allow-empty -m second");
    let copy = sandbox.home().join("copy");
    assert_eq!(
        status(&sandbox.sh("cd ~ && cp -a shop copy && git clone -q shop clone && git clone -q clone third")),
        0
    );
    let other = repository(&sandbox, "other", None);
    let (clone, third) = (sandbox.home().join("clone"), sandbox.home().join("third"));
    for (n, path) in (1..).zip([&shop, &copy, &clone, &third, &other]) {
        prompt(&sandbox, n, path);
    }
    assert_eq!(place(&sandbox, "shop")["repo"], json!(format!("first-commit:{first}")));
    // Local clones of it are the same repository. No hook looks outside its own repository for that.
    assert_eq!(place(&sandbox, "clone")["repo"], Value::Null);
    assert_eq!(status(&sandbox.cs("cs-cleanup", &["all", "-q"])), 0);
    assert_eq!(place(&sandbox, "third")["repo"], json!(format!("first-commit:{first}")));
    let name = shop.to_string_lossy();
    assert_eq!(listed(&sandbox, &["list", "--repo", &name]), [1, 2, 3, 4]);
    assert_eq!(listed(&sandbox, &["list", "--repo", &format!("first-commit:{first}")]), [1, 2, 3, 4]);
    // A repository without a commit cannot be identified.
    fs::create_dir(sandbox.home().join("new")).expect("it can be created");
    git(&sandbox, &sandbox.home().join("new"), "init -q");
    let output = sandbox.cs("cs-session", &["list", "--repo", &sandbox.home().join("new").to_string_lossy()]);
    assert!(
        status(&output) == 64
            && stderr(&output)
                .contains("has no remote origin or upstream, and its log does not begin with a first commit"),
        "{output:?}"
    );
}

#[test]
fn the_hourly_job_identifies_repositories() {
    let sandbox = sandbox();
    let shop = repository(&sandbox, "shop", Some("git@github.com:Ada/shop"));
    prompt(&sandbox, 1, &shop);
    let file = sandbox.data().join("config.json");
    let mut config = sandbox.json("config.json");
    config["places"]["shop"].as_object_mut().expect("a place").remove("repo");
    config["projects"]["shop"]["later"] = json!(1.5);
    config["projects"]["gone"] = json!({"name": "gone", "path": "/no/such"});
    config["places"]["gone"] = json!({"repo": "github.com/Ada/gone", "later": 2.5});
    fs::write(&file, config.to_string()).expect("it can be written");
    let run = |words: &[&str]| {
        let output = sandbox.cs("cs-cleanup", words);
        assert_eq!(status(&output), 0, "{output:?}");
        stdout(&output)
    };
    let dry = run(&["all", "--dry-run", "--json"]);
    assert!(dry.contains("\"action\":\"learned\"") && dry.contains("the repository of shop\""), "{dry}");
    assert_eq!(sandbox.json("config.json"), config);
    assert!(run(&["all", "--json"]).contains("\"action\":\"learned\""));
    config["places"]["shop"]["repo"] = json!("github.com/Ada/shop");
    assert_eq!(sandbox.json("config.json"), config, "everything else stays");
    // Nothing is written if nothing is new.
    let inode = |path: &Path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).expect("it is there"));
    let before = inode(&file);
    assert!(!run(&["all", "--json"]).contains("learned"));
    assert_eq!(inode(&file), before);
    // Its address has changed.
    git(&sandbox, &shop, "remote set-url origin https://gitlab.com/Ada/shop");
    run(&["all", "-q"]);
    assert_eq!(place(&sandbox, "shop")["repo"], json!("gitlab.com/Ada/shop"));
    // A project file that cannot be parsed is left alone.
    for damaged in ["", "{", "{\"projects\": 7}", "{\"projects\": {\"shop\": 7}}", "{\"places\": 7}"] {
        fs::write(&file, damaged).expect("it can be written");
        sandbox.cs("cs-cleanup", &["all", "-q"]);
        assert_eq!(fs::read_to_string(&file).expect("it is there"), damaged);
    }
}

#[test]
fn usage_of_all_clones_is_one_sum() {
    let sandbox = clones();
    for (n, (name, _)) in (1..).zip(CLONES) {
        let dir = sandbox.home().join(format!(".claude/projects/-{n}"));
        fs::create_dir_all(&dir).expect("it can be created");
        let usage = json!({"input_tokens": 10_u64.pow(n - 1), "output_tokens": 0});
        let line = json!({"type": "assistant", "uuid": format!("l{n}"), "sessionId": uuid(n), "requestId": format!("r{n}"),
            "timestamp": "2026-11-20T10:00:00.000Z", "cwd": sandbox.home().join(name),
            "message": {"id": format!("m{n}"), "role": "assistant", "model": "claude-opus-4-5", "usage": usage}});
        fs::write(dir.join(format!("{}.jsonl", uuid(n))), format!("{line}\n")).expect("it can be written");
    }
    let rows = |words: &[&str]| -> Vec<Value> {
        let output = sandbox.cs("cs-usage", words);
        stdout(&output).lines().map(|row| serde_json::from_str(row).expect("JSON")).collect()
    };
    let by_repo = rows(&["repo"]);
    let sums: Vec<(&str, u64)> = by_repo
        .iter()
        .map(|row| (row["repo"].as_str().expect("a text"), row["input_tokens"].as_u64().expect("a number")))
        .collect();
    assert_eq!(sums, [("github.com/Ada/shop", 1111), ("gitlab.com/Ada/shop", 10_000)]);
    let clone = sandbox.home().join("b/shop");
    for name in ["github.com/Ada/shop", "git@github.com:Ada/shop.git", &clone.to_string_lossy()] {
        let model = rows(&["model", "--repo", name]);
        assert_eq!(model[0]["input_tokens"], 1111, "{name}: {model:?}");
    }
    assert_eq!(rows(&["project", "--repo", "github.com/Ada/shop"]).len(), 4);
    let both = rows(&["daily", "--repo", "github.com/Ada/shop", "--project", "shop-2"]);
    assert_eq!(both[0]["input_tokens"], 10, "{both:?}");
    let none = sandbox.cs("cs-usage", &["daily", "--repo", "github.com/Ada/none"]);
    assert_eq!(status(&none), 1, "{none:?}");
    assert_eq!(status(&sandbox.cs("cs-usage", &["daily", "--repo", "nonsense"])), 64);
}
