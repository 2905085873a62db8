"use strict";
// The same formula as in the section's Python file; a test holds the two together.
const sliders = ["margin", "years", "renewal", "discount", "non_compute"].map((name) => document.getElementById("s-" + name));

function impliedOrders(cap, [margin, years, renewal, discount, nonCompute]) {
  const v = 1 / (1 + discount);
  const worth = ((margin / years) * (1 - v ** years)) / discount / (1 - renewal * v ** years);
  return worth > 0 ? (cap * (1 - nonCompute) * (1 - v)) / worth : null;
}

function inYi(yuan) {
  return (yuan / 1e8).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 }) + "亿";
}

let set = false;  // whether the reader has named a margin: none is assumed for a firm that disclosed none

function believe(event) {
  if (event && event.target.id === "s-margin") {
    set = true;
    event.target.closest(".slider").classList.remove("unset");
  }
  const values = sliders.map((slider) => Number(slider.value));
  for (const slider of sliders) {
    const value = Number(slider.value);
    if (slider.id === "s-margin" && !set) continue;
    const shown = slider.dataset.percent === "1" ? (value * 100).toFixed(1) + "%" : value.toFixed(1);
    document.getElementById("o-" + slider.id.slice(2)).textContent = shown;
  }
  for (const row of document.querySelectorAll("#believe-table tbody tr")) {
    const { cap, had, margin, bound } = DATA.believe[row.dataset.symbol];
    const earned = margin ?? (set ? values[0] : null), cell = row.querySelector(".margin");
    if (margin === null && set) { cell.dataset.v = earned; cell.textContent = (earned * 100).toFixed(1) + "%"; }
    const least = bound ? "≥ " : "";  // a gross margin is the most that a net one can be
    const orders = earned === null ? null : impliedOrders(cap, [earned, ...values.slice(1)]), times = had && orders ? orders / had : null;
    const cells = [row.querySelector(".implied"), row.querySelector(".times")];
    cells[0].dataset.v = orders === null ? "" : orders;
    cells[0].textContent = orders === null ? "—" : least + inYi(orders);
    cells[1].dataset.v = times === null ? "" : times;
    cells[1].textContent = times === null ? "—" : least + times.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 }) + "×";
  }
}
sliders.forEach((slider) => slider.addEventListener("input", believe));
