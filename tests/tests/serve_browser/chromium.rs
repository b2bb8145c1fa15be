//! A headless Chromium, controlled over a pipe with its own protocol (DevTools), so that a test sees and does what a
//! person would. One browser per test; it ends with its test.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use cs_tests::skip;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take before a test fails. It is not used to measure.
const LIMIT: Duration = Duration::from_secs(120);
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// A browser with one page.
pub struct Browser {
    child: Child,
    input: ChildStdin,
    incoming: Receiver<Value>,
    session: Option<String>,
    /// The tab in front of the page.
    front: Option<String>,
    calls: u64,
    /// The width that was set last, in pixels.
    width: u32,
    /// Events, oldest first.
    events: Vec<Value>,
    profile: TempDir,
}

/// The path of this machine's browser; without one the test is skipped.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let named = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = named.chain([PathBuf::from(MAC)]).find(|file| file.is_file());
    if found.is_none() {
        skip("Chromium or Chrome is missing; apt-get install chromium (or brew install --cask chromium)");
    }
    found
}

impl Browser {
    /// Starts a browser; `None` if there is none.
    pub fn start() -> Option<Browser> {
        let profile = TempDir::with_prefix("cs-chromium-").expect("the temporary directory can be written");
        let mut child = Command::new("sh")
            // The protocol's pipes are the descriptors 3 and 4.
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .arg(program()?)
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-extensions", "--disable-background-networking", "--disable-component-update"])
            .args(["--disable-dev-shm-usage", "--no-default-browser-check", "--mute-audio", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("LANG", "en_US.UTF-8")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium can be started");
        let input = child.stdin.take().expect("a pipe");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while output.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
                let message = serde_json::from_slice(bytes.strip_suffix(&[0]).unwrap_or(&bytes));
                if message.is_ok_and(|message: Value| sender.send(message).is_err()) {
                    break;
                }
                bytes.clear();
            }
        });
        let mut browser = Browser {
            child,
            input,
            incoming,
            session: None,
            front: None,
            calls: 0,
            width: 0,
            events: Vec::new(),
            profile,
        };
        browser.attach();
        Some(browser)
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let session = self.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        self.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        // Makes this window the focused one, since only that one may use the clipboard.
        self.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        self.size(1200, 900);
    }

    /// Calls a method of the protocol.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Calls a method of the protocol that may be refused.
    fn try_call(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.calls += 1;
        let id = self.calls;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).expect("Chromium listens");
        loop {
            let came = self.next().unwrap_or_else(|| panic!("{method}: no answer"));
            if came["id"] == id {
                return if came["error"].is_null() { Ok(came["result"].clone()) } else { Err(came["error"].clone()) };
            }
            self.events.push(came);
        }
    }

    fn next(&mut self) -> Option<Value> {
        self.incoming.recv_timeout(LIMIT).ok()
    }

    /// Opens an address and waits until the page is fully loaded.
    pub fn open(&mut self, url: &str) {
        let from = self.events.len();
        self.call("Page.navigate", json!({"url": url}));
        self.wait_for("Page.loadEventFired", from);
    }

    /// Waits for an event after the first `from` ones.
    pub fn wait_for(&mut self, method: &str, from: usize) -> Value {
        let mut seen = from;
        loop {
            if let Some(event) = self.events[seen..].iter().find(|event| event["method"] == method) {
                return event["params"].clone();
            }
            seen = self.events.len();
            let event = self.next().unwrap_or_else(|| panic!("no event {method}"));
            self.events.push(event);
        }
    }

    /// The number of events so far.
    pub fn note_event(&self) -> usize {
        self.events.len()
    }

    /// The value of a JavaScript expression in the page, with promises awaited; null if the page was replaced
    /// meanwhile.
    pub fn eval(&mut self, script: &str) -> Value {
        let answer = self.evaluate(script);
        assert!(answer["exceptionDetails"].is_null(), "{script}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// The protocol's answer for an expression; null if the page was replaced meanwhile.
    fn evaluate(&mut self, script: &str) -> Value {
        let parameters = json!({"expression": script, "returnByValue": true, "awaitPromise": true});
        match self.try_call("Runtime.evaluate", parameters) {
            Err(error) if error["message"].as_str().is_some_and(|text| text.contains("navigated")) => Value::Null,
            other => other.unwrap_or_else(|error| panic!("{script}: {error}")),
        }
    }

    /// Waits until an expression is true. An exception in it counts as false, since the page may be changing.
    pub fn until(&mut self, script: &str) {
        let deadline = Instant::now() + LIMIT;
        while self.evaluate(script)["result"]["value"] != json!(true) {
            assert!(Instant::now() < deadline, "never true: {script}; the page: {}", self.text("body"));
            std::thread::sleep(Duration::from_millis(40));
        }
    }

    /// The visible text of the first element of a selector.
    pub fn text(&mut self, selector: &str) -> String {
        let found = self.eval(&format!("document.querySelector({})?.innerText ?? ''", json!(selector)));
        found.as_str().unwrap_or_default().to_owned()
    }

    /// Presses a key as a person does.
    pub fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            _ if key.chars().count() == 1 => key,
            _ => "",
        };
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "Tab" => 9,
            _ => 0,
        };
        let down = json!({"type": "keyDown", "key": key, "text": text, "windowsVirtualKeyCode": code});
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}));
    }

    /// Types text where the focus is.
    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            self.press(&letter.to_string());
        }
    }

    /// The middle of the first element of a selector, which is scrolled into view.
    fn middle(&mut self, selector: &str) -> Value {
        self.eval(&format!(
            "(() => {{ const found = document.querySelector({}); found.scrollIntoView({{block: 'center'}}); \
             const box = found.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2] }})()",
            json!(selector)
        ))
    }

    /// Clicks the middle of the first element of a selector.
    pub fn click(&mut self, selector: &str) {
        let place = self.middle(selector);
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Taps the middle of the first element of a selector with a finger.
    pub fn tap(&mut self, selector: &str) {
        let place = self.middle(selector);
        let finger = json!([{"x": place[0], "y": place[1]}]);
        for (kind, points) in [("touchStart", finger), ("touchEnd", json!([]))] {
            self.call("Input.dispatchTouchEvent", json!({"type": kind, "touchPoints": points}));
        }
    }

    /// Clicks a link and waits for the new page.
    pub fn follow(&mut self, selector: &str) {
        let from = self.events.len();
        self.click(selector);
        self.wait_for("Page.loadEventFired", from);
    }

    /// Sets the size of the window; below 500 it is that of a phone.
    pub fn size(&mut self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        self.width = width;
    }

    /// What reaches beyond the width that was set; empty if the page fits. It is not compared with `innerWidth`, which
    /// grows on a phone with what does not fit.
    pub fn beyond(&mut self) -> String {
        let script = format!(
            "(() => {{ const wide = document.documentElement.scrollWidth; if (wide <= {0}) return ''; \
             const parts = [...document.querySelectorAll('body *')].filter((one) => !one.closest('.scroll, svg, .unseen')) \
                 .filter((one) => one.getBoundingClientRect().right > {0}).map((one) => one.outerHTML.slice(0, 90)); \
             return `${{wide}}: ${{parts.join(' ')}}` }})()",
            self.width
        );
        let found = self.eval(&script);
        found.as_str().expect("a text").to_string()
    }

    /// Sets the colour scheme, `dark` or `light`.
    pub fn scheme(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Opens another tab in front of the page, which then is hidden; or closes it again.
    pub fn hide(&mut self, is_hidden: bool) {
        self.call("Emulation.setFocusEmulationEnabled", json!({"enabled": !is_hidden}));
        let session = self.session.take();
        if is_hidden {
            let made = self.call("Target.createTarget", json!({"url": "about:blank", "background": false}));
            self.front = made["targetId"].as_str().map(str::to_owned);
        } else if let Some(front) = self.front.take() {
            self.call("Target.closeTarget", json!({"targetId": front}));
        }
        self.session = session;
        self.until(&format!("document.hidden === {is_hidden}"));
    }

    /// Opens another tab, which everything after this is about.
    pub fn new_tab(&mut self) {
        self.session = None;
        self.attach();
    }

    /// Ends the browser as a person does, who closes its window; returns the folder of its profile, which stays as long
    /// as this value.
    pub fn close(&mut self) -> PathBuf {
        self.session = None;
        self.call("Browser.close", json!({}));
        self.child.wait().expect("Chromium ends");
        self.profile.path().to_owned()
    }

    /// A picture of the window, a PNG in base 64.
    pub fn picture(&mut self) -> String {
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        picture["data"].as_str().unwrap_or_default().to_owned()
    }

    /// The folder to which the browser saves downloads.
    pub fn downloads(&mut self) -> PathBuf {
        let folder = self.profile.path().join("saved");
        let session = self.session.take();
        let place = json!({"behavior": "allow", "downloadPath": folder, "eventsEnabled": true});
        self.call("Browser.setDownloadBehavior", place);
        self.session = session;
        folder
    }

    /// All errors that a browser's console would show, including policy violations.
    pub fn complaints(&mut self) -> Vec<String> {
        // All earlier messages have arrived once this is answered.
        self.eval("1");
        let said = |event: &Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => Some(event["params"]["exceptionDetails"].to_string()),
            Some("Runtime.consoleAPICalled") => Some(event["params"]["args"].to_string()),
            Some("Log.entryAdded") => Some(event["params"]["entry"].to_string()),
            Some("Page.javascriptDialogOpening") => Some(event["params"].to_string()),
            _ => None,
        };
        self.events.iter().filter_map(said).collect()
    }

    /// The addresses that the page requested.
    pub fn asked_for(&self) -> Vec<String> {
        let asked = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        asked.filter_map(|event| event["params"]["request"]["url"].as_str().map(str::to_owned)).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
