"use strict";
const WORDS = {
  en: {
    title: "screener review", heading: "Review of readings", desk: "Desk", document: "Document", values: "Proposed values", none: "No proposal waits.", reading: "opening the document …", writing: "writing …", gone: "No answer: the desk has ended. Start it again where it was started.", 
    count: (n, of) => `${n} of ${of}`, lang: "中文", page: (n) => `page ${n}`,
    a: "Accept (a)", r: "Reject (r)", why: "why rejected", s: "Skip (s)", b: "Back (b)",
    help: "Keys: a accept · r reject · s skip · b back · e edit · Esc leave the field · m next mark. Nothing counts before it is accepted.",
    done: (id, what) => `${id}: ${what}`, accepted: "accepted", rejected: "rejected", cap: "of market cap",
    fields: { kind: "kind", amount: "amount (yuan)", basis: "basis", term: "term (months)", counterparty: "counterparty", direction: "money flows", compute: "compute", tax: "tax", signed: "signed on", entity: "entity", stake: "stake", of: "belongs to" },
  },
  zh: {
    title: "screener 审阅", heading: "审阅读取结果", desk: "工作台", document: "公告原文", values: "建议值", none: "没有待审的建议。", reading: "正在打开原文……", writing: "正在写入……", gone: "没有应答：工作台已结束，请在原处重新启动。",
    count: (n, of) => `第 ${n} 条，共 ${of} 条`, lang: "English", page: (n) => `第 ${n} 页`,
    a: "接受 (a)", r: "拒绝 (r)", why: "拒绝原因", s: "跳过 (s)", b: "上一条 (b)",
    help: "按键：a 接受 · r 拒绝 · s 跳过 · b 上一条 · e 编辑 · Esc 离开输入框 · m 下一处标记。接受之前不计入。",
    done: (id, what) => `${id}：${what}`, accepted: "已接受", rejected: "已拒绝", cap: "占市值",
    fields: { kind: "类别", amount: "金额（元）", basis: "口径", term: "期限（月）", counterparty: "对手方", direction: "资金方向", compute: "算力", tax: "税", signed: "签署日", entity: "实施主体", stake: "持股", of: "所属合同" },
  },
};
const READ = {
  kind: (p) => p.kind, amount: (p) => (p.currency === "CNY" ? p.amount_high : p.amount_cny), basis: (p) => p.basis, term: (p) => p.term_months,
  counterparty: (p) => p.counterparty_masked || p.counterparty, direction: (p) => p.direction, compute: (p) => (p.is_compute ? "yes" : "no"),
  tax: (p) => p.tax, signed: (p) => p.signed_on, entity: (p) => p.entity, stake: (p) => p.stake,
  of: (p) => (p.suspects.length && p.suspects[0].commitment_id) || "",
};
const SOURCE = { kind: "kind", amount: "amount_high", basis: "basis", term: "term_months", counterparty: "counterparty", direction: "direction", compute: "is_compute", tax: "tax", signed: "signed_on", entity: "entity", stake: "stake" };
let lang = document.documentElement.lang === "zh" ? "zh" : "en", queue = [], at = 0, mark = -1, writing = false;
const typed = new Map();  // proposal → what was typed into its fields and is not decided about yet
const $ = (id) => document.getElementById(id);
const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);
async function ask(path, body) {
  const options = body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {};
  let answer, found;
  try { answer = await fetch(`${path}${path.includes("?") ? "&" : "?"}lang=${lang}`, options); found = await answer.json(); }
  catch { throw new Error(WORDS[lang].gone); }
  if (!answer.ok) throw Object.assign(new Error(found.error), { decided: answer.status === 410 });
  return found;
}
function written(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 4, useGrouping: value >= 1000 }) : String(value);
}
function words() {
  const w = WORDS[lang];
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = w.title;
  $("heading").textContent = w.heading; $("document-heading").textContent = w.document; $("values-heading").textContent = w.values;
  $("desk").textContent = w.desk; $("desk").href = `/brief?lang=${lang}`; $("lang").textContent = w.lang; $("help").textContent = w.help;
  for (const button of document.querySelectorAll("#keys button")) button.textContent = w[button.dataset.key];
  $("count").textContent = queue.length ? w.count(at + 1, queue.length) : w.none;
}
function form(p) {
  const w = WORDS[lang], drafts = typed.get(p.proposal_id) ?? typed.set(p.proposal_id, {}).get(p.proposal_id);
  $("form").replaceChildren();
  for (const [name, read] of Object.entries(READ)) {
    const value = written(read(p)), id = `field-${name}`;
    const input = make("input", "", { id, value: drafts[name] ?? value, name });
    const edited = () => input.classList.toggle("edited", input.value !== value);
    input.dataset.read = value;
    input.addEventListener("input", () => { drafts[name] = input.value; edited(); });
    edited();
    input.addEventListener("focus", () => point(SOURCE[name]));
    const proof = p.evidence.find((one) => one.field === SOURCE[name]);
    $("form").append(make("label", w.fields[name], { htmlFor: id }), input, make("small", proof ? `p.${proof.page} · ${proof.confidence.toFixed(2)}` : ""));
  }
  const why = make("input", "", { id: "why", value: drafts.why ?? "" });
  why.addEventListener("input", () => { drafts.why = why.value; });
  $("form").append(make("label", w.why, { htmlFor: "why" }), why);
}
function edits() {
  const found = {};
  for (const input of $("form").querySelectorAll("input[name]")) {
    const was = input.dataset.read;
    if (input.name === "of" ? input.value !== was : input.value !== was) found[input.name] = input.value;
    else if (input.name === "of" && input.value) found.of = input.value;
  }
  if (found.amount) found.amount = found.amount.replaceAll(",", "");
  return found;
}
function pieces(found) {
  const letters = Array.from(found.text), edges = new Set([0, letters.length]);
  for (const one of found.marks) { edges.add(one.start); edges.add(one.end); }
  const cuts = [...edges].sort((a, b) => a - b), out = [];
  for (let i = 0; i + 1 < cuts.length; i += 1) {
    const text = letters.slice(cuts[i], cuts[i + 1]).join(""), over = found.marks.filter((one) => one.start <= cuts[i] && cuts[i + 1] <= one.end);
    if (!over.length) { out.push(document.createTextNode(text)); continue; }
    const node = make("mark", text, { title: over.map((one) => one.field).join(", ") });
    node.dataset.fields = over.map((one) => one.field).join(" ");
    // A whole sentence stands behind kind and direction: it is underlined, so that the values in it stand out.
    node.classList.toggle("sentence", over.every((one) => ["kind", "direction"].includes(one.field)));
    out.push(node);
  }
  return out;
}
async function page(number) {
  const p = queue[at];
  $("text").textContent = WORDS[lang].reading;
  let shown;
  try { shown = await ask(`/review/page?id=${encodeURIComponent(p.proposal_id)}&page=${number}`); }
  catch (error) { if (queue[at] === p) $("text").textContent = error.message; return; }
  if (queue[at] !== p) return;
  $("text").replaceChildren(...pieces(shown));
  $("pages").replaceChildren();
  for (const n of shown.marked) {
    const button = make("button", WORDS[lang].page(n), { type: "button" });
    button.setAttribute("aria-current", String(n === shown.page));
    button.addEventListener("click", () => page(n));
    $("pages").append(button);
  }
  mark = -1;
  if (document.querySelector('#text mark[data-fields~="amount_high"]')) point("amount_high");
  else next();
}
function next() {
  const marks = [...document.querySelectorAll("#text mark:not(.sentence)")];
  if (!marks.length) return;
  mark = (mark + 1) % marks.length;
  for (const [i, one] of marks.entries()) one.classList.toggle("now", i === mark);
  marks[mark].scrollIntoView({ block: "center" });
}
function point(field) {
  for (const one of document.querySelectorAll("#text mark")) {
    const here = one.dataset.fields.split(" ").includes(field);
    one.classList.toggle("now", here);
    if (here) one.scrollIntoView({ block: "center" });
  }
}
function show() {
  words();
  const p = queue[at];
  for (const id of ["title", "checks"]) $(id).textContent = "";
  for (const id of ["look", "suspects", "form", "pages", "text"]) $(id).replaceChildren();
  if (!p) return;
  const w = WORDS[lang], cap = p.amount_to_cap ? ` · ${(p.amount_to_cap * 100).toFixed(2)} % ${w.cap}` : "";
  $("title").textContent = `${p.symbol} · ${p.known_at.slice(0, 16).replace("T", " ")} · ${p.title}${cap}`;
  for (const why of p.said.look) $("look").append(make("li", why));
  form(p);
  $("checks").textContent = p.said.checks;
  for (const one of p.said.suspects) $("suspects").append(make("li", one));
  page((p.evidence.find((one) => one.field === "amount_high") || p.evidence[0]).page);
}
async function decide(decision) {
  const p = queue[at];
  if (!p) return;
  busy(true);
  $("told").textContent = WORDS[lang].writing;
  try {
    await ask("/review/decide", { id: p.proposal_id, decision, ...(decision === "accept" ? { edits: edits() } : { why: $("why").value }) });
    $("told").textContent = WORDS[lang].done(p.proposal_id, WORDS[lang][decision === "accept" ? "accepted" : "rejected"]);
  } catch (error) {
    $("told").textContent = error.decided ? WORDS[lang].done(p.proposal_id, error.message) : error.message;
    if (!error.decided) return;
  } finally { busy(false); }
  typed.delete(p.proposal_id);
  queue.splice(at, 1);
  at = Math.min(at, Math.max(0, queue.length - 1));
  show();
}
function busy(yes) {
  // One decision at a time: whatever is pressed while it is written would be about another proposal.
  writing = yes;
  for (const button of document.querySelectorAll("#keys button, #lang")) button.disabled = yes;
}
function act(key) {
  if (writing) return;
  if (key === "a") decide("accept");
  if (key === "r") decide("reject");
  if (key === "s" && at + 1 < queue.length) { at += 1; $("told").textContent = ""; show(); }
  if (key === "b" && at > 0) { at -= 1; $("told").textContent = ""; show(); }
  if (key === "e" && queue[at]) $("field-amount").focus();
  if (key === "m") next();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.tagName === "INPUT") { if (event.key === "Escape") event.target.blur(); return; }
  if ("arsbem".includes(event.key)) { event.preventDefault(); act(event.key); }
});
$("form").addEventListener("submit", (event) => event.preventDefault());
for (const button of document.querySelectorAll("#keys button")) button.addEventListener("click", () => act(button.dataset.key));
async function load() {
  // The queue in the language of the page; what was looked at stays, where it still waits.
  const here = queue[at]?.proposal_id;
  try { queue = await ask("/review/queue"); } catch (error) { words(); $("told").textContent = error.message; return; }
  at = Math.max(0, queue.findIndex((one) => one.proposal_id === here));
  show();
}
$("lang").addEventListener("click", () => {
  lang = lang === "zh" ? "en" : "zh";
  history.replaceState(null, "", `?lang=${lang}`);  // as it is when it is loaded again
  $("told").textContent = "";
  words();
  load();
});
addEventListener("pageshow", (event) => { if (event.persisted) load(); });
load();
