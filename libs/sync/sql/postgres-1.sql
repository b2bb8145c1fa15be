-- Version 1: tables, who sees which rows, and `cs.incoming`, the view through which everything enters.
--
-- A row belongs to the role that pushed it (`owner`), and is named by (owner, machine, source, seq). Who else sees it is
-- said once, by `visibility` of its source in `cs.cursor`.

do $cs$
begin
  if current_setting('server_version_num')::integer < 150000 then
    raise exception 'cs: PostgreSQL % is too old; it must be 15 or newer', current_setting('server_version');
  elsif current_setting('server_encoding') <> 'UTF8' then
    raise exception 'cs: the encoding of this database is %; it must be UTF8', current_setting('server_encoding');
  end if;
end $cs$;

-- Members of cs_team push, and see what is theirs or for the team. Members of cs_reviewer see everything and write nothing.
do $cs$
declare
  word text;
begin
  foreach word in array array['cs_team', 'cs_reviewer'] loop
    if not exists (select from pg_catalog.pg_roles where rolname = word) then
      execute format('create role %I nologin', word);
    end if;
  end loop;
end $cs$;

create schema cs;
grant usage on schema cs to cs_team, cs_reviewer;

create table cs.meta (version integer not null);
insert into cs.meta values (1);

create table cs.machine (
  owner text collate "C" not null,
  machine text collate "C" not null check (machine ~ '^[0-9a-f]{16}$'),
  label text not null check (length(label) <= 60),
  seen_at timestamptz not null default now(),
  primary key (owner, machine)
);

-- What is here of each source. Only its owner knows what `stamp` means.
create table cs.cursor (
  owner text collate "C" not null,
  machine text collate "C" not null,
  source text collate "C" not null check (source ~ '^[a-z]+(/[A-Za-z0-9_+=@-][A-Za-z0-9_.+=@-]{0,199}){1,3}$'),
  pos bigint not null,
  digest text not null,
  stamp text not null,
  visibility text not null check (visibility in ('private', 'team')),
  pushed_at timestamptz not null default now(),
  primary key (owner, machine, source)
);

-- Conversations, and sessions without one, that are never taken again from this owner.
create table cs.forgotten (
  owner text collate "C" not null,
  conversation text collate "C" not null,
  at timestamptz not null default now(),
  primary key (owner, conversation)
);

-- One operation a row; `cs.take` carries it out. The columns of `cs-sync push --sql`, in its order.
create view cs.incoming as select
  null::text as op, null::text as machine, null::text as source, null::bigint as seq, null::text as tab,
  null::text as id, null::text as kind, null::timestamptz as at, null::text as project, null::text as agent,
  null::text as conversation, null::text as said, null::text as body, null::bigint as pos, null::text as digest,
  null::text as stamp, null::text as visibility
where false;
grant insert on cs.incoming to cs_team;

-- The words of a text for a search, of any language. An index takes 1 MiB of them, so a longer text is cut.
create function cs.words(said text) returns tsvector language plpgsql immutable strict as $cs$
begin
  if length(said) < 10000 then
    return to_tsvector('pg_catalog.simple', said);
  end if;
  begin
    return to_tsvector('pg_catalog.simple', left(said, 100000));
  exception when program_limit_exceeded then
    return to_tsvector('pg_catalog.simple', left(said, 10000));
  end;
end $cs$;

-- A body out of which texts can be taken: without the escapes that no text of a database can have.
create function cs.readable(body json) returns json language sql immutable as $cs$
  select case when body::text ~ '\\u(0000|[dD][89a-fA-F])'
    then regexp_replace(body::text, '\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\ufffd', 'g')::json
    else body end
$cs$;

-- A number of a body; null if it is not one, so that one row of somebody cannot make a view fail for all.
create function cs.number(body json, name text) returns numeric language sql immutable as $cs$
  select case when said ~ '^-?[0-9]{1,30}([.][0-9]{1,30})?([eE][-+]?[0-9]{1,2})?$' then said::numeric end
  from (select cs.readable(body) ->> name as said) as field
$cs$;

-- A table for each kind of row, with what writes to it.
do $cs$
declare
  tab text;
  is_said boolean;
begin
  foreach tab in array array['conversation', 'entry', 'record', 'mark', 'usage_day', 'limit_reading', 'audit'] loop
    is_said := tab in ('conversation', 'entry', 'record');
    execute format($$
      create table cs.%1$I (
        owner text collate "C" not null,
        machine text collate "C" not null,
        source text collate "C" not null,
        seq bigint not null check (seq >= 0),
        id text not null,
        kind text,
        at timestamptz,
        project text,
        agent text,
        conversation text,
        body json not null,
        pushed_at timestamptz not null default now()%2$s,
        primary key (owner, machine, source, seq)
      )
    $$, tab, case when is_said then ', words tsvector' else '' end);
    if is_said then
      execute format('create index on cs.%I using gin (words)', tab);
    end if;
    -- True if the row was not there, or was another one.
    execute format($$
      create function cs.put_%1$s(o cs.incoming) returns boolean language plpgsql as $put$
      begin
        insert into cs.%1$I as t (owner, machine, source, seq, id, kind, at, project, agent, conversation, body%2$s)
        values (current_user, o.machine, o.source, o.seq, coalesce(o.id, ''), o.kind, o.at, o.project, o.agent,
          o.conversation, o.body::json%3$s)
        on conflict (owner, machine, source, seq) do update
        set (id, kind, at, project, agent, conversation, body, pushed_at%2$s) = row(excluded.id, excluded.kind,
          excluded.at, excluded.project, excluded.agent, excluded.conversation, excluded.body, now()%4$s)
        where (t.id, t.kind, t.at, t.project, t.agent, t.conversation, t.body::text) is distinct from (excluded.id,
          excluded.kind, excluded.at, excluded.project, excluded.agent, excluded.conversation, excluded.body::text);
        return found;
      end $put$
    $$, tab, case when is_said then ', words' else '' end, case when is_said then ', cs.words(o.said)' else '' end,
      case when is_said then ', excluded.words' else '' end);
    -- The number of rows that went.
    execute format($$
      create function cs.cut_%1$s(o cs.incoming) returns bigint language plpgsql as $cut$
      declare
        n bigint;
      begin
        delete from cs.%1$I where owner = current_user and machine = o.machine and source = o.source and seq >= o.seq;
        get diagnostics n = row_count;
        return n;
      end $cut$
    $$, tab);
  end loop;
end $cs$;

-- Whether an owner sees only that which is theirs, or for the team.
do $cs$
declare
  tab text;
begin
  foreach tab in array array['machine', 'cursor', 'forgotten', 'conversation', 'entry', 'record', 'mark', 'usage_day',
    'limit_reading', 'audit'] loop
    execute format('alter table cs.%I enable row level security', tab);
    execute format('grant select, insert, update, delete on cs.%I to cs_team', tab);
    execute format('grant select on cs.%I to cs_reviewer', tab);
    execute format('create policy own on cs.%I using (owner = current_user) with check (owner = current_user)', tab);
    execute format('create policy reviewer on cs.%I for select to cs_reviewer using (true)', tab);
    -- A machine is seen if something of it is. What somebody had removed is nobody else's business.
    if tab not in ('cursor', 'forgotten') then
      execute format($$
        create policy team on cs.%1$I for select to cs_team using (exists (select from cs.cursor as c
          where c.owner = %1$I.owner and c.machine = %1$I.machine and c.visibility = 'team'%2$s))
      $$, tab, case when tab = 'machine' then '' else format(' and c.source = %I.source', tab) end);
    end if;
  end loop;
end $cs$;
create policy team on cs.cursor for select to cs_team using (visibility = 'team');
grant select on cs.meta to cs_team, cs_reviewer;

-- The conversation, or the session, to which a source belongs.
create function cs.belongs_to(source text) returns text language sql immutable as $cs$
  select case when source ~ '^(head|talk|record|mark)/' then split_part(source, '/', 2) end
$cs$;

create function cs.is_forgotten(source text, conversation text) returns boolean language plpgsql stable as $cs$
begin
  return exists (select from cs.forgotten as f
    where f.owner = current_user and f.conversation in (cs.belongs_to(source), is_forgotten.conversation));
end $cs$;

-- What is here of a source from now on; 1 if others than before may see it. Rows of what is forgotten were not taken, so
-- a digest that counts them is not kept.
create function cs.hold(o cs.incoming) returns bigint language plpgsql as $cs$
declare
  was text;
  n bigint;
begin
  if cs.is_forgotten(o.source, null) then
    return 0;
  end if;
  if o.source ~ '^(record|audit)/' and exists (select from cs.forgotten as f where f.owner = current_user) then
    select count(*) into n from (
      select 1 from cs.record as r where r.owner = current_user and r.machine = o.machine and r.source = o.source
      union all
      select 1 from cs.audit as a where a.owner = current_user and a.machine = o.machine and a.source = o.source
    ) as held;
    if n = 0 and o.pos > 0 then
      delete from cs.cursor as c where c.owner = current_user and c.machine = o.machine and c.source = o.source;
      return 0;
    elsif n < o.pos then
      o.pos := n;
      o.digest := '';
      o.stamp := '';
    end if;
  end if;
  select c.visibility into was from cs.cursor as c
    where c.owner = current_user and c.machine = o.machine and c.source = o.source;
  insert into cs.cursor as c (owner, machine, source, pos, digest, stamp, visibility)
  values (current_user, o.machine, o.source, o.pos, coalesce(o.digest, ''), coalesce(o.stamp, ''),
    coalesce(o.visibility, 'private'))
  on conflict (owner, machine, source) do update
  set (pos, digest, stamp, visibility, pushed_at) = row(excluded.pos, excluded.digest, excluded.stamp,
    coalesce(o.visibility, c.visibility), now())
  where (c.pos, c.digest, c.stamp, c.visibility) is distinct from (excluded.pos, excluded.digest, excluded.stamp,
    coalesce(o.visibility, c.visibility));
  return case when was <> o.visibility then 1 else 0 end;
end $cs$;

-- Removes a conversation, or a session without one, of all machines of this owner; the number of rows that went. A log
-- of what tools did loses some of its rows, and its machine sends it again. Waits for all other pushes of this owner,
-- which have a shared lock, because rows that they have not committed would not be seen, and stay. Two that remove something
-- at once wait for each other, which is a deadlock: one of them is told to come again.
create function cs.forget(o cs.incoming) returns bigint language plpgsql as $cs$
declare
  n bigint;
  lost bigint := 0;
begin
  -- A machine that does not know what the database has says all of it each time.
  if exists (select from cs.forgotten as f where f.owner = current_user and f.conversation = o.conversation) then
    return 0;
  end if;
  begin
    perform pg_advisory_xact_lock(hashtextextended('cs/' || current_user, 0));
  exception when lock_not_available or deadlock_detected then
    raise exception 'cs: busy: another push of % has not ended', current_user;
  end;
  insert into cs.forgotten (owner, conversation) values (current_user, o.conversation) on conflict do nothing;
  get diagnostics lost = row_count;
  delete from cs.cursor as c using cs.record as r
    where (c.owner, r.owner) = (current_user, current_user) and (c.machine, c.source) = (r.machine, r.source)
      and r.conversation = o.conversation;
  delete from cs.cursor where owner = current_user and cs.belongs_to(source) = o.conversation;
  update cs.cursor as c set digest = '', stamp = '' from cs.audit as a
    where (c.owner, a.owner) = (current_user, current_user) and (c.machine, c.source) = (a.machine, a.source)
      and a.conversation = o.conversation;
  delete from cs.conversation where owner = current_user and cs.belongs_to(source) = o.conversation;
  get diagnostics n = row_count;
  lost := lost + n;
  -- Of each machine with lines, found one after the other by the index, also if nothing else here names it.
  delete from cs.entry as e
    where e.owner = current_user and e.machine in (
      with recursive m (machine) as (
        (select first.machine from cs.entry as first where first.owner = current_user order by first.machine limit 1)
        union all
        select (select next.machine from cs.entry as next where next.owner = current_user and next.machine > m.machine
          order by next.machine limit 1) from m where m.machine is not null
      ) select m.machine from m where m.machine is not null)
      and e.source >= 'talk/' || o.conversation || '/' and e.source < 'talk/' || o.conversation || '0';
  get diagnostics n = row_count;
  lost := lost + n;
  delete from cs.record where owner = current_user
    and (conversation = o.conversation or cs.belongs_to(source) = o.conversation);
  get diagnostics n = row_count;
  lost := lost + n;
  delete from cs.mark where owner = current_user and cs.belongs_to(source) = o.conversation;
  get diagnostics n = row_count;
  lost := lost + n;
  delete from cs.audit where owner = current_user and conversation = o.conversation;
  get diagnostics n = row_count;
  update cs.cursor as c set pos = (select count(*) from cs.audit as a
      where a.owner = current_user and a.machine = c.machine and a.source = c.source)
    where c.owner = current_user and c.digest = '' and c.source ~ '^audit/';
  return lost + n;
end $cs$;

-- Carries out one operation, as the role that sends it. The setting cs.changes counts what has changed.
create function cs.take() returns trigger language plpgsql as $cs$
declare
  n bigint := 0;
begin
  case new.op
  when 'row' then
    if not cs.is_forgotten(new.source, new.conversation) then
      n := case new.tab
        when 'entry' then cs.put_entry(new)
        when 'conversation' then cs.put_conversation(new)
        when 'record' then cs.put_record(new)
        when 'mark' then cs.put_mark(new)
        when 'usage_day' then cs.put_usage_day(new)
        when 'limit_reading' then cs.put_limit_reading(new)
        when 'audit' then cs.put_audit(new)
      end::integer;
    end if;
  when 'cut' then
    n := case split_part(new.source, '/', 1)
      when 'talk' then cs.cut_entry(new)
      when 'head' then cs.cut_conversation(new)
      when 'record' then cs.cut_record(new)
      when 'mark' then cs.cut_mark(new)
      when 'usage' then cs.cut_usage_day(new)
      when 'limit' then cs.cut_limit_reading(new)
      when 'audit' then cs.cut_audit(new)
    end;
  when 'held' then
    n := cs.hold(new);
  when 'machine' then
    insert into cs.machine as m (owner, machine, label) values (current_user, new.machine, coalesce(new.id, ''))
    on conflict (owner, machine) do update set label = excluded.label, seen_at = now();
  when 'forget' then
    n := cs.forget(new);
  else
    raise exception 'cs: there is no operation %', new.op;
  end case;
  if n is null then
    raise exception 'cs: % % of the source % is not known', new.op, coalesce(new.tab, ''), new.source;
  elsif n = 0 then
    return null;
  end if;
  perform set_config('cs.changes',
    (coalesce(nullif(current_setting('cs.changes', true), ''), '0')::bigint + n)::text, true);
  return new;
end $cs$;
create trigger take instead of insert on cs.incoming for each row execute function cs.take();

-- All rows that one may see, as `cs-sync pull` reads them.
create view cs.outgoing with (security_invoker = true) as
select owner, machine, source, seq, tab, id, kind,
  to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as at, project, agent, conversation,
  body::text as body, pushed_at
from (
  select owner, machine, source, seq, 'conversation' as tab, id, kind, at, project, agent, conversation, body, pushed_at
    from cs.conversation
  union all
  select owner, machine, source, seq, 'entry', id, kind, at, project, agent, conversation, body, pushed_at from cs.entry
  union all
  select owner, machine, source, seq, 'record', id, kind, at, project, agent, conversation, body, pushed_at from cs.record
  union all
  select owner, machine, source, seq, 'mark', id, kind, at, project, agent, conversation, body, pushed_at from cs.mark
  union all
  select owner, machine, source, seq, 'usage_day', id, kind, at, project, agent, conversation, body, pushed_at
    from cs.usage_day
  union all
  select owner, machine, source, seq, 'limit_reading', id, kind, at, project, agent, conversation, body, pushed_at
    from cs.limit_reading
  union all
  select owner, machine, source, seq, 'audit', id, kind, at, project, agent, conversation, body, pushed_at from cs.audit
) as every;

-- What was used on a day (empty for what has none), by whom, where, and of which model.
create view cs.spend with (security_invoker = true) as
select case when split_part(source, '/', 2) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then split_part(source, '/', 2) else '' end
    as day,
  owner, machine, project, id as model, cs.number(body, 'total_tokens') as total_tokens,
  cs.number(body, 'cost_usd') as cost_usd
from cs.usage_day;

-- How many secrets were replaced in a conversation, by rule.
create view cs.secrets with (security_invoker = true) as
select c.owner, c.machine, split_part(c.source, '/', 2) as conversation, c.project, c.at, found.key as rule,
  cs.number(cs.readable(c.body) -> 'secrets', found.key) as replaced
from cs.conversation as c, json_object_keys(
  case json_typeof(cs.readable(c.body) -> 'secrets') when 'object' then cs.readable(c.body) -> 'secrets' else '{}' end
) as found (key);

grant select on cs.outgoing, cs.spend, cs.secrets to cs_team, cs_reviewer;

-- The newest rows with these words (as one types them: "a phrase", or, -not), as many as `most`. A condition of row level
-- security keeps an index of words from being used, so this runs as the owner of the tables, and asks itself what the
-- caller may see: the role that was set, or the one that logged in.
create function cs.find(words text, most integer default 100)
returns table (owner text, machine text, source text, seq bigint, id text, kind text, at timestamptz, project text,
  agent text, conversation text, body json)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $cs$
#variable_conflict use_column
declare
  asked tsquery := websearch_to_tsquery('pg_catalog.simple', words);
  who name := case current_setting('role') when 'none' then session_user else current_setting('role') end;
  is_team boolean := pg_has_role(who, 'cs_team', 'usage');
  is_reviewer boolean := pg_has_role(who, 'cs_reviewer', 'usage');
begin
  return query
  select f.owner, f.machine, f.source, f.seq, f.id, f.kind, f.at, f.project, f.agent,
    coalesce(f.conversation, split_part(f.source, '/', 2)), f.body
  from (
    select e.owner, e.machine, e.source, e.seq, e.id, e.kind, e.at, e.project, e.agent, e.conversation, e.body
      from cs.entry as e where e.words @@ asked
    union all
    select c.owner, c.machine, c.source, c.seq, c.id, c.kind, c.at, c.project, c.agent, c.conversation, c.body
      from cs.conversation as c where c.words @@ asked
    union all
    select r.owner, r.machine, r.source, r.seq, r.id, r.kind, r.at, r.project, r.agent, r.conversation, r.body
      from cs.record as r where r.words @@ asked
  ) as f
  where f.owner = who or is_reviewer or (is_team and exists (select from cs.cursor as v
    where v.owner = f.owner and v.machine = f.machine and v.source = f.source and v.visibility = 'team'))
  order by f.at desc nulls last, f.owner, f.machine, f.source, f.seq
  limit least(greatest(most, 0), 10000);
end $cs$;
revoke all on function cs.find from public;
grant execute on function cs.find to cs_team, cs_reviewer;
