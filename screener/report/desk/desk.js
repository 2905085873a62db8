"use strict";
// Asks for the answer to what the controls say, tells how far it is, and puts it into its place.
const $ = (id) => document.getElementById(id);
const form = $("controls"), view = $("view"), room = document.body.dataset.room, lang = document.body.dataset.lang;
const WORDS = JSON.parse($("words").textContent);
const BEGINS = document.body.dataset.begins === "true";
let asked = 0, job = null, listeners = new AbortController(), shown = null;

function given() {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ""));
}

function fits(control, value) {
  if (control.type === "date") return /^\d{4}-\d\d-\d\d$/.test(value);
  return control.type !== "number" || (value !== "" && !isNaN(value));
}

function put(control, value) {
  // Whether it holds the value; one that its list does not have is shown all the same, for whoever answers to judge.
  const held = value === "" || fits(control, value);
  control.value = held ? value : "";
  if (held && control.value !== value && control.tagName === "SELECT") {
    control.add(new Option(value, value));
    control.value = value;
  }
  return held;
}

function fill(query) {
  // What a link says; a control it does not name stands at its default. What no control can hold is handed back.
  const rest = {};
  if (form.elements.strategy) put(form.elements.strategy, query.get("strategy") ?? "");
  choose();
  for (const control of form.querySelectorAll("[name]:not(:disabled)")) {
    const value = query.get(control.name) ?? control.dataset.default;
    if (control.name !== "strategy" && !put(control, value)) rest[control.name] = value;
  }
  changed();
  for (const group of form.querySelectorAll(".group")) group.open = group.querySelector(".changed").textContent !== "";
  return rest;
}

function unknown(query) {
  // Controls that a link names and this room does not have: told, not passed over.
  const known = new Set([...form.querySelectorAll("[name]:not(:disabled)")].map((control) => control.name));
  return [...query.keys()].filter((name) => name !== "lang" && !known.has(name));
}

function changed() {
  // How many controls of a closed group do not stand at their default.
  for (const group of form.querySelectorAll(".group")) {
    const count = [...group.querySelectorAll("[name]")].filter((control) => control.value.trim() !== control.dataset.default).length;
    const told = group.querySelector(".changed");
    told.textContent = count ? told.dataset.word.replace("{}", count) : "";
  }
  const main = [...form.querySelectorAll("#controls > .control [name]")].map((control) => control.value.trim());
  $("set").textContent = main.filter((value) => !["", "true", "false"].includes(value)).join(" · ");
  for (const pick of form.querySelectorAll(".pick")) {
    // A closed list would cut its words: it shows what is typed, and below it stands whole what that means.
    const one = pick.querySelector("select").selectedOptions[0], meaning = one?.dataset.meaning ?? "";
    pick.querySelector(".held").textContent = (meaning ? one.value : one?.text) ?? "";
    const told = pick.closest(".control").querySelector(".chosen");
    if (told) told.textContent = meaning;
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
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? WORDS.gone);
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

async function ask(push, further = {}) {
  const number = ++asked;
  leave();
  changed();
  busy(true);
  shown = null;
  try {
    let found = await (await call("POST", "/jobs", { room, lang, given: { ...given(), ...further } })).json();
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
  const runs = view.querySelectorAll("details.run");
  if (runs.length === 1) runs[0].open = true;
  page((name, heard) => window.addEventListener(name, heard, { signal }), media);
  for (const [name, value] of Object.entries(found.given)) {
    const control = form.elements[name];  // what was left blank shows what it stood for
    if (control && !control.length && control.value === "") control.value = value;
  }
  changed();
  lead(found.given);
  const query = new URLSearchParams({ ...found.given, lang });
  const link = `/${room}?${query}`;
  $("command").textContent = found.command;
  $("link").href = link;
  $("link").textContent = location.origin + link;
  $("json").href = `/jobs/${found.id}/answer.json`;
  $("json").download = `${room}.json`;
  $("again").hidden = false;
  if (push && link !== location.pathname + location.search) history.pushState(null, "", link);
  shown = location.pathname + location.search;
  $("status").textContent = `${WORDS.done} ${found.seconds} ${WORDS.seconds}`;
}

function lead(told) {
  // A way to a part that another room tells leads there, at the same settings.
  const rooms = { screen: "screen", firms: "screen", backtests: "backtest", ratings: "rating" };
  for (const way of view.querySelectorAll("a[href^='#']")) {
    const part = way.getAttribute("href").slice(1), there = rooms[part] ?? (part.startsWith("firm-") ? "screen" : null);
    if (!there || document.getElementById(part)) continue;
    const kept = Object.entries(told).filter(([name]) => name === "as_of" || (there === "screen" && name !== "strategies"));
    const query = new URLSearchParams({ ...(there === "backtest" ? {} : Object.fromEntries(kept)), lang });
    way.href = `/${there}?${query}${part.startsWith("firm") ? "#" + part : ""}`;
  }
}

function leave(id = job) {
  // Nobody waits for it any more.
  if (id) fetch(`/jobs/${id}`, { method: "DELETE", keepalive: true }).catch(() => {});
  if (id === job) job = null;
}

function cancel() {
  asked += 1;
  leave();
  busy(false);
  clear();
  $("status").textContent = WORDS.cancelled;
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(true); });
form.addEventListener("input", changed);
form.addEventListener("change", (event) => {
  if (event.target.name === "strategy") choose();
  changed();
  if (room === "screen") ask(true);
});
$("reset").addEventListener("click", () => {
  fill(new URLSearchParams({ strategy: form.elements.strategy?.value ?? "" }));
  if (BEGINS) ask(true);
});
$("cancel").addEventListener("click", cancel);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("busy").hidden) cancel();
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
  if (shown === location.pathname + location.search) return;  // a way within what is shown
  const query = new URLSearchParams(location.search), rest = fill(query), strange = unknown(query);
  if (!strange.length && (BEGINS || query.get("strategy"))) { ask(false, rest); return; }
  asked += 1;
  leave();
  clear();
  busy(false);
  $("told").textContent = strange.length ? `${WORDS.strange} ${strange.join(", ")}` : "";
}
// Where there is little room the answer comes first; its settings are a tap away.
const wide = matchMedia("(min-width: 900px)");
function fold() { $("settings").open = wide.matches || !BEGINS; }
wide.addEventListener("change", fold);
fold();
addEventListener("popstate", begin);
addEventListener("pagehide", () => leave());
begin();
