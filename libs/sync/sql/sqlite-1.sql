-- Version 1: the tables, and `incoming`, the view through which everything enters them.
--
-- A row is named by (owner, machine, source, seq). `body` is its line of JSON, byte for byte; `said` is the text for
-- a search. Lines between `-- each table` and `-- end` are repeated for every table of rows, with its name for TABLE.
-- A line with `-- define` says what a word in capital letters stands for; X is what stands in parentheses after it.
-- define NOW = strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
-- define CONVERSATION_OF_SOURCE = case when substr(new.source, 1, 6) not in ('usage/', 'limit/', 'audit/') then substr(new.source || '/', instr(new.source, '/') + 1, instr(substr(new.source || '/', instr(new.source, '/') + 1), '/') - 1) end
-- define COPY(X) = coalesce(replace(replace(replace(replace(X, '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r'), '\N')
-- define COUNT_CHANGES = update tally set changes = changes + changes() where changes() > 0;

create table if not exists meta (version integer not null);
insert into meta select 0 where not exists (select 1 from meta);
update meta set version = 1 where version < 1;

-- How many rows the push that runs has changed.
create table if not exists tally (changes integer not null);
insert into tally select 0 where not exists (select 1 from tally);

create table if not exists machine (
  owner text not null, machine text not null, label text not null, seen_at text not null,
  primary key (owner, machine)
) without rowid;

-- What is there of each source, and who may see it (here for the day when it moves to a server: a file has no roles).
create table if not exists cursor (
  owner text not null, machine text not null, source text not null,
  pos integer not null, digest text not null, stamp text not null,
  visibility text not null check (visibility in ('private', 'team')), pushed_at text not null,
  primary key (owner, machine, source)
) without rowid;

-- Conversations, and sessions without one, that are never taken again.
create table if not exists forgotten (
  owner text not null, conversation text not null, at text not null,
  primary key (owner, conversation)
) without rowid;

-- each table
create table if not exists TABLE (
  owner text not null, machine text not null, source text not null, seq integer not null,
  id text not null, kind text, at text, project text, agent text, conversation text, said text,
  body text not null, pushed_at text not null,
  primary key (owner, machine, source, seq)
);
-- end

-- One operation a row; the triggers below carry it out.
create view if not exists incoming as select
  '' as owner, '' as op, '' as machine, '' as source, 0 as seq, '' as tab, '' as id, '' as kind, '' as at,
  '' as project, '' as agent, '' as conversation, '' as said, '' as body, 0 as pos, '' as digest, '' as stamp,
  '' as visibility
where 0;

create trigger if not exists take_machine instead of insert on incoming when new.op = 'machine'
begin
  insert into machine values (new.owner, new.machine, new.id, NOW)
  on conflict (owner, machine) do update set label = excluded.label, seen_at = excluded.seen_at;
end;

-- each table
create trigger if not exists take_TABLE instead of insert on incoming when new.op = 'row' and new.tab = 'TABLE'
  and not exists (select 1 from forgotten
    where owner = new.owner and conversation in (CONVERSATION_OF_SOURCE, new.conversation))
begin
  insert into TABLE values (new.owner, new.machine, new.source, new.seq, new.id, new.kind, new.at, new.project,
    new.agent, new.conversation, new.said, new.body, NOW)
  on conflict (owner, machine, source, seq) do update set id = excluded.id, kind = excluded.kind, at = excluded.at, project = excluded.project,
    agent = excluded.agent, conversation = excluded.conversation, said = excluded.said, body = excluded.body,
    pushed_at = excluded.pushed_at
  where (id, kind, at, project, agent, conversation, said, body) is not (excluded.id, excluded.kind, excluded.at,
    excluded.project, excluded.agent, excluded.conversation, excluded.said, excluded.body);
  COUNT_CHANGES
end;
create trigger if not exists cut_TABLE instead of insert on incoming when new.op = 'cut' and new.tab = 'TABLE'
begin
  delete from TABLE where owner = new.owner and machine = new.machine and source = new.source and seq >= new.seq;
  COUNT_CHANGES
end;
-- end

create trigger if not exists take_held instead of insert on incoming when new.op = 'held'
  and not exists (select 1 from forgotten where owner = new.owner and conversation = CONVERSATION_OF_SOURCE)
begin
  update tally set changes = changes + 1 where exists (select 1 from cursor where owner = new.owner
    and machine = new.machine and source = new.source and visibility <> new.visibility);
  insert into cursor values (new.owner, new.machine, new.source, new.pos, new.digest, new.stamp,
    coalesce(new.visibility, 'private'), NOW)
  on conflict (owner, machine, source) do update set pos = excluded.pos, digest = excluded.digest, stamp = excluded.stamp,
    visibility = coalesce(new.visibility, visibility), pushed_at = excluded.pushed_at
  where (pos, digest, stamp, visibility) is not (excluded.pos, excluded.digest, excluded.stamp,
    coalesce(new.visibility, visibility));
  -- Rows that are forgotten were not taken: a log without some is not what was sent, and a session is not there.
  update cursor set digest = '', stamp = '' where owner = new.owner and machine = new.machine and source = new.source
    and source like 'audit/%' and exists (select 1 from forgotten where owner = new.owner)
    and new.pos > (select count(*) from audit where owner = new.owner and machine = new.machine and source = new.source);
  delete from cursor where owner = new.owner and machine = new.machine and source = new.source
    and source like 'record/%' and exists (select 1 from forgotten where owner = new.owner)
    and new.pos > (select count(*) from record where owner = new.owner and machine = new.machine and source = new.source);
end;

-- Of a conversation, and of all machines of this person. A source of which rows go away is sent again by its owner.
create trigger if not exists take_forget instead of insert on incoming when new.op = 'forget'
begin
  insert into forgotten values (new.owner, new.conversation, NOW) on conflict do nothing;
  COUNT_CHANGES
  -- Before the cursors go, which name machines that nothing else may name.
  delete from entry where owner = new.owner
    and machine in (select machine from machine where owner = new.owner
      union select machine from cursor where owner = new.owner)
    and source >= 'talk/' || new.conversation || '/' and source < 'talk/' || new.conversation || '0';
  COUNT_CHANGES
  delete from cursor where owner = new.owner and (machine, source) in (select machine, source from record
    where owner = new.owner and conversation = new.conversation);
  delete from cursor where owner = new.owner
    and source in ('head/' || new.conversation, 'mark/' || new.conversation, 'record/' || new.conversation);
  delete from cursor where owner = new.owner
    and source >= 'talk/' || new.conversation || '/' and source < 'talk/' || new.conversation || '0';
  update cursor set digest = '', stamp = '' where owner = new.owner
    and (machine, source) in (select machine, source from audit
      where owner = new.owner and conversation = new.conversation);
  delete from audit where owner = new.owner and conversation = new.conversation;
  COUNT_CHANGES
  delete from record where owner = new.owner
    and (conversation = new.conversation or source = 'record/' || new.conversation);
  COUNT_CHANGES
  delete from conversation where owner = new.owner and source = 'head/' || new.conversation;
  COUNT_CHANGES
  delete from mark where owner = new.owner and source = 'mark/' || new.conversation;
  COUNT_CHANGES
end;

create trigger if not exists take_nothing_else instead of insert on incoming
  when new.op not in ('machine', 'row', 'cut', 'held', 'forget') or new.op in ('row', 'cut') and new.tab not in
    ('conversation', 'entry', 'record', 'mark', 'usage_day', 'limit_reading', 'audit')
begin
  select raise(abort, 'there is no such operation, or no such table');
end;

-- For people: everything, what was spent (on a day, or before all of them), and which secrets were replaced.
create view if not exists outgoing as
  select owner, machine, source, seq, 'conversation' as tab, id, kind, at, project, agent, conversation, said, body,
    pushed_at from conversation
  union all select owner, machine, source, seq, 'entry', id, kind, at, project, agent, conversation, said, body,
    pushed_at from entry
  union all select owner, machine, source, seq, 'record', id, kind, at, project, agent, conversation, said, body,
    pushed_at from record
  union all select owner, machine, source, seq, 'mark', id, kind, at, project, agent, conversation, said, body,
    pushed_at from mark
  union all select owner, machine, source, seq, 'usage_day', id, kind, at, project, agent, conversation, said, body,
    pushed_at from usage_day
  union all select owner, machine, source, seq, 'limit_reading', id, kind, at, project, agent, conversation, said,
    body, pushed_at from limit_reading
  union all select owner, machine, source, seq, 'audit', id, kind, at, project, agent, conversation, said, body,
    pushed_at from audit;

create view if not exists spend as select
  case substr(source, 7) when 'before' then '' else substr(source, 7) end as day, owner, machine, project, id as model,
  json_extract(body, '$.total_tokens') as total_tokens, json_extract(body, '$.cost_usd') as cost_usd
from usage_day;

create view if not exists secrets as select
  c.owner, c.machine, substr(c.source, 6) as conversation, c.project, c.at, s.key as rule, s.value as replaced
from conversation as c, json_each(c.body, '$.secrets') as s;

-- The operations that lead to this content, for another target: as rows of `incoming`, and as lines for PostgreSQL:
-- sqlite3 all.db "select line from outgoing_copy where owner = 'anna'" | psql -c 'copy cs.incoming from stdin'
create view if not exists outgoing_ops as
  select owner, 'machine' as op, machine, null as source, null as seq, null as tab, label as id, null as kind,
    null as at, null as project, null as agent, null as conversation, null as said, null as body, null as pos,
    null as digest, null as stamp, null as visibility from machine
  union all select owner, 'row', machine, source, seq, tab, id, kind, at, project, agent, conversation, said, body,
    null, null, null, null from outgoing
  union all select owner, 'cut', machine, source, pos, case substr(source, 1, instr(source, '/') - 1)
      when 'head' then 'conversation' when 'talk' then 'entry' when 'usage' then 'usage_day'
      when 'limit' then 'limit_reading' else substr(source, 1, instr(source, '/') - 1) end, null, null, null, null,
    null, null, null, null, null, null, null, null from cursor
  union all select owner, 'held', machine, source, null, null, null, null, null, null, null, null, null, null, pos,
    digest, stamp, visibility from cursor
  union all select owner, 'forget', null, null, null, null, null, null, null, null, null, conversation, null, null,
    null, null, null, null from forgotten;

create view if not exists outgoing_copy as select owner,
  COPY(op) || char(9) || COPY(machine) || char(9) || COPY(source) || char(9) || COPY(seq) || char(9) || COPY(tab) || char(9) ||
  COPY(id) || char(9) || COPY(kind) || char(9) || COPY(at) || char(9) || COPY(project) || char(9) || COPY(agent) || char(9) ||
  COPY(conversation) || char(9) || COPY(said) || char(9) || COPY(body) || char(9) || COPY(pos) || char(9) || COPY(digest) || char(9) ||
  COPY(stamp) || char(9) || COPY(visibility) as line
from outgoing_ops;
