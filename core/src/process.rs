//! Owns what the operating system reports about processes: which one called us, whether it runs. A process is
//! identified by its id and its start time, because ids are reused, and by where it was seen. Must stay true: a process
//! that was seen elsewhere (in another PID namespace, on another machine, before the last boot) is not judged here, unless
//! the machine is known to be this one ([`is_over`]).

mod machine;
mod terminal;

pub use machine::{is_over, machine};
pub use terminal::{Terminal, host_name, terminal};

use std::sync::OnceLock;

/// A process that was seen running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The system's process id.
    pub pid: u32,
    /// Start time as the system writes it: clock ticks since boot on Linux, `seconds.microseconds` on macOS.
    pub started: String,
    /// Where it was seen, in the form of [`here`]; `None` if that was not recorded.
    pub host: Option<String>,
}

impl Process {
    /// Whether both are the same process, wherever each was seen.
    pub fn is(&self, other: &Process) -> bool {
        (self.pid, &self.started) == (other.pid, &other.started)
    }
}

/// The state of a process as the system reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A process with this id and this start time exists.
    Runs,
    /// It was stopped (Ctrl-Z) and does nothing until it is continued.
    Suspended,
    /// No such process exists.
    Ended,
    /// It was seen in a place that cannot be checked from here.
    Elsewhere,
    /// The system does not report it.
    Unknown,
}

/// Asks the system for the state of the process.
pub fn condition(process: &Process) -> Condition {
    if process.host.as_deref().is_some_and(|host| here() != Some(host)) {
        return Condition::Elsewhere;
    }
    match running(process.pid) {
        _ if !can_tell() => Condition::Unknown,
        Some((started, is_stopped, _)) if started == process.started => {
            if is_stopped {
                Condition::Suspended
            } else {
                Condition::Runs
            }
        }
        _ => Condition::Ended,
    }
}

/// Whether there is no process with this id where it was seen. Costs one system call; a process that took the id over, or
/// one that we may not see, counts as being there.
#[allow(unsafe_code, reason = "kill(2)")]
pub fn is_missing(pid: u32, host: Option<&str>) -> bool {
    let pid = libc::pid_t::try_from(pid).ok().filter(|pid| *pid > 0);
    let is_here = || can_tell() && host.is_none_or(|host| here() == Some(host));
    pid.filter(|_| is_here()).is_some_and(|pid| {
        // SAFETY: signal 0 is sent to nobody, and only asks whether there is such a process.
        let answer = unsafe { libc::kill(pid, 0) };
        answer == -1 && std::io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH)
    })
}

/// Whether the process still runs; `None` if unknown.
pub fn is_alive(process: &Process) -> Option<bool> {
    match condition(process) {
        Condition::Runs | Condition::Suspended => Some(true),
        Condition::Ended => Some(false),
        Condition::Elsewhere | Condition::Unknown => None,
    }
}

/// Whether the process may run: it does, or it was seen since this machine booted in a place that cannot be checked
/// from here (a container).
pub fn may_run(process: &Process) -> bool {
    let is_of_this_boot = |host: &str| here() == Some(host) || is_hidden(host);
    is_alive(process).unwrap_or_else(|| process.host.as_deref().is_some_and(is_of_this_boot))
}

/// Whether processes that were seen there run on this machine since its last boot, but cannot be seen from here: they
/// are in another PID namespace.
pub fn is_hidden(host: &str) -> bool {
    let boot = |host: &str| host.split_once(':').map(|(boot, _)| boot.to_string());
    let own = here();
    own != Some(host) && boot(host).is_some() && boot(host) == own.and_then(boot)
}

/// The process with this id, if it runs.
pub fn find(pid: u32) -> Option<Process> {
    find_on_terminal(pid).map(|(process, _)| process)
}

/// The same, and its terminal: the system reports both at once.
pub fn find_on_terminal(pid: u32) -> Option<(Process, Terminal)> {
    let (started, _, device) = running(pid)?;
    Some((Process { pid, started, host: here().map(str::to_string) }, Terminal::of(device)))
}

/// The arguments with which a process was started; `None` if the system does not report them.
pub fn arguments(pid: u32) -> Option<Vec<String>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect())
}

/// The scope of our process ids: this boot of this machine and, on Linux, this PID namespace.
pub fn here() -> Option<&'static str> {
    static HERE: OnceLock<Option<String>> = OnceLock::new();
    HERE.get_or_init(scope).as_deref()
}

/// The agent that called this hook: `CLAUDE_PID` if `named`, else the parent, or the grandparent if the parent is a
/// shell.
pub fn caller(named: Option<u32>) -> Option<Process> {
    caller_on_terminal(named).map(|(process, _)| process)
}

/// The same, and its terminal.
pub fn caller_on_terminal(named: Option<u32>) -> Option<(Process, Terminal)> {
    if let Some(found) = named.and_then(find_on_terminal) {
        return Some(found);
    }
    let parent = std::os::unix::process::parent_id();
    let agent = if is_shell(parent) { parent_of(parent).unwrap_or(parent) } else { parent };
    find_on_terminal(agent).filter(|(process, _)| process.pid > 1)
}

/// The processes above this one, the nearest first, without the first process of the system.
pub fn ancestors() -> impl Iterator<Item = Process> {
    let first = Some(std::os::unix::process::parent_id()).filter(|pid| *pid > 1);
    let above = std::iter::successors(first, |pid| parent_of(*pid).filter(|pid| *pid > 1));
    above.take(ANCESTORS).filter_map(find)
}

/// Maximum number of processes above this one that are looked at.
const ANCESTORS: usize = 64;

/// Whether the process runs, and is this one or started it, directly or not.
pub fn is_above(process: &Process) -> bool {
    descends(std::process::id(), process)
}

/// Whether `above` runs, and `below` is `above`, or a process that it started, directly or not.
pub fn descends(below: u32, above: &Process) -> bool {
    let mut pid = below;
    for _ in 0..ANCESTORS {
        if pid == above.pid {
            return is_alive(above) == Some(true);
        }
        match parent_of(pid).filter(|pid| *pid > 1) {
            Some(parent) => pid = parent,
            None => return false,
        }
    }
    false
}

/// Whether `above` runs and started the process `below` itself.
pub fn is_child(below: u32, above: &Process) -> bool {
    parent_of(below) == Some(above.pid) && is_alive(above) == Some(true)
}

#[cfg(target_os = "linux")]
mod system {
    //! Linux: `/proc/<pid>/stat`, fields 2 (name in parentheses), 3 state, 4 parent, 7 terminal, 22 start. Source:
    //! proc_pid_stat(5). The boot is identified by `/proc/sys/kernel/random/boot_id` (random(4)), the namespace by the
    //! inode of `/proc/self/ns/pid` (pid_namespaces(7)).

    use std::io::Read;

    pub fn can_tell() -> bool {
        true
    }

    /// When it was started, whether it is stopped, and the device number of its terminal, 0 for none; `None` if it does
    /// not run.
    pub fn running(pid: u32) -> Option<(String, bool, u32)> {
        let (_, rest) = stat(pid)?;
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?;
        let device: i32 = fields.nth(3)?.parse().ok()?;
        let started = fields.nth(14)?.to_string();
        (!matches!(state, "Z" | "X")).then_some((started, state == "T", device.cast_unsigned()))
    }

    /// `<boot id>:<inode of the PID namespace>`
    pub fn scope() -> Option<String> {
        let boot = text("/proc/sys/kernel/random/boot_id")?;
        let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
        let inode: String = namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
        Some(format!("{}:{inode}", boot.trim()))
    }

    pub fn parent_of(pid: u32) -> Option<u32> {
        stat(pid)?.1.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    pub fn is_shell(pid: u32) -> bool {
        stat(pid).is_some_and(|(name, _)| super::is_name_of_shell(&name))
    }

    /// A short file of the system, in a single read: every system call adds to the time of a hook.
    fn text(path: &str) -> Option<String> {
        let mut bytes = [0u8; 1024];
        let length = std::fs::File::open(path).ok()?.read(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(bytes.get(..length)?).into_owned())
    }

    fn stat(pid: u32) -> Option<(String, String)> {
        let text = text(&format!("/proc/{pid}/stat"))?;
        let (head, rest) = text.rsplit_once(')')?;
        let name = head.split_once('(')?.1.to_string();
        Some((name, rest.trim().to_string()))
    }
}

#[cfg(target_os = "macos")]
mod system {
    //! macOS: `proc_pidinfo(PROC_PIDTBSDINFO)` and `kern.bootsessionuuid`. Source: <libproc.h>, <sys/proc_info.h>,
    //! <sys/proc.h>, sysctl(3).

    pub fn can_tell() -> bool {
        true
    }

    /// `SSTOP` in <sys/proc.h>.
    const STOPPED: u32 = 4;

    /// As on Linux. The terminal of a process without one is `NODEV`, which is -1.
    pub fn running(pid: u32) -> Option<(String, bool, u32)> {
        let facts = facts(pid)?;
        let started = format!("{}.{:06}", facts.pbi_start_tvsec, facts.pbi_start_tvusec);
        let device = if facts.e_tdev == u32::MAX { 0 } else { facts.e_tdev };
        Some((started, facts.pbi_status == STOPPED, device))
    }

    /// The UUID of this boot.
    #[allow(unsafe_code, reason = "sysctl(3)")]
    pub fn scope() -> Option<String> {
        let mut text = [0u8; 64];
        let mut size = text.len();
        // SAFETY: the call writes at most `size` bytes into the buffer and stores how many they were.
        let failed = unsafe {
            let (name, into) = (c"kern.bootsessionuuid".as_ptr(), text.as_mut_ptr().cast::<libc::c_void>());
            libc::sysctlbyname(name, into, &mut size, std::ptr::null_mut(), 0) != 0
        };
        let told = text.get(..size).filter(|_| !failed)?;
        let told = String::from_utf8_lossy(told).trim_end_matches('\0').to_string();
        (!told.is_empty()).then_some(told)
    }

    pub fn parent_of(pid: u32) -> Option<u32> {
        facts(pid).map(|facts| facts.pbi_ppid)
    }

    pub fn is_shell(pid: u32) -> bool {
        facts(pid).is_some_and(|facts| {
            let name: String = facts.pbi_comm.iter().take_while(|c| **c != 0).map(|c| char::from(*c as u8)).collect();
            super::is_name_of_shell(&name)
        })
    }

    #[allow(unsafe_code, reason = "proc_pidinfo")]
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
    //! On other systems nothing is known, and nothing is guessed.

    pub fn can_tell() -> bool {
        false
    }
    pub fn running(_pid: u32) -> Option<(String, bool, u32)> {
        None
    }
    pub fn scope() -> Option<String> {
        None
    }
    pub fn parent_of(_pid: u32) -> Option<u32> {
        None
    }
    pub fn is_shell(_pid: u32) -> bool {
        false
    }
}

use system::{can_tell, is_shell, parent_of, running, scope};

#[cfg_attr(not(any(target_os = "linux", target_os = "macos")), allow(dead_code))]
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "fish"];

/// Whether a process of this name is a shell: one by its own name, or one that runs the plugin's launcher.
#[cfg_attr(not(any(target_os = "linux", target_os = "macos")), allow(dead_code))]
fn is_name_of_shell(name: &str) -> bool {
    SHELLS.contains(&name) || name.starts_with("run-cs-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_identified_by_its_id_and_its_start_time() {
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
    fn a_process_that_was_seen_elsewhere_is_not_judged() {
        let own = find(std::process::id()).unwrap();
        assert_eq!((own.host.as_deref(), condition(&own)), (here(), Condition::Runs));
        let unnoted = Process { host: None, ..own.clone() };
        assert_eq!(condition(&unnoted), Condition::Runs, "older files do not say where");
        for host in ["", "another-boot:4026531836"] {
            let elsewhere = Process { host: Some(host.into()), ..own.clone() };
            assert_eq!((condition(&elsewhere), is_alive(&elsewhere)), (Condition::Elsewhere, None));
        }
    }

    #[test]
    #[allow(unsafe_code, reason = "kill(2)")]
    fn a_stopped_process_is_suspended_until_it_continues() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let process = find(child.id()).unwrap();
        let becomes = |signal, wanted| {
            // SAFETY: kill only takes numbers.
            unsafe { libc::kill(child.id() as libc::pid_t, signal) };
            let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
            while condition(&process) != wanted && std::time::Instant::now() < until {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            assert_eq!(condition(&process), wanted);
        };
        becomes(libc::SIGSTOP, Condition::Suspended);
        assert_eq!(is_alive(&process), Some(true));
        becomes(libc::SIGCONT, Condition::Runs);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn the_processes_above_are_found_by_id_and_start() {
        let own = find(std::process::id()).unwrap();
        let parent = find(std::os::unix::process::parent_id()).unwrap();
        assert!(ancestors().next().unwrap().is(&parent) && ancestors().all(|process| process.pid > 1));
        assert!(is_above(&own) && is_above(&parent) && descends(own.pid, &parent));
        let reused = Process { started: "1".into(), ..parent.clone() };
        assert!(!is_above(&reused) && !descends(own.pid, &reused) && !descends(parent.pid, &own));
    }

    #[test]
    fn the_caller_is_the_named_process_or_an_ancestor() {
        assert_eq!(caller(Some(std::process::id())).unwrap().pid, std::process::id());
        assert!(caller(Some(0)).is_some());
    }
}
