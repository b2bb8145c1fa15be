//! Searching: the index of words is used, and quickly enough.

use crate::content::server;
use std::time::Instant;

#[test]
fn a_search_of_200_000_rows_uses_the_index_of_words() {
    let Some(server) = server() else { return };
    // Straight into the tables, as their owner: the rows of two persons, of which one is for the team.
    server.ask(
        "admin",
        "insert into cs.entry (owner, machine, source, seq, id, kind, at, body, words)
         select (array['ada', 'bob'])[1 + n % 2], '0000000000000001', 'talk/c' || n / 1000 || '/main', n, n::text, 'prompt',
           now(), '{}', to_tsvector('simple', 'common word' || n % 5000 || ' other' || n)
         from generate_series(0, 199999) as n;
         insert into cs.cursor (owner, machine, source, pos, digest, stamp, visibility)
         select distinct owner, machine, source, 0, '', '', case when source = 'talk/c5/main' then 'team' else 'private' end
         from cs.entry; analyze cs.entry; analyze cs.cursor;",
    );
    let run = server.run(
        "admin",
        "load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
         set client_min_messages = log; set role ada; select count(*) from cs.find('word7');",
    );
    let plan = cs_tests::stderr(&run);
    assert!(plan.contains("Bitmap Index Scan on entry_words_idx"), "{plan}");
    assert!(!plan.contains("Seq Scan on entry"), "{plan}");
    // Word 7 is in 40 rows of bob, one of them in a thread for the team; none is ada's.
    assert_eq!(cs_tests::stdout(&run).trim(), "1");
    let begun = Instant::now();
    let many = "select count(*) from generate_series(1, 20) as n, lateral cs.find('word' || n * 7) as f";
    server.ask("bob", many);
    println!("20 searches of 200,000 rows: {} ms", begun.elapsed().as_millis());
    assert!(begun.elapsed().as_millis() < 2_000, "20 searches took {:?}", begun.elapsed());
    // What one sees without the function is the same.
    let with = "select count(*) from cs.find('word7')";
    let without = "select count(*) from cs.entry where words @@ 'word7'::tsquery";
    for role in ["ada", "bob", "rex"] {
        assert_eq!(server.ask(role, with), server.ask(role, without), "{role}");
    }
    // As one types it: any text is a search.
    for words in ["'", "a & | !", "\"", "-", "", ":*", "\\"] {
        server.ask("bob", &format!("select count(*) from cs.find('{}')", words.replace('\'', "''")));
    }
    assert_eq!(server.ask("rex", "select count(*) from cs.find('common')"), "100", "by default");
    assert_eq!(server.ask("rex", "select count(*) from cs.find('common', 100000000)"), "10000");
    assert_eq!(server.ask("rex", "select count(*) from cs.find('common', -1)"), "0");
}
