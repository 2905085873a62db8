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

document.querySelectorAll("button.all").forEach((button) => {
  button.addEventListener("click", () => {
    const open = button.parentElement.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  });
});
