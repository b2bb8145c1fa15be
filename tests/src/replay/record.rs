//! One record as a test sees it, including the notes that are not in its file yet.

use std::fs;
use std::path::Path;

use cs_core::id::SessionId;
use cs_core::paths::Home;
use cs_core::record::Session;
use cs_core::store::Store;
use serde_json::{Value, json};

/// A record with the hooks' notes, as programs read it; if they cannot, the plain file.
pub fn whole(path: &Path) -> Value {
    try_whole(path).unwrap_or_else(|| panic!("{}: no record", path.display()))
}

pub fn try_whole(path: &Path) -> Option<Value> {
    let home = path.parent().and_then(Path::parent).map(Home::at);
    let id = SessionId::parse(name(path).trim_end_matches(".json")).ok();
    let session = home.zip(id).and_then(|(home, id)| Store::for_people(home, agents::WITNESS).session(&id).ok());
    match session {
        // The list of notes already merged into the file does not matter to a test.
        Some(session) => Some(json!(Session { folded: None, ..session })),
        None => read(path).ok().flatten(),
    }
}

/// The JSON value of a file; `None` if the file was just removed.
pub fn read(path: &Path) -> Result<Option<Value>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| format!("torn: {}: {error}: {text}", path.display()))
}

pub fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
