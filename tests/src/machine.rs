//! The machine and day of a measurement: processor, kernel, date. Names no person, host or folder.

use std::fs;
use std::process::Command;
use std::thread;

/// One line: the processor, the number of cores, the kernel.
pub fn describe() -> String {
    let count = thread::available_parallelism().map_or(1, |count| count.get());
    format!("{}, {count} cores, {}", processor(), answer("uname", &["-srm"]))
}

/// Today in UTC, for example `2026-11-21`.
pub fn today() -> String {
    answer("date", &["-u", "+%Y-%m-%d"])
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    match model {
        Some((_, name)) => name.trim().to_owned(),
        None => answer("sysctl", &["-n", "machdep.cpu.brand_string"]),
    }
}

fn answer(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map(|output| crate::stdout(&output).trim().to_owned()).unwrap_or_default();
    if text.is_empty() { "unknown".into() } else { text }
}
