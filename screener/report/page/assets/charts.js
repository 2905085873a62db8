"use strict";
// Charts: drawn when they come near the screen, again when the colour scheme changes, all of them before printing.
const DATA = JSON.parse(document.getElementById("data").textContent);
const CONFIG = { displayModeBar: false, responsive: true, displaylogo: false };

function filled(value, style) {
  // "@name" is a colour of the style sheet, "#name" a shared array.
  if (typeof value === "string") {
    if (value[0] === "@") return style.getPropertyValue("--" + value.slice(1)).trim();
    if (value[0] === "#" && DATA.arrays[value.slice(1)]) return DATA.arrays[value.slice(1)];
    return value;
  }
  if (Array.isArray(value)) {
    return value.every((v) => v === null || typeof v === "number") ? value : value.map((v) => filled(v, style));
  }
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, style)]));
  }
  return value;
}

function draw(box) {
  const style = getComputedStyle(document.documentElement);
  const figure = filled(DATA.charts[box.dataset.chart], style);
  figure.layout.font.family = getComputedStyle(document.body).fontFamily;
  figure.layout.template = { layout: {}, data: {} };
  if (box.clientWidth < 520 && !document.documentElement.dataset.print) narrow(figure);
  Plotly.react(box, figure.data, figure.layout, CONFIG);
  if (!box.dataset.drawn) {
    box.dataset.drawn = "1";
    box.on("plotly_hover", (event) => peek(box, event));
    box.on("plotly_unhover", () => unpeek(box));
    box.on("plotly_click", (event) => choose(event));
  }
}

function narrow(figure) {
  // A phone: legends below, no axis titles, smaller type.
  const layout = figure.layout;
  layout.font.size = 10.5;
  layout.margin = { ...layout.margin, l: 34, r: 6 };
  layout.legend = { ...layout.legend, y: layout.xaxis.title ? -0.34 : -0.14, yanchor: "top", font: { size: 10 } };
  for (const name of Object.keys(layout)) {
    if (name.startsWith("yaxis")) delete layout[name].title;
  }
}

function cardOf(event) {
  const point = event.points.find((p) => typeof p.customdata === "string" && p.customdata.startsWith("ann-"));
  return point ? document.getElementById(point.customdata) : null;
}

function peek(box, event) {
  const row = cardOf(event);
  unpeek(box);
  if (!row) return;
  const note = document.createElement("div");
  note.className = "chartcard";
  for (const cell of row.querySelectorAll("[data-label]")) {
    const line = document.createElement("p");
    line.textContent = cell.dataset.label + SAID.colon + cell.textContent.trim();
    if (cell.textContent.trim()) note.append(line);
  }
  box.append(note);
  const frame = box.getBoundingClientRect();
  const x = event.event.clientX - frame.left;
  // Beside the mark, on the side away from the figures of the day.
  note.style.left = Math.max(0, x > frame.width / 2 ? x - note.offsetWidth - 18 : Math.min(x + 18, frame.width - note.offsetWidth)) + "px";
  note.style.bottom = "34px";
}

function unpeek(box) {
  box.querySelectorAll(".chartcard").forEach((note) => note.remove());
}

function choose(event) {
  const row = cardOf(event);
  if (!row) return;
  for (const other of row.parentElement.querySelectorAll(".shown")) other.classList.remove("shown");
  row.classList.add("shown");
  row.closest("details").open = true;
  row.scrollIntoView({ block: "nearest" });
}

const boxes = [...document.querySelectorAll("[data-chart]")];
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) {
      near.unobserve(entry.target);
      draw(entry.target);
    }
  }
}, { rootMargin: "500px" });
boxes.forEach((box) => near.observe(box));

function redraw(every) {
  boxes.filter((box) => (every || box.dataset.drawn) && box.clientWidth).forEach(draw);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(false));
// Before printing: light colours, the width of the paper, everything open but what would only fill paper.
addEventListener("beforeprint", () => {
  const root = document.documentElement.dataset;
  root.theme = "light";
  root.print = "1";
  document.querySelectorAll("details:not(.keep)").forEach((d) => { d.dataset.was = d.open ? "1" : ""; d.open = true; });
  redraw(true);
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.theme;
  delete document.documentElement.dataset.print;
  document.querySelectorAll("details:not(.keep)").forEach((d) => { d.open = d.dataset.was === "1"; });
  redraw(false);
});
