// The read-out of a chart: the values under the pointer.

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export function startCharts() {
  document.addEventListener("pointermove", (event) => {
    const plot = event.target.closest?.(".plot");
    for (const other of document.querySelectorAll(".chart .plot")) if (other !== plot) clear(other);
    if (plot) point(plot, event.clientX);
  });
}

function point(plot, clientX) {
  const figure = plot.closest(".chart");
  const box = plot.getBoundingClientRect();
  const x = ((clientX - box.left) / box.width) * plot.viewBox.baseVal.width;
  let nearest = null;
  for (const line of figure.dataset.points.split("\n")) {
    const [at, time, canary, baseline, limit] = line.split("|");
    const distance = Math.abs(Number(at) - x);
    if (!nearest || distance < nearest.distance) nearest = { distance, at, time, canary, baseline, limit };
  }
  if (!nearest) return;
  const values = [[figure.querySelector(".key span").textContent, nearest.canary], ["baseline", nearest.baseline], ["limit", nearest.limit]];
  const words = values.filter(([, value]) => value).map(([name, value]) => `${name} ${value}`);
  figure.querySelector("[data-readout]").textContent = `${clock.format(Number(nearest.time))}: ${words.join(", ")}`;
  const cursor = plot.querySelector(".cursor");
  cursor.setAttribute("d", `M${nearest.at} 18V148`);
  cursor.removeAttribute("hidden");
}

function clear(plot) {
  const cursor = plot.querySelector(".cursor");
  if (!cursor || cursor.hasAttribute("hidden")) return;
  cursor.setAttribute("hidden", "");
  plot.closest(".chart").querySelector("[data-readout]").textContent = "";
}
