//! Owns the name of the account under which this program runs, as the account's database has it. It is the same for a
//! person, a job and a container, which `USER` is not.

use std::ffi::CStr;
use std::ptr;

/// How long the entry of an account may be, in bytes.
const ENTRY: usize = 64 * 1024;

/// The name; `None` if the database has none for this account.
pub fn name() -> Option<String> {
    let mut buffer: Vec<libc::c_char> = vec![0; ENTRY];
    // SAFETY: all fields are numbers and pointers, for which zero is a value.
    #[allow(unsafe_code, reason = "getpwuid_r(3) fills it")]
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut found: *mut libc::passwd = ptr::null_mut();
    // SAFETY: the entry, the buffer with its length and the place of the result are ours, and live until the name is copied.
    #[allow(unsafe_code, reason = "geteuid(2) and getpwuid_r(3)")]
    let failed =
        unsafe { libc::getpwuid_r(libc::geteuid(), &raw mut entry, buffer.as_mut_ptr(), buffer.len(), &raw mut found) };
    if failed != 0 || found.is_null() || entry.pw_name.is_null() {
        return None;
    }
    // SAFETY: the call succeeded, so this is a text with an end, in the buffer.
    #[allow(unsafe_code, reason = "the text that getpwuid_r(3) wrote")]
    let name = unsafe { CStr::from_ptr(entry.pw_name) };
    name.to_str().ok().filter(|name| !name.is_empty()).map(str::to_string)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_account_has_one_name() {
        let name = super::name();
        assert_eq!(name, super::name());
        assert!(name.is_none_or(|name| !name.contains([':', '\n'])));
    }
}
