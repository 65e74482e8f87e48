// Review of claims: each decision goes to the desk at once; undo takes it back.
import { call, say } from "/static/desk.js";

const items = [...document.querySelectorAll(".item[data-n]")];
const marks = [...document.querySelectorAll("mark")];
const state = document.getElementById("state");
const decidable = items.filter((x) => x.dataset.decidable);
const done = [];
let now = -1;

const tell = (text = "") => {
  const n = decidable.filter((x) => x.dataset.verdict).length;
  state.textContent = `${n} of ${decidable.length} claims decided. ${text}`;
};

function paint(item) {
  const place = item.querySelector(".verdict");
  if (place) place.textContent = { accept: "Accepted", reject: "Rejected" }[item.dataset.verdict] || "";
}

function go(n, focus = true) {
  if (!items.length) return;
  now = Math.max(0, Math.min(items.length - 1, n));
  items.forEach((x, k) => x.classList.toggle("now", k === now));
  let first = null;
  for (const m of marks) {
    const on = m.dataset.items.split(" ").includes(String(now));
    m.classList.toggle("on", on);
    if (on && !first) first = m;
  }
  if (focus) items[now].focus({ preventScroll: true });
  items[now].scrollIntoView({ block: "nearest" });
  const box = document.getElementById("text");
  if (first && box.scrollHeight > box.clientHeight) box.scrollTop = first.offsetTop - box.offsetTop - box.clientHeight / 3;
}

function edits(item) {
  const found = {};
  for (const f of item.querySelectorAll(".fields [name]")) if (f.value !== f.dataset.was) found[f.name] = f.value;
  return found;
}

async function decide(item, verdict, remember = true) {
  if (!item || !item.dataset.decidable) { tell("Only claims are decided here; the rest enters a case by its draft."); return false; }
  const before = item.dataset.verdict;
  const says = item.querySelector(".says");
  try {
    await call("POST", "/api/reports/decisions", { decisions: [{ id: item.dataset.id, verdict, edit: verdict === "accept" ? edits(item) : {} }] });
  } catch (e) {
    say(says, e.message, true);
    return false;
  }
  say(says, "");
  if (remember) done.push([item, before]);
  item.dataset.verdict = verdict;
  paint(item);
  tell("Kept.");
  return true;
}

async function undo() {
  const last = done.pop();
  if (!last) { tell("Nothing to undo."); return; }
  await decide(last[0], last[1], false);
  go(items.indexOf(last[0]));
}

function edit(item) {
  const form = item && item.querySelector(".fields");
  if (!form) { tell("Only claims are edited here."); return; }
  form.hidden = !form.hidden;
  if (!form.hidden) form.querySelector("input, select").focus();
  else item.focus();
}

document.addEventListener("keydown", async (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) { if (e.key === "Escape") edit(items[now]); return; }
  const item = items[now];
  if (e.key === "j" || e.key === "ArrowDown") { e.preventDefault(); go(now + 1); }
  else if (e.key === "k" || e.key === "ArrowUp") { e.preventDefault(); go(now - 1); }
  else if (e.key === "a" || e.key === "r") { e.preventDefault(); if (await decide(item, e.key === "a" ? "accept" : "reject")) go(now + 1); }
  else if (e.key === "e") { e.preventDefault(); edit(item); }
  else if (e.key === "u") { e.preventDefault(); undo(); }
});
for (const item of items) {
  paint(item);
  item.addEventListener("click", (e) => {
    const what = e.target.dataset.do;
    if (items.indexOf(item) !== now) go(items.indexOf(item), !e.target.closest(".fields"));
    if (what === "edit") edit(item);
    else if (what) decide(item, what);
  });
}
for (const m of marks) m.addEventListener("click", () => go(Number(m.dataset.items.split(" ")[0])));
tell();
go(0, false);
for (const p of document.querySelectorAll(".acts")) p.inert = false;
