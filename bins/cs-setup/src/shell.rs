//! Owns which programs a shell finds, and the line that puts them on PATH.

use crate::places::{Places, set};
use agents::event;
use cli::programs;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// All programs: the packages in `bins/`.
const PROGRAMS: &str = env!("CS_PROGRAMS");
/// The programs that a shell does not find.
pub fn unfound() -> Vec<&'static str> {
    called().filter(|name| programs::on_path(name).is_none()).collect()
}

/// All programs.
pub fn names() -> Vec<&'static str> {
    PROGRAMS.split(' ').filter(|name| !name.is_empty()).collect()
}

/// The programs that people call.
pub fn called() -> impl Iterator<Item = &'static str> {
    names().into_iter().filter(|name| !event::PROGRAMS.contains(name))
}

/// The line that puts the programs on PATH, and the file of the user's shell that it belongs to.
pub fn path_line(places: &Places) -> (String, String) {
    let dir = links(places);
    let dir = dir.strip_prefix(&places.user).map_or_else(|_| dir.clone(), |inside| Path::new("$HOME").join(inside));
    line_of(set("SHELL"), &dir.to_string_lossy(), cfg!(target_os = "macos"))
}

fn line_of(shell: Option<OsString>, dir: &str, is_mac: bool) -> (String, String) {
    let shell = shell.unwrap_or_default();
    let export = format!("export PATH=\"{dir}:$PATH\"");
    match Path::new(&shell).file_name().and_then(|name| name.to_str()).unwrap_or_default() {
        "fish" => (format!("fish_add_path \"{dir}\""), "~/.config/fish/config.fish".into()),
        "zsh" => (export, "~/.zshrc".into()),
        // Terminals on macOS start a login shell, which does not read ~/.bashrc.
        "bash" if is_mac => (export, "~/.bash_profile".into()),
        "bash" => (export, "~/.bashrc".into()),
        _ => (export, "~/.profile".into()),
    }
}

/// The folder of the links that an installation creates; without links, that of the programs.
pub fn links(places: &Places) -> PathBuf {
    let prefix = places.share.parent().and_then(Path::parent);
    let has_links = ["share/claude-sessions", "lib/claude-sessions"].iter().any(|end| places.share.ends_with(end));
    let links = prefix.map(|prefix| prefix.join("bin")).filter(|_| has_links);
    links.unwrap_or_else(|| places.share.join("bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_gets_its_line_and_its_file() {
        let of = |shell: &str, is_mac| line_of(Some(shell.into()), "$HOME/.local/bin", is_mac);
        let export = "export PATH=\"$HOME/.local/bin:$PATH\"";
        assert_eq!(of("/bin/zsh", true), (export.into(), "~/.zshrc".into()));
        assert_eq!(of("/usr/bin/bash", false), (export.into(), "~/.bashrc".into()));
        assert_eq!(of("/bin/bash", true).1, "~/.bash_profile");
        let fish = ("fish_add_path \"$HOME/.local/bin\"".into(), "~/.config/fish/config.fish".into());
        assert_eq!(of("/usr/bin/fish", false), fish);
        assert_eq!(line_of(None, "/x", false), ("export PATH=\"/x:$PATH\"".into(), "~/.profile".into()));
    }
}
