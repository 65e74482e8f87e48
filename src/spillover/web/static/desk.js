// What all pages share: calls to the API, forms, long work followed while it runs.

export class Refused extends Error {
  constructor(status, body) {
    super(body.message || `The desk answered ${status}.`);
    this.status = status;
    this.faults = body.faults || [];
  }
}

export async function call(method, url, body) {
  const files = body instanceof FormData;
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers: files || body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : files ? body : JSON.stringify(body),
    });
  } catch {
    throw new Refused(0, { message: "The desk does not answer: it was stopped. Start it again with  spillover serve  and load this page anew." });
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, found);
  return found;
}

export function say(place, text, wrong = false) {
  if (!place) return;
  place.textContent = text;
  place.classList.toggle("wrong", wrong);
}

// Long work: told of every change until it is over. Comes back by itself after a restart.
export function follow(id, heard) {
  const source = new EventSource(`/api/jobs/${id}/events`);
  const where = document.getElementById("where");
  const normal = "This machine only, no network";
  source.onopen = () => { where.textContent = normal; where.classList.remove("away"); };
  source.onmessage = (e) => {
    const job = JSON.parse(e.data);
    if (["done", "failed", "cancelled"].includes(job.status)) source.close();
    heard(job);
  };
  source.onerror = () => { where.textContent = "The desk is away; trying again"; where.classList.add("away"); };
  return () => source.close();
}

const words = (job) => {
  if (job.status === "waiting") return "waits for its turn";
  if (job.status === "cancelled") return "stopped";
  if (job.status === "failed") return `failed: ${job.error.message}`;
  if (job.status === "done") return "done";
  return job.total ? `${job.what} (${Math.floor((100 * job.done) / job.total)} %)` : job.what || "begins";
};

const node = (name, text, more = {}) => {
  const made = Object.assign(document.createElement(name), more);
  if (text !== undefined) made.textContent = text;
  return made;
};

function bar(job) {
  const box = node("div", undefined, { className: "work" });
  box.dataset.job = job.id;
  const line = node("p", undefined, { className: "doing" });
  line.append(node("b", job.title), " ", node("span", "begins", { className: "what" }));
  const progress = node("progress", undefined, { max: 1, value: 0 });
  progress.setAttribute("aria-label", job.title);
  const stop = node("button", "Stop", { type: "button", className: "b small" });
  stop.dataset.stop = job.id;
  box.append(line, progress, " ", stop);
  return box;
}

function watch(box, then, first) {
  follow(box.dataset.job, (job) => {
    box.querySelector(".what").textContent = words(job);
    const progress = box.querySelector("progress");
    if (progress) { progress.max = job.total || 1; progress.value = job.done; }
    if (first && job.partial) show(first, job.partial);
    if (["done", "failed", "cancelled"].includes(job.status)) {
      if (progress) progress.remove();
      const stop = box.querySelector("[data-stop]");
      if (stop) stop.remove();
      box.querySelector(".what").setAttribute("role", job.status === "failed" ? "alert" : "status");
      then(job);
    }
  });
}

// The first numbers of a run, before all are there.
function show(place, partial) {
  const percent = (p) => (p < 0.01 ? "less than 1 %" : p > 0.99 ? "more than 99 %" : `${Math.round(100 * p)} %`);
  const table = node("table", undefined, { className: "cells" });
  table.append(node("caption", `First numbers, from ${partial.courses.toLocaleString("en")} courses; they are still moving`));
  const head = table.createTHead().insertRow();
  for (const h of ["Question", "When", "Chance", "90 % interval", "Simulation error"]) {
    const th = node("th", h);
    th.scope = "col";
    head.append(th);
  }
  const body = table.createTBody();
  for (const o of partial.outcomes.filter((x) => x.kind === "chance")) {
    const row = body.insertRow();
    const th = node("th", o.question);
    th.scope = "row";
    row.append(th);
    [["When: ", o.window], ["Chance: ", percent(o.p)], ["90 % interval: ", o.p_low === null ? "no spread beyond chance" : `${percent(o.p_low)} to ${percent(o.p_high)}`], ["Simulation error: ", o.mc_se === null ? "not known" : `${(100 * o.mc_se).toFixed(1)} points`]].forEach(([h, v]) => {
      const td = row.insertCell();
      td.dataset.head = h;
      td.textContent = v;
    });
  }
  place.replaceChildren(table);
}

function bodyOf(form) {
  const fixed = form.dataset.body ? JSON.parse(form.dataset.body) : {};
  if (form.querySelector("input[type=file]")) return new FormData(form);
  const found = { ...fixed };
  for (const f of form.querySelectorAll("[name]")) {
    if (f.dataset.kind === "list") { if (f.checked) (found[f.name] ||= []).push(f.value); }
    else if (f.type === "checkbox") found[f.name] = f.checked;
    else if (f.dataset.kind === "number") found[f.name] = Number(f.value);
    else found[f.name] = f.value;
  }
  return found;
}

async function send(form) {
  const says = form.querySelector(".says");
  const button = form.querySelector("button:not([type=button])");
  button.disabled = true;
  say(says, "Asked ...");
  try {
    const found = await call("POST", form.dataset.call, bodyOf(form));
    if (found.status !== undefined) {
      const box = bar(found);
      form.after(box);
      say(says, "");
      const first = form.dataset.first ? document.getElementById(form.dataset.first) : null;
      watch(box, (job) => {
        button.disabled = false;
        if (job.status === "done" && job.result.link) location.assign(job.result.link);
      }, first);
      return;
    }
    if (found.link) { location.assign(found.link); return; }
    say(says, "Done.");
  } catch (e) {
    say(says, e.message, true);
  }
  button.disabled = false;
}

for (const form of document.querySelectorAll("form.call")) {
  form.addEventListener("submit", (e) => { e.preventDefault(); send(form); });
  form.inert = false; // until here a click would have sent it the wrong way
}

for (const box of document.querySelectorAll("[data-job]:not([data-failed])"))
  watch(box, (job) => {
    if (job.status !== "done") return;
    const link = job.result && job.result.link;
    if (link && link === location.pathname) location.reload();
    else if (link) { const a = node("a", "Look at it"); a.href = link; box.append(a); }
  }, document.getElementById("first"));

document.addEventListener("click", async (e) => {
  const stop = e.target.closest("[data-stop]");
  if (stop) {
    stop.disabled = true;
    await call("DELETE", `/api/jobs/${stop.dataset.stop}`).catch(() => {});
  }
  const gone = e.target.closest("[data-delete]");
  if (gone && confirm(gone.dataset.sure)) {
    try {
      location.assign((await call("DELETE", gone.dataset.delete)).link);
    } catch (error) {
      say(document.querySelector(".says"), error.message, true);
    }
  }
});
