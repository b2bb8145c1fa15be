//! Owns compressing a copy, once the client's log is gone. Must stay true: the plain copy is removed only after the
//! compressed one was read back and is on the disk.

use crate::copy::{self, Copied};
use crate::manifest::{LogCopy, Manifest};
use agents::Agent;
use cs_core::error::{Error, Result};
use cs_core::file;
use cs_core::id::Uuid;
use cs_core::paths::Home;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::OpenOptions;
use std::io::BufWriter;
use std::path::Path;

pub use crate::manifest::PACKED as SUFFIX;

/// Writes a compressed copy beside the plain one.
pub fn pack(plain: &Path, packed: &Path, log: &LogCopy) -> Result<()> {
    let packing = try_pack(plain, packed, log);
    if packing.is_err() {
        let _ = file::remove(packed);
    }
    packing
}

fn try_pack(plain: &Path, packed: &Path, log: &LogCopy) -> Result<()> {
    let failed = |error| Error::io(packed, "write", error);
    file::remove(packed)?;
    let file = file::open_own(packed, OpenOptions::new().write(true))?;
    let mut encoder = GzEncoder::new(BufWriter::new(file), Compression::default());
    let read = copy::give(plain, log.bytes, &mut encoder)?;
    check(plain, &read, log)?;
    let file = encoder.finish().map_err(failed)?.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    check(packed, &copy::checksum(packed, u64::MAX)?, log)
}

/// Writes the plain copy beside a compressed one.
pub fn unpack(packed: &Path, plain: &Path, log: &LogCopy) -> Result<()> {
    let failed = |error| Error::io(plain, "write", error);
    file::remove(plain)?;
    let mut file = file::open_own(plain, OpenOptions::new().write(true))?;
    let given = copy::give(packed, u64::MAX, &mut file).and_then(|given| check(packed, &given, log));
    let given = given.and_then(|()| file.sync_all().map_err(failed));
    if given.is_err() {
        let _ = file::remove(plain);
    }
    given
}

/// Removes the one of a plain and a compressed copy that a killed program no longer needed, or not yet.
pub fn mend(home: &Home, agent: Agent, uuid: &Uuid) -> Result<()> {
    let dir = home.kept(agent.word(), uuid);
    let mut manifest = None;
    for plain in file::stems(&dir, SUFFIX)? {
        if dir.join(&plain).symlink_metadata().is_err() {
            continue;
        }
        if manifest.is_none() {
            manifest = Manifest::read(home, agent, uuid)?;
        }
        let Some(manifest) = &manifest else { return Ok(()) };
        let packed = format!("{plain}{SUFFIX}");
        let is_named = |name: &str| manifest.logs.iter().any(|log| log.file == name);
        match (is_named(&plain), is_named(&packed)) {
            (true, false) => file::remove(&dir.join(packed))?,
            (false, true) => file::remove(&dir.join(plain))?,
            _ => {}
        }
    }
    Ok(())
}

fn check(path: &Path, read: &Copied, log: &LogCopy) -> Result<()> {
    match read.bytes == log.bytes && read.sha256 == log.sha256 {
        true => Ok(()),
        false => Err(Error::corrupt(path, "it is not as it was written")),
    }
}
