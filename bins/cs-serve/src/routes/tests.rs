//! Asks every route, and compares the table with its document.

use super::*;
use crate::app::App;
use crate::http::head::{Parsed, parse};
use crate::http::write::Changes;
use crate::http::{Policy, guard};
use crate::power::Power;
use cs_core::clock;
use cs_core::paths::Home;
use cs_core::store::Store;

const ID: &str = "sess_20261121T0337_ca5d";
const AGENT: &str = "agent_20261121T0337_1f0c";
const SEAT: &str = r#"{"agent_id": "agent_20261121T0337_1f0c", "name": "builder", "agent": "codex", "cwd": "/",
    "status": "ended", "spawned_at": "2026-11-21T03:37:00+00:00", "spawned_by": "user", "schema_version": 1}"#;
const UUID: &str = "5e1f0000-0000-4000-8000-0000000000aa";
const LOG: &str =
    r#"{"type":"user","uuid":"u1","sessionId":"5e1f0000-0000-4000-8000-0000000000aa","message":{"content":"x"}}"#;
const MACHINE: &str = "0123456789abcdef";
const HEAD: &str = r#"{"source":"head/5e1f0000-0000-4000-8000-0000000000aa","seq":0,"table":"conversation","id":"5e1f0000-0000-4000-8000-0000000000aa","body":{}}
"#;
const RECORD: &str = r#"{"session_id": "sess_20261121T0337_ca5d", "project_slug": "api", "status": "parked",
    "intent": "x", "started_at": "2026-11-21T03:37:00+00:00", "last_heartbeat": "2026-11-21T03:37:00+00:00",
    "parked_reason": "later", "schema_version": 4}"#;

fn request(method: &str, target: &str) -> crate::http::Request {
    let text = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n");
    let Parsed::Whole(request, _) = parse(text.as_bytes(), 0) else { panic!("{target}") };
    request
}

/// A path of a route, with something at its placeholder that is there.
fn path_of(route: &Route) -> String {
    let file = assets::urls()[0].1.replace("/assets/", "");
    route
        .path
        .replace("<uuid>", UUID)
        .replace("<id>", ID)
        .replace("<agent>", AGENT)
        .replace("<slug>", "api")
        .replace("<name>", &file)
}

fn kind(route: &Route) -> &'static str {
    match route.answer {
        Page(..) | Text(..) => "text/html; charset=utf-8",
        Asset(_) => "text/css; charset=utf-8",
        Events => "text/event-stream; charset=utf-8",
        Lines(_) => "application/x-ndjson; charset=utf-8",
        Json(_) | Health(_) | Change | Key => "application/json; charset=utf-8",
        Download(_) => "application/json",
    }
}

#[test]
fn every_route_is_answered_as_its_row_says() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("sessions")).unwrap();
    std::fs::write(dir.path().join(format!("sessions/{ID}.json")), RECORD).unwrap();
    std::fs::create_dir_all(dir.path().join("agents")).unwrap();
    std::fs::write(dir.path().join(format!("agents/{AGENT}.json")), SEAT).unwrap();
    std::fs::create_dir_all(dir.path().join("claude/projects/-x")).unwrap();
    std::fs::write(dir.path().join(format!("claude/projects/-x/{UUID}.jsonl")), LOG).unwrap();
    let mut roots = ::agents::logs::Roots::default();
    roots.folders.push((::agents::Agent::Claude, dir.path().join("claude")));
    let other = dir.path().join(format!("other/{MACHINE}"));
    std::fs::create_dir_all(other.join(format!("talk/{UUID}"))).unwrap();
    std::fs::write(other.join("machine.json"), format!("{{\"id\":\"{MACHINE}\",\"label\":\"laptop\"}}")).unwrap();
    std::fs::write(other.join("head.jsonl"), HEAD).unwrap();
    let store = Store::for_people(Home::at(dir.path()), ::agents::WITNESS);
    let also = vec![dir.path().join("other")];
    let mut app = App::new(store, roots, Power::Look, also).unwrap();
    for route in ROUTES.iter().filter(|route| route.is_review()) {
        let reply = app.answer(&request("GET", &path_of(route)));
        assert_eq!(reply.status, 404, "{}: the server is read-only", route.path);
    }
    app.site.power = Power::Review;
    assert_eq!(app.answer(&request("POST", "/review/api/key")).status, 404, "no key is required");
    assert_eq!(app.answer(&request("GET", "/review/api/op")).status, 405, "changes are sent");
    assert_eq!(app.answer(&request("POST", "/review/api/op")).status, 400, "a change has a body");
    assert_eq!(app.answer(&request("POST", "/review/api/../../api/overview")).status, 404);
    for route in ROUTES.iter().filter(|route| route.is_private() && !route.is_review()) {
        let reply = app.answer(&request("GET", &path_of(route)));
        assert_eq!(reply.status, 403, "{}: everyone may read this server", route.path);
    }
    app.site.readers = "owner";
    for route in ROUTES.iter().filter(|route| !matches!(route.answer, Change | Key)) {
        let path = path_of(route);
        let ask = |target: &str| app.answer(&request("GET", target));
        let reply = ask(&path);
        let found = reply.fields.iter().find(|(name, _)| *name == "Content-Type").map(|(_, kind)| kind.as_str());
        assert_eq!((reply.status, found), (200, Some(kind(route))), "{path}");
        for param in route.params {
            let status = ask(&format!("{path}?{}=", param.name())).status;
            assert_eq!(status, 200, "{path} takes {param:?}");
        }
        let has_query = matches!(route.answer, Json(_) | Lines(_) | Download(_));
        assert_eq!(ask(&format!("{path}?other=1")).status, if has_query { 400 } else { 200 }, "{path}");
        let refused = guard::check(&request("POST", &path), &Policy::default(), Changes::None).unwrap_err();
        assert_eq!((refused.status, &*refused.fields), (405, &[("Allow", "GET, HEAD".to_string())][..]), "{path}");
        let mut old = request("GET", &path);
        old.version = tiny_http::HTTPVersion(1, 0);
        let answered = app.answer(&old);
        let is_begun = matches!(route.answer, Events | Lines(_)) || route.path == "/review/<uuid>";
        let wanted = if is_begun { 505 } else { 200 };
        assert_eq!((answered.status, answered.rest.is_none()), (wanted, true), "{path} in HTTP 1.0");
        assert_eq!(ask(&format!("{path}/")).status, 404, "{path}/");
        assert_eq!(is_open(&path), matches!(route.answer, Asset(_) | Health(_)), "{path}");
    }
}

#[test]
fn the_page_of_a_session_whose_conversation_has_a_tag_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let record = RECORD.replace("\"intent\"", &format!("\"claude_session_id\": \"{UUID}\", \"intent\""));
    std::fs::create_dir_all(dir.path().join("sessions")).unwrap();
    std::fs::write(dir.path().join(format!("sessions/{ID}.json")), record).unwrap();
    let store = Store::for_people(Home::at(dir.path()), ::agents::WITNESS);
    let (op, target) = (marks::Op::Tag, marks::Target::default());
    let tag = marks::NewMark { op, target, with: Some("größe".into()), reason: None, of: None };
    marks::append(&store, UUID, "me", clock::now(), tag).unwrap();
    let app = App::new(store, ::agents::logs::Roots::default(), Power::Review, Vec::new()).unwrap();
    for path in ["/machines".to_string(), "/api/machines".to_string(), format!("/machines/conversation/{UUID}")] {
        assert_ne!(app.answer(&request("GET", &path)).status, 200, "{path} needs --also");
    }
    for path in [format!("/session/{ID}"), "/".to_string(), "/project/api".to_string()] {
        let reply = app.answer(&request("GET", &path));
        assert_eq!(reply.status, 200, "{path}: {}", String::from_utf8_lossy(&reply.body));
    }
    let page = app.answer(&request("GET", &format!("/session/{ID}")));
    let page = String::from_utf8_lossy(&page.body).into_owned();
    assert!(page.contains("href=\"/?tag=gr%C3%B6%C3%9Fe\""), "{page}");
}

#[test]
fn a_path_matches_one_route_and_has_its_handlers_placeholder() {
    for route in &ROUTES {
        let path = path_of(route);
        let matching = ROUTES.iter().filter(|other| name_in(other.path, &path).is_some());
        assert_eq!(matching.map(|route| route.path).collect::<Vec<_>>(), [route.path]);
        let placeholder = match route.answer {
            Page(_, Handler::Session(_)) | Json(Handler::Session(_)) | Download(Handler::Session(_)) => "<id>",
            Page(_, Handler::Project(_)) | Json(Handler::Project(_)) | Download(Handler::Project(_)) => "<slug>",
            Json(Handler::Agent(_)) => "<agent>",
            Page(_, Handler::Conversation(_)) | Lines(_) => "<uuid>",
            Asset(_) => "<name>",
            _ => "",
        };
        let found = route.path.split('/').find(|part| part.starts_with('<')).unwrap_or_default();
        assert_eq!(found, placeholder, "{}", route.path);
    }
    for path in ["", "//", "/index.html", "/session", "/a/../", "/api/", "/api/session/x/y", "/./", "/assets/a/b"] {
        assert_eq!(find(path).map(|(route, _)| route.path).map_err(|refusal| refusal.status), Err(404), "{path}");
    }
}

#[test]
fn the_document_has_the_same_table() {
    let document = include_str!("../../../../docs/API.md");
    let line = |route: &Description| {
        let params: Vec<String> = route.params.iter().map(|name| format!("`{name}`")).collect();
        format!("| `{}` | {} | {} |\n", route.path, params.join(", "), route.about)
    };
    let table: String = descriptions().iter().map(line).collect();
    let head = "## Routes\n\n| Route | Parameters | Answer |\n|---|---|---|\n";
    let found = document.split_once(head).map(|(_, rest)| rest.split("\n\n").next().unwrap().to_string() + "\n");
    assert_eq!(found.as_deref(), Some(table.as_str()), "docs/API.md should have this:\n{head}{table}");
    for param in OF_ALL.iter().chain(OF_CALLS).chain(OF_MACHINES).chain(&[Format, Kinds, Turn, After, Conversation]) {
        assert!(document.contains(&format!("| `{}` |", param.name())), "docs/API.md describes {param:?}");
    }
}

#[test]
fn searches_and_files_take_more_than_pages() {
    for (effort, targets) in [
        (Effort::Search, &["/?q=x", "/project/api?q=x", "/api/search?q=x", "/audit?tool=Bash"][..]),
        (Effort::File, &["/api/export/session/x", "/api/export/project/x?format=json&limit=1"]),
        (
            Effort::Small,
            &["/", "/?q=", "/?state=idle", "/audit", "/activity?since=7d", "/api/overview?q=x", "/nothing?q=x"],
        ),
    ] {
        targets.iter().for_each(|target| assert_eq!(super::effort(&request("GET", target)), effort, "{target}"));
    }
}
