-- Version 2: read-only views named as the tables in which Codex keeps its threads, over the conversations of all agents.
-- What is not known is null. Their last columns, `owner` and `machine`, say whose conversation it is.

create schema codex;
grant usage on schema codex to cs_team, cs_reviewer;

-- Null for a time that is none, such as infinity, so that one row of somebody cannot make a view fail for all.
create function cs.seconds(at timestamptz) returns bigint language sql immutable as $cs$
  select case when isfinite(at) then floor(extract(epoch from at))::bigint end
$cs$;

create function cs.millis(at timestamptz) returns bigint language sql immutable as $cs$
  select case when isfinite(at) then floor(extract(epoch from at) * 1000)::bigint end
$cs$;

-- Codex gives each subagent a thread of its own; the main one is named as the conversation.
create function cs.thread(source text) returns text language sql immutable as $cs$
  select case split_part(source, '/', 3) when 'main' then split_part(source, '/', 2) else split_part(source, '/', 3) end
$cs$;

create function cs.turn(source text, body json) returns text language sql immutable as $cs$
  select cs.thread(source) || ':' || coalesce(cs.number(body, 'turn'), 0)::text
$cs$;

create view codex.threads with (security_invoker = true) as
select c.id, null::text as rollout_path, cs.seconds(c.at) as created_at, cs.seconds(latest.at) as updated_at,
  c.agent as source, null::text as model_provider, cs.readable(c.body) ->> 'cwd' as cwd,
  coalesce(cs.readable(c.body) ->> 'title', '') as title, null::text as sandbox_policy, null::text as approval_mode,
  (select greatest(least(coalesce(sum(cs.number(u.body, 'total_tokens')), 0), 9223372036854775807), 0)::bigint
    from cs.entry as u
    where u.owner = c.owner and u.machine = c.machine and u.source >= 'talk/' || c.id || '/'
      and u.source < 'talk/' || c.id || '0' and u.kind = 'usage') as tokens_used,
  null::integer as archived, null::bigint as archived_at, null::text as git_sha,
  cs.readable(c.body) ->> 'branch' as git_branch, null::text as git_origin_url,
  cs.readable(c.body) ->> 'client' as cli_version,
  (select cs.readable(p.body) ->> 'text' from cs.entry as p where p.owner = c.owner and p.machine = c.machine
    and p.source = 'talk/' || c.id || '/main' and p.kind = 'prompt' order by p.seq limit 1) as first_user_message,
  (select cs.readable(m.body) ->> 'model' from cs.entry as m where m.owner = c.owner and m.machine = c.machine
    and m.source = 'talk/' || c.id || '/main' and m.kind = 'usage' order by m.seq desc limit 1) as model,
  cs.millis(c.at) as created_at_ms, cs.millis(latest.at) as updated_at_ms, c.project as project_id,
  cs.readable(c.body) ->> 'parent' as attached_thread_parent_id, c.owner, c.machine
from cs.conversation as c left join lateral (
  select max(e.at) as at from cs.entry as e where e.owner = c.owner and e.machine = c.machine
    and e.source >= 'talk/' || c.id || '/' and e.source < 'talk/' || c.id || '0'
) as latest on true;

create view codex.thread_items with (security_invoker = true) as
select cs.thread(source) as thread_id, cs.turn(source, body) as turn_id, id as item_id, seq as rollout_ordinal,
  cs.millis(at) as created_at_ms, body as item_json,
  case kind when 'prompt' then 'userMessage' when 'answer' then 'agentMessage' when 'compaction' then 'contextCompaction'
    else kind end as item_type,
  seq as updated_at_ordinal, cs.millis(at) as started_at_ms, null::bigint as completed_at_ms, owner, machine
from cs.entry;

create view codex.thread_turns with (security_invoker = true) as
select cs.thread(source) as thread_id, cs.turn(source, body) as turn_id, min(seq) as rollout_ordinal,
  case when bool_or(kind = 'stop') then 'interrupted' when bool_or(kind = 'answer') then 'completed' end as status, null::text as error_json,
  cs.seconds(min(at)) as started_at, cs.seconds(max(at)) as completed_at,
  cs.millis(max(at)) - cs.millis(min(at)) as duration_ms,
  (array_agg(id order by seq) filter (where kind = 'prompt'))[1] as first_user_item_id,
  (array_agg(id order by seq desc) filter (where kind = 'answer'))[1] as final_agent_item_id, owner, machine
from cs.entry group by owner, machine, source, cs.turn(source, body);

create view codex.thread_spawn_edges with (security_invoker = true) as
select distinct split_part(source, '/', 2) as parent_thread_id, split_part(source, '/', 3) as child_thread_id,
  null::text as status, owner, machine
from cs.cursor where source like 'talk/%' and split_part(source, '/', 3) <> 'main';

grant select on all tables in schema codex to cs_team, cs_reviewer;
