// The read-out of charts: the values under the pointer, or where the keyboard is. Charts that stand together point at the same moment.

const pad = (number) => String(number).padStart(2, "0");

export function exact(milliseconds) {
  const at = new Date(milliseconds);
  const day = `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
  return `${day} ${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;
}

export function startCharts() {
  document.addEventListener("pointermove", (event) => {
    const plot = event.target.closest?.(".plot");
    if (!plot) return clearAll();
    const place = placeAt(plot, event.clientX);
    for (const other of companions(plot)) point(other, place);
    for (const other of document.querySelectorAll(".chart .plot")) if (!companions(plot).includes(other)) clear(other);
  });
  document.addEventListener("pointerover", (event) => describe(event.target.closest?.(".flag")));
  document.addEventListener("focusin", (event) => describe(event.target.closest?.(".flag")));
  // What is drawn anew keeps its cursor at the same moment.
  document.addEventListener("halcyon:refreshed", () => {
    for (const plot of document.querySelectorAll(".plot[data-at]")) point(plot, Number(plot.dataset.at));
  });
}

const figureOf = (plot) => plot.closest(".chart");
export const countOf = (plot) => Number(figureOf(plot).dataset.count);
export const timeOf = (plot, place) => Number(figureOf(plot).dataset.start) + place * Number(figureOf(plot).dataset.step);

// Which step of the grid is nearest to a place on the screen.
export function placeAt(plot, clientX) {
  const box = plot.getBoundingClientRect();
  const share = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
  return Math.round(share * (countOf(plot) - 1));
}

export const across = (plot, place) => (1000 * place) / Math.max(1, countOf(plot) - 1);

function companions(plot) {
  const panels = plot.closest(".panels");
  return panels ? [...panels.querySelectorAll(".plot")] : [plot];
}

export function pointAll(plot, place) {
  for (const other of companions(plot)) point(other, place);
}

export function point(plot, place) {
  const figure = figureOf(plot);
  const shown = [...plot.querySelectorAll(".series:not([hidden])")];
  const values = shown.map((line) => [line, line.dataset.values?.split("|")[place] ?? ""]).filter(([, value]) => value);
  plot.dataset.at = place;
  const cursor = plot.querySelector(".cursor");
  const x = across(plot, place).toFixed(1);
  cursor.setAttribute("d", `M${x} 0V200`);
  cursor.removeAttribute("hidden");
  fill(figure.querySelector("[data-readout]"), exact(timeOf(plot, place)), values.reverse());
}

// The time, and beside it each line with its sign and value. Text is set as text: names come from outside.
function fill(output, time, values) {
  const most = 8;
  const nodes = [piece("time-of", time)];
  for (const [line, value] of values.slice(0, most)) {
    const entry = piece("reading");
    const sign = document.createElement("i");
    sign.className = `sign-of ${line.classList[1] ?? ""}`;
    entry.append(sign, piece("reading-name", line.dataset.name), piece("reading-value", value));
    nodes.push(entry);
  }
  if (values.length > most) nodes.push(piece("muted", `and ${values.length - most} more`));
  output.replaceChildren(...nodes);
}

function piece(style, text = "") {
  const element = document.createElement("span");
  element.className = style;
  element.textContent = text;
  return element;
}

// A deployment says in the read-out what it was.
function describe(flag) {
  if (!flag) return;
  const output = flag.closest(".chart")?.querySelector("[data-readout]");
  output?.replaceChildren(piece("deployment", flag.getAttribute("aria-label")));
}

export function clearAll() {
  for (const plot of document.querySelectorAll(".chart .plot[data-at]")) clear(plot);
}

function clear(plot) {
  if (!plot.dataset.at) return;
  delete plot.dataset.at;
  plot.querySelector(".cursor").setAttribute("hidden", "");
  figureOf(plot).querySelector("[data-readout]").replaceChildren();
}
