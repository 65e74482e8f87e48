"use strict";
(() => {
  const items = [...document.querySelectorAll(".item[data-n]")];
  const marks = [...document.querySelectorAll("mark")];
  const report = document.body.dataset.report;
  const state = document.getElementById("state");
  const done = [];
  let now = -1;
  let unsaved = false;

  document.getElementById("bar").hidden = false;
  for (const p of document.querySelectorAll(".acts")) p.hidden = false;

  const decidable = items.filter((x) => x.dataset.decidable);
  const tell = (text) => {
    const n = decidable.filter((x) => x.dataset.verdict).length;
    state.textContent = `${n} of ${decidable.length} claims decided.${text ? " " + text : ""}`;
  };

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
    if (first) {
      const box = document.getElementById("text");
      box.scrollTop = first.offsetTop - box.offsetTop - box.clientHeight / 3;
    }
  }

  function decide(item, verdict) {
    if (!item || !item.dataset.decidable) { tell("Only claims are decided here."); return; }
    done.push([item, item.dataset.verdict || ""]);
    show(item, verdict);
  }

  function show(item, verdict) {
    if (verdict) item.dataset.verdict = verdict; else delete item.dataset.verdict;
    item.querySelector(".verdict").textContent =
      { accept: "Accepted", reject: "Rejected" }[verdict] || "";
    unsaved = true;
    tell("");
  }

  function undo() {
    const last = done.pop();
    if (!last) { tell("Nothing to undo."); return; }
    show(last[0], last[1]);
    go(items.indexOf(last[0]));
  }

  function edit(item) {
    const form = item && item.querySelector(".edit");
    if (!form) { tell("Only claims are edited here."); return; }
    form.hidden = !form.hidden;
    if (!form.hidden) form.querySelector("input, select").focus(); else item.focus();
  }

  function decisions() {
    return decidable.filter((x) => x.dataset.verdict).map((x) => {
      const changed = {};
      for (const f of x.querySelectorAll(".edit [name]"))
        if (f.value !== f.dataset.was) changed[f.name] = f.value;
      return { id: x.dataset.id, verdict: x.dataset.verdict, edit: changed };
    });
  }

  function save() {
    const text = JSON.stringify({ report, decisions: decisions() }, null, 1) + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = `decisions-${report}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
    unsaved = false;
    tell("Saved as a file.");
  }

  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
    if (typing) { if (e.key === "Escape") edit(items[now]); return; }
    const item = items[now];
    if (e.key === "j" || e.key === "ArrowDown") go(now + 1);
    else if (e.key === "k" || e.key === "ArrowUp") go(now - 1);
    else if (e.key === "a") { decide(item, "accept"); go(now + 1); }
    else if (e.key === "r") { decide(item, "reject"); go(now + 1); }
    else if (e.key === "e") edit(item);
    else if (e.key === "u") undo();
    else if (e.key === "s") save();
    else return;
    e.preventDefault();
  });
  document.getElementById("save").addEventListener("click", save);
  for (const item of items) {
    item.addEventListener("click", (e) => {
      const what = e.target.dataset.do;
      if (items.indexOf(item) !== now) go(items.indexOf(item), !e.target.closest(".edit"));
      if (what === "edit") edit(item);
      else if (what) decide(item, what);
    });
  }
  for (const m of marks)
    m.addEventListener("click", () => go(Number(m.dataset.items.split(" ")[0])));
  window.addEventListener("beforeunload", (e) => { if (unsaved) e.preventDefault(); });
  tell("");
  go(0, false);
})();
