// What a reader is told while the page is hidden: the number in the tab's title and, if they asked for it, a
// notification of the browser when a session begins to wait or its turn fails. `app.js` calls `lookForWaiting`.
"use strict";

// While the page is hidden, it looks at most this often.
const HIDDEN_PAUSE = 3000;
const tellButton = byId("tell");

// The choice is stored for all tabs; a browser may forbid storage.
function readChoice() {
  try {
    return localStorage.getItem("tell") === "on";
  } catch {
    return false;
  }
}

function storeChoice(isOn) {
  try {
    localStorage.setItem("tell", isOn ? "on" : "off");
  } catch {
    // It is forgotten with the page.
  }
}

let isChosen = readChoice();
const canTell = "Notification" in window;
const isTelling = () => canTell && isChosen && Notification.permission === "granted";

function showTell() {
  tellButton.hidden = !canTell;
  tellButton.querySelector("b").textContent = isTelling() ? "on" : "off";
  tellButton.setAttribute("aria-pressed", String(isTelling()));
}

// The browser asks the reader only after this click.
async function choose() {
  isChosen = !isTelling();
  if (isChosen && (await Notification.requestPermission()) !== "granted") {
    isChosen = false;
    byId("news").textContent = "The browser does not allow notifications of this page";
    tellButton.title = "The browser does not allow notifications of this page; its settings can change that";
  }
  storeChoice(isChosen);
  known = null;
  showTell();
  if (isChosen) lookForWaiting();
}

// ---- what waits ---------------------------------------------------------------------------------------------
// What is known about each session that waits or failed; null before the first look, which tells nothing.
let known = null;
let lookedAt = 0;
let isLooking = false;
let isLate = false;

async function lookForWaiting() {
  if (isStopped || !(document.hidden || isTelling())) return void (known = null);
  const pause = document.hidden ? HIDDEN_PAUSE - (Date.now() - lookedAt) : 0;
  if (isLooking || pause > 0) {
    if (!isLate) setTimeout(() => { isLate = false; lookForWaiting(); }, Math.max(pause, 500));
    return void (isLate = true);
  }
  isLooking = true;
  lookedAt = Date.now();
  try {
    const waiting = await list("needs_me");
    if (document.hidden) countInTitle(waiting.total);
    if (isTelling()) tellNews([...waiting.sessions, ...(await list("failed")).sessions]);
  } catch {
    // The server is not running; `app.js` says so.
  } finally {
    isLooking = false;
  }
}

async function list(state) {
  const answer = await fetchWithKey(`/api/sessions?state=${state}&limit=500`);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

function countInTitle(number) {
  document.title = (number ? `(${number}) ` : "") + plainTitle;
}

// Why a session has to be told about, and since when; null if it has not.
function reasonOf(session) {
  if (session.failed) return { why: "the turn failed", text: session.failed, since: session.state_since };
  if (session.state !== "waiting") return null;
  return { why: "waits for you", text: session.awaiting_action ?? session.state_reason, since: session.state_since };
}

function tellNews(sessions) {
  const before = known;
  known = new Map();
  for (const session of sessions) {
    const reason = reasonOf(session);
    if (!reason || known.has(session.session_id)) continue;
    const mark = `${reason.why} ${reason.since ?? reason.text}`;
    known.set(session.session_id, mark);
    if (before && before.get(session.session_id) !== mark) tell(session, reason);
  }
}

// A later notification about the same session replaces the earlier one, also that of another tab.
function tell(session, { why, text }) {
  const icon = document.querySelector("link[rel=icon]").href;
  try {
    const body = [session.intent, text].filter(Boolean).join("\n");
    const notice = new Notification(`${session.project_slug}: ${why}`, { body, tag: session.session_id, icon });
    notice.onclick = () => {
      focus();
      notice.close();
      location.assign(`/session/${encodeURIComponent(session.session_id)}`);
    };
  } catch {
    // Some browsers on phones allow notifications only to installed pages.
    isChosen = false;
    showTell();
  }
}

document.addEventListener("click", (event) => event.target.closest("#tell") && choose());
document.addEventListener("visibilitychange", () => document.hidden && lookForWaiting());
addEventListener("storage", ({ key: name }) => {
  if (name !== "tell") return;
  isChosen = readChoice();
  showTell();
});
showTell();
lookForWaiting();
