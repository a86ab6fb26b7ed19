// The explorer without loading pages: the address is the whole state, and the server draws. A new question ends the old one.

import { across, countOf, placeAt, pointAll, timeOf } from "./charts.js";
import { startCompletion } from "./completion.js";
import { takeOver } from "./live.js";

const form = () => document.getElementById("explorer");

let running = null;
let timer = null;

export function startExplorer() {
  if (!form()) return;
  startCompletion();
  startZoom();
  startLegend();
  startShare();
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    go(addressOf(event.submitter));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("#explorer [data-apply]")) go(addressOf());
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-explore]");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(new URL(link.href));
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("textarea[data-expression]")) return;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.defaultPrevented) return;
    event.preventDefault();
    form().requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-expression]")) typed(event.target);
  });
  addEventListener("popstate", () => show(new URL(location.href), true));
  schedule();
}

// What the form says, as an address. What is usual is left out, as the server does it.
function addressOf(submitter) {
  const address = new URL("/explore", location.href);
  const usual = { view: "chart", range: "1h", split: "none", marks: "matching", step: "auto", refresh: "off" };
  for (const [name, value] of new FormData(form(), submitter)) {
    if (value && usual[name] !== value) address.searchParams.set(name, value);
  }
  if (address.searchParams.has("from")) address.searchParams.delete("range");
  return address;
}

export function go(address) {
  const known = new URL(address);
  // What was only done is not part of the state.
  for (const name of ["add", "remove"]) known.searchParams.delete(name);
  const gone = address.searchParams.get("remove");
  if (gone) known.searchParams.delete(gone);
  history.pushState(null, "", known);
  return show(address, true);
}

// - `follows`: the fields take over what the address says; else what somebody types stays.
async function show(address, follows) {
  running?.abort();
  clearTimeout(timer);
  const stop = new AbortController();
  running = stop;
  const main = document.getElementById("main");
  main.setAttribute("aria-busy", "true");
  try {
    const asked = new URL(address);
    asked.searchParams.set("fragment", "main");
    const answer = await fetch(asked, {
      headers: { Accept: "text/html" }, signal: AbortSignal.any([stop.signal, AbortSignal.timeout(60000)]),
    });
    if (answer.redirected && new URL(answer.url).pathname === "/login") return location.reload();
    const text = await answer.text();
    if (stop.signal.aborted) return;
    const fresh = takeOver(text);
    if (fresh && follows) follow(fresh);
    else if (fresh) clearStale(fresh);
  } catch {
    if (!stop.signal.aborted) say("The server does not answer. What you see is what was known before.");
  } finally {
    if (running === stop) {
      running = null;
      main.removeAttribute("aria-busy");
      schedule();
    }
  }
}

function say(text) {
  document.getElementById("connection").textContent = text;
}

// The fields of the page that came are the state; expressions keep the focus.
function follow(fresh) {
  for (const field of fresh.querySelectorAll("#explorer [name]")) {
    const own = form().querySelector(`[name="${field.name}"]`);
    if (!own || own === field || own.matches("button")) continue;
    if (own.value !== field.value) own.value = field.value;
  }
  for (const text of form().querySelectorAll("textarea")) resize(text);
  const empty = [...form().querySelectorAll("textarea")].find((text) => !text.value);
  if (empty && document.activeElement?.name === "add") empty.focus();
}

// What is marked as wrong is what was asked, not what somebody has typed since.
function clearStale(fresh) {
  for (const text of form().querySelectorAll("textarea[data-expression]")) {
    if (text.value !== fresh.querySelector(`[name="${text.name}"]`)?.value) typed(text);
  }
}

function schedule() {
  clearTimeout(timer);
  const every = Number(form()?.dataset.refresh);
  if (!every) return;
  timer = setTimeout(() => {
    if (document.hidden || document.querySelector(".plot[data-dragging]")) return schedule();
    show(new URL(location.href), false);
  }, every);
}

// The wave under what is wrong goes with the first change.
function typed(text) {
  resize(text);
  text.removeAttribute("aria-invalid");
  text.closest(".code-field").querySelector(".underlay").replaceChildren();
}

function resize(text) {
  text.rows = Math.min(12, text.value.split("\n").length);
}

// MARK: Zoom

let selection = null;

function startZoom() {
  document.addEventListener("pointerdown", (event) => {
    const plot = event.target.closest?.(".plot[data-zoom]");
    if (!plot || event.button !== 0 || event.pointerType === "touch") return;
    event.preventDefault();
    plot.focus();
    selection = { plot, from: placeAt(plot, event.clientX), to: null };
    plot.setAttribute("data-dragging", "");
    plot.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (!selection || !selection.plot.hasAttribute("data-dragging")) return;
    select(selection.plot, selection.from, placeAt(selection.plot, event.clientX));
  });
  document.addEventListener("pointerup", (event) => {
    if (!selection || !selection.plot.hasAttribute("data-dragging")) return;
    selection.plot.removeAttribute("data-dragging");
    selection.to = placeAt(selection.plot, event.clientX);
    zoom();
  });
  document.addEventListener("pointercancel", dropSelection);
  document.addEventListener("keydown", (event) => {
    const plot = event.target.closest?.(".plot[data-zoom]");
    if (plot && move(plot, event)) event.preventDefault();
  });
}

// The keyboard's way along a chart. Says whether the key was meant for it.
function move(plot, event) {
  const last = countOf(plot) - 1;
  const place = Number(plot.dataset.at ?? last);
  const far = event.ctrlKey ? Math.ceil(last / 10) : 1;
  const next = { ArrowLeft: place - far, ArrowRight: place + far, Home: 0, End: last }[event.key];
  if (next !== undefined && !event.altKey && !event.metaKey) {
    const to = Math.min(last, Math.max(0, next));
    if (event.shiftKey) {
      if (!selection) selection = { plot, from: place, to };
      select(plot, selection.from, to);
    } else {
      dropSelection();
    }
    pointAll(plot, to);
    return true;
  }
  if (event.key === "Enter" && selection) { zoom(); return true; }
  if (event.key === "Escape" && selection) { dropSelection(); return true; }
  if (event.key === "-") { document.getElementById("zoom-out")?.click(); return true; }
  if (event.key === "+") { document.getElementById("zoom-in")?.click(); return true; }
  return false;
}

function select(plot, from, to) {
  selection = { plot, from, to };
  if (plot.closest("[data-dragging]") || plot.hasAttribute("data-dragging")) plot.setAttribute("data-dragging", "");
  const [left, right] = [across(plot, Math.min(from, to)), across(plot, Math.max(from, to))];
  const mark = plot.querySelector(".selection");
  mark.setAttribute("d", `M${left} 0H${right}V200H${left}z`);
  mark.removeAttribute("hidden");
}

function dropSelection() {
  if (!selection) return;
  selection.plot.removeAttribute("data-dragging");
  selection.plot.querySelector(".selection")?.setAttribute("hidden", "");
  selection = null;
}

function zoom() {
  const { plot, from, to } = selection;
  dropSelection();
  if (to === null || Math.abs(to - from) < 2) return;
  const [start, end] = [timeOf(plot, Math.min(from, to)), timeOf(plot, Math.max(from, to))];
  const address = new URL(location.href);
  address.searchParams.delete("range");
  address.searchParams.set("from", new Date(start).toISOString().slice(0, 19));
  address.searchParams.set("to", new Date(end).toISOString().slice(0, 19));
  go(address);
}

// MARK: Legend

function startLegend() {
  const highlight = (event) => {
    const row = event.target.closest?.(".series-list tr[data-key]");
    for (const panel of document.querySelectorAll(".panel")) {
      const key = row && panel.contains(row) ? row.dataset.key : null;
      panel.classList.toggle("highlighting", Boolean(key));
      for (const line of panel.querySelectorAll(".plot .series")) line.classList.toggle("chosen", line.dataset.key === key);
    }
  };
  document.addEventListener("pointerover", highlight);
  document.addEventListener("focusin", highlight);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-toggle]");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    if (event.shiftKey || event.altKey) return only(link);
    go(new URL(link.href));
  });
  // A switch is worked with the space bar too.
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches?.("a[data-toggle]")) return;
    event.preventDefault();
    go(new URL(event.target.href));
  });
}

// With Shift: this series alone, or all again.
function only(link) {
  const rows = [...link.closest(".series-list").querySelectorAll("tr[data-key]")];
  const own = link.closest("tr").dataset.key;
  const others = rows.map((row) => row.dataset.key).filter((key) => key !== own);
  const isAlone = rows.every((row) => row.classList.contains("off") === (row.dataset.key !== own));
  const address = new URL(location.href);
  const kept = (address.searchParams.get("hide") ?? "").split(",").filter((key) => key && key !== own && !others.includes(key));
  const hidden = isAlone ? kept : [...kept, ...others];
  if (hidden.length) address.searchParams.set("hide", hidden.join(",")); else address.searchParams.delete("hide");
  go(address);
}

// MARK: Share

function startShare() {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("#share-link");
    if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const words = link.querySelector(".scripted-only");
    try {
      await navigator.clipboard.writeText(link.href);
      words.textContent = "Copied";
    } catch {
      // Without leave to use the clipboard: the address bar has it.
      history.replaceState(null, "", link.href);
      words.textContent = "It is in the address bar";
    }
    setTimeout(() => { words.textContent = "Copy link"; }, 2000);
  });
}
