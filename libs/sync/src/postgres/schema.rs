//! Owns the text with which an administrator makes, upgrades or takes back the schema: one transaction, which changes
//! nothing if the database has that version already, and stops if it has another one than is said.

use super::text::{SETTINGS, START};
use crate::versions::{Step, VERSION, steps};
use cs_core::error::{Error, Result};

/// The text for `psql`, from a version (none: there is no schema yet) to another one (none: the present one).
pub fn schema(from: Option<u32>, to: Option<u32>) -> Result<String> {
    let (start, end) = (from.unwrap_or(0), to.unwrap_or(VERSION));
    let texts = steps(from, to)?.into_iter().map(text).collect::<Result<Vec<_>>>()?.join("\n");
    Ok(format!(
        r#"-- The schema cs of claude-sessions, from version {start} to version {end}. For an administrator:
-- cs-sync schema postgres | psql
{START}begin;
{SETTINGS}do $cs$ begin
  perform pg_advisory_xact_lock(hashtextextended('cs/schema', 0));
end $cs$;
select exists (select from pg_catalog.pg_tables where schemaname = 'cs' and tablename = 'meta') as cs_is_there \gset
\set cs_version 0
\if :cs_is_there
select version as cs_version from cs.meta \gset
\endif
select :cs_version = {end} as cs_is_done, :cs_version = {start} as cs_is_due \gset
\if :cs_is_done
\echo the schema cs has version {end} already: nothing was changed
\elif :cs_is_due

{texts}
update cs.meta set version = {end};
\echo the schema cs has version {end} now
\else
select set_config('cs.version', :'cs_version', true) \g /dev/null
do $cs$
declare
  version text := current_setting('cs.version');
begin
  raise exception 'cs: the schema cs has version %, not {start}, so it was not changed', version
    using hint = case version when '0' then 'make it first: cs-sync schema postgres | psql'
      else format('say so: cs-sync schema postgres --from %s | psql', version) end;
end $cs$;
\endif
commit;
"#
    ))
}

/// The file of a step.
fn text(step: Step) -> Result<&'static str> {
    match step {
        Step::Up(1) => Ok(include_str!("../../sql/postgres-1.sql")),
        Step::Up(2) => Ok(include_str!("../../sql/postgres-2.sql")),
        Step::Back(2) => Ok(include_str!("../../sql/postgres-2-back.sql")),
        Step::Up(version) | Step::Back(version) => {
            Err(Error::Invalid(format!("there is no such step at version {version}")))
        }
    }
}
