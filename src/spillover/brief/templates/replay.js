// Plays a replay: covers in each picture what lay ahead of the day shown. Without this
// script the whole picture stands there. Nothing is fetched, nothing is kept.
(() => {
  "use strict";
  const figures = [...document.querySelectorAll("figure[data-replay]")].map((figure) => ({
    figure, told: JSON.parse(figure.dataset.replay),
  }));
  if (!figures.length) return;
  const days = [...new Map(figures.flatMap((f) => f.told.days.map((d) => [d.x, d.day]))).entries()]
    .sort((a, b) => a[0] - b[0]);
  const last = days.length - 1;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const make = (name, props, parent) => {
    const e = Object.assign(document.createElement(name), props);
    if (parent) parent.append(e);
    return e;
  };

  for (const f of figures) {
    f.covers = [...f.figure.querySelectorAll("svg")].map((svg) => {
      const made = ["top", "strip"].map(() => {
        const r = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        r.setAttribute("fill", "#ffffff");
        svg.append(r);
        return r;
      });
      return { width: svg.viewBox.baseVal.width, rects: made };
    });
    f.line = make("p", { className: "note says-day" });
    f.figure.append(f.line);
  }

  const bar = make("div", { className: "player" });
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Replay day by day");
  const button = (text, label, does) => {
    const b = make("button", { type: "button", textContent: text }, bar);
    b.setAttribute("aria-label", label);
    b.addEventListener("click", does);
    return b;
  };
  const play = button("Play", "Play day by day", () => (timer ? stop() : start()));
  const back = button("Back", "One day back", () => (stop(), show(at - 1)));
  const on = button("Next", "Next day", () => (stop(), show(at + 1)));
  const slider = make("input", { type: "range", min: 0, max: last, step: 1 }, bar);
  slider.setAttribute("aria-label", "Day of the replay");
  slider.addEventListener("input", () => (stop(), show(Number(slider.value))));
  const says = make("output", {}, bar);
  says.setAttribute("aria-live", "polite");
  figures[0].figure.before(bar);

  let at = last;
  let timer = 0;
  const start = () => {
    says.setAttribute("aria-live", "off"); // not read out on every step
    if (at >= last) show(0);
    timer = setInterval(() => (at >= last ? stop() : show(at + 1)), 5200 / Math.max(8, days.length) + 120);
    play.textContent = "Pause";
    play.setAttribute("aria-label", "Pause");
  };
  const stop = () => {
    if (!timer) return;
    clearInterval(timer);
    timer = 0;
    says.setAttribute("aria-live", "polite");
    play.textContent = "Play";
    play.setAttribute("aria-label", "Play day by day");
  };
  const calm = () => {
    play.hidden = still.matches; // whoever asks for less motion steps by hand
    if (still.matches) stop();
  };
  still.addEventListener("change", calm);

  const GAP = 7; // px right of a mark, so that its dot and bar stay whole
  const cover = (rect, from, place, width, top, end) => {
    const px = (x) => place.left + ((x - place.first) / (place.last - place.first)) * (width - place.left - place.right);
    const gap = Math.min(GAP, 0.45 * (px(place.first + place.step) - place.left));
    const x = Math.max(place.left, Math.min(px(from) + gap, width));
    rect.setAttribute("x", x);
    rect.setAttribute("y", top);
    rect.setAttribute("width", Math.max(0, width - x));
    rect.setAttribute("height", end - top);
  };

  const show = (n) => {
    at = Math.max(0, Math.min(last, n));
    const [x, day] = days[at];
    slider.value = at;
    slider.setAttribute("aria-valuetext", day);
    back.disabled = at === 0;
    on.disabled = at === last;
    says.textContent = at === last ? `All ${days.length} days` : day;
    for (const f of figures) {
      const { place, days: told, length } = f.told;
      place.step = told.length > 1 ? (told[told.length - 1].x - told[0].x) / (told.length - 1) : 1;
      const whole = at === last;
      for (const c of f.covers) {
        cover(c.rects[0], x, place, c.width, place.top, place.split);
        cover(c.rects[1], x - length, place, c.width, place.split + 1, place.end);
        for (const r of c.rects) r.setAttribute("visibility", whole ? "hidden" : "visible");
      }
      const now = told.filter((d) => d.x <= x).at(-1);
      const over = told.filter((d) => d.x + length <= x);
      const count = (word) => over.filter((d) => d.came === word).length;
      f.line.textContent = whole || !now ? ""
        : `${now.day}: said ${now.said}. Known by then of windows that were over: ${count("yes")} yes, ${count("no")} no, ${count("open")} open.`;
    }
  };
  calm();
  show(last);
})();
