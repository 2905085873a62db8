"use strict";
// Asks for the answer to what the controls say, tells how far it is, and puts it into its place.
const $ = (id) => document.getElementById(id);
const form = $("controls"), view = $("view"), room = document.body.dataset.room, lang = document.body.dataset.lang;
const WORDS = JSON.parse($("words").textContent);
let asked = 0, job = null, listeners = new AbortController();

function given() {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ""));
}

function fill(query) {
  // What a link says; a control it does not name stands at its default.
  if (form.elements.strategy) form.elements.strategy.value = query.get("strategy") ?? "";
  choose();
  for (const control of form.querySelectorAll("[name]")) {
    if (control.name !== "strategy" && !control.matches(":disabled")) control.value = query.get(control.name) ?? control.dataset.default;
  }
}

function choose() {
  // Parameters of the chosen strategy only.
  for (const group of form.querySelectorAll(".params")) {
    group.hidden = group.disabled = group.dataset.strategy !== form.elements.strategy.value;
  }
}

async function call(method, path, body) {
  const options = body ? { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : { method };
  let answer;
  try { answer = await fetch(path, options); } catch { throw new Error(WORDS.gone); }
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer;
}

function tell(found) {
  const part = found.of ? ` ${found.done} / ${found.of}` : "";
  $("stage").textContent = `${WORDS[found.stage] ?? WORDS.waiting}${part} · ${Math.round(found.seconds)} ${WORDS.seconds}`;
  if (found.of) { $("bar").max = found.of; $("bar").value = found.done; } else { $("bar").removeAttribute("value"); }
}

function busy(yes) {
  $("busy").hidden = !yes;
  view.setAttribute("aria-busy", String(yes));
  view.classList.toggle("old", yes);
  if (yes) {
    $("told").textContent = $("status").textContent = "";
    $("again").hidden = true;  // it tells of what is shown, and that is about to change
  }
}

async function ask(push) {
  const number = ++asked;
  leave();
  busy(true);
  try {
    let found = await (await call("POST", "/jobs", { room, lang, given: given() })).json();
    if (number !== asked) { leave(found.id); return; }
    job = found.id;
    while (["waiting", "running"].includes(found.state)) {
      tell(found);
      const tick = setInterval(() => { found.seconds += 1; tell(found); }, 1000);
      try { found = await (await call("GET", `/jobs/${found.id}?seen=${found.version}`)).json(); } finally { clearInterval(tick); }
      if (number !== asked) return;
    }
    job = null;
    if (found.state === "refused") throw new Error(found.sentence);
    if (found.state === "cancelled") { $("status").textContent = WORDS.cancelled; return; }
    const html = await (await call("GET", `/jobs/${found.id}/answer`)).text();
    if (number !== asked) return;
    show(html, found, push);
  } catch (error) {
    if (number !== asked) return;
    clear();
    $("told").textContent = error.message;
  } finally {
    if (number === asked) busy(false);
  }
}

function clear() {
  // What was shown answers another question.
  listeners.abort();
  view.replaceChildren();
  $("again").hidden = true;
}

function show(html, found, push) {
  listeners.abort();
  listeners = new AbortController();
  view.innerHTML = html;
  Object.assign(document.documentElement.dataset, $("about").dataset);  // stamps of tables that are copied out
  const signal = listeners.signal;
  const media = (query) => {
    const list = window.matchMedia(query);
    return { matches: list.matches, addEventListener: (name, heard) => list.addEventListener(name, heard, { signal }) };
  };
  page((name, heard) => window.addEventListener(name, heard, { signal }), media);
  for (const [name, value] of Object.entries(found.given)) {
    const control = form.elements[name];  // what was left blank shows what it stood for
    if (control && !control.length && control.value === "") control.value = value;
  }
  const query = new URLSearchParams({ ...found.given, lang });
  const link = `/${room}?${query}`;
  $("command").textContent = found.command;
  $("link").href = link;
  $("link").textContent = location.origin + link;
  $("json").href = `/jobs/${found.id}/answer.json`;
  $("json").download = `${room}.json`;
  $("again").hidden = false;
  if (push && link !== location.pathname + location.search) history.pushState(null, "", link);
  $("status").textContent = `${WORDS.done} ${found.seconds} ${WORDS.seconds}`;
}

function leave(id = job) {
  // Nobody waits for it any more.
  if (id) fetch(`/jobs/${id}`, { method: "DELETE", keepalive: true }).catch(() => {});
  if (id === job) job = null;
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(true); });
form.addEventListener("change", (event) => {
  if (event.target.name === "strategy") choose();
  if (room === "screen") ask(true);
});
$("cancel").addEventListener("click", () => {
  asked += 1;
  leave();
  busy(false);
  clear();
  $("status").textContent = WORDS.cancelled;
});
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => {
    navigator.clipboard.writeText($(button.dataset.copy).textContent).then(
      () => { $("status").textContent = WORDS.copied; },
      () => { $("status").textContent = WORDS.uncopied; },
    );
  });
}
function begin() {
  const query = new URLSearchParams(location.search);
  fill(query);
  if (room === "screen" || query.get("strategy")) ask(false); else { leave(); clear(); busy(false); }
}
addEventListener("popstate", begin);
addEventListener("pagehide", () => leave());
begin();
