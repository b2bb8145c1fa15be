// Reviewing a conversation: what is selected becomes a place in the text, what a person says about it is sent as a change,
// and the page is fetched again. The server makes all HTML; it also decides what a report shows.
"use strict";

const review = () => byId("review");
const pieceOf = (node) => (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest?.("[data-from]");

// ---- what is selected -----------------------------------------------------------------------------------
// Each text is in pieces that know their bytes; a piece with a sign instead of hidden characters counts as a whole.
function edge(piece, range, isEnd) {
  const [node, offset] = isEnd ? [range.endContainer, range.endOffset] : [range.startContainer, range.startOffset];
  const isInside = node.nodeType === Node.TEXT_NODE && node.parentElement === piece && piece.dataset.sign === undefined;
  if (!isInside) return Number(isEnd ? piece.dataset.to : piece.dataset.from);
  return Number(piece.dataset.from) + new TextEncoder().encode(node.data.slice(0, offset)).length;
}

// The bytes that are selected in one raw text, or null.
function selected() {
  const selection = getSelection();
  if (!review() || selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const start = range.startContainer;
  const raw = (start.nodeType === Node.TEXT_NODE ? start.parentElement : start).closest?.(".raw");
  if (!raw) return null;
  // A selection that ends behind the text, as a triple click makes, is one of the text to its end.
  const pieces = [...raw.querySelectorAll("[data-from]")].filter((piece) => range.intersectsNode(piece));
  if (!pieces.length) return null;
  const span = [edge(pieces[0], range, false), edge(pieces[pieces.length - 1], range, true)];
  const field = raw.closest("[data-field]");
  return span[0] < span[1] ? { span, field, entry: raw.closest(".entry"), text: selection.toString() } : null;
}

let picked = null;

function showSelection() {
  const bar = byId("selection-bar");
  if (!bar || byId("ask").open) return;
  picked = selected();
  bar.hidden = !picked;
  if (picked) byId("selection-text").textContent = shortened(picked.text);
}

const shortened = (text) => (text.length > 60 ? `${text.slice(0, 57)}…` : text);

document.addEventListener("selectionchange", showSelection);

// ---- what is said -----------------------------------------------------------------------------------------
// What is asked for each act, and the change that is sent.
const acts = {
  redact: { title: "Redact", go: "Redact", fields: ["reason", "with"], op: "mark.redact", done: "Redacted" },
  keep: { title: "Keep: a rule is wrong here", go: "Keep", fields: ["reason"], op: "mark.keep", done: "Kept" },
  tag: { title: "Tag", go: "Tag", fields: ["word"], label: "Name of the tag", op: "mark.tag", done: "Tagged" },
  note: { title: "Note", go: "Add", fields: ["word"], label: "Note", op: "mark.note", done: "Note added" },
  disposition: { title: "Mark as", go: "Mark", fields: ["choice"], op: "mark.disposition", done: "Marked" },
  undo: { title: "Undo", go: "Undo", fields: ["reason"], op: "mark.undo", done: "Undone" },
};
let asking = null;

function ask(name, what, change, from) {
  const act = acts[name];
  asking = { act, change, from };
  byId("ask-title").textContent = act.title;
  byId("ask-go").textContent = act.go;
  byId("ask-what").textContent = what;
  byId("ask-error").textContent = "";
  for (const field of ["part", "word", "choice", "reason", "with"]) byId(`ask-${field}-field`).hidden = !act.fields.includes(field);
  for (const field of ["part", "word", "reason", "with"]) byId(`ask-${field}`).value = "";
  byId("ask-part-field").hidden = name !== "redact" || change.span !== undefined;
  byId("ask-all-field").hidden = name !== "redact";
  byId("ask-all").checked = false;
  byId("ask-word").required = act.fields.includes("word");
  byId("ask-reason").required = act.fields.includes("reason");
  byId("ask-word-label").textContent = act.label ?? "";
  byId("ask").showModal();
  byId(`ask-${act.fields[0]}`).focus();
}

async function answer() {
  const { act, change, from } = asking;
  const value = (field) => (act.fields.includes(field) ? byId(`ask-${field}`).value.trim() : "");
  const word = value("word") || value("choice") || value("with");
  const said = { op: act.op, ...change, ...(word && { with: word }), ...(value("reason") && { reason: value("reason") }) };
  const button = byId("ask-go");
  const part = byId("ask-part-field").hidden ? "" : byId("ask-part").value.trim();
  const place = part && placeOf(from, part);
  if (act === acts.redact && byId("ask-all").checked && !place && !change.span) return void (byId("ask-error").textContent = "Say which text, or select it first.");
  if (part && !place) return void (byId("ask-error").textContent = "This entry does not say that.");
  button.disabled = true;
  try {
    const isEverywhere = byId("ask-all").checked && (place || change.span);
    const made = await (await post({ ...said, ...(place && at(place)), ...(isEverywhere && { everywhere: "conversation" }) })).json();
    byId("ask").close();
    getSelection().removeAllRanges();
    await refresh();
    byId("news").textContent = made.ids.length > 1 ? `${act.done}: ${made.ids.length} places` : act.done;
    (from?.isConnected ? from : byId("main")).focus({ preventScroll: true });
  } catch (error) {
    byId("ask-error").textContent = error.code === "STALE" ? "This changed since you saw it, so nothing was changed. The page is new now: look again." : error.message;
    if (error.code === "STALE") refresh();
  } finally {
    button.disabled = false;
    showSelection();
  }
}

// The conversation, or an entry of it, as a change names it.
const target = (entry) => ({ conversation: review().dataset.conversation, if: (entry ?? review()).dataset.seen, ...(entry && { entry: entry.dataset.entry }) });

// A place in a text, as a change names it.
const at = (place) => ({ if: place.field.dataset.seen, field: place.field.dataset.field, span: place.span, everywhere: "entry" });

// The place where an entry says something, for those who cannot select it. What has a sign in it cannot be found so.
function placeOf(entry, text) {
  for (const raw of entry.querySelectorAll(".raw")) {
    let said = "";
    const pieces = [...raw.querySelectorAll("[data-from]")].map((piece) => {
      const begin = said.length;
      said += piece.dataset.sign === undefined ? piece.textContent : "\u0000".repeat(piece.textContent.length);
      return { begin, piece };
    });
    const begin = said.indexOf(text);
    if (begin < 0) continue;
    const byte = (n) => {
      const { begin, piece } = pieces.findLast((one) => one.begin <= n);
      return Number(piece.dataset.from) + new TextEncoder().encode(piece.textContent.slice(0, n - begin)).length;
    };
    const last = begin + text.length - (text.codePointAt(text.length - 2) > 0xffff ? 2 : 1);
    const end = byte(last) + new TextEncoder().encode(text.slice(last - begin)).length;
    return { span: [byte(begin), end], field: raw.closest("[data-field]"), text };
  }
  return null;
}

function redact(entry, place) {
  if (!place) return ask("redact", `${entry.getAttribute("aria-label").trim()}: ${shortened(entry.dataset.subject)}`, target(entry), entry);
  ask("redact", `“${shortened(place.text)}”, wherever it stands in this entry.`, { ...target(entry), ...at(place) }, entry);
}

const textOf = (field, [from, to]) => [...field.querySelectorAll(".raw [data-from]")].filter((piece) => piece.dataset.from >= from && piece.dataset.to <= to).map((piece) => piece.textContent).join("");

function keep(button) {
  const [entry, field, cut] = [button.closest(".entry"), button.closest("[data-field]"), button.closest("[data-from]")];
  const span = [Number(cut.dataset.from), Number(cut.dataset.to)];
  ask("keep", `Reports will show “${shortened(textOf(field, span))}” (${button.dataset.rule}).`, { ...target(entry), if: field.dataset.seen, field: field.dataset.field, span }, entry);
}

function undo(button) {
  const entry = button.closest(".entry");
  ask("undo", button.dataset.what, { ...target(entry), of: button.dataset.mark }, entry ?? review().querySelector("[data-act=tag]"));
}

// An undo names its mark; what was seen of the entry is not asked for.
function act(button) {
  const name = button.dataset.act;
  const entry = button.closest(".entry");
  if (name === "undo") return undo(button);
  if (name === "keep") return keep(button);
  if (name === "redact") return redact(entry, picked?.entry === entry ? picked : null);
  ask(name, entry ? `${entry.getAttribute("aria-label").trim()}: ${shortened(entry.dataset.subject)}` : "This conversation", target(entry), button);
}

// ---- the report -------------------------------------------------------------------------------------------
function reportChange() {
  const form = new FormData(byId("report-form"));
  const withs = ["results", "reasoning"].filter((name) => form.has(name));
  return { op: "report.make", conversation: review().dataset.conversation, if: review().dataset.seenAll, mode: form.get("mode"), format: form.get("format"), with: withs };
}

async function report(button, use) {
  button.disabled = true;
  try {
    const answer = await post(reportChange());
    await use(await answer.blob(), answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1]);
  } catch (error) {
    const text = error.code === "STALE" ? "The marks or the rules have changed since you saw them. The page is new now: look again." : error.message;
    showPreview("", "", text);
    byId("news").textContent = `No report: ${text}`;
    if (error.code === "STALE") refresh();
  } finally {
    button.disabled = false;
    (use === showReport ? byId("report-title") : button).focus({ preventScroll: true });
  }
}

// What was shown last, and its name: saving it saves the same bytes.
let made = null;
// More than so many bytes are not shown.
const SHOWN = 2 * 1024 * 1024;

// A report as a page is shown in a frame that may do nothing.
function showPreview(facts, page, text) {
  byId("report").hidden = false;
  byId("report-facts").textContent = facts;
  byId("report-page").hidden = !page;
  byId("report-page").srcdoc = page;
  byId("report-text").hidden = page !== "";
  byId("report-text").textContent = text;
  byId("report-keep").hidden = facts === "";
}

async function showReport(blob, name) {
  made = { blob, name };
  const [isPage, isLong] = [blob.type.startsWith("text/html"), blob.size > SHOWN];
  const text = isPage && isLong ? "This page is too long to be shown here. Save it to look at it." : await blob.slice(0, SHOWN).text();
  const size = `${blob.size.toLocaleString()} bytes`;
  showPreview(isLong ? `${size}; ${isPage ? "not shown" : "these are the first"}` : `${size}, exactly these`, isPage && !isLong ? text : "", text);
  byId("news").textContent = `What the report shows: ${size}`;
  byId("report").scrollIntoView({ block: "start" });
}

function saveReport(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name ?? "report";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  byId("news").textContent = `Saved: ${link.download}`;
}

// ---- buttons and keys ---------------------------------------------------------------------------------------
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (event.target.closest?.("a[href='#marks']")) byId("marks").open = true;
  if (!review() || !button) return;
  if (button.dataset.act) act(button);
  if (button.id === "selection-go" && picked) redact(picked.entry, picked);
  if (button.id === "ask-cancel") byId("ask").close();
  if (button.id === "report-show") report(button, showReport);
  if (button.id === "report-save") report(button, saveReport);
  if (button.id === "report-keep" && made) saveReport(made.blob, made.name);
  if (button.id === "report-close") {
    byId("report").hidden = true;
    byId("report-show").focus();
  }
});

document.addEventListener("submit", (event) => {
  if (event.target.id === "report-form") event.preventDefault();
  if (event.target.id !== "ask-form") return;
  event.preventDefault();
  answer();
});

// A button must not take the selection away that it is about.
document.addEventListener("mousedown", (event) => event.target.closest?.("#selection-bar, [data-act=redact]") && event.preventDefault());

const here = () => document.activeElement.closest?.(".entry");

function moveEntry(by) {
  const all = [...document.querySelectorAll(".entries > .entry")];
  const at = all.indexOf(here());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, at + by))];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

const ofReview = {
  j: () => moveEntry(1),
  k: () => moveEntry(-1),
  r: () => (picked ? redact(picked.entry, picked) : here() && redact(here(), null)),
  u: () => [...(here()?.querySelectorAll("[data-act=undo]") ?? [])].at(-1)?.click(),
  d: () => here()?.querySelector("[data-act=disposition]")?.click(),
  t: () => (here() ?? review()).querySelector("[data-act=tag]")?.click(),
  n: () => (here() ?? review()).querySelector("[data-act=note]")?.click(),
  e: () => byId("report-save").click(),
  p: () => byId("report-show").click(),
};
for (const [name, go] of Object.entries(ofReview)) {
  const usual = keys[name];
  keys[name] = () => (review() ? !byId("ask").open && go() : usual?.());
}
