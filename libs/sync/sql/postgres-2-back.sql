-- Back from version 2 to version 1. No rows are changed.

drop view codex.threads, codex.thread_items, codex.thread_turns, codex.thread_spawn_edges;
drop schema codex;
drop function cs.turn, cs.thread, cs.millis, cs.seconds;
