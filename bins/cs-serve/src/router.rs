//! Owns which path is what. Pure; sees the path that `http::target` decoded and guard has let pass.

use super::http::Refusal;
use cs_core::id::{SessionId, Slug};

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    Overview,
    Session(SessionId),
    Project(Slug),
    Activity,
    Asset(String),
    /// The page about the API.
    Api,
    ApiOverview,
    ApiSessions,
    ApiSession(SessionId),
    ApiProject(Slug),
    ApiActivity,
    ExportSession(SessionId),
    ExportProject(Slug),
    Events,
    Health,
}

/// Finds the route of a path.
pub fn route(path: &str) -> Result<Route, Refusal> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let session = |text: &str| SessionId::parse(text).map_err(|error| bad(&error));
    let project = |text: &str| Slug::parse(text).map_err(|error| bad(&error));
    Ok(match parts.as_slice() {
        [""] => Route::Overview,
        ["session", id] => Route::Session(session(id)?),
        ["project", slug] => Route::Project(project(slug)?),
        ["activity"] => Route::Activity,
        ["assets", name] => Route::Asset((*name).to_string()),
        ["api"] => Route::Api,
        ["api", "overview"] => Route::ApiOverview,
        ["api", "sessions"] => Route::ApiSessions,
        ["api", "session", id] => Route::ApiSession(session(id)?),
        ["api", "project", slug] => Route::ApiProject(project(slug)?),
        ["api", "activity"] => Route::ApiActivity,
        ["api", "export", "session", id] => Route::ExportSession(session(id)?),
        ["api", "export", "project", slug] => Route::ExportProject(project(slug)?),
        ["api", "events"] => Route::Events,
        ["healthz"] => Route::Health,
        _ => return Err(Refusal::new(404, "NOT_FOUND", "there is no such page; /api describes the API")),
    })
}

fn bad(error: &cs_core::Error) -> Refusal {
    Refusal::new(400, "BAD_REQUEST", &error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_paths_lead_anywhere() {
        assert_eq!(route("/"), Ok(Route::Overview));
        let id = SessionId::parse("sess_20261121T0337_ca5d").unwrap();
        assert_eq!(route("/session/sess_20261121T0337_ca5d"), Ok(Route::Session(id)));
        for path in ["", "//", "/index.html", "/session", "/a/../", "/api/", "/api/session/x/y", "/./"] {
            assert_eq!(route(path).map_err(|refusal| refusal.status), Err(404), "{path}");
        }
        for path in
            ["/session/..", "/session/", "/api/session/../../config", "/project/..", "/project/A", "/session/sess_x"]
        {
            assert!(matches!(route(path).unwrap_err().status, 400 | 404), "{path}");
        }
    }
}
