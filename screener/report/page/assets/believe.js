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

function believe() {
  const values = sliders.map((slider) => Number(slider.value));
  for (const slider of sliders) {
    const value = Number(slider.value);
    const shown = slider.dataset.percent === "1" ? (value * 100).toFixed(1) + "%" : value.toFixed(1);
    document.getElementById("o-" + slider.id.slice(2)).textContent = shown;
  }
  for (const row of document.querySelectorAll("#believe-table tbody tr")) {
    const { cap, had } = DATA.believe[row.dataset.symbol];
    const orders = impliedOrders(cap, values), times = had && orders ? orders / had : null;
    const cells = [row.querySelector(".implied"), row.querySelector(".times")];
    cells[0].dataset.v = orders === null ? "" : orders;
    cells[0].textContent = orders === null ? "—" : inYi(orders);
    cells[1].dataset.v = times === null ? "" : times;
    cells[1].textContent = times === null ? "—" : times.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 }) + "×";
  }
}
sliders.forEach((slider) => slider.addEventListener("input", believe));
