//! A dashboard with a few sessions created by the programs, and a browser that shows it.

use cs_tests::http::Served;
use cs_tests::{Sandbox, status, stderr, stdout};

use crate::chromium::Browser;

/// A sandbox, its dashboard, and a browser.
pub struct Dashboard {
    pub sandbox: Sandbox,
    pub served: Served,
    pub browser: Browser,
}

/// Four sessions in two projects; their ids in this order.
pub const INTENTS: [&str; 4] = ["Fix the login page", "Rate limits per key", "Draw a new logo", "Sort the attic"];

impl Dashboard {
    /// Starts everything; `None` if there is no browser.
    pub fn start(sandbox: Sandbox) -> Option<Dashboard> {
        let browser = Browser::start()?;
        let served = Served::start(&sandbox, &[]);
        Some(Dashboard { sandbox, served, browser })
    }

    /// Starts everything with sessions: two active ones in `api`, one parked and one completed in `shop`.
    pub fn with_sessions() -> Option<(Dashboard, Vec<String>)> {
        let dashboard = Dashboard::start(Sandbox::new())?;
        let ids: Vec<String> = INTENTS
            .iter()
            .zip(["api", "api", "shop", "shop"])
            .map(|(intent, slug)| dashboard.create(slug, intent))
            .collect();
        dashboard.cs("cs-task", &["add", &ids[0], "--subject", "Write a failing test"]);
        dashboard.cs("cs-session", &["decision", &ids[0], "--text", "Keep the cookie, change its scope"]);
        dashboard.cs("cs-session", &["park", &ids[2], "--reason", "waits for the font"]);
        dashboard.cs("cs-session", &["complete", &ids[3], "--outcome", "Everything has a place"]);
        Some((dashboard, ids))
    }

    /// Creates a session; returns its id.
    pub fn create(&self, project: &str, intent: &str) -> String {
        self.cs("cs-session", &["create", "--project", project, "--intent", intent, "-q"]).trim().to_owned()
    }

    /// Runs a program, which must succeed; returns its output.
    pub fn cs(&self, program: &str, args: &[&str]) -> String {
        let output = self.sandbox.cs(program, args);
        assert_eq!(status(&output), 0, "{program} {args:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// The full address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.served.address)
    }

    /// The port of the dashboard.
    pub fn port(&self) -> &str {
        self.served.address.rsplit(':').next().expect("a port")
    }

    /// The address that `open` prints: it has a code that lets one tab in.
    pub fn address(&self) -> String {
        self.cs("cs-serve", &["open", "--print", "--port", self.port()]).trim().to_owned()
    }

    /// The address of a page with such a code.
    pub fn with_code(&self, path: &str) -> String {
        let address = self.address();
        format!("{}#{}", self.url(path), address.split_once('#').expect("a fragment").1)
    }

    /// The key of the dashboard.
    pub fn key(&self) -> String {
        let path = self.sandbox.data().join(format!("serve/{}.key", self.port()));
        std::fs::read_to_string(path).expect("a key").trim().to_owned()
    }

    /// Opens a page and waits until it has an event stream.
    pub fn open(&mut self, path: &str) {
        self.browser.open(&self.url(path));
        self.browser.until("document.querySelector('#connection').dataset.state === 'live'");
    }

    /// The intents of all rows, from top to bottom.
    pub fn intents(&mut self) -> Vec<String> {
        let found = self.browser.eval("[...document.querySelectorAll('.row .open')].map((link) => link.textContent)");
        serde_json::from_value(found).expect("an array of strings")
    }
}
