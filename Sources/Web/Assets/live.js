// Follows the server's events. On one that concerns this page, the page fetches itself and takes over what changed; a page that
// no event concerns asks from time to time.

import { morph } from "./morph.js";
import { refreshMoments, synchronise } from "./moments.js";

const main = document.getElementById("main");
const connection = document.getElementById("connection");
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

let current = new Date();
let attempt = 0;
let lastFetch = 0;
let pending = null;
let running = false;
let again = false;
let source = null;
let retry = null;

export function startLive() {
  if (!main.dataset.every) return;
  if (!main.dataset.events) {
    setInterval(() => { if (main.dataset.every) refreshSoon(); }, interval());
    document.addEventListener("visibilitychange", refreshSoon);
    return;
  }
  connect();
  // Some things change without an event: a bake goes on, a host falls silent.
  setInterval(() => { if (!document.hidden) refreshSoon(); }, Math.max(5000, 2 * interval()));
  // A browser has few connections to one server: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) disconnect();
    else connect();
  });
}

const interval = () => Math.max(500, Number(main.dataset.every) || 500);

function disconnect() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function connect() {
  disconnect();
  if (document.hidden) return;
  source = new EventSource("/v1/events");
  source.onopen = () => {
    attempt = 0;
    refreshSoon();
  };
  source.onerror = () => {
    disconnect();
    lost();
    // Doubling, up to half a minute, spread so that all open pages do not come back at once.
    const delay = Math.min(30000, 1000 * 2 ** attempt++) * (0.6 + 0.4 * Math.random());
    retry = setTimeout(connect, delay);
  };
  for (const name of main.dataset.events.split(" ")) {
    source.addEventListener(name, (event) => { if (concerns(event)) refreshSoon(); });
  }
}

function concerns(event) {
  const wanted = main.dataset.rollout;
  if (!wanted) return true;
  try {
    const { id, rollout } = JSON.parse(event.data);
    return id === wanted || rollout === wanted;
  } catch {
    return true;
  }
}

// At most one fetch at a time and one in every interval; what comes in between is answered by the next one.
function refreshSoon() {
  if (document.hidden) return;
  if (running) { again = true; return; }
  if (pending) return;
  const wait = Math.max(0, lastFetch + interval() - Date.now());
  pending = setTimeout(() => { pending = null; refresh(); }, wait);
}

export async function refresh() {
  running = true;
  lastFetch = Date.now();
  try {
    const address = new URL(location.href);
    address.hash = "";
    address.searchParams.set("fragment", "main");
    const answer = await fetch(address, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(15000) });
    if (answer.redirected && new URL(answer.url).pathname === "/login") {
      location.reload();
      return;
    }
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    takeOver(await answer.text());
  } catch {
    lost();
  } finally {
    running = false;
    if (again) { again = false; refreshSoon(); }
  }
}

// Shows what the server sent for this page; gives it back too.
export function takeOver(text) {
  const next = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  if (!next) return null;
  const whole = next.cloneNode(true);
  show(next);
  found();
  return whole;
}

function show(next) {
  const flash = document.getElementById("flash");
  if (flash) next.prepend(flash.cloneNode(true));
  morph(main, next);
  document.title = `${main.dataset.title} · Halcyon`;
  synchronise(main);
  refreshMoments();
  document.dispatchEvent(new Event("halcyon:refreshed"));
}

function found() {
  current = new Date();
  connection.textContent = "";
}

function lost() {
  connection.textContent = `Connection lost. This is the state of ${clock.format(current)}.`;
}
