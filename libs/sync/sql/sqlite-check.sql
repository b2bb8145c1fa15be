-- Stops with a hint unless the tables have version VERSION. Only in `temp`, which no other connection sees.
create temp view check_tables as select 0 as version;
create temp trigger check_tables_are_there instead of insert on check_tables
  when not exists (select 1 from main.sqlite_master where name = 'meta')
begin
  select raise(abort, 'its tables are missing; make them: cs-sync schema sqlite | sqlite3 FILE');
end;
insert into check_tables values (VERSION);
create temp view check_version as select 0 as version;
create temp trigger check_version_is_not_older instead of insert on check_version
  when (select version from main.meta) < new.version
begin
  select raise(abort, 'its tables have an older version; upgrade them: cs-sync schema sqlite --from 1 | sqlite3 FILE');
end;
create temp trigger check_version_is_not_newer instead of insert on check_version
  when (select version from main.meta) > new.version
begin
  select raise(abort, 'its tables have a newer version than VERSION; update claude-sessions');
end;
insert into check_version values (VERSION);
