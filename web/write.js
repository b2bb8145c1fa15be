// Forms that change something. They are shown when this tab has the key (`can-write`, see `app.js`). A form names its
// change in `data-op`, and its fields are those of the change. What it is about is in the element around it that has
// `data-id` (a session) or `data-agent`, and what was seen of that in its `data-seen`; other forms are about `#write`.
"use strict";

// Promises of what was seen of the sessions in a list, which do not say it: asked for when the menu of a row opens.
const seenOf = new WeakMap();
const aboutOf = (form) => form.closest("[data-id], [data-agent], [data-spawn]") ?? byId("write");
const say = (about, text) => (about.querySelector(".written").textContent = text);

document.addEventListener(
  "toggle",
  ({ target }) => {
    const about = target.open && target.matches(".menu") && target.querySelector("[data-id]");
    if (about && key) seenOf.set(about, look(about.dataset.id));
  },
  true,
);

async function look(id) {
  const answer = await fetchWithKey(`/api/session/${id}`).catch(() => null);
  return answer?.ok ? (await answer.json()).seen : "";
}

// The fields of a form: empty ones are left out, and a box is true or false. A box without a name only asks.
function fieldsOf(form) {
  const fields = {};
  for (const { name, type, value, checked } of form.elements) {
    if (!name) continue;
    if (type === "checkbox") fields[name] = checked;
    else if (value.trim()) fields[name] = value.trim();
  }
  return fields;
}

async function changeOf(form, about) {
  const [{ op }, { id, agent, seen }] = [form.dataset, about.dataset];
  const what = id ? { id } : agent ? { agent } : {};
  // A message is written to whoever is there.
  const condition = op === "message.send" || op === "agent.spawn" ? {} : { if: seen ?? (await (seenOf.get(about) ?? look(id))) };
  return { op, ...what, ...condition, ...fieldsOf(form) };
}

async function send(form) {
  const about = aboutOf(form);
  const button = form.querySelector("button, select");
  button.disabled = true;
  say(about, "");
  try {
    const done = await (await post(await changeOf(form, about))).json();
    if (done.session_id && done.session_id !== about.dataset.id) return void location.assign(`/session/${done.session_id}`);
    if (about.dataset.seen !== undefined && done.seen) about.dataset.seen = done.seen;
    if (seenOf.has(about)) seenOf.set(about, done.seen);
    form.reset();
    say(about, "Done.");
  } catch (error) {
    form.querySelector("select")?.form.reset();
    say(about, error.status ? `Not changed: ${error.message}.` : "Not changed: the server is not running.");
  } finally {
    button.disabled = false;
  }
  await refresh();
  // Whoever went on meanwhile keeps the focus.
  if (!form.isConnected && document.activeElement === document.body) (about.isConnected ? (about.closest(".menu")?.querySelector("summary") ?? about) : main).focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-op]");
  if (!form) return;
  event.preventDefault();
  send(form);
});

// The status of a task is sent as soon as it is chosen.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-op='task.update'] select")?.form;
  if (form) send(form);
});
