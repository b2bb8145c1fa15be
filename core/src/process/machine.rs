//! Owns which machine this is, across its boots: a word that no other machine has, as far as the system can tell. Must
//! stay true: of two machines that might be one, and of one that might be two, nothing is claimed. The word is made of
//! the system's id for the machine and cannot be turned back into it.

use crate::id::fnv1a;
use std::sync::OnceLock;

/// The word of this machine; `None` if the system has no id for it.
pub fn machine() -> Option<&'static str> {
    static MACHINE: OnceLock<Option<String>> = OnceLock::new();
    let read = || system_id().map(|id| format!("{:016x}", fnv1a(id.as_bytes())));
    MACHINE.get_or_init(read).as_deref()
}

/// Whether everything that was seen running at `host` (in the form of [`super::here`]), on the machine with this word,
/// is gone: it is this machine, which was started again since.
pub fn is_over(host: &str, machine: Option<&str>) -> bool {
    let is_this = machine.is_some() && machine == self::machine();
    let boot = |host: &str| host.split(':').next().filter(|boot| !boot.is_empty()).map(str::to_string);
    is_this && matches!((boot(host), super::here().and_then(boot)), (Some(then), Some(now)) if then != now)
}

/// Linux: machine-id(5), with the machine's name: images of machines and containers are copied with their id.
#[cfg(target_os = "linux")]
fn system_id() -> Option<String> {
    let id = std::fs::read_to_string("/etc/machine-id").ok()?;
    let id = id.trim_end();
    let is_id = id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    let name = super::host_name().filter(|name| is_id && name != "localhost")?;
    Some(format!("claude-sessions {id} {name}"))
}

/// macOS: the UUID of the hardware, gethostuuid(3).
#[cfg(target_os = "macos")]
#[allow(unsafe_code, reason = "gethostuuid(3)")]
fn system_id() -> Option<String> {
    let mut id = [0u8; 16];
    let patience = libc::timespec { tv_sec: 1, tv_nsec: 0 };
    // SAFETY: the call writes 16 bytes into the buffer and reads the time.
    let failed = unsafe { libc::gethostuuid(id.as_mut_ptr(), &raw const patience) != 0 };
    let digits = crate::hex::hex(&id);
    (!failed && id != [0u8; 16]).then(|| format!("claude-sessions {digits}"))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn system_id() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::here;

    #[test]
    fn only_an_earlier_boot_of_this_machine_is_over() {
        let Some(own) = machine() else { return };
        let before = "00000000-0000-4000-8000-000000000000:4026531836";
        assert!(is_over(before, Some(own)));
        assert!(!is_over(before, Some("another")) && !is_over(before, None) && !is_over("", Some(own)));
        assert!(!is_over(here().unwrap(), Some(own)), "it is this boot");
        let boot = here().unwrap().split(':').next().unwrap();
        assert!(!is_over(&format!("{boot}:1"), Some(own)), "a container on this machine runs");
    }
}
