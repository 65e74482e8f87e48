// The editor: text and register side by side, faults at their place as one types.
import { call, say } from "/static/desk.js";

const editor = document.getElementById("editor");
const text = document.getElementById("text");
const gutter = document.getElementById("gutter");
const faults = document.getElementById("faults");
const state = document.getElementById("state");
const save = document.getElementById("save");
const undo = document.getElementById("undo");
const url = `/api/cases/${editor.dataset.case}`;
const memory = `spillover:${editor.dataset.case}`;
let saved = text.value;
let wrong = new Set();
let asked = 0;
let timer = 0;

function number() {
  const many = text.value.split("\n").length;
  const lines = [];
  for (let n = 1; n <= many; n += 1) {
    if (n > 1) lines.push("\n");
    if (wrong.has(n)) { const b = document.createElement("b"); b.textContent = n; lines.push(b); } else lines.push(String(n));
  }
  gutter.replaceChildren(...lines);
  gutter.scrollTop = text.scrollTop;
}

function go(line) {
  const lines = text.value.split("\n");
  const at = Math.max(1, Math.min(line, lines.length));
  const start = lines.slice(0, at - 1).reduce((n, x) => n + x.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + lines[at - 1].length);
  text.scrollTop = Math.max(0, (at - 8) * 19);
}

function show(found) {
  wrong = new Set(found.faults.map((f) => f.line).filter((n) => n > 0));
  const items = found.faults.map((f) => {
    const li = document.createElement("li");
    const a = document.createElement("a");
    a.href = "#text";
    a.dataset.line = f.line;
    a.textContent = f.text;
    li.append(a);
    return li;
  });
  for (const w of found.warnings) {
    const li = document.createElement("li");
    li.textContent = `Note: ${w}`;
    items.push(li);
  }
  if (!found.faults.length) {
    const li = document.createElement("li");
    li.className = "fine";
    li.textContent = "No fault.";
    items.unshift(li);
  }
  faults.replaceChildren(...items);
  number();
}

async function check() {
  const mine = (asked += 1);
  try {
    const found = await call("POST", `${url}/check`, { text: text.value });
    if (mine === asked) show(found);
  } catch (e) {
    if (mine === asked) say(state, e.message, true);
  }
}

function changed() {
  const differs = text.value !== saved;
  save.disabled = !differs;
  if (differs) {
    say(state, "Changed, not saved.");
    localStorage.setItem(memory, JSON.stringify({ base: editor.dataset.digest, text: text.value }));
  } else {
    say(state, "As saved.");
    localStorage.removeItem(memory);
  }
  number();
  clearTimeout(timer);
  timer = setTimeout(check, 350);
}

async function keep() {
  if (save.disabled) return;
  const now = text.value;
  try {
    const found = await call("PUT", url, { text: now, base: editor.dataset.digest });
    editor.dataset.digest = found.digest;
    saved = now;
    undo.disabled = false;
    changed();
    say(state, "Saved; the version before is kept.");
  } catch (e) {
    say(state, e.message, true);
  }
}

async function back() {
  try {
    const found = await call("POST", `${url}/undo`);
    editor.dataset.digest = found.digest;
    text.value = saved = found.text;
    changed();
    say(state, "Back at the version before.");
  } catch (e) {
    say(state, e.message, true);
  }
}

async function set(input) {
  if (input.value === input.dataset.was) return;
  try {
    const found = await call("POST", `${url}/set`, { text: text.value, where: input.dataset.where, value: input.value });
    text.value = found.text;
    input.dataset.was = input.value;
    input.closest(".number").classList.add("changed");
    changed();
  } catch (e) {
    say(state, e.message, true);
  }
}

text.addEventListener("input", changed);
text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
save.addEventListener("click", keep);
undo.addEventListener("click", back);
document.addEventListener("keydown", (e) => {
  if ((e.ctrlKey || e.metaKey) && e.key === "s") { e.preventDefault(); keep(); }
});
for (const input of document.querySelectorAll("[data-where]")) input.addEventListener("change", () => set(input));
document.addEventListener("click", (e) => {
  const to = e.target.closest("[data-line]");
  if (to) { e.preventDefault(); go(Number(to.dataset.line)); }
});
document.getElementById("find").addEventListener("input", (e) => {
  const wanted = e.target.value.trim().toLowerCase();
  for (const part of document.querySelectorAll(".part")) {
    let any = false;
    for (const n of part.querySelectorAll(".number")) {
      n.hidden = wanted !== "" && !n.dataset.find.includes(wanted);
      any ||= !n.hidden;
    }
    part.hidden = !any;
    if (wanted) part.open = any;
  }
});
window.addEventListener("beforeunload", (e) => { if (text.value !== saved) e.preventDefault(); });

const left = JSON.parse(localStorage.getItem(memory) || "null");
if (left && left.base === editor.dataset.digest && left.text !== saved) {
  text.value = left.text;
  changed();
  say(state, "What you typed before, and had not saved, is here again.");
}
number();
if (faults.children.length) number();
check();
editor.inert = false;
