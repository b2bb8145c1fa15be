//! What the page about limits says: cards, a chart of a week and of a day, windows, budgets, planned starts; with nothing
//! reported yet; on any screen, with any name of an account.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use cs_core::clock;
use cs_tests::{Sandbox, status, stderr};
use serde_json::{Value, json};

use crate::access::{axe, check};
use crate::dashboard::Dashboard;
use crate::screenshots::save_picture;

/// The end of the window that is there at the sandbox's time, 10:00: it began at 08:00.
const RESETS_AT: i64 = 1_795_266_000;
const HOUR: i64 = 3600;

fn instant(seconds: i64) -> String {
    clock::stamp(clock::from_millis(seconds * 1000).expect("an instant"))
}

/// Writes readings of a limit: seconds after the epoch, percent, and the end.
fn put(dashboard: &Dashboard, name: &str, readings: &[(i64, f64, i64)]) {
    let folder = dashboard.sandbox.data().join("limits");
    fs::create_dir_all(&folder).expect("a folder can be created");
    let file = fs::OpenOptions::new().create(true).append(true).open(folder.join(format!("{name}.jsonl")));
    let lines = readings.iter().map(|(at, used, resets_at)| {
        format!("{}\n", json!({"at": instant(*at), "used": used, "resets_at": instant(*resets_at)}))
    });
    file.expect("a file").write_all(lines.collect::<String>().as_bytes()).expect("it can be written");
}

/// Two weeks of five-hour windows, the present one of which is short; a week that lasts; another account.
pub fn report(dashboard: &Dashboard) {
    let mut readings = Vec::new();
    for day in (1..15).rev() {
        let end = RESETS_AT - day * 24 * HOUR;
        let most = 40 + day * 13 % 61;
        readings.extend((1..=most).map(|n| (end - 5 * HOUR + n * 150, n as f64, end)));
    }
    // A point in 90 seconds from 08:15 on: 70 at 10:00, 100 at 10:45.
    readings.extend((1..=70).map(|n| (RESETS_AT - 3 * HOUR - (70 - n) * 90, n as f64, RESETS_AT)));
    put(dashboard, "claude-five_hour", &readings);
    let end = RESETS_AT + 2 * 24 * HOUR;
    let of_week: Vec<_> = (1..=30).map(|n| (end - 7 * 24 * HOUR + n * 13_000, n as f64, end)).collect();
    put(dashboard, "claude-seven_day", &of_week);
    let ended = RESETS_AT - 10 * HOUR;
    put(dashboard, "codex-five_hour", &[(ended - 2 * HOUR, 12.0, ended), (ended - HOUR, 15.0, ended)]);
}

/// Settings with budgets and planned starts.
pub fn settings(dashboard: &Dashboard, more: &[(&str, Value)]) {
    let budgets = json!([{"usd": 20, "per": "day"}, {"usd": 0.2, "per": "month", "project": "api"}]);
    let plan =
        json!([{"at": "07:00", "days": "mon-fri"}, {"at": "21:30", "days": "sat", "command": ["true", "secret"]}]);
    let mut config = json!({"version": 1, "projects": {}, "limits": {"budgets": budgets, "plan": plan}});
    for (name, value) in more {
        config[*name] = value.clone();
    }
    let path = dashboard.sandbox.data().join("config.json");
    let temp = path.with_file_name(".tmp-test");
    fs::create_dir_all(dashboard.sandbox.data()).expect("a folder can be created");
    fs::write(&temp, config.to_string()).expect("a file can be written");
    fs::rename(temp, path).expect("it can be moved");
}

/// Saves a picture of the page for those who change how it looks, if LOOK names a folder.
fn look(dashboard: &mut Dashboard, name: &str) {
    if let Some(folder) = std::env::var_os("LOOK").map(PathBuf::from) {
        let (width, whole) = ("innerWidth", "Math.min(document.documentElement.scrollHeight, 3000)");
        let [width, whole] = [width, whole].map(|script| number(dashboard, script) as u32);
        dashboard.browser.size(width, whole);
        save_picture(dashboard, &folder.join(format!("limits-{name}.png")));
    }
}

fn number(dashboard: &mut Dashboard, script: &str) -> f64 {
    dashboard.browser.eval(script).as_f64().unwrap_or(f64::NAN)
}

#[test]
fn a_card_says_what_is_used_and_whether_it_lasts() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    report(&dashboard);
    settings(&dashboard, &[]);
    dashboard.open("/limits");
    assert_eq!(dashboard.browser.text("nav [aria-current]"), "Limits");
    let card = dashboard.browser.text("#limit-claude-five_hour");
    for words in [
        "Claude 5 h",
        "runs out",
        "pace ",
        " points an hour",
        "70%",
        "40% of the time is over",
        "100% at 10:4",
        "13:00",
        "resets in",
    ] {
        assert!(card.contains(words), "{words}: {card}");
    }
    let long =
        number(&mut dashboard, "document.querySelector('#limit-claude-five_hour .used').getAttribute('width') * 1");
    let tick = number(&mut dashboard, "document.querySelector('#limit-claude-five_hour .tick').getAttribute('x') * 1");
    assert!(long == 70.0 && (39.0..41.0).contains(&tick), "{long} {tick}");
    assert!(dashboard.browser.text("#limit-claude-seven_day").contains("lasts"), "30 after five of seven days");
    let ended = dashboard.browser.text("#limit-codex-five_hour");
    assert!(ended.contains("ended") && ended.contains("15% when it was reported last"), "{ended}");
    let label = "document.querySelector('#limit-codex-five_hour .bar').getAttribute('aria-label')";
    let label = dashboard.browser.eval(label);
    let not_known = "Codex 5 h: what is used now is not known; 15% when it was reported last";
    assert_eq!(label, not_known, "an old number is not read aloud as the present one");
    assert!(dashboard.browser.text("#limit-claude-seven_day").contains(" points a day"));
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('.top .limits').length"), 0, "the cards say it");
    // The windows: the newest first, with the times at which they passed.
    let rows = "[...document.querySelectorAll('#history-claude-five_hour tbody tr')].map((row) => row.innerText)";
    let rows = dashboard.browser.eval(rows);
    let first = rows[0].as_str().unwrap_or_default();
    assert!(rows.as_array().map(Vec::len) == Some(15) && first.contains("now") && first.contains("70%"), "{rows}");
    assert!(first.contains("09:30") && !first.contains("09:3 "), "it passed half at 09:30: {first}");
    assert!(rows[14].as_str().is_some_and(|row| row.contains("100%") && row.contains("50 min")), "locked out: {rows}");
    // The charts, and what is the same as text.
    assert!(number(&mut dashboard, "document.querySelectorAll('#week path').length") >= 8.0);
    assert!(number(&mut dashboard, "document.querySelectorAll('#hours-claude-five_hour rect.s1').length") >= 2.0);
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('#hours-claude-five_hour rect.strip').length"), 3);
    dashboard.browser.click("#hours-claude-five_hour-table summary");
    assert!(dashboard.browser.text("#hours-claude-five_hour-table").contains("08:00"));
    let plan = dashboard.browser.text("#plan");
    assert!(plan.contains("07:00 Mon-Fri next Mon 07:00") && plan.contains("starts a program"), "{plan}");
    assert!(!plan.contains("secret"), "a command is nobody's business: {plan}");
    let budgets = dashboard.browser.text("#budgets");
    assert!(budgets.contains("$20 a day") && budgets.contains("cs-usage keep"), "nothing was counted: {budgets}");
    crate::usage::record_without_status_line(&dashboard, 100_000);
    dashboard.cs("cs-usage", &["keep", "-q"]);
    dashboard.browser.until("document.getElementById('budgets').innerText.includes('$0.50 of $20.00')");
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('#budgets .is-over').length"), 1);
    assert!(dashboard.browser.text("#budgets .is-over").contains("over the budget"), "not by its colour alone");
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
    for (scheme, width) in [("light", 390), ("dark", 390), ("light", 1440), ("dark", 1000)] {
        dashboard.browser.scheme(scheme);
        dashboard.browser.size(width, 900);
        dashboard.open("/limits");
        // On a phone nothing scrolls down inside of the page.
        let inner = "[...document.querySelectorAll('#budgets .scroll, [id^=history-] .scroll')].filter((one) => \
            one.scrollHeight > one.clientHeight + 1).length";
        assert!(width > 390 || number(&mut dashboard, inner) == 0.0, "{width} {scheme}");
        look(&mut dashboard, &format!("{width}-{scheme}"));
    }
    // The overview says so, and every page has the same figures at its top.
    dashboard.open("/");
    let short = dashboard.browser.text("#short");
    assert!(short.contains("Claude 5 h") && short.contains("100% at 10:4"), "{short}");
    let top = dashboard.browser.text(".limits");
    assert!(top.contains("70%") && top.contains("resets in"), "{top}");
    dashboard.browser.follow("#short a");
    assert_eq!(dashboard.browser.eval("location.pathname + location.hash"), "/limits#limit-claude-five_hour");
}

#[test]
fn a_reading_appears_by_itself_and_without_scripts_all_is_there() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    dashboard.open("/limits");
    let empty = dashboard.browser.text("#empty");
    assert!(empty.contains("cs-setup statusline install") && empty.contains("cs-usage keep"), "{empty}");
    dashboard.browser.eval("window.sameDocument = true");
    let told = |used: u32| {
        let limits = json!({"five_hour": {"used_percentage": used, "resets_at": RESETS_AT}});
        // Figures of one conversation are stored every few seconds; here the clock stands still.
        let session = format!("e998145e-4e5d-40c9-a3a6-681ad5bd51{used}");
        let payload = json!({"session_id": session, "rate_limits": limits});
        let output = dashboard.sandbox.feed("cs-statusline", &[], &payload.to_string());
        assert_eq!(status(&output), 0, "{}", stderr(&output));
    };
    told(41);
    dashboard.browser.until("document.querySelector('#limit-claude-five_hour .amount')?.textContent === '41%'");
    told(43);
    dashboard.browser.until("document.querySelector('#limit-claude-five_hour .amount').textContent === '43%'");
    // Codex's readings are appended by another program, which writes nothing else.
    put(&dashboard, "codex-seven_day", &[(RESETS_AT - 3 * HOUR, 7.0, RESETS_AT)]);
    dashboard.browser.until("document.querySelector('#limit-codex-seven_day .amount')?.textContent === '7%'");
    put(&dashboard, "codex-seven_day", &[(RESETS_AT - 3 * HOUR, 9.0, RESETS_AT)]);
    dashboard.browser.until("document.querySelector('#limit-codex-seven_day .amount').textContent === '9%'");
    assert_eq!(dashboard.browser.eval("window.sameDocument"), true);
    let page = dashboard.served.get("/limits").text();
    assert!(page.contains("43% used") && page.contains("class=\"tick\"") && page.contains("not known yet"), "{page}");
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}

#[test]
fn limits_fit_every_screen_and_any_name() {
    let Some(mut dashboard) = Dashboard::start(Sandbox::new()) else { return };
    let name = format!("<script>document.title='owned'</script>\" onload=alert(1) \u{202e}gnp {}", "w".repeat(300));
    let account = "<script>alert(1)</script>\" onload=1 \u{202e}gnp";
    let folder = dashboard.sandbox.home().join(".claude-work");
    let mut statusline = dashboard.sandbox.command("cs-statusline");
    statusline.env("CLAUDE_CONFIG_DIR", &folder);
    let limits = json!({"five_hour": {"used_percentage": 41, "resets_at": RESETS_AT}});
    let payload = json!({"session_id": "e998145e-4e5d-40c9-a3a6-681ad5bd51c9", "rate_limits": limits});
    assert_eq!(status(&cs_tests::run(statusline, &payload.to_string())), 0);
    report(&dashboard);
    let budgets = json!([{"usd": 20, "per": "week", "project": name, "model": name}, {"usd": -1}]);
    settings(
        &dashboard,
        &[
            ("accounts", json!({account: folder})),
            (
                "limits",
                json!({"budgets": budgets,
        "plan": [{"at": "07:00", "days": "mon-fri"}], "alerts": {name.clone(): [name.clone()]}}),
            ),
        ],
    );
    let axe = axe();
    for (scheme, width) in [("light", 390), ("dark", 390), ("light", 800), ("dark", 1440)] {
        dashboard.browser.scheme(scheme);
        dashboard.browser.size(width, 844);
        dashboard.open("/limits");
        dashboard.browser.eval("document.querySelectorAll('details').forEach((one) => (one.open = true))");
        assert_eq!(dashboard.browser.beyond(), "", "{width}");
        assert_eq!(dashboard.browser.eval(crate::narrow::CUT), json!([]), "{width}");
        look(&mut dashboard, &format!("hostile-{width}-{scheme}"));
        axe.iter().for_each(|axe| check(&mut dashboard, axe, &format!("/limits {scheme} {width}")));
        let text = dashboard.browser.text("#cards");
        assert!(text.contains("<script>") && !text.contains('\u{202e}'), "it is shown as text: {text}");
        let parts = "[...document.querySelectorAll('*')].flatMap((one) => [...one.attributes]).filter(\
            ({name}) => name.startsWith('on') || name === 'style').length + document.scripts.length - 2";
        assert_eq!(dashboard.browser.eval(parts), 0);
    }
    let troubles = dashboard.browser.text("#troubles");
    assert!(troubles.contains("limits.budgets[1].usd"), "what cannot be used is named: {troubles}");
    assert_eq!(troubles.matches("config.json").count(), 1, "once for all of it: {troubles}");
    dashboard.open("/");
    assert!(dashboard.browser.text(".damaged").contains("limits.budgets[1].usd"));
    assert_eq!(dashboard.browser.complaints(), [""; 0]);
}
