//! Owns whether a command is only about folders in which a rule does not count. Must stay true: in doubt it is not. All
//! words count that are not options; an expansion, a pattern that can lead upwards, `..`, a link that leads out, arguments
//! that the line does not show, and a program on another machine or with other rights are doubts.

use cs_core::shell::{self, Direction, Run, Word};
use rules::Rules;
use std::path::{Component, Path, PathBuf};

/// Maximum number of directories in which a command may run.
const DIRECTORIES: usize = 8;
/// Programs that run another one in the same directory and with the same rights.
const HARMLESS: [&str; 12] = [
    "command", "builtin", "exec", "nice", "nohup", "timeout", "time", "stdbuf", "setsid", "ionice", "sh -c", "bash -c",
];

/// Where a call happens.
pub struct Place<'p> {
    /// The directory in which the command runs.
    pub cwd: &'p Path,
    /// The top of its work tree.
    pub top: &'p Path,
    /// The path of an existing file or directory with all links resolved.
    pub real: &'p dyn Fn(&Path) -> Option<PathBuf>,
}

/// Whether every program of the line about which the rule says something is only about these folders.
pub fn is_within(command: &str, rule: &str, rules: &Rules, folders: &[&str], place: &Place) -> bool {
    let meant = rules::programs(command, rule, rules);
    let Some(directories) = directories(&shell::runs(command).runs, place).filter(|_| !meant.is_cut) else {
        return false;
    };
    let is_in = |run: &Run| is_harmless(run) && is_run_within(run, &directories, folders, place);
    !meant.runs.is_empty() && meant.runs.iter().all(is_in)
}

fn is_harmless(run: &Run) -> bool {
    let is_known = |via: &String| HARMLESS.contains(&via.as_str());
    !run.is_elsewhere && !run.has_more_words && run.via.iter().all(is_known)
}

/// The directories in which the programs of a line may run: each `cd` may succeed or fail, or be in a subshell. `None`
/// if that cannot be seen.
fn directories(runs: &[Run], place: &Place) -> Option<Vec<PathBuf>> {
    let mut found = vec![place.cwd.to_path_buf()];
    for run in runs.iter().filter(|run| matches!(run.program(), Some("cd" | "pushd" | "popd" | "chdir"))) {
        let [to] = run.arguments() else { return None };
        let to = literal(to)?;
        let more: Vec<PathBuf> = found.iter().map(|from| from.join(&to)).collect();
        found.extend(more);
        found.dedup();
        if found.len() > DIRECTORIES {
            return None;
        }
    }
    Some(found)
}

fn is_run_within(run: &Run, directories: &[PathBuf], folders: &[&str], place: &Place) -> bool {
    let mut is_operand = false;
    let mut named = Vec::new();
    for word in run.arguments() {
        match word.text.as_str() {
            "--" if !is_operand => is_operand = true,
            text if !is_operand && text.starts_with('-') => {}
            _ => named.push(word),
        }
    }
    let written = run.redirects.iter().filter(|redirect| redirect.direction == Direction::Write);
    named.extend(written.map(|redirect| &redirect.target));
    let is_in = |word: &Word| {
        let Some(path) = literal(word) else { return false };
        directories.iter().all(|dir| is_path_within(&dir.join(&path), folders, place))
    };
    !named.is_empty() && named.into_iter().all(is_in)
}

/// The path that a word names. It may end in a pattern, but not in one that can match `..`.
fn literal(word: &Word) -> Option<PathBuf> {
    let text = word.text.as_str();
    let is_plain = word.is_plain && !text.is_empty() && !text.starts_with('~') && !text.contains(['{', '$', '`']);
    let is_pattern = |part: &str| part.contains(['*', '?', '[']);
    let climbs = text.split('/').any(|part| part == ".." || (is_pattern(part) && part.starts_with(['.', '?', '['])));
    (is_plain && !climbs).then(|| text.into())
}

/// Whether a path is in one of the folders of the project, or is one.
fn is_path_within(path: &Path, folders: &[&str], place: &Place) -> bool {
    // The last part may be a link, which is removed itself.
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else { return false };
    let Some(above) = real(above, place) else { return false };
    let (path, Some(top)) = (above.join(name), real(place.top, place)) else { return false };
    let Ok(inside) = path.strip_prefix(&top) else { return false };
    let parts: Vec<_> = inside.components().collect();
    let is_git = parts.iter().any(|part| part.as_os_str() == ".git");
    !is_git && folders.iter().any(|folder| is_inside(&parts, folder))
}

/// Whether a path is in a folder that is named by its name or by its path.
fn is_inside(parts: &[Component], folder: &str) -> bool {
    if folder.contains('/') {
        let folder: Vec<Component> = Path::new(folder).components().collect();
        return parts.starts_with(&folder);
    }
    parts.iter().any(|part| part.as_os_str() == folder)
}

/// The path with the links resolved that it has; what does not exist has none. A pattern has none that can be seen.
fn real(path: &Path, place: &Place) -> Option<PathBuf> {
    let is_normal = |part: Component| !matches!(part, Component::ParentDir);
    if !path.components().all(is_normal) {
        return None;
    }
    for above in path.ancestors() {
        if let Some(real) = (place.real)(above) {
            let rest = path.strip_prefix(above).ok()?;
            let hides_links = rest.to_string_lossy().contains(['*', '?', '[']);
            return (!hides_links).then(|| if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In `/p`, `out` is a link to `/etc`, and `target/out` one, too.
    fn is_allowed(line: &str, cwd: &str) -> bool {
        let real = |path: &Path| {
            let text = path.to_str().unwrap();
            match text.strip_prefix("/p/out").or_else(|| text.strip_prefix("/p/target/out")) {
                Some(rest) => Some(PathBuf::from(format!("/etc{rest}"))),
                None => ["/", "/p", "/p/a", "/p/target", "/q"].contains(&text).then(|| path.to_path_buf()),
            }
        };
        let place = Place { cwd: Path::new(cwd), top: Path::new("/p"), real: &real };
        let folders = ["target", "node_modules", "web/dist"];
        is_within(line, "rm-recursive", &Rules::with(Vec::new()), &folders, &place)
    }

    #[test]
    fn a_command_in_the_folders_passes() {
        for line in [
            "rm -rf target",
            "rm -rf ./target/",
            "rm -rf -- target/debug node_modules",
            "rm -rf /p/target/x",
            "rm -rf a/node_modules",
            "rm -rf web/dist/js",
            "rm -rf target/*",
            "rm -rf target/out",
            "cd a && rm -rf node_modules",
            "bash -c 'rm -rf target'",
            "nice timeout 5 rm -rf target",
            "cargo clean; rm -rf target && ls ..",
        ] {
            assert!(is_allowed(line, "/p"), "{line}");
        }
        assert!(is_allowed("rm -rf target", "/p/a") && is_allowed("rm -rf debug", "/p/target"));
    }

    #[test]
    fn in_doubt_it_does_not() {
        for line in [
            "rm -rf src",
            "rm -rf target src",
            "rm -rf target/..",
            "rm -rf target/../src",
            "rm -rf target/.*",
            "rm -rf target/{a,../b}",
            "rm -rf $X/target",
            "rm -rf target/$X",
            "rm -rf ~/target",
            "rm -rf /q/target",
            "rm -rf dist",
            "rm -rf a/web/dist",
            "rm -rf targets",
            "rm -rf target/out/x",
            "rm -rf out/target",
            "rm -rf target/*/x",
            "rm -rf */target",
            "rm -rf node_modules/.git",
            "rm -rf",
            "cd /q && rm -rf target",
            "cd $X && rm -rf target",
            "cd .. && rm -rf target",
            "pushd && rm -rf target",
            "sudo rm -rf target",
            "env -C /q rm -rf target",
            "ssh host rm -rf target",
            "ls | xargs rm -rf target",
            "find . -exec rm -rf target {} ;",
            "rm -rf target > src",
        ] {
            assert!(!is_allowed(line, "/p"), "{line}");
        }
        assert!(!is_allowed("rm -rf target", "/q"), "another project");
        let long = "target/x ".repeat(30);
        assert!(is_allowed(&format!("rm -rf {long}"), "/p"));
        assert!(!is_allowed(&format!("rm -rf {long}; rm -rf {long}src"), "/p"), "the same beginning");
        assert!(!is_allowed(&format!("rm -rf target; {}", "x ".repeat(40_000)), "/p"), "not all of it was read");
    }
}
