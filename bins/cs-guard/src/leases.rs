//! Owns which leases of others are on the files that a call changes. Must stay true: a lease of the conversation itself,
//! of its seat, or of the command in which its client runs is not in its way.

use agents::hook_call::HookCall;
use cs_core::config::Config;
use cs_core::error::{Error, Result};
use cs_core::id::Slug;
use seats::{Lease, Leases, Owner, Scope, Seats, Trees};
use std::path::{Path, PathBuf};

/// The leases, each once.
pub fn of_others(hook: &HookCall, config: &Config) -> Result<Vec<Lease>> {
    let files = hook.payload.files_changed();
    let Some(cwd) = hook.payload.cwd.as_deref().filter(|_| !files.is_empty()) else { return Ok(Vec::new()) };
    let mut found: Vec<Lease> = Vec::new();
    let mut owner = None;
    for file in files {
        let path = Path::new(cwd).join(file);
        let Some((leases, scope)) = project(hook, config, &path)? else { continue };
        let claim = match scope.claim(&[path.to_string_lossy().into_owned()], Trees::Here) {
            Ok(claim) => claim,
            // Nobody can lease such a path.
            Err(Error::Invalid(_)) => continue,
            Err(error) => return Err(error),
        };
        if leases.read()?.leases.is_empty() {
            continue;
        }
        let owner = match &mut owner {
            Some(owner) => owner,
            none => none.insert(caller(hook)?),
        };
        let held = leases.in_the_way(&claim, owner, hook.now)?;
        found.extend(
            held.into_iter().filter(|lease| !found.iter().any(|other| other.id == lease.id)).collect::<Vec<_>>(),
        );
    }
    Ok(found)
}

/// The leases of the project that contains a file, and its work tree; `None` if the project is not known.
fn project(hook: &HookCall, config: &Config, path: &Path) -> Result<Option<(Leases, Scope)>> {
    let dir: Option<PathBuf> = path.ancestors().skip(1).find(|dir| dir.is_dir()).map(Path::to_path_buf);
    let Some(dir) = dir else { return Ok(None) };
    let scope = Scope::of(&dir, config)?;
    let slug = config.project_of(&scope.project_root.to_string_lossy()).and_then(|slug| Slug::parse(slug).ok());
    Ok(slug.map(|slug| (Leases::of(&hook.store, &slug), scope)))
}

/// Who calls the tool.
fn caller(hook: &HookCall) -> Result<Owner> {
    let seat = Seats::of(&hook.store).own()?;
    let agent_id = seat.map(|seat| seat.agent_id);
    let owner = Owner { agent_id, claude_session_id: Some(hook.uuid.as_str().to_string()), ..Owner::default() };
    Ok(owner.with(hook.caller()))
}
