// Forms that change something. They are shown when this tab has the key (`can-write`, see `app.js`). A form names its
// change in `data-op`, and its fields are those of the change; the session and what was seen of it are in `#write`.
"use strict";

const say = (text) => (byId("write-said").textContent = text);

async function send(form) {
  const { id, seen } = byId("write").dataset;
  const fields = [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== "");
  const button = form.querySelector("button, select");
  button.disabled = true;
  say("");
  try {
    const done = await (await post({ op: form.dataset.op, id, if: seen, ...Object.fromEntries(fields) })).json();
    if (done.session_id !== id) return void location.assign(`/session/${done.session_id}`);
    byId("write").dataset.seen = done.seen;
    form.reset();
    say("Done.");
  } catch (error) {
    form.querySelector("select")?.form.reset();
    say(error.status ? `Not changed: ${error.message}.` : "Not changed: the server is not running.");
  } finally {
    button.disabled = false;
  }
  await refresh();
  if (!form.isConnected) byId("write").focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-op]");
  if (!form) return;
  event.preventDefault();
  send(form);
});

// A choice is sent at once.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-op] select")?.form;
  if (form) send(form);
});
