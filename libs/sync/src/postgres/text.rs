//! Owns the statements of a push and a pull. Deliberately absent: anything that changes the form of a table, which only an
//! administrator does.

use super::line::FORMAT;
use crate::columns::COLUMNS;
use crate::versions::VERSION;

/// Before everything: how psql works and speaks.
pub const START: &str = "\\set ON_ERROR_STOP on\n\\set QUIET on\n\\pset tuples_only on\n\\pset format unaligned\n";

/// At the beginning of a transaction: what it must not inherit from the settings of a role or a database. A machine that
/// is asleep, or has lost its network, keeps its locks for two minutes, and not for as long as TCP hopes.
pub const SETTINGS: &str = "set local client_encoding = 'UTF8';\nset local client_min_messages = warning;\n\
    set local standard_conforming_strings = on;\nset local idle_in_transaction_session_timeout = '10min';\n\
    set local tcp_keepalives_idle = 60;\nset local tcp_keepalives_interval = 10;\nset local tcp_keepalives_count = 3;\n\
    set local tcp_user_timeout = '2min';\n";

/// How long a run waits for another one, or for whoever has locked a table, unless the role or the connection says less.
const PATIENCE: &str = "do $cs$ begin
  if current_setting('lock_timeout') in ('0', '') or current_setting('lock_timeout')::interval > '2min' then
    perform set_config('lock_timeout', '2min', true);
  end if;
end $cs$;
";

/// Begins a push of a machine: one transaction, in which each statement sees what was committed before it, because the
/// first one waits for the lock.
pub fn push(machine: &str) -> String {
    let check = check();
    format!(
        r#"begin isolation level read committed read write;
{SETTINGS}{PATIENCE}{check}{MAY_PUSH}do $cs$
declare
  own bigint := hashtextextended('cs/' || current_user || '/{machine}', 0);
  everybody bigint := hashtextextended('cs/' || current_user, 0);
  holder text;
begin
  begin
    perform pg_advisory_xact_lock(own);
    perform pg_advisory_xact_lock_shared(everybody);
  exception when lock_not_available then
    select string_agg(format('%s, process %s%s', a.usename, a.pid, ', ' || nullif(a.application_name, '')), '; ')
      into holder from pg_catalog.pg_locks as l join pg_catalog.pg_stat_activity as a using (pid)
      where l.locktype = 'advisory' and l.granted and l.pid <> pg_backend_pid()
      and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
      and ((l.classid::bigint << 32) | l.objid::bigint) in (own, everybody);
    raise exception 'cs: busy: the database; for % its lock of this push was held by %', current_setting('lock_timeout'),
      coalesce(holder, 'a connection that has ended');
  end;
  perform set_config('cs.changes', '0', true);
end $cs$;
"#
    )
}

/// Stops with a hint who may only read.
pub const MAY_PUSH: &str = "do $cs$ begin
  if not has_table_privilege('cs.incoming', 'insert') then
    if pg_has_role('cs_reviewer', 'usage') then
      raise exception 'cs: % is a reviewer, who reads everything and sends nothing', current_user
        using hint = 'pull works; to send something, log in as a member of cs_team';
    end if;
    raise exception 'cs: % may read here, but not push', current_user
      using hint = format('an administrator allows it: grant cs_team to %I', current_user);
  end if;
end $cs$;
";

/// Begins a pull, which sees the database as it is at one moment.
pub fn pull() -> String {
    format!("begin isolation level repeatable read read only;\n{SETTINGS}{PATIENCE}{}", check())
}

/// Stops with a hint if the tables are missing, or are not those of this version.
fn check() -> String {
    format!(
        r#"do $cs$
declare
  version integer;
begin
  if not exists (select from pg_catalog.pg_namespace where nspname = 'cs') then
    raise exception 'cs: the database % has no schema cs', current_database()
      using hint = 'an administrator makes it: cs-sync schema postgres | psql';
  elsif not has_schema_privilege('cs', 'usage') then
    raise exception 'cs: % may not use the schema cs', current_user
      using hint = format('an administrator allows it: grant cs_team to %I', current_user);
  end if;
  select m.version into version from cs.meta as m;
  if version < {VERSION} then
    raise exception 'cs: the schema cs has version %, and this program needs version {VERSION}', version
      using hint = format('an administrator upgrades it: cs-sync schema postgres --from %s | psql', version);
  elsif version > {VERSION} then
    raise exception 'cs: the schema cs has version %, and this program knows only version {VERSION}', version
      using hint = 'update claude-sessions on this machine';
  end if;
end $cs$;
"#
    )
}

/// After it come the lines of operations.
pub fn copy() -> String {
    format!("copy cs.incoming ({}) from stdin with {FORMAT};\n", COLUMNS.join(", "))
}

/// After the lines of operations.
pub const COPIED: &str = "\\.\n";

/// The number of changes, while the transaction lasts.
pub const CHANGES: &str = "select coalesce(nullif(current_setting('cs.changes', true), ''), '0')";

/// A text as a constant of SQL.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
