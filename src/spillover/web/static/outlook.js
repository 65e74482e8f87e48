// The outlook: show only the rows with a word, in both tables.

const box = document.getElementById("filter");
const shown = document.getElementById("shown");

function narrow() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let n = 0;
  for (const row of document.querySelectorAll("tr[data-words]")) {
    const text = row.dataset.words.toLowerCase();
    row.hidden = !words.every((w) => text.includes(w));
    if (!row.hidden && row.closest("#next")) n += 1;
  }
  shown.textContent = words.length ? `${n} ${n === 1 ? "row has" : "rows have"} it` : "";
}

if (box) {
  box.addEventListener("input", narrow);
  box.addEventListener("keydown", (e) => { if (e.key === "Enter") e.preventDefault(); });
}
