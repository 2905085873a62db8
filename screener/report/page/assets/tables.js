"use strict";
// Sorting: by data-v where a cell has it, else by its text; blanks always last. Notes: on hover, focus and tap.
function valueOf(row, column) {
  const cell = row.cells[column];
  const raw = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
  if (raw === "" || raw === "—") return null;
  return cell.dataset.v !== undefined ? Number(raw) : raw;
}

function sortBy(head) {
  const table = head.closest("table"), column = head.cellIndex, body = table.tBodies[0];
  const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : head.classList.contains("n");
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
  const order = (a, b) => typeof a === "number" ? a - b : a.localeCompare(b, document.documentElement.lang);
  rows.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null) : down ? order(b, a) : order(a, b));
  body.append(...rows.map(([, row]) => row));
}
document.querySelectorAll("table.sortable button.sort").forEach((button) => {
  button.addEventListener("click", () => sortBy(button.closest("th")));
});

let pinned = null, leaving = 0;
const tipOf = (button) => document.getElementById(button.dataset.tip);

function show(button) {
  clearTimeout(leaving);
  hideAll();
  const tip = tipOf(button), at = button.getBoundingClientRect();
  tip.hidden = false;
  button.setAttribute("aria-expanded", "true");
  tip.classList.toggle("up", at.top > innerHeight / 2);
  const below = at.bottom + 8 + tip.offsetHeight < innerHeight;
  tip.style.left = Math.max(8, Math.min(at.left, innerWidth - tip.offsetWidth - 12)) + "px";
  tip.style.top = Math.max(8, below ? at.bottom + 8 : at.top - tip.offsetHeight - 8) + "px";
}

function hideAll() {
  document.querySelectorAll("button.see").forEach((button) => {
    tipOf(button).hidden = true;
    button.setAttribute("aria-expanded", "false");
  });
}

function leave() {
  clearTimeout(leaving);
  leaving = setTimeout(() => { if (!pinned) hideAll(); }, 180);
}
document.querySelectorAll("button.see").forEach((button) => {
  const tip = tipOf(button);
  button.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse" && !pinned) show(button); });
  button.addEventListener("pointerleave", leave);
  button.addEventListener("focus", () => { if (!pinned) show(button); });
  button.addEventListener("blur", leave);
  button.addEventListener("click", () => {
    const same = pinned === button;
    pinned = same ? null : button;
    if (same) hideAll(); else show(button);
  });
  const bar = button.closest("tr").querySelector("[data-row-tip]");
  if (bar) {
    bar.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse" && !pinned) show(button); });
    bar.addEventListener("pointerleave", leave);
  }
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", leave);
  tip.querySelector(".close").addEventListener("click", () => { pinned = null; hideAll(); });
});
addEventListener("keydown", (event) => { if (event.key === "Escape") { pinned = null; hideAll(); } });
addEventListener("click", (event) => {
  if (pinned && !event.target.closest(".tip, button.see")) { pinned = null; hideAll(); }
});

// Filter, copy and CSV of each table with a head; what it stands on goes along in each row.
const SAID = DATA.words, STAMPS = DATA.stamps;

function plainOf(cell) {
  if (cell.dataset.v !== undefined) return cell.dataset.v;
  return [...cell.childNodes].map((node) => node.textContent.trim()).filter(Boolean).join(" ").replace(/\s+/g, " ");
}

function cellsOf(table) {
  const head = [...table.tHead.rows[0].cells].map(plainOf);
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => [...row.cells].map(plainOf));
  return [[...head, ...Object.keys(STAMPS)], ...rows.map((row) => [...row, ...Object.values(STAMPS)])];
}

function inert(text) {
  // A figure may begin with a sign; anything else that a spreadsheet would run is quoted.
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.,]+%?$/.test(text) ? "'" + text : text;
}

function csvOf(table) {
  return cellsOf(table).map((row) => row.map((text) => '"' + inert(text).replaceAll('"', '""') + '"').join(",")).join("\r\n");
}

function copyText(text) {
  // Asked of the selection where the clipboard is not to be had, as from a file.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function button(label, named, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.setAttribute("aria-label", label + SAID.colon + named);
  made.addEventListener("click", () => act(made));
  return made;
}

function filterOf(table, named) {
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = SAID.filter;
  field.setAttribute("aria-label", SAID.filter + " " + named);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  return field;
}

function save(table, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff" + csvOf(table)], { type: "text/csv" }));
  link.download = name + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// What a reader would call a table: as its scroll box is called, else what it is folded under, else its section.
function called(table) {
  const box = table.closest(".scroll");
  if (box) return box.getAttribute("aria-label");
  const heading = table.closest("details")?.querySelector("summary") ?? table.closest("section")?.querySelector("h2");
  return heading ? heading.textContent.trim().replace(/\s+/g, " ") : "";
}

document.querySelectorAll("table").forEach((table, place) => {
  if (!table.tHead || table.classList.contains("places")) return;
  const section = table.closest("section")?.id ?? "table", tools = document.createElement("div");
  const region = table.closest(".scroll"), named = called(table);
  tools.className = "tools";
  if (table.tBodies[0].rows.length > 5) tools.append(filterOf(table, named));
  tools.append(
    button(SAID.copy, named, (made) => {
      copyText(cellsOf(table).map((row) => row.join("\t")).join("\n"));
      made.textContent = SAID.copied;
      setTimeout(() => { made.textContent = SAID.copy; }, 1200);
    }),
    button(SAID.csv, named, () => save(table, [section, place, STAMPS.as_of].join("-"))),
  );
  (region || table).before(tools);
});

// Where one is: the section that crosses the line below the navigation.
const ways = new Map([...document.querySelectorAll("nav ol a[href^='#']")].map((a) => [a.getAttribute("href").slice(1), a]));
function here() {
  if (!ways.size) return;
  const seen = [...document.querySelectorAll("main > section")].filter((one) => one.getBoundingClientRect().top < 120);
  const bottom = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
  const all = document.querySelectorAll("main > section");
  const current = bottom ? all[all.length - 1] : seen[seen.length - 1] || all[0];
  for (const [id, way] of ways) {
    if (id !== current.id) { way.removeAttribute("aria-current"); continue; }
    if (way.getAttribute("aria-current")) continue;
    way.setAttribute("aria-current", "true");
    const list = way.closest("ol");
    list.scrollLeft = way.offsetLeft - list.clientWidth / 2;
  }
}
let waiting = false;
addEventListener("scroll", () => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; here(); });
}, { passive: true });
here();

// A way to something inside a closed part opens it.
function opened() {
  const aim = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = aim && aim.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  if (aim) aim.scrollIntoView();
}
addEventListener("hashchange", opened);
opened();
