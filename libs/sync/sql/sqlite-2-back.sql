-- Back from version 2 to version 1. No rows are changed.

drop view thread_spawn_edges;
drop view thread_turns;
drop view thread_items;
drop view threads;
update meta set version = 1;
