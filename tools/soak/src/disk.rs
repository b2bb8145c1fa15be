//! Real test disks: one that is full, and one that becomes read-only in the middle of writes.
//!
//! They are mounted in a mount namespace that only one thread and its children see, which needs root.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cs_tests::stderr;

use super::operation::{self, Operation};
use super::report::Tally;
use super::scene::Scene;
use super::verdict::{Expected, faults};

const PAGE: u64 = 4096;
const KIB: u64 = 512;

/// Does `work` on a scene whose data directory is on its own small disk; fails if mounting is not permitted.
pub fn on_a_small_disk<T: Send>(work: impl FnOnce(&Scene, &Path) -> T + Send) -> io::Result<T> {
    let alone = || {
        // SAFETY: unshare takes a number; it concerns this thread only.
        done(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
        mount(None, Path::new("/"), libc::MS_REC | libc::MS_PRIVATE, "")?;
        let scene = Scene::new();
        let place = scene.sandbox.data().parent().expect("it is in a folder").to_path_buf();
        super::scene::remove(&scene.sandbox.data());
        mount(Some("tmpfs"), &place, 0, &format!("size={KIB}k,mode=0700"))?;
        let value = work(&scene, &place);
        // The mount ends with the namespace, but the scene's folder is removed before that.
        let target = text(&place)?;
        // SAFETY: the pointer is to a text that outlives the call.
        done(unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) })?;
        Ok(value)
    };
    thread::scope(|scope| scope.spawn(alone).join().expect("the work does not panic"))
}

fn mount(kind: Option<&str>, place: &Path, flags: libc::c_ulong, options: &str) -> io::Result<()> {
    let (none, target, options) = (text(Path::new("none"))?, text(place)?, text(Path::new(options))?);
    let kind = kind.map(|kind| text(Path::new(kind))).transpose()?;
    let kind = kind.as_ref().map_or(std::ptr::null(), |kind| kind.as_ptr());
    // SAFETY: the pointers are null or to texts that outlive the call.
    done(unsafe { libc::mount(none.as_ptr(), target.as_ptr(), kind, flags, options.as_ptr().cast()) })
}

fn text(path: &Path) -> io::Result<std::ffi::CString> {
    use std::os::unix::ffi::OsStrExt;
    Ok(std::ffi::CString::new(path.as_os_str().as_bytes())?)
}

fn done(answer: libc::c_int) -> io::Result<()> {
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Runs each operation on a disk with this many free pages, for each number.
pub fn full(free: &[u64], tally: &mut Tally) -> io::Result<()> {
    on_a_small_disk(|scene, place| {
        for operation in operation::all(scene) {
            let expected = Expected::of(scene, &operation);
            for pages in free {
                operation.set(scene);
                let filler = fill(place, *pages);
                let output = operation.run(scene);
                fs::remove_file(&filler).expect("it is there");
                let code = output.status.code();
                let fine = code == Some(0) || !operation.is_hook() && code == Some(74);
                let mut found = if fine { Vec::new() } else { vec![format!("answered {code:?} {}", stderr(&output))] };
                let reported = operation.promises() && code == Some(0);
                found.extend(faults(scene, &operation, &expected, reported));
                tally.tried(operation.name, true, &format!("{pages} pages free"), found);
            }
        }
    })
}

/// Fills a disk except for some pages.
fn fill(place: &Path, pages: u64) -> PathBuf {
    let filler = place.join("filler");
    let mut file = File::create(&filler).expect("it can be created");
    let mut written = 0;
    while file.write_all(&[0; PAGE as usize]).is_ok() {
        written += PAGE;
    }
    file.set_len(written.saturating_sub(pages * PAGE)).expect("it can shrink");
    filler
}

/// Runs four writers while the disk becomes read-only and writable again `times` times.
pub fn read_only(times: u32, tally: &mut Tally) -> io::Result<()> {
    on_a_small_disk(|scene, place| {
        scene.reset();
        let over = AtomicBool::new(false);
        let said: Vec<Result<String, String>> = thread::scope(|scope| {
            let over = &over;
            let writers: Vec<_> = (0..4).map(|n| scope.spawn(move || write(scene, n, over))).collect();
            let toggled = super::caught(|| toggle(place, times));
            over.store(true, Ordering::Relaxed);
            let said = writers.into_iter().flat_map(|writer| writer.join().expect("a writer does not panic"));
            said.chain(toggled.err().map(Err)).collect()
        });
        let record = scene.sandbox.record(&scene.by_hand);
        let kept = record["events"].to_string();
        for answer in said {
            let found = match answer {
                Ok(message) if kept.matches(&format!("\"{message}\"")).count() == 1 => Vec::new(),
                Ok(message) => vec![format!("{message}: lost or duplicated")],
                Err(wrong) => vec![wrong],
            };
            tally.tried("event, the disk becomes read-only", true, "", found);
        }
        let next = Operation::of_bystander(scene);
        let expected = Expected::of(scene, &next);
        tally.tried("event, afterwards", false, "", faults(scene, &next, &expected, true));
    })
}

/// The maximum number of events of one writer, which keeps the record at an ordinary size.
const EVENTS: u32 = 400;

/// Writes events until `over` is set; returns the acknowledged ones, and unexpected answers as errors.
fn write(scene: &Scene, writer: u32, over: &AtomicBool) -> Vec<Result<String, String>> {
    let mut said = Vec::new();
    for n in (0..EVENTS).take_while(|_| !over.load(Ordering::Relaxed)) {
        let message = format!("{writer}.{n}.");
        let output = scene.sandbox.cs("cs-session", &["event", &scene.by_hand, "--message", &message, "-q"]);
        let trouble = stderr(&output);
        match output.status.code() {
            Some(0) => said.push(Ok(message)),
            Some(74) if trouble.contains("Read-only") => {}
            code => said.push(Err(format!("{message}: answered {code:?}: {trouble}"))),
        }
    }
    said
}

/// Makes the disk read-only and writable again.
fn toggle(place: &Path, times: u32) {
    for _ in 0..times {
        thread::sleep(Duration::from_millis(15));
        // Busy while a file is open for writing, so try again.
        while mount(None, place, libc::MS_REMOUNT | libc::MS_RDONLY, "").is_err() {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(10));
        mount(None, place, libc::MS_REMOUNT, "").expect("a read-only folder can be made writable");
    }
}
