// Switches and sliders: a small ensemble answers at once, larger ones refine it.
import { call, follow, say } from "/static/desk.js";

const panel = document.getElementById("mix");
const table = document.getElementById("mix-table");
const state = document.getElementById("mix-state");
const note = document.getElementById("mix-note");
const stream = Math.random().toString(36).slice(2, 12);
let stop = () => {};
let timer = 0;
let turn = 0;

const percent = (p) => (p < 0.01 ? "less than 1 %" : p > 0.99 ? "more than 99 %" : `${(100 * p).toFixed(p < 0.1 ? 1 : 0)} %`);
const points = (d) => {
  const text = Math.abs(100 * d).toFixed(1);
  return text === "0.0" ? "0" : `${d < 0 ? "\u2212" : "+"}${text}`;
};

function strengths() {
  const found = {};
  for (const box of panel.querySelectorAll("[data-lever]"))
    if (box.checked) found[box.dataset.lever] = Number(panel.querySelector(`[data-strength="${box.dataset.lever}"]`).value) / 100;
  return found;
}

function show(mix) {
  const rows = mix.outcomes.map((o) => {
    const tr = document.createElement("tr");
    if (o.key) tr.className = "key";
    const th = document.createElement("th");
    th.scope = "row";
    th.textContent = `${o.question} ${o.window}`;
    tr.append(th);
    const change = `${points(o.change)} points`;
    const cells = [["Without: ", percent(o.p0)], ["With: ", percent(o.p1)], ["Change: ", change], ["90 % of samples: ", `${points(o.low)} to ${points(o.high)}`], ["Simulation error: ", `${(100 * o.mc_se).toFixed(1)} points`]];
    cells.forEach(([head, value], n) => {
      const td = document.createElement("td");
      td.dataset.head = head;
      td.textContent = value;
      if (n === 2 && !o.tied) td.className = o.change < 0 ? "less" : "more";
      tr.append(td);
    });
    return tr;
  });
  table.tBodies[0].replaceChildren(...rows);
  table.hidden = false;
  say(state, `From ${mix.courses.toLocaleString("en")} courses with and without${mix.final ? "." : "; refining ..."}`);
  const deaths = `Mean deaths in every act: ${mix.deaths.without.toFixed(1)} without, ${points(mix.deaths.change / 100)} with.`;
  note.textContent = `Colour marks a change that is clear of none and of one point. ${deaths}${mix.armed ? " An armed lever is in the mix: shown, never recommended." : ""}`;
}

async function ask() {
  const mine = (turn += 1);
  stop();
  const wanted = strengths();
  if (!Object.keys(wanted).length) {
    table.hidden = true;
    note.textContent = "";
    say(state, "No lever is pulled.");
    return;
  }
  say(state, "Simulating ...");
  try {
    const job = await call("POST", `/api/runs/${panel.dataset.run}/mix`, { strengths: wanted, stream });
    if (mine !== turn) return;
    stop = follow(job.id, (j) => {
      if (mine !== turn) return;
      if (j.partial) show(j.partial);
      if (j.status === "failed") say(state, j.error.message, true);
    });
  } catch (e) {
    say(state, e.message, true);
  }
}

function changed(box) {
  const range = panel.querySelector(`[data-strength="${box.dataset.lever || box.dataset.strength}"]`);
  const on = panel.querySelector(`[data-lever="${range.dataset.strength}"]`).checked;
  range.disabled = !on;
  range.parentElement.querySelector("output").textContent = on ? `${range.value} %` : "not pulled";
  clearTimeout(timer);
  timer = setTimeout(ask, 60);
}

for (const input of panel.querySelectorAll("[data-lever], [data-strength]"))
  input.addEventListener("input", () => changed(input));
document.getElementById("none").addEventListener("click", () => {
  for (const box of panel.querySelectorAll("[data-lever]")) { box.checked = false; changed(box); }
});
panel.querySelector(".sliders").inert = false;
