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

// An element to start from goes to the end of its section; the fault list says what is still to be set.
const SKELETONS = {
  sources: "  new-source: {title: Who says it, publisher: , date: 2031-01-01, grade: C3}",
  places: "  new-place: {name: A place}",
  actors: "  new-actor: {name: An actor, kind: armed group}",
  ties: "  - {from: an-actor, to: another, kind: sponsor, control: 0.3..0.8, why: }",
  streams: "  - {event: an-actor ASSAULT another, baseline: 0.5..3 per month, why: }",
  responses: "  - {when: an-actor ASSAULT another, then: another ASSAULT an-actor, children: 0.05..0.3, half_life: 2..7 days, why: }",
  replies: "  - {ask: an-actor REQUEST another, within: 7 days, answers: {another AGREE an-actor: 0.1..0.4, another REJECT an-actor: rest}, why: }",
  restraints: "  - {id: new-word, when: another AGREE an-actor, owner: another, holds: [an-actor ASSAULT another], factor: 0.05..0.3, half_life: 60 days, why: }",
  red_lines: "  - {owner: another, when: deaths by an-actor ASSAULT another, reach: 1~5, within: 30 days, then: another ASSAULT an-actor, chance: 0.2..0.6, delay: 1~14 days, why: }",
  warnings: "  - {event: an-actor ASSAULT another, issued: 2031-01-01, by: 2031-01-10, chance: 0.05..0.3, why: }",
  outcomes: "  - {id: new-outcome, question: Does it happen?, event: an-actor ASSAULT another, at_least: 1, within: [30 days, 90 days]}",
  levers: "  - {id: new-lever, name: What could be done, owner: another, kind: diplomatic, do: [{act: new-word, on: 2031-01-10}], cost: {scale: 2, note: }, risk: }",
};

function add() {
  const kind = document.getElementById("kind").value;
  const lines = text.value.replace(/\n*$/, "").split("\n");
  let at = lines.findIndex((x) => x.startsWith(`${kind}:`));
  if (at < 0) {
    lines.push("", `${kind}:`);
    at = lines.length - 1;
  } else if (!/^[a-z_]+:\s*(#.*)?$/.test(lines[at])) {
    say(state, `The section ${kind} stands on one line: add to it by hand, line ${at + 1}.`, true);
    go(at + 1);
    return;
  }
  let end = at + 1;
  while (end < lines.length && !/^[A-Za-z_]/.test(lines[end])) end += 1;
  while (end > at + 1 && /^\s*(#.*)?$/.test(lines[end - 1])) end -= 1;
  lines.splice(end, 0, SKELETONS[kind]);
  text.value = `${lines.join("\n")}\n`;
  changed();
  go(end + 1);
}

document.getElementById("add").addEventListener("click", add);
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
