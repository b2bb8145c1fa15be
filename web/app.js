"use strict";
// Live: when the server says that something changed, the page asks for itself again and takes over its main part.
const main = document.getElementById("main");
let shown = main.innerHTML;
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.getElementById("main").innerHTML;
  if (next !== shown) main.innerHTML = shown = next;
}
new EventSource("/api/events").addEventListener("change", refresh);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
});
