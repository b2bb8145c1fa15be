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
  redact: { title: "Redact", go: "Redact", fields: ["reason", "with"], op: "mark.redact" },
  keep: { title: "Keep: a rule is wrong here", go: "Keep", fields: ["reason"], op: "mark.keep" },
  tag: { title: "Tag", go: "Tag", fields: ["word"], label: "Name of the tag", op: "mark.tag" },
  note: { title: "Note", go: "Add", fields: ["word"], label: "Note", op: "mark.note" },
  disposition: { title: "Mark as", go: "Mark", fields: ["choice"], op: "mark.disposition" },
  undo: { title: "Undo", go: "Undo", fields: ["reason"], op: "mark.undo" },
};
let asking = null;

function ask(name, what, change, from) {
  const act = acts[name];
  asking = { act, change, from };
  byId("ask-title").textContent = act.title;
  byId("ask-go").textContent = act.go;
  byId("ask-what").textContent = what;
  byId("ask-error").textContent = "";
  for (const field of ["word", "choice", "reason", "with"]) byId(`ask-${field}-field`).hidden = !act.fields.includes(field);
  for (const field of ["word", "reason", "with"]) byId(`ask-${field}`).value = "";
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
  button.disabled = true;
  try {
    await post(said);
    byId("ask").close();
    getSelection().removeAllRanges();
    await refresh();
    byId("news").textContent = `${act.go}: done`;
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

function redact(entry, place) {
  if (!place) return ask("redact", "All of this entry, in every field", target(entry), entry);
  const change = { ...target(entry), if: place.field.dataset.seen, field: place.field.dataset.field, span: place.span, everywhere: true };
  ask("redact", `“${shortened(place.text)}”, wherever it stands in this entry`, change, entry);
}

function keep(button) {
  const [entry, field, cut] = [button.closest(".entry"), button.closest("[data-field]"), button.closest("[data-from]")];
  const span = [Number(cut.dataset.from), Number(cut.dataset.to)];
  ask("keep", "Reports will show what the rule found here.", { ...target(entry), if: field.dataset.seen, field: field.dataset.field, span }, entry);
}

function undo(button) {
  const entry = button.closest(".entry");
  ask("undo", button.dataset.what, { ...target(entry), of: button.dataset.mark }, entry);
}

// An undo names its mark; what was seen of the entry is not asked for.
function act(button) {
  const name = button.dataset.act;
  const entry = button.closest(".entry");
  if (name === "undo") return undo(button);
  if (name === "keep") return keep(button);
  if (name === "redact") return redact(entry, picked?.entry === entry ? picked : null);
  ask(name, entry ? entry.getAttribute("aria-label") : "This conversation", target(entry), button);
}

// ---- the report -------------------------------------------------------------------------------------------
function reportChange() {
  const form = new FormData(byId("report-form"));
  const withs = ["results", "reasoning"].filter((name) => form.has(name));
  return { op: "report.make", conversation: review().dataset.conversation, mode: form.get("mode"), format: form.get("format"), with: withs };
}

async function report(button, use) {
  button.disabled = true;
  try {
    const answer = await post(reportChange());
    await use(await answer.blob(), answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1]);
  } catch (error) {
    byId("report").hidden = false;
    byId("report-facts").textContent = "";
    byId("report-text").textContent = error.message;
  } finally {
    button.disabled = false;
  }
}

async function showReport(blob) {
  const text = await blob.text();
  byId("report").hidden = false;
  byId("report-facts").textContent = `${blob.size.toLocaleString()} bytes, exactly these`;
  byId("report-text").textContent = text;
  byId("report-text").focus({ preventScroll: true });
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
  if (!review() || !button) return;
  if (button.dataset.act) act(button);
  if (button.id === "selection-go" && picked) redact(picked.entry, picked);
  if (button.id === "ask-cancel") byId("ask").close();
  if (button.id === "report-show") report(button, showReport);
  if (button.id === "report-save") report(button, saveReport);
  if (button.id === "report-close") byId("report").hidden = true;
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
