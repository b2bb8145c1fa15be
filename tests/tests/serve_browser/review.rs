//! Reviewing a conversation in the browser: what a person selects is redacted in what the report shows, the report is the
//! one of the command line, and nothing that a conversation says does anything in the page.

use std::fs;
use std::path::Path;
use std::time::Duration;

use cs_tests::eventually;
use cs_tests::http::Served;
use serde_json::{Value, json};

use crate::access::{axe, serious};
use crate::dashboard::Dashboard;

const UUID: &str = "5e1f0000-0000-4000-8000-0000000000aa";
const LIVE: &str = "document.querySelector('#connection').dataset.state === 'live'";

/// A token that rules find, made here so that the sources contain none.
fn token() -> String {
    format!("ghp_{}", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5")
}

fn line(n: usize, kind: &str, content: &Value) -> String {
    let origin = if kind == "user" && content.is_string() { json!({"kind": "human"}) } else { Value::Null };
    json!({
        "type": kind, "uuid": format!("u{n}"), "sessionId": UUID, "cwd": "/home/dev/api",
        "timestamp": format!("2026-11-21T03:{:02}:{:02}.000Z", n / 60 % 60, n % 60), "origin": origin,
        "message": {"id": format!("m{n}"), "role": kind, "content": content},
    })
    .to_string()
}

fn said(n: usize, text: &str) -> String {
    line(n, "assistant", &json!([{"type": "text", "text": text}]))
}

/// A dashboard with `--review` and a conversation of these lines, opened with its key.
fn reviewing(lines: &[String]) -> Option<Dashboard> {
    let mut dashboard = Dashboard::start(cs_tests::Sandbox::new())?;
    let folder = dashboard.sandbox.home().join(".claude/projects/-home-dev-api");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(format!("{UUID}.jsonl")), lines.join("\n") + "\n").expect("a log");
    dashboard.served = Served::start(&dashboard.sandbox, &["--review"]);
    let url = dashboard.with_code("/review");
    dashboard.browser.open(&url);
    dashboard.browser.until("document.querySelectorAll('#reviews .row').length === 1");
    Some(dashboard)
}

/// Opens a page of the review.
fn open(dashboard: &mut Dashboard, path: &str) {
    dashboard.browser.open(&dashboard.url(&format!("/review/{UUID}{path}")));
    dashboard.browser.until("document.querySelector('#review .pager') !== null");
    dashboard.browser.until(LIVE);
}

/// The conversation of the tests: two prompts, a secret, a name, and texts that want to be HTML.
fn talk() -> Vec<String> {
    let hostile =
        "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script> \u{202e}é👩\u{200d}💻 Jane\r\nMiller";
    let command = json!({"command": format!("deploy --for \"Jane Miller\" --token {}", token())});
    vec![
        line(1, "user", &json!(format!("Deploy it for Jane Miller with {}", token()))),
        said(2, hostile),
        line(3, "assistant", &json!([{"type": "tool_use", "id": "t1", "name": "Bash", "input": command}])),
        line(
            4,
            "user",
            &json!([{"type": "tool_result", "tool_use_id": "t1", "content": "\u{1b}[31mdone for Jane Miller\u{1b}[0m"}]),
        ),
        said(5, "It is out."),
        line(6, "user", &json!("And mend the retry loop")),
        said(7, "Mended."),
    ]
}

/// Selects a text in the raw side of an entry, as a person does with the mouse.
fn select(dashboard: &mut Dashboard, entry: &str, text: &str) {
    dashboard.browser.eval(&format!(
        "(() => {{ const raw = document.querySelector('[data-entry=\"{entry}\"] .raw'); \
          for (let open = raw.closest('details'); open; open = null) open.open = true; \
          const walker = document.createTreeWalker(raw, NodeFilter.SHOW_TEXT); \
          const nodes = []; let all = ''; \
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {{ nodes.push([all.length, node]); all += node.data; }} \
          const at = all.indexOf({text}), end = at + {text}.length; \
          const place = (n) => {{ const [from, node] = nodes.filter(([from, node]) => from <= n).at(-1); return [node, n - from]; }}; \
          const range = document.createRange(); range.setStart(...place(at)); range.setEnd(...place(end)); \
          getSelection().removeAllRanges(); getSelection().addRange(range); }})()",
        text = json!(text)
    ));
    dashboard.browser.until("!document.getElementById('selection-bar').hidden");
}

/// Answers the question that is open, and waits until the page has the answer.
fn answer(dashboard: &mut Dashboard, field: &str, text: &str) {
    dashboard.browser.until("document.getElementById('ask').open");
    dashboard.browser.eval(&format!("document.getElementById('ask-{field}').value = {}", json!(text)));
    dashboard.browser.click("#ask-go");
    dashboard.browser.until("!document.getElementById('ask').open");
}

fn shown(dashboard: &mut Dashboard, entry: &str) -> String {
    let script = format!("document.querySelector('[data-entry=\"{entry}\"] .shown')?.textContent ?? ''");
    dashboard.browser.eval(&script).as_str().unwrap_or_default().to_owned()
}

fn marks(dashboard: &Dashboard) -> String {
    fs::read_to_string(dashboard.sandbox.data().join(format!("marks/{UUID}.jsonl"))).unwrap_or_default()
}

/// Whether a download is complete: before that, the file is empty.
fn is_saved(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|file| file.len() > 0)
}

#[test]
fn a_person_finds_redacts_keeps_tags_undoes_and_exports() {
    let Some(mut dashboard) = reviewing(&talk()) else { return };
    assert_eq!(dashboard.browser.eval("location.hash + document.cookie"), "");
    let referrer = dashboard.browser.eval("document.referrer");
    assert!(referrer == "" || referrer == dashboard.url("/review"), "it has no key: {referrer}");
    dashboard.browser.eval("document.getElementById('q').value = 'retry'");
    let from = dashboard.browser.note_event();
    dashboard.browser.eval("document.querySelector('form.filters').requestSubmit()");
    dashboard.browser.wait_for("Page.loadEventFired", from);
    dashboard.browser.until("document.querySelector('#reviews mark')?.textContent === 'retry'");
    dashboard.browser.follow("#reviews .items a");
    dashboard.browser.until("document.getElementById('e-u6#0')?.textContent.includes('retry loop') === true");
    dashboard.browser.follow(".prompt-list a");
    dashboard.browser.until("document.querySelector('[data-entry=\"u1#0\"] .shown') !== null");
    dashboard.browser.until(LIVE);
    let before = shown(&mut dashboard, "u1#0");
    assert!(before.contains("Jane Miller") && before.contains("[github-pat:") && !before.contains("ghp_"), "{before}");

    select(&mut dashboard, "u1#0", "Jane Miller");
    dashboard.browser.press("r");
    answer(&mut dashboard, "reason", "name of a customer");
    dashboard.browser.until("!document.querySelector('[data-entry=\"u1#0\"] .shown').textContent.includes('Jane')");
    assert!(shown(&mut dashboard, "u1#0").starts_with("Deploy it for [redacted:"));
    // In a command, and in the input that says the same in JSON.
    select(&mut dashboard, "u3#0", "\"Jane Miller\"");
    dashboard.browser.click("#selection-go");
    answer(&mut dashboard, "reason", "name of a customer");
    let all = "[...document.querySelectorAll('[data-entry=\"u3#0\"] .shown')].map((one) => one.textContent).join()";
    dashboard
        .browser
        .until(&format!("{all}.includes('[redacted:') && !{all}.includes('Jane') && !{all}.includes('[withheld]')"));
    // Behind signs for hidden characters and letters of several bytes.
    select(&mut dashboard, "u2#0", "Jane␍\nMiller");
    dashboard.browser.press("r");
    answer(&mut dashboard, "reason", "name of a customer");
    dashboard.browser.until(
        "document.querySelector('[data-entry=\"u2#0\"] .shown')?.textContent.includes('💻 [redacted:') === true",
    );
    assert!(!marks(&dashboard).contains("Jane"), "what is redacted is written nowhere: {}", marks(&dashboard));

    dashboard.browser.click("[data-entry=\"u1#0\"] [data-act=keep]");
    answer(&mut dashboard, "reason", "an example, no secret");
    dashboard
        .browser
        .until("document.querySelector('[data-entry=\"u1#0\"] .remark')?.textContent.includes('an example') === true");
    assert!(shown(&mut dashboard, "u1#0").contains(&token()), "a person said so");
    dashboard.browser.click("[data-entry=\"u1#0\"] .remark [data-act=undo]");
    answer(&mut dashboard, "reason", "it is one");
    dashboard
        .browser
        .until("document.querySelector('[data-entry=\"u1#0\"] .shown').textContent.includes('[github-pat:')");

    dashboard.browser.click("#review > .review-head [data-act=tag]");
    answer(&mut dashboard, "word", "for-release");
    dashboard.browser.until("document.querySelector('.review-head .remark .tag')?.textContent === 'for-release'");
    dashboard.browser.eval("document.querySelector('[data-entry=\"u5#0\"]').focus()");
    dashboard.browser.press("d");
    answer(&mut dashboard, "choice", "needs-review");
    dashboard
        .browser
        .until("document.querySelector('[data-entry=\"u5#0\"] .remark .tag')?.textContent === 'needs review'");
    dashboard.browser.press("n");
    answer(&mut dashboard, "word", "looked at it");
    dashboard.browser.until("document.querySelector('[data-entry=\"u5#0\"]').textContent.includes('looked at it')");
    dashboard.browser.press("u");
    answer(&mut dashboard, "reason", "again");
    dashboard.browser.until("!document.querySelector('[data-entry=\"u5#0\"]').textContent.includes('looked at it')");

    // The page, the export and the command have the same bytes.
    dashboard.browser.click("#report-show");
    dashboard.browser.until("document.getElementById('report-text').textContent.length > 0");
    let seen = dashboard.browser.eval("document.getElementById('report-text').textContent");
    let saved = dashboard.browser.downloads();
    dashboard.browser.click("#report-save");
    let name = format!("{UUID}-actions.md");
    assert!(eventually(Duration::from_secs(20), || is_saved(&saved.join(&name))), "{saved:?}");
    let exported = fs::read_to_string(saved.join(&name)).expect("a report");
    let made = dashboard.cs("cs-report", &["actions", UUID, "--format", "markdown"]);
    assert_eq!(seen.as_str(), Some(exported.as_str()));
    assert_eq!(exported, made, "as the command makes it");
    assert!(exported.contains("[redacted:") && !exported.contains("Jane") && !exported.contains("ghp_"), "{exported}");
    let file = dashboard.sandbox.home().join("report.md");
    fs::write(&file, &exported).expect("a file");
    dashboard.cs("cs-report", &["verify", &file.to_string_lossy()]);
    fs::remove_file(saved.join(&name)).expect("it was saved");
    dashboard.browser.click("#report-keep");
    assert!(eventually(Duration::from_secs(20), || is_saved(&saved.join(&name))), "{saved:?}");
    assert_eq!(fs::read_to_string(saved.join(&name)).expect("a report"), exported, "what was shown");
    let odd: Vec<String> =
        dashboard.browser.complaints().into_iter().filter(|text| !text.contains("status of 401")).collect();
    assert_eq!(odd, [""; 0]);
    assert!(dashboard.browser.eval("document.title").as_str().is_some_and(|title| title.starts_with("Review: ")));
    assert!(!dashboard.browser.asked_for().iter().any(|url| url.contains("code=")));
}

#[test]
fn what_changed_since_it_was_seen_is_not_marked() {
    let Some(mut dashboard) = reviewing(&talk()) else { return };
    open(&mut dashboard, "");
    dashboard.browser.eval("document.querySelector('[data-entry=\"u1#0\"] [data-act=tag]').click()");
    dashboard.browser.eval("refresh = async () => {}");
    dashboard.cs("cs-mark", &["tag", UUID, "u1#0", "from-elsewhere"]);
    dashboard.browser.eval("document.getElementById('ask-word').value = 'mine'");
    dashboard.browser.click("#ask-go");
    dashboard.browser.until("document.getElementById('ask-error').textContent.includes('changed since you saw it')");
    assert!(marks(&dashboard).contains("from-elsewhere") && !marks(&dashboard).contains("mine"));
}

#[test]
fn a_report_is_a_page_that_runs_nothing_and_has_the_marks_that_were_seen() {
    let Some(mut dashboard) = reviewing(&talk()) else { return };
    // The rules of the conversation's folder count, wherever the dashboard was started.
    let project = dashboard.sandbox.home().join("api");
    fs::create_dir_all(project.join(".claude-sessions")).expect("a folder");
    let rules = "[[rules]]\nid = \"loop\"\nregex = 'retry loop'\n";
    fs::write(project.join(".claude-sessions/redact.toml"), rules).expect("a file");
    let log = dashboard.sandbox.home().join(format!(".claude/projects/-home-dev-api/{UUID}.jsonl"));
    let here = fs::read_to_string(&log).expect("a log").replace("/home/dev/api", &project.to_string_lossy());
    fs::write(&log, here).expect("a log");
    open(&mut dashboard, "?turn=2");
    dashboard.browser.until("document.querySelector('#rules').textContent.includes('.claude-sessions/redact.toml')");
    assert!(shown(&mut dashboard, "u6#0").contains("[loop:"));
    dashboard.browser.eval("document.querySelector('[name=format]').value = 'html'");
    dashboard.browser.eval("document.querySelector('[name=mode]').value = 'full'");
    dashboard.browser.click("#report-show");
    dashboard.browser.until("document.getElementById('report-page').srcdoc.length > 0");
    let seen = dashboard.browser.eval("document.getElementById('report-page').srcdoc");
    let made = dashboard.sandbox.sh(&format!("cd {} && cs-report full {UUID} --format html", project.display()));
    assert_eq!(seen.as_str(), Some(cs_tests::stdout(&made).as_str()), "as the command makes it there");
    assert!(seen.as_str().is_some_and(|page| page.contains("[loop:") && !page.contains("retry loop")));
    // It has its style, no script, no origin, and cannot reach the page.
    assert_eq!(dashboard.browser.eval("document.getElementById('report-page').contentDocument"), Value::Null);
    assert_eq!(dashboard.browser.eval("document.activeElement.id"), "report-title");
    let styled = "(async () => { \
        const page = new DOMParser().parseFromString(document.getElementById('report-page').srcdoc, 'text/html'); \
        const bytes = new TextEncoder().encode(page.querySelector('style').textContent); \
        const hash = btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))); \
        const policy = (await fetch(location.pathname, { headers: { Accept: 'text/html' } })).headers.get('Content-Security-Policy'); \
        return [policy.includes(`'sha256-${hash}'`), policy.includes('unsafe'), page.scripts.length]; })()";
    assert_eq!(dashboard.browser.eval(styled), json!([true, false, 0]), "its own style is allowed, and nothing else");
    let odd: Vec<String> =
        dashboard.browser.complaints().into_iter().filter(|text| !text.contains("status of 401")).collect();
    assert_eq!(odd, [""; 0], "its style is allowed");
    dashboard.browser.click("#report-close");
    assert_eq!(dashboard.browser.eval("document.activeElement.id"), "report-show");
    // Somebody undoes a mark that was seen.
    dashboard.browser.eval("refresh = async () => {}");
    dashboard.cs("cs-mark", &["note", UUID, "u5#0", "from elsewhere"]);
    let saved = dashboard.browser.downloads();
    dashboard.browser.click("#report-save");
    dashboard.browser.until("document.getElementById('report-text').textContent.includes('have changed since')");
    assert_eq!(fs::read_dir(&saved).map_or(0, Iterator::count), 0, "nothing is saved");
    assert_eq!(dashboard.browser.eval("document.getElementById('report-keep').checkVisibility()"), false);
}

#[test]
fn marks_are_seen_in_lists_and_a_tag_selects() {
    let Some(mut dashboard) = reviewing(&talk()) else { return };
    dashboard.cs("cs-mark", &["redact", UUID, "u5#0", "--words", "1..2", "--reason", "a name"]);
    dashboard.cs("cs-mark", &["redact", UUID, "u3#0", "--whole", "--reason", "a name"]);
    dashboard.cs("cs-mark", &["redact", UUID, "u1#0", "--words", "1", "--reason", "a name"]);
    dashboard.cs("cs-mark", &["disposition", UUID, "u7#0", "needs-review"]);
    dashboard.cs("cs-mark", &["tag", UUID, "For-Release"]);
    open(&mut dashboard, "");
    let said = "[...document.querySelectorAll('.prompt-list li')].map((one) => one.querySelector('.said-short')?.textContent ?? '')";
    assert_eq!(dashboard.browser.eval(said), json!(["3 redacted", "needs review"]));
    // What browsers remember is what a report would say.
    let title = dashboard.browser.eval("document.title");
    assert_eq!(title, format!("Review: {UUID}"));
    assert!(dashboard.browser.text("#shown-title").contains("may repeat"));
    assert!(dashboard.browser.text("[data-entry='u5#0'] mark.is-mark").starts_with("It is"));
    // From the list of all marks to the turn of an entry.
    dashboard.browser.click("#mark-count a");
    dashboard.browser.until("document.getElementById('marks').open");
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('.marks-log li').length"), 5);
    dashboard.browser.follow(".marks-log a[href*='u7']");
    dashboard.browser.until("document.getElementById('e-u7#0') !== null");
    assert_eq!(dashboard.browser.text(".prompt-list [aria-current] > span"), "2");
    dashboard.browser.open(&dashboard.url("/review"));
    dashboard.browser.until("document.querySelector('.chips a') !== null");
    dashboard.browser.follow(".chips a");
    dashboard.browser.until("document.querySelector('.chips [aria-current]') !== null");
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('#reviews .row').length"), 1);
    dashboard.browser.open(&dashboard.url("/review?tag=other"));
    dashboard.browser.until("document.querySelector('main .none') !== null");
    assert!(dashboard.browser.text("main").contains("No conversation has the tag other"));
}

#[test]
fn without_a_mouse_a_part_of_an_entry_is_redacted() {
    let Some(mut dashboard) = reviewing(&talk()) else { return };
    open(&mut dashboard, "");
    for key in ["j", "j", "r"] {
        dashboard.browser.press(key);
    }
    dashboard.browser.until("document.getElementById('ask').open");
    dashboard.browser.eval("document.getElementById('ask-part').value = 'nobody'");
    dashboard.browser.eval("document.getElementById('ask-reason').value = 'a person'");
    dashboard.browser.click("#ask-go");
    dashboard.browser.until("document.getElementById('ask-error').textContent.includes('does not say that')");
    assert_eq!(marks(&dashboard), "");
    // Behind letters of several bytes and signs.
    dashboard.browser.eval("document.getElementById('ask-part').value = '💻 Jane'");
    dashboard.browser.click("#ask-go");
    dashboard.browser.until("!document.getElementById('ask').open");
    dashboard.browser.until("document.querySelector('[data-entry=\"u2#0\"] .shown') !== null");
    let shown = shown(&mut dashboard, "u2#0");
    assert!(shown.contains("[redacted:") && !shown.contains("Jane") && shown.ends_with("Miller"), "{shown}");
    dashboard.browser.until("document.getElementById('news').textContent === 'Redacted'");
    assert_eq!(dashboard.browser.eval("document.activeElement.dataset.entry"), "u2#0");
}

#[test]
fn ten_thousand_entries_are_shown_in_pages() {
    let mut lines = talk();
    lines.push(line(8, "user", &json!("the long one")));
    lines.extend((9..10_009).map(|n| said(n, &format!("step {n}"))));
    lines.extend((10_009..10_309).map(|n| line(n, "user", &json!(format!("prompt {n}")))));
    let Some(mut dashboard) = reviewing(&lines) else { return };
    open(&mut dashboard, "?turn=3");
    let count = "document.querySelectorAll('.entries > .entry').length";
    assert_eq!(dashboard.browser.eval(count), 200);
    assert!(dashboard.browser.text("#turn > .pager").contains("page 1 of 51, 10,001 entries"));
    assert_eq!(dashboard.browser.eval("document.querySelectorAll('.prompt-list li').length"), 200);
    open(&mut dashboard, "?turn=3&page=51");
    assert_eq!(dashboard.browser.eval(count), 1);
    open(&mut dashboard, "?turn=3&entry=u5000%230#e-u5000%230");
    assert_eq!(dashboard.browser.text("[id='e-u5000#0'] .raw"), "step 5000");
    open(&mut dashboard, "?turn=303");
    assert_eq!(dashboard.browser.text(".prompt-list [aria-current]"), "303\nprompt 10308");
    // The keys go from entry to entry.
    open(&mut dashboard, "?turn=3&page=2");
    for key in ["j", "j", "k"] {
        dashboard.browser.press(key);
    }
    assert_eq!(dashboard.browser.eval("document.activeElement.dataset.entry"), "u208#0");
}

#[test]
fn without_the_key_nothing_is_shown() {
    let Some(mut dashboard) = reviewing(&talk()) else { return };
    dashboard.browser.eval("sessionStorage.clear()");
    dashboard.browser.open(&dashboard.url(&format!("/review/{UUID}")));
    dashboard.browser.until("document.getElementById('key-wanted').checkVisibility()");
    assert!(!dashboard.browser.text("body").contains("Deploy"));
    dashboard.served = Served::start(&dashboard.sandbox, &[]);
    dashboard.browser.open(&dashboard.url("/review"));
    assert!(dashboard.browser.text("main").contains("--review"), "{}", dashboard.browser.text("main"));
    assert_eq!(
        dashboard.browser.eval("[...document.querySelectorAll('nav a')].some((a) => a.pathname === '/review')"),
        false
    );
}

#[test]
fn reviews_fit_a_phone_and_have_no_serious_accessibility_problems() {
    let Some(mut dashboard) = reviewing(&talk()) else { return };
    dashboard.cs("cs-mark", &["tag", UUID, "for-release"]);
    dashboard.cs("cs-mark", &["note", UUID, "u1#0", "a note"]);
    let script = axe();
    for (path, scheme, width) in [
        (format!("/review/{UUID}"), "light", 1280),
        (format!("/review/{UUID}"), "dark", 390),
        (format!("/review/{UUID}"), "light", 390),
        (format!("/review/{UUID}?turn=2"), "dark", 1280),
        ("/review".to_owned(), "light", 390),
        ("/review?q=retry".to_owned(), "dark", 1280),
    ] {
        dashboard.browser.scheme(scheme);
        dashboard.browser.size(width, 844);
        dashboard.browser.open(&dashboard.url(&path));
        dashboard.browser.until("document.querySelector('#review .pager, #reviews') !== null");
        dashboard.browser.until(LIVE);
        dashboard.browser.eval("document.querySelectorAll('details').forEach((one) => (one.open = true))");
        assert_eq!(dashboard.browser.beyond(), "", "{path} at {width}");
        let Some(script) = &script else { continue };
        for is_asked in [false, true] {
            if is_asked && path.len() > 40 {
                dashboard.browser.eval("document.querySelector('.entry [data-act=redact]').click()");
            }
            dashboard.browser.call("Runtime.evaluate", json!({"expression": script}));
            let found =
                dashboard.browser.eval("axe.run(document).then(({passes, violations}) => [passes.length, violations])");
            assert!(found[0].as_u64() > Some(10), "it checked nothing: {found}");
            assert_eq!(serious(&found[1]), [""; 0], "{path} {scheme} {width}");
        }
    }
}
