// Live pages: this script updates the parts of a page that changed, announces changes, and adds keyboard shortcuts.
// Everything else works without it. It builds no HTML from text: each update is a page of our own server, parsed without
// running scripts.
"use strict";

const main = document.getElementById("main");
document.documentElement.classList.replace("no-js", "js");
const byId = (id) => document.getElementById(id);
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

// ---- the key ------------------------------------------------------------------------------------------
// If the server requires a key, it answers every URL with a page without data (`key.html`), and this script fetches the
// real page with the key. A browser keeps the address that it is given, so the address has a code in its fragment, which
// is exchanged once for a key of this tab and stored only for it.
// If something may be changed with the key (`data-review`), the pages that need no key have it, too.
const wantsKey = byId("key-wanted") !== null;
const hasReview = document.body.dataset.review !== undefined;

function takeCode() {
  const given = new URLSearchParams(location.hash.slice(1)).get("code");
  if (given) history.replaceState(null, "", location.pathname + location.search);
  return wantsKey || hasReview ? given : null;
}

// Whether this tab has got a key for the code.
async function exchange(code) {
  if (!code) return false;
  try {
    const answer = await fetch("/review/api/key", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }), credentials: "omit", cache: "no-store" });
    isCodeUsed = !answer.ok;
    if (answer.ok) sessionStorage.setItem("key", (await answer.json()).key);
    return answer.ok;
  } catch {
    return false;
  }
}

const firstCode = takeCode();
let isCodeUsed = false;
addEventListener("hashchange", async () => (await exchange(takeCode())) && location.reload());
const key = wantsKey || hasReview ? sessionStorage.getItem("key") : null;
const fetchWithKey = (url, options = {}) => fetch(url, { ...options, headers: { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) } });
let isShown = !wantsKey;
let isStopped = false;

// Stops all requests: the key is missing or no longer valid.
function stop() {
  isStopped = true;
  clearInterval(polling);
  events?.abort();
  main.hidden = false;
  if (key) sessionStorage.removeItem("key");
  const why = byId("key-why");
  if (isCodeUsed && why) why.textContent = "The address that you opened was used already, or is older than a minute. Open the dashboard again from the command line:";
  else if (key && why) why.textContent = "The key of this tab is no longer valid, because the dashboard was restarted. Open it with the new key from the command line:";
  showConnection("lost", "key required: cs-serve open");
}

// Sends a change, such as `{ op: "session.park", id, if, reason }`. Returns the answer; a refusal is an Error with the
// server's text, its `status` and its `code`.
async function post(change) {
  const answer = await fetchWithKey("/review/api/op", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(change), credentials: "omit", cache: "no-store" });
  if (answer.ok) return answer;
  const { error, code } = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  if (answer.status === 401) loseKey();
  throw Object.assign(new Error(error), { status: answer.status, code });
}

// The key is no longer valid, because the dashboard was restarted.
function loseKey() {
  sessionStorage.removeItem("key");
  document.documentElement.classList.remove("can-write");
  showConnection("new", "the key is no longer valid; open the dashboard with cs-serve open");
}

document.documentElement.classList.toggle("can-write", hasReview && key !== null);

// ---- ages ----------------------------------------------------------------------------------------------
// The server's clock may be fixed or wrong. Ages are relative to it.
let skew = 0;

function readClock(page) {
  const served = Date.parse(page.body.dataset.minute + "Z");
  skew = Math.abs(Date.now() - served) < 180_000 ? 0 : served - Date.now();
}

readClock(document);

// The same words as the server's (`render::format_ago_by_minute`, `format_until`); a test compares them.
const FIRST = Date.UTC(2020, 0);
const SKEW = 120_000;

function ago(at, now) {
  if (at < FIRST) return "when the clock was behind";
  if (at - now > SKEW) return "when the clock was ahead";
  const s = Math.max(0, Math.floor((now - at) / 1000));
  if (s < 60) return "just now";
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 172_800) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86_400)} d ago`;
}

function until(at, now) {
  const m = Math.floor((at - now) / 60_000);
  if (m < 1) return "less than a minute";
  if (m < 60) return `${m} min`;
  if (m < 1440) return `${Math.floor(m / 60)} h ${m % 60} min`;
  return `${Math.floor(m / 1440)} d ${Math.floor((m % 1440) / 60)} h`;
}

const forms = {
  moment: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  exact: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};

function showTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    if (isNaN(at)) continue;
    const form = forms[time.dataset.form];
    const now = Date.now() + skew;
    const text = form ? at.toLocaleString([], form) : (time.dataset.form === "ahead" ? until : ago)(at, now);
    if (time.textContent !== text) time.textContent = text;
    const title = at.toLocaleString();
    if (time.title !== title) time.title = title;
  }
}

// ---- updating the page ----------------------------------------------------------------------------
// The button that currently shows the result of a click.
let activeButton = null;

// Makes `from` look like `to`. Elements with the same id (or position) are kept, and with them focus, scroll position,
// selection and typed text. Details that the reader opened stay open.
function morph(from, to) {
  if (from.isEqualNode(to) || from === activeButton || from.dataset?.own !== undefined) return;
  syncAttributes(from, to);
  if (from.localName === "time") return;
  const known = new Map([...from.children].filter((child) => child.id).map((child) => [child.id, child]));
  let anchor = from.firstChild;
  for (const want of [...to.childNodes]) {
    const have = want.id ? known.get(want.id) : likeNext(anchor, want);
    if (!have || have.nodeName !== want.nodeName) {
      from.insertBefore(document.importNode(want, true), anchor);
      continue;
    }
    if (have === anchor) anchor = anchor.nextSibling;
    else move(from, have, anchor);
    if (have.nodeType === Node.ELEMENT_NODE) morph(have, want);
    else if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
  }
  while (anchor) {
    const next = anchor.nextSibling;
    anchor.remove();
    anchor = next;
  }
}

function likeNext(anchor, want) {
  return anchor && !anchor.id && anchor.nodeName === want.nodeName ? anchor : null;
}

function move(parent, node, anchor) {
  if (parent.moveBefore) return parent.moveBefore(node, anchor);
  const focused = document.activeElement;
  parent.insertBefore(node, anchor);
  if (node.contains(focused)) focused.focus({ preventScroll: true });
}

function syncAttributes(from, to) {
  const isOurs = (name) => name === "open" && from.localName === "details";
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isOurs(name) && !(name === "title" && from.localName === "time")) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !isOurs(name)) from.setAttribute(name, value);
  }
}

// The text of a row without its ages, which change all the time.
function textWithoutAges(row) {
  const copy = row.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.remove();
  return copy.textContent.replace(/\s+/g, " ");
}

const rows = () => [...main.querySelectorAll(".row")];
const snapshot = () => new Map(rows().map((row) => [row.id, { words: textWithoutAges(row), state: row.dataset.state }]));

function updatePage(page) {
  readClock(page);
  const before = snapshot();
  const focused = document.activeElement;
  const index = rows().findIndex((row) => row.contains(focused));
  morph(byId("top"), page.getElementById("top"));
  morph(main, page.getElementById("main"));
  document.title = page.title;
  plainTitle = plainTitleOf(page);
  // The page may have been asked for while it was shown; a hidden one has the number in its title.
  if (document.hidden) lookForWaiting();
  showTell();
  showTimes(document);
  if (index >= 0 && !focused.isConnected) rows()[Math.min(index, rows().length - 1)]?.querySelector(".open").focus({ preventScroll: true });
  announceNews(before);
}

// The title without the number of sessions that need the reader.
function plainTitleOf(page) {
  const title = page.querySelector("title");
  return title.textContent.slice(title.dataset.prefix?.length ?? 0);
}

let plainTitle = plainTitleOf(document);

function announceNews(before) {
  const changed = rows().filter((row) => before.get(row.id)?.words !== textWithoutAges(row));
  for (const row of changed.slice(0, 50)) highlight(row);
  const news = changed.filter((row) => row.dataset.state && before.get(row.id)?.state !== row.dataset.state);
  const messages = news.slice(0, 3).map((row) => `${row.querySelector(".open").textContent}: ${row.dataset.state}`);
  if (news.length > 3) messages.push(`and ${news.length - 3} more`);
  if (messages.length) byId("news").textContent = messages.join("; ");
}

function highlight(row) {
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--accent-ground");
  row.animate([{ backgroundColor: colour, offset: 0 }, { backgroundColor: colour, offset: 0.5 }, {}], { duration: reducedMotion.matches ? 4000 : 2500, easing: reducedMotion.matches ? "steps(2)" : "ease" });
}

// ---- listening for changes --------------------------------------------------------------------------------
let tag = null;
let isRefreshing = false;
let isOutdated = false;

async function refresh() {
  if (isStopped) return;
  if (document.hidden && isShown) return void (isOutdated = true);
  if (isRefreshing) return void (isOutdated = true);
  isRefreshing = true;
  isOutdated = false;
  try {
    const answer = await fetchWithKey(location.href, { headers: { Accept: "text/html", ...(isShown && { "X-Part": "page" }), ...(tag && { "If-None-Match": tag }) } });
    if (wantsKey && answer.status === 401) return stop();
    if (answer.ok || answer.status === 404 || (!isShown && answer.status !== 304)) {
      tag = answer.headers.get("ETag");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page.getElementById("main")) updatePage(page);
      if (!isShown) showFirstPage();
      const scripts = (page) => [...page.scripts].map((script) => script.getAttribute("src")).join();
      if (scripts(page) !== scripts(document)) showConnection("new", "the dashboard was updated; reload this page");
    }
    return true;
  } catch {
    return false;
  } finally {
    isRefreshing = false;
    if (isOutdated && !document.hidden) setTimeout(refresh, 200);
  }
}

// ---- a conversation that goes on ---------------------------------------------------------------------
let isReading = false;
let isBehind = false;

// Appends what the conversation of this page got. The server sends it as a list; a result goes to its call.
async function readOn() {
  const end = byId("parts-end");
  if (!end?.dataset.after || isStopped) return;
  if (isReading || document.hidden) return void (isBehind = true);
  [isReading, isBehind] = [true, false];
  try {
    const url = `/conversation/${byId("conversation").dataset.conversation}?after=${encodeURIComponent(end.dataset.after)}`;
    const answer = await fetchWithKey(url, { headers: { Accept: "text/html", "X-Part": "conversation" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // The log was written anew, so what is shown here is not there any more.
    if (page.getElementById("parts-anew")) return void location.reload();
    const next = page.getElementById("parts-end") ?? page.getElementById("parts-more");
    if (!next) return;
    const root = document.documentElement;
    const isAtEnd = root.scrollHeight > innerHeight && scrollY + innerHeight >= root.scrollHeight - 48;
    for (const part of [...page.querySelectorAll("#parts > li")]) append(document.importNode(part, true));
    end.replaceWith(document.importNode(next, true));
    showTimes(byId("parts"));
    if (isAtEnd) scrollTo({ top: root.scrollHeight });
  } catch {
    // The server is not running; the next event tries again.
  } finally {
    isReading = false;
    if (isBehind && !document.hidden) setTimeout(readOn, 200);
  }
}

function append(part) {
  const call = part.dataset.part === "result" && byId("parts").querySelector(`:scope > [data-part="call"][data-call="${CSS.escape(part.dataset.call)}"] > details`);
  if (!call) return byId("parts").append(part);
  const [summary, ...answer] = part.querySelector("details").childNodes;
  call.querySelector(".ends")?.replaceWith(...[...summary.childNodes].slice(1));
  call.append(...answer);
}

// Shows the first page that was fetched with the key.
function showFirstPage() {
  isShown = true;
  main.hidden = false;
  if (location.hash) byId(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

function showConnection(state, text) {
  byId("connection").dataset.state = state;
  if (byId("connection-text").textContent !== text) byId("connection-text").textContent = text;
}

let retryDelay = 1000;
let polling = null;
let events = null;

// EventSource sends no key, so the stream is read here: messages end in an empty line, one `change` at a time.
async function listen() {
  events = new AbortController();
  const { signal } = events;
  try {
    const id = byId("conversation")?.dataset.conversation;
    const answer = await fetchWithKey(`/api/events${id ? `?conversation=${id}` : ""}`, { signal });
    if (wantsKey && answer.status === 401) return stop();
    if (answer.ok) await readStream(answer.body.pipeThrough(new TextDecoderStream()).getReader());
  } catch {
    // The server is not running, or has stopped.
  }
  if (signal.aborted || isStopped) return;
  poll();
  setTimeout(listen, retryDelay);
  retryDelay = Math.min(retryDelay * 2, 15_000);
}

async function readStream(reader) {
  retryDelay = 1000;
  clearInterval(polling);
  polling = null;
  showConnection("live", "live");
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const end = text.lastIndexOf("\n\n");
    if (end < 0) continue;
    if (text.slice(0, end).includes("event: change")) refresh(), readOn(), lookForWaiting();
    text = text.slice(end + 2);
  }
}

// Polls while there is no stream, to get changes and to notice whether the server is running.
async function poll() {
  if (isStopped) return;
  const isThere = document.hidden || (await refresh()) !== false;
  lookForWaiting();
  if (isStopped) return;
  if (byId("connection").dataset.state !== "live" || !isThere) showConnection(isThere ? "polling" : "lost", isThere ? "checking every 5 s" : "connection lost, retrying");
  polling ??= setInterval(poll, 5000);
}

document.addEventListener("visibilitychange", () => {
  if (isOutdated) refresh();
  if (isBehind) readOn();
});
addEventListener("pagehide", () => events?.abort());
addEventListener("pageshow", (event) => event.persisted && location.reload());
setInterval(() => document.hidden || showTimes(document), 15_000);
// What is projected changes as time passes.
setInterval(() => document.hidden || !main.querySelector("[data-each-minute]") || refresh(), 60_000);

// ---- keys and buttons ----------------------------------------------------------------------------------
function moveFocus(by) {
  const all = [...main.querySelectorAll(".row .open")];
  const here = all.findIndex((link) => link.closest(".row").contains(document.activeElement));
  const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, here + by))];
  next?.focus();
  next?.closest(".row").scrollIntoView({ block: "nearest" });
}

const keys = {
  "/": () => byId("q")?.select(),
  "?": () => byId("help").showModal(),
  j: () => moveFocus(1),
  k: () => moveFocus(-1),
  c: () => (document.activeElement.closest(".row, .columns") ?? main.querySelector(".columns"))?.querySelector("[data-copy]")?.click(),
  g: () => location.assign("/"),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return escape(event.target);
  const isTyping = event.target.closest("input, select, textarea, [contenteditable]");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || byId("help").open || !keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

function escape(target) {
  if (target.id === "q") target.blur();
  for (const menu of main.querySelectorAll(".menu[open]")) {
    menu.open = false;
    if (menu.contains(target)) menu.querySelector("summary").focus();
  }
  document.querySelectorAll(".why:hover, .why:focus-within").forEach((why) => why.classList.add("is-dismissed"));
}

for (const name of ["mouseout", "focusout"]) {
  document.addEventListener(name, (event) => event.target.closest?.(".why")?.classList.remove("is-dismissed"));
}

// A link to a file sends no key, so the file is fetched here and then saved.
async function save(link) {
  const answer = await fetchWithKey(link.href);
  if (answer.status === 401) return stop();
  const copy = document.createElement("a");
  copy.href = URL.createObjectURL(await answer.blob());
  copy.download = answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1] ?? "";
  copy.click();
  setTimeout(() => URL.revokeObjectURL(copy.href), 60_000);
}

document.addEventListener("click", async (event) => {
  if (event.target.closest("#help-button")) byId("help").showModal();
  const file = wantsKey && event.target.closest("a[download]");
  if (file) {
    event.preventDefault();
    return save(file);
  }
  for (const menu of main.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

// Copies the command beside a button. Where a browser forbids that, the command is selected instead.
async function copy(button) {
  const source = button.previousElementSibling;
  const isDone = await navigator.clipboard.writeText(source.textContent).then(() => true, () => false);
  if (!isDone) getSelection().selectAllChildren(source);
  button.textContent = isDone ? "Copied" : "Selected: copy it";
  byId("news").textContent = isDone ? `Copied: ${source.textContent}` : "Selected, but not copied";
  activeButton = button;
  setTimeout(() => {
    button.textContent = "Copy";
    if (activeButton === button) activeButton = null;
  }, 2000);
}

// Leaves empty values out of the URL, so that it makes a short bookmark.
document.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});

showTimes(document);
if (key) main.hidden = true;
// By then the other script has been run, too.
addEventListener("DOMContentLoaded", async () => {
  if (await exchange(firstCode)) return location.reload();
  if (isCodeUsed && !key) showConnection("new", "this address was used already; open the dashboard with cs-serve open");
  if (!wantsKey) listen();
  else if (key) refresh().then(() => isStopped || listen());
  else stop();
});
