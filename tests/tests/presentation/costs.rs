//! Costs: each place shows one number and says where it comes from.

use crate::*;

/// A conversation whose client reported its estimate, and whose log was counted if `is_counted`.
fn spent(is_counted: bool) -> Stage {
    let stage = stage();
    let figures = json!({
        "session_id": UUID, "cwd": stage.repository("repo"), "cost": {"total_cost_usd": 3.41},
        "context_window": {"used_percentage": 62},
    });
    run(stage.command("cs-statusline", 70_000, Client::Interactive), &figures.to_string());
    if is_counted {
        let folder = stage.sandbox.home().join(".claude/projects/-home-dev-repo");
        fs::create_dir_all(&folder).expect("it can be created");
        let line = json!({
            "type": "assistant", "sessionId": UUID, "timestamp": "2026-11-21T10:01:05Z", "cwd": stage.repository("repo"),
            "requestId": "r", "uuid": "bbbbbbbb-0000-4000-8000-000000000001",
            "message": {"id": "m", "model": "claude-opus-5-5",
                "usage": {"input_tokens": 200_000, "output_tokens": 50_000}},
        });
        fs::write(folder.join(format!("{UUID}.jsonl")), format!("{line}\n")).expect("it can be written");
        run_command(&stage, 75, &["cs-usage", "keep"]);
    }
    stage
}

/// The formatted cost in the summary.
fn counted(stage: &Stage) -> String {
    let usd = stage.sandbox.json(&format!("usage/{UUID}.json"))["cost_usd"].as_f64().expect("a price is known");
    assert!((usd - 3.41).abs() > 0.1, "the two are distinguishable");
    format!("${usd:.2}")
}

#[test]
fn a_cost_from_the_client_is_called_an_estimate() {
    let stage = spent(false);
    let table = run_command(&stage, 80, &["cs-session", "list", "--table"]);
    assert!(table.contains("EST. COST") && table.contains("$3.41"), "{table}");
    assert!(table.lines().next().is_some_and(|header| header.chars().count() <= 80), "{table}");
    let row = parsed(&run_command(&stage, 80, &["cs-session", "list", "--json"]));
    assert_eq!((&row["cost_usd"], &row["cost_by"]), (&json!(3.41), &json!("client")));
    let served = served(&stage, 80);
    for path in ["/", "/project/repo"] {
        let page = served.get(path).text();
        assert!(page.contains("$3.41 est."), "{path}: {page}");
    }
    let page = served.get(&format!("/session/{}", id(&stage))).text();
    assert!(page.contains("$3.41, the client’s own estimate"), "{page}");
    let figures = json!({"session_id": UUID, "cwd": stage.repository("repo"), "cost": {"total_cost_usd": 3.41}});
    let line = stdout(&run(stage.command("cs-statusline", 81_000, Client::Interactive), &figures.to_string()));
    assert!(line.contains("$3.41, today $3.41 est."), "{line}");
}

#[test]
fn a_counted_cost_is_called_a_list_price() {
    let stage = spent(true);
    let (id, cost) = (id(&stage), counted(&stage));
    let block = run_command(&stage, 80, &["cs-session", "show", &id, "--table"]);
    assert!(block.contains(&format!("  usage        {cost} at list prices, 250k tokens")), "{block}");
    let export = run_command(&stage, 80, &["cs-export", &id, "--format", "markdown"]);
    assert!(export.contains("| List price |") && export.contains(&cost), "{export}");
    let export = run_command(&stage, 80, &["cs-export", &id, "--format", "html"]);
    assert!(export.contains(">List price<") && export.contains(&cost), "{export}");
    for report in ["daily", "session", "project", "model"] {
        let table = run_command(&stage, 80, &["cs-usage", report, "--table"]);
        assert!(table.contains("LIST PRICE") && table.contains(&cost), "{table}");
    }
}

#[test]
fn no_row_shows_both_costs() {
    let stage = spent(true);
    let (id, cost) = (id(&stage), counted(&stage));
    let served = served(&stage, 80);
    for path in ["/", "/project/repo", &format!("/session/{id}")] {
        let page = served.get(path).text();
        let main = page.split("<main").nth(1).unwrap_or_default();
        // The total of a project and the rows of its sessions are separate places.
        let rows: Vec<&str> =
            if path.starts_with("/session") { vec![main] } else { main.split("<article").skip(1).collect() };
        for row in rows {
            let row = row.split("</article>").next().unwrap_or_default();
            assert!(!(row.contains("$3.41") && row.contains(&cost)), "{path}: {row}");
        }
    }
    run_command(&stage, 90, &["cs-session", "complete", &id, "--outcome", "counted"]);
    let row = self::served(&stage, 95).get("/project/repo").text();
    assert!(row.contains(&format!("{cost}</span>, 250k tokens, at list prices")), "{row}");
    let page = served.get(&format!("/session/{id}")).text();
    assert!(page.contains(&cost) && page.contains("at list prices") && !page.contains("$3.41"), "{page}");
}
