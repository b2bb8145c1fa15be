//! A project whose folder was moved: `cs-project move`, and the hint that it may have been.

use super::*;

fn move_to(sandbox: &Town, words: &[&str]) -> Output {
    sandbox.cs("cs-project", &[&["move"], words].concat())
}

/// The contents of the data directory, without the times of locks.
fn contents(sandbox: &Town) -> Vec<(PathBuf, Vec<u8>)> {
    let found = stdout(&sandbox.sh("cd ~ && find .claude -type f | grep -v lock | sort"));
    let paths = found.lines().map(|line| sandbox.home().join(line));
    paths.map(|path| (path.clone(), fs::read(&path).expect("it can be read"))).collect()
}

/// A project `shop` with a parked, a completed and a running session, moved to `new/laden`.
fn moved() -> (Town, PathBuf, PathBuf) {
    let sandbox = sandbox();
    let old = repository(&sandbox, "shop", None);
    git(&sandbox, &old, "worktree add -q -b side .claude/worktrees/side");
    prompt(&sandbox, 1, &old);
    prompt(&sandbox, 2, &old.join(".claude/worktrees/side"));
    prompt(&sandbox, 3, &old);
    prompt(&sandbox, 4, &old);
    for (n, words) in [(2, vec!["park", "--reason", "later"]), (3, vec!["complete", "--outcome", "done"])] {
        let id = of(&sandbox, n)["session_id"].as_str().expect("an id").to_owned();
        assert_eq!(status(&sandbox.cs("cs-session", &[&[words[0], &id], &words[1..]].concat())), 0);
    }
    send_event(&sandbox, 4, &old.to_string_lossy(), "SessionEnd", json!({"reason": "other"}));
    let new = sandbox.home().join("new/laden");
    fs::create_dir(sandbox.home().join("new")).expect("it can be created");
    fs::rename(&old, &new).expect("it can be moved");
    git(&sandbox, &new, "worktree repair .claude/worktrees/side");
    (sandbox, old, new)
}

#[test]
fn a_moved_project_keeps_its_sessions() {
    let (sandbox, old, new) = moved();
    let (from, to) = (old.to_string_lossy().into_owned(), new.to_string_lossy().into_owned());
    let output = move_to(&sandbox, &[&from, &to, "--table"]);
    let reported = format!("shop is now in {to}; 3 sessions were changed\n");
    assert_eq!((status(&output), stdout(&output), stderr(&output)), (0, reported, String::new()));
    assert_eq!(
        (&projects(&sandbox)["shop"]["path"], &place(&sandbox, "shop")["former_paths"]),
        (&json!(to), &json!([from]))
    );
    assert_eq!(of(&sandbox, 2)["worktree_root"], json!(new.join(".claude/worktrees/side")));
    assert_eq!(of(&sandbox, 3)["worktree_root"], json!(old), "completed work was done there");
    // The running conversation, whose client still reports the old folder.
    assert_eq!(sandbox.json(&format!("live/{}.json", uuid(1)))["worktree_root"], json!(to));
    assert_eq!(listed(&sandbox, &["occupants", "--path", &to]), [1, 3], "3 runs after its session was completed");
    send_event(&sandbox, 1, &from, "UserPromptSubmit", json!({"prompt": "on", "prompt_id": "q1"}));
    let running = of(&sandbox, 1);
    assert_eq!((&running["project_slug"], &running["worktree_root"]), (&json!("shop"), &json!(to)));
    assert_eq!(running["also_in"], Value::Null);
    // A new one in the new folder, and the context that it gets.
    assert_eq!(prompt(&sandbox, 5, &new), "shop");
    let id = of(&sandbox, 2)["session_id"].as_str().expect("an id").to_owned();
    let mut resume = sandbox.command("cs-session");
    resume.args(["resume", &id]).env("CLAUDE_CODE_SESSION_ID", uuid(2));
    assert_eq!(status(&run(resume, "")), 0);
    let successor =
        sandbox.records().into_iter().find(|record| record["resumed_from"] == json!(id)).expect("it continues");
    assert_eq!(successor["worktree_root"], json!(new.join(".claude/worktrees/side")));
    // Again.
    let before = contents(&sandbox);
    let again = move_to(&sandbox, &[&from, &to, "--table"]);
    assert_eq!((status(&again), stdout(&again)), (0, format!("shop is now in {to}; nothing was changed\n")));
    assert_eq!(contents(&sandbox), before);
}

#[test]
fn a_project_already_registered_at_the_new_folder_is_merged() {
    let (sandbox, _, new) = moved();
    assert_eq!(prompt(&sandbox, 5, &new), "laden");
    assert_eq!(status(&sandbox.cs("cs-project", &["update", "laden", "--current-phase", "beta", "-q"])), 0);
    for words in [vec!["list"], vec!["overview"]] {
        let hint = format!(
            "is gone, and {0} is the same repository; if it was moved: cs-project move shop {0}",
            new.display()
        );
        let output = sandbox.cs("cs-project", &words);
        assert!(status(&output) == 0 && stderr(&output).contains(&hint), "{words:?}: {}", stderr(&output));
    }
    let checked = sandbox.cs("cs-cleanup", &["check"]);
    assert!(status(&checked) == 0 && stderr(&checked).contains("cs-project move shop"), "{checked:?}");
    let output = move_to(&sandbox, &["shop", &new.join(".").to_string_lossy(), "--json"]);
    let reported: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!((&reported["project_slug"], &reported["absorbed"]), (&json!("shop"), &json!("laden")), "{output:?}");
    assert_eq!(projects(&sandbox).as_object().map(serde_json::Map::len), Some(1));
    let all = sandbox.records();
    assert!(all.iter().all(|record| record["project_slug"] == json!("shop")), "{all:?}");
    assert!(listed(&sandbox, &["list", "--project", "shop"]).contains(&5));
    let shown: Value = serde_json::from_str(&stdout(&sandbox.cs("cs-project", &["show", "shop"]))).expect("JSON");
    assert_eq!((&shown["current_phase"], &shown["counts"]["active"]), (&json!("beta"), &json!(2)), "{shown}");
    assert_eq!(sandbox.json(&format!("live/{}.json", uuid(5)))["project_slug"], json!("shop"));
    send_event(&sandbox, 5, &new.to_string_lossy(), "UserPromptSubmit", json!({"prompt": "on", "prompt_id": "q5"}));
    assert_eq!(of(&sandbox, 5)["project_slug"], json!("shop"));
    assert_eq!(status(&sandbox.cs("cs-cleanup", &["check"])), 0, "{:?}", sandbox.cs("cs-cleanup", &["check"]));
    assert!(!stderr(&sandbox.cs("cs-project", &["list"])).contains("is gone"));
}

#[test]
fn a_refused_move_changes_nothing() {
    let (sandbox, old, new) = moved();
    prompt(&sandbox, 5, &new);
    repository(&sandbox, "other", None);
    let other = sandbox.home().join("other");
    let plain = sandbox.home().join("plain");
    fs::create_dir(&plain).expect("it can be created");
    for slug in ["shop", "laden"] {
        assert_eq!(status(&sandbox.cs("cs-project", &["update", slug, "--next-up", "a", "-q"])), 0);
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let gone = text(&sandbox.home().join("gone"));
    for (words, code, why) in [
        ([text(&old), text(&new)], 1, "both have a roadmap"),
        ([text(&old), text(&other)], 1, "from the one that shop had (first-commit:"),
        ([text(&old), text(&plain)], 1, "is not a repository with a commit"),
        ([text(&old), gone.clone()], 65, "no such directory"),
        ([gone.clone(), text(&new)], 1, "cs-project list shows the folders of all projects"),
        (["nothing".into(), text(&new)], 1, "cs-project list shows the folders of all projects"),
        ([text(&new), text(&other)], 1, "from the one that laden had (first-commit:"),
    ] {
        let before = contents(&sandbox);
        let output = move_to(&sandbox, &[&words[0], &words[1]]);
        assert!(status(&output) == code && stderr(&output).contains(why), "{words:?}: {output:?}");
        assert_eq!((contents(&sandbox), stdout(&output)), (before, String::new()), "{words:?}");
    }
    // A clone is another folder as long as the first one exists.
    assert_eq!(status(&sandbox.sh("cd ~ && git clone -q new/laden clone")), 0);
    let clone = text(&sandbox.home().join("clone"));
    let output = move_to(&sandbox, &["laden", &clone]);
    assert!(status(&output) == 1 && stderr(&output).contains("is another project"), "{output:?}");
    // The user can override that.
    assert_eq!(status(&move_to(&sandbox, &["shop", &text(&other), "--force"])), 0);
    assert_eq!(projects(&sandbox)["shop"]["path"], json!(text(&other)));
}

#[test]
fn the_old_folder_of_a_moved_project_can_be_used_again() {
    let (sandbox, old, new) = moved();
    let (from, to) = (old.to_string_lossy().into_owned(), new.to_string_lossy().into_owned());
    // A link to it, and files that a client left in the old folder.
    symlink(&new, &old).expect("it can be created");
    assert_eq!(status(&move_to(&sandbox, &["shop", &to])), 0);
    assert_eq!(prompt(&sandbox, 5, &old), "shop");
    fs::remove_file(&old).expect("it is there");
    // Another repository in the old folder is another project.
    repository(&sandbox, "shop", None);
    assert_eq!(prompt(&sandbox, 6, &old), "shop-2");
    // The same repository, moved back.
    fs::remove_dir_all(&old).expect("it is there");
    let mut config = sandbox.json("config.json");
    config["projects"].as_object_mut().expect("projects").remove("shop-2");
    fs::write(sandbox.data().join("config.json"), config.to_string()).expect("it can be written");
    fs::rename(&new, &old).expect("it can be moved");
    assert_eq!(prompt(&sandbox, 7, &old), "shop");
    fs::create_dir_all(new.join(".claude")).expect("it can be created");
    assert_eq!(status(&move_to(&sandbox, &["shop", &from])), 0, "only a folder was left behind");
    assert_eq!(place(&sandbox, "shop")["former_paths"], json!([to]));
}
