// Keeps relative times current. The words are those of the server.

export function words(moment, now) {
  const seconds = Math.trunc((now - moment) / 1000);
  if (Math.abs(seconds) < 2) return "just now";
  const age = span(Math.abs(seconds));
  return seconds > 0 ? `${age} ago` : `in ${age}`;
}

function span(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.floor((seconds + 30) / 60)} min`;
  if (seconds < 129600) return `${Math.floor((seconds + 1800) / 3600)} h`;
  return `${Math.floor((seconds + 43200) / 86400)} days`;
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

// A reader's clock may be wrong; the server's is what the times were taken with.
let ahead = 0;

export function synchronise(main) {
  const rendered = Date.parse(main.dataset.rendered);
  if (!Number.isNaN(rendered)) ahead = Date.now() - rendered;
}

export function refreshMoments() {
  const now = Date.now() - ahead;
  for (const element of document.querySelectorAll("time[data-moment]")) {
    const moment = Date.parse(element.dateTime);
    if (Number.isNaN(moment)) continue;
    const text = words(moment, now);
    if (element.textContent !== text) element.textContent = text;
    const title = exact.format(moment);
    if (element.title !== title) element.title = title;
  }
}

export function startMoments() {
  synchronise(document.getElementById("main"));
  refreshMoments();
  setInterval(() => { if (!document.hidden) refreshMoments(); }, 1000);
}
