-- Version 2: read-only views named as the tables in which Codex keeps its threads, over the conversations of all agents.
-- What is not known is null, or left out. Their last two columns, `owner` and `machine`, say whose conversation it is.
-- define SECONDS(X) = cast(strftime('%s', X) as integer)
-- define MILLIS(X) = (strftime('%s', X) * 1000 + substr(X, 21, 3))

create view if not exists threads as select
  t.id, null as rollout_path, SECONDS(t.at) as created_at, SECONDS(t.last_at) as updated_at, t.agent as source,
  null as model_provider, json_extract(t.body, '$.cwd') as cwd, coalesce(json_extract(t.body, '$.title'), '') as title,
  null as sandbox_policy, null as approval_mode, t.tokens_used, null as archived, null as archived_at,
  null as git_sha, json_extract(t.body, '$.branch') as git_branch, null as git_origin_url,
  json_extract(t.body, '$.client') as cli_version, coalesce(t.said_first, '') as first_user_message,
  json_extract(t.usage, '$.model') as model, MILLIS(t.at) as created_at_ms, MILLIS(t.last_at) as updated_at_ms,
  t.project as project_id, json_extract(t.body, '$.parent') as attached_thread_parent_id, t.owner, t.machine
from (select substr(c.source, 6) as id, c.at, c.agent, c.project, c.body, c.owner, c.machine,
    (select max(e.at) from entry as e where e.owner = c.owner and e.machine = c.machine
      and e.source >= 'talk/' || substr(c.source, 6) || '/' and e.source < 'talk/' || substr(c.source, 6) || '0')
      as last_at,
    (select cast(total(json_extract(e.body, '$.total_tokens')) as integer) from entry as e
      where e.owner = c.owner and e.machine = c.machine and e.kind = 'usage'
      and e.source >= 'talk/' || substr(c.source, 6) || '/' and e.source < 'talk/' || substr(c.source, 6) || '0')
      as tokens_used,
    (select e.said from entry as e where e.owner = c.owner and e.machine = c.machine and e.kind = 'prompt'
      and e.source = 'talk/' || substr(c.source, 6) || '/main' order by e.seq limit 1) as said_first,
    (select e.body from entry as e where e.owner = c.owner and e.machine = c.machine and e.kind = 'usage'
      and e.source = 'talk/' || substr(c.source, 6) || '/main' order by e.seq desc limit 1) as usage
  from conversation as c) as t;

create view if not exists thread_items as select
  case thread when 'main' then conversation else thread end as thread_id,
  case thread when 'main' then conversation else thread end || ':' || turn as turn_id, id as item_id,
  seq as rollout_ordinal, MILLIS(at) as created_at_ms, body as item_json,
  case kind when 'prompt' then 'userMessage' when 'answer' then 'agentMessage'
    when 'compaction' then 'contextCompaction' else kind end as item_type,
  seq as updated_at_ordinal, MILLIS(at) as started_at_ms, null as completed_at_ms, owner, machine
from (select owner, machine, seq, id, kind, at, body, coalesce(json_extract(body, '$.turn'), 0) as turn,
    substr(source, 6, instr(substr(source, 6), '/') - 1) as conversation,
    substr(source, 6 + instr(substr(source, 6), '/')) as thread
  from entry);

create view if not exists thread_turns as select
  thread_id, turn_id, rollout_ordinal, case when is_stopped then 'interrupted' else 'completed' end as status,
  null as error_json, first_ms / 1000 as started_at, last_ms / 1000 as completed_at, last_ms - first_ms as duration_ms,
  rollout_end_ordinal, substr(first_prompt, 13) as first_user_item_id, substr(last_answer, 13) as final_agent_item_id,
  owner, machine
from (select thread_id, turn_id, owner, machine, min(rollout_ordinal) as rollout_ordinal,
    max(rollout_ordinal) as rollout_end_ordinal, max(item_type = 'stop') as is_stopped,
    min(created_at_ms) as first_ms, max(created_at_ms) as last_ms,
    min(case item_type when 'userMessage' then printf('%012d', rollout_ordinal) || item_id end) as first_prompt,
    max(case item_type when 'agentMessage' then printf('%012d', rollout_ordinal) || item_id end) as last_answer
  from thread_items group by owner, machine, thread_id, turn_id);

create view if not exists thread_spawn_edges as select
  substr(source, 6, instr(substr(source, 6), '/') - 1) as parent_thread_id,
  substr(source, 6 + instr(substr(source, 6), '/')) as child_thread_id, null as status, owner, machine
from cursor where source like 'talk/%' and source not like 'talk/%/main';

update meta set version = 2 where version < 2;
