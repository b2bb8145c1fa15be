//! Owns what the operating system says about processes: which one we serve, whether it lives.
//! A process is its id plus its start time, because ids are used again.

/// A process that was seen running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// Start time as the system spells it: clock ticks since boot on Linux,
    /// `seconds.microseconds` on macOS.
    pub started: String,
}

/// Whether the process still runs. `None` where the system does not tell.
pub fn is_alive(process: &Process) -> Option<bool> {
    if !can_tell() {
        return None;
    }
    Some(started_at(process.pid).is_some_and(|started| started == process.started))
}

/// The process with this id, if it runs.
pub fn find(pid: u32) -> Option<Process> {
    started_at(pid).map(|started| Process { pid, started })
}

/// The agent that called this hook: `CLAUDE_PID` when `named`, else the parent, or the parent's
/// parent where a shell stands between.
pub fn caller(named: Option<u32>) -> Option<Process> {
    if let Some(process) = named.and_then(find) {
        return Some(process);
    }
    let parent = std::os::unix::process::parent_id();
    let agent = if is_shell(parent) { parent_of(parent).unwrap_or(parent) } else { parent };
    find(agent).filter(|process| process.pid > 1)
}

#[cfg(target_os = "linux")]
mod system {
    //! Linux: `/proc/<pid>/stat`, fields 2 (name in parentheses), 3 state, 4 parent, 22 start.
    //! Source: proc_pid_stat(5).

    pub fn can_tell() -> bool {
        true
    }

    pub fn started_at(pid: u32) -> Option<String> {
        let (_, rest) = stat(pid)?;
        let mut fields = rest.split_ascii_whitespace();
        match fields.next()? {
            "Z" | "X" => None,
            _ => fields.nth(18).map(str::to_string),
        }
    }

    pub fn parent_of(pid: u32) -> Option<u32> {
        stat(pid)?.1.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    pub fn is_shell(pid: u32) -> bool {
        stat(pid).is_some_and(|(name, _)| super::SHELLS.contains(&name.as_str()))
    }

    fn stat(pid: u32) -> Option<(String, String)> {
        let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        let text = String::from_utf8_lossy(&text);
        let (head, rest) = text.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_string();
        Some((name, rest.trim().to_string()))
    }
}

#[cfg(target_os = "macos")]
mod system {
    //! macOS: `proc_pidinfo(PROC_PIDTBSDINFO)`. Source: <libproc.h>, <sys/proc_info.h>.

    pub fn can_tell() -> bool {
        true
    }

    pub fn started_at(pid: u32) -> Option<String> {
        facts(pid).map(|facts| format!("{}.{:06}", facts.pbi_start_tvsec, facts.pbi_start_tvusec))
    }

    pub fn parent_of(pid: u32) -> Option<u32> {
        facts(pid).map(|facts| facts.pbi_ppid)
    }

    pub fn is_shell(pid: u32) -> bool {
        facts(pid).is_some_and(|facts| {
            let name: String = facts.pbi_comm.iter().take_while(|c| **c != 0).map(|c| char::from(*c as u8)).collect();
            super::SHELLS.contains(&name.as_str())
        })
    }

    fn facts(pid: u32) -> Option<libc::proc_bsdinfo> {
        let size = std::mem::size_of::<libc::proc_bsdinfo>() as libc::c_int;
        // SAFETY: proc_bsdinfo is plain old data for which all zeros is a value, and the call
        // writes at most `size` bytes into it.
        unsafe {
            let mut facts: libc::proc_bsdinfo = std::mem::zeroed();
            let target = (&raw mut facts).cast::<libc::c_void>();
            let got = libc::proc_pidinfo(pid as libc::c_int, libc::PROC_PIDTBSDINFO, 0, target, size);
            (got == size).then_some(facts)
        }
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod system {
    //! Elsewhere nothing is known, and nothing is guessed.

    pub fn can_tell() -> bool {
        false
    }
    pub fn started_at(_pid: u32) -> Option<String> {
        None
    }
    pub fn parent_of(_pid: u32) -> Option<u32> {
        None
    }
    pub fn is_shell(_pid: u32) -> bool {
        false
    }
}

use system::{can_tell, is_shell, parent_of, started_at};

#[cfg_attr(not(any(target_os = "linux", target_os = "macos")), allow(dead_code))]
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "fish"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_lives_until_it_ends_and_its_number_alone_is_not_enough() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let process = find(child.id()).unwrap();
        assert_eq!(is_alive(&process), Some(true));
        let reused = Process { started: "1".into(), ..process.clone() };
        assert_eq!(is_alive(&reused), Some(false));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(is_alive(&process), Some(false));
    }

    #[test]
    fn the_caller_is_the_named_process_or_an_ancestor() {
        assert_eq!(caller(Some(std::process::id())).unwrap().pid, std::process::id());
        assert!(caller(Some(0)).is_some());
    }
}
