// swift-format-ignore-file
// Written by Scripts/embed-assets from the files in Assets. Do not edit.

/// The files of `Assets`, by name, and the digest of them all.
enum EmbeddedAssets {
    static let digest = "ac976326b1d1"

    static let files: [String: String] = [
        "charts.js": ##"""
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
"""##,
        "completion.js": ##"""
// Completion of expressions: the server knows what may stand at the cursor; this shows it below the field and writes it in.

let asked = null;
let waiting = null;
let list = null;
let field = null;
let chosen = -1;

export function startCompletion() {
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-expression]") && !event.isComposing) soon(event.target);
  });
  document.addEventListener("keydown", press);
  document.addEventListener("submit", close);
  document.addEventListener("focusin", (event) => { if (event.target.matches("textarea[data-expression]")) dress(event.target); });
  document.addEventListener("focusout", (event) => { if (event.target === field) close(); });
  // The press itself must not take the focus away.
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest(".completion [role=option]");
    if (!option) return;
    event.preventDefault();
    take(option);
  });
  for (const text of document.querySelectorAll("textarea[data-expression]")) dress(text);
}

function dress(text) {
  if (text.getAttribute("role") === "combobox") return;
  text.setAttribute("role", "combobox");
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-expanded", "false");
  text.setAttribute("aria-haspopup", "listbox");
}

function soon(text) {
  clearTimeout(waiting);
  waiting = setTimeout(() => ask(text), 80);
}

async function ask(text) {
  asked?.abort();
  clearTimeout(waiting);
  const stop = new AbortController();
  asked = stop;
  const place = text.selectionStart;
  const address = new URL("/explore/complete", location.href);
  const shown = new URLSearchParams(location.search);
  for (const name of ["range", "from", "to"]) if (shown.get(name)) address.searchParams.set(name, shown.get(name));
  address.searchParams.set("before", text.value.slice(0, place));
  address.searchParams.set("after", text.value.slice(place));
  try {
    const answer = await fetch(address, {
      headers: { Accept: "text/html" }, signal: AbortSignal.any([stop.signal, AbortSignal.timeout(10000)]),
    });
    if (!answer.ok || answer.redirected) return close();
    const options = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ul");
    if (stop.signal.aborted || document.activeElement !== text) return;
    if (options?.children.length) open(text, options, place); else close();
  } catch {
    if (!stop.signal.aborted) close();
  }
}

function open(text, options, place) {
  close();
  field = text;
  list = options;
  list.id = "completion";
  list.className = "completion";
  list.setAttribute("aria-label", "Suggestions");
  list.dataset.place = place;
  text.closest(".expression").append(list);
  text.setAttribute("aria-expanded", "true");
  text.setAttribute("aria-controls", list.id);
  choose(0);
}

function close() {
  asked?.abort();
  clearTimeout(waiting);
  list?.remove();
  field?.setAttribute("aria-expanded", "false");
  field?.removeAttribute("aria-activedescendant");
  field?.removeAttribute("aria-controls");
  list = field = null;
  chosen = -1;
}

function choose(place) {
  const options = [...list.children];
  chosen = (place + options.length) % options.length;
  options.forEach((option, index) => option.setAttribute("aria-selected", String(index === chosen)));
  field.setAttribute("aria-activedescendant", options[chosen].id);
  options[chosen].scrollIntoView({ block: "nearest" });
}

function press(event) {
  if (!event.target.matches?.("textarea[data-expression]") || event.isComposing) return;
  if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    ask(event.target);
    return;
  }
  if (!list) {
    // What was asked before is not shown over the answer that Enter brings.
    if (event.key === "Enter" || event.key === "Escape") close();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
  if (step) {
    event.preventDefault();
    choose(chosen + step);
  } else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
    event.preventDefault();
    take(list.children[chosen]);
  } else if (event.key === "Escape") {
    event.preventDefault();
    close();
  } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
    close();
  }
}

function take(option) {
  const text = field;
  const place = Number(list.dataset.place);
  const from = place - Number(list.dataset.replaces);
  let insert = option.dataset.insert;
  const next = text.value[place];
  // What stands there already is not written twice.
  if (next && insert.endsWith(next) && "(\"".includes(next)) insert = insert.slice(0, -1);
  close();
  text.focus();
  text.setRangeText(insert, from, place, "end");
  text.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
"""##,
        "dialogs.js": ##"""
// Confirmations open in place: the server's own page of the question, in a dialog.

export function startDialogs() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain) return;
    event.preventDefault();
    open(link).catch(() => { location.href = link.href; });
  });
}

async function open(link) {
  const address = new URL(link.href);
  address.searchParams.set("fragment", "main");
  const answer = await fetch(address, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10000) });
  const content = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".confirm");
  if (!content || answer.redirected) throw new Error("there is no question to ask");

  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "confirm-title");
  dialog.append(content);
  dialog.addEventListener("click", (event) => {
    const isOutside = event.target === dialog && !inside(dialog, event);
    if (event.target.closest("a[data-cancel]") || isOutside) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    // The button may have been exchanged meanwhile.
    document.getElementById(link.id)?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("input:not([type=hidden])")?.focus();
}

function inside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
}
"""##,
        "editors.js": ##"""
// Forms that say what they would change while one fills them in. The server looks at them; nothing is saved by looking.

export function startEditors() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-check]");
    if (!form) return;
    mark(form);
    if (event.target.name !== "reason") checkSoon(form);
  });
  document.addEventListener("click", (event) => {
    const place = event.target.closest("button[data-place]");
    if (place) goTo(place.closest("form").querySelector("textarea"), place.dataset.place);
  });
  document.addEventListener("keydown", indent);
  document.addEventListener("halcyon:refreshed", () => {
    for (const form of document.querySelectorAll("form[data-check]")) {
      follow(form);
      mark(form);
    }
  });
  addEventListener("beforeunload", (event) => {
    const forms = [...document.querySelectorAll("form[data-check]")];
    if (forms.some((form) => isTouched(form) && !form.dataset.leaving)) event.preventDefault();
  });
  document.addEventListener("submit", (event) => { event.target.dataset.leaving = "true"; });
}

const waiting = new WeakMap();
const asked = new WeakMap();

function checkSoon(form) {
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => check(form), 300));
}

async function check(form) {
  const result = form.querySelector(".check");
  // Of several questions under way only the newest one's answer counts.
  asked.get(form)?.abort();
  if (!isTouched(form)) {
    result.replaceChildren();
    return;
  }
  const stop = new AbortController();
  asked.set(form, stop);
  const address = new URL(form.action);
  address.searchParams.set("fragment", "check");
  try {
    const answer = await fetch(address, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" },
      signal: AbortSignal.any([stop.signal, AbortSignal.timeout(15000)]),
    });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const text = await answer.text();
    if (stop.signal.aborted) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    result.replaceChildren(...page.body.childNodes);
  } catch {
    if (!stop.signal.aborted) result.textContent = "This cannot be checked now: the server does not answer.";
  }
}

// Whether somebody changed anything since the form was shown.
function isTouched(form) {
  return fields(form).some((field) => field.value !== field.defaultValue);
}

// What saves a form is shown once there is something to save. One that came back from the server has that already.
function mark(form) {
  if (form.dataset.returned !== "yes") form.classList.toggle("touched", isTouched(form));
}

function fields(form) {
  return [...form.querySelectorAll("textarea, input:not([type=hidden], [type=range])")];
}

// The flag changed while its page was open. A form that nobody touched shows the new state; another one keeps what was typed, and
// the server says what came in between.
function follow(form) {
  const revision = form.querySelector("input[name=revision]");
  if (!revision || revision.value === form.dataset.revision || form.dataset.leaving) return;
  if (isTouched(form)) {
    if (form.dataset.told !== form.dataset.revision) check(form);
    form.dataset.told = form.dataset.revision;
    return;
  }
  revision.value = form.dataset.revision;
  const text = form.querySelector("textarea");
  if (text) text.value = text.defaultValue = form.querySelector(".original").textContent;
  for (const field of form.querySelectorAll("input[data-now]")) field.value = field.defaultValue = field.dataset.now;
  form.dispatchEvent(new Event("halcyon:reset", { bubbles: true }));
}

function goTo(text, place) {
  const [line, column] = place.split(":").map(Number);
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, entry) => sum + entry.length + 1, 0);
  // Columns count characters, not the halves that some have.
  const offset = start + [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
  text.focus();
  text.setSelectionRange(offset, Math.min(offset + 1, text.value.length));
  text.scrollTop = (line - 3) * (text.scrollHeight / lines.length);
}

// Enter keeps the indentation of the line. Tab still leads to the next field: nobody is caught in the editor.
function indent(event) {
  const text = event.target;
  if (event.key !== "Enter" || !text.matches?.("textarea.code") || event.isComposing) return;
  const before = text.value.slice(0, text.selectionStart);
  const spaces = /^ */.exec(before.slice(before.lastIndexOf("\n") + 1))[0];
  if (!spaces) return;
  event.preventDefault();
  text.setRangeText("\n" + spaces, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
"""##,
        "explorer.js": ##"""
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
"""##,
        "favicon.svg": ##"""
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <rect width="32" height="32" rx="7" fill="#0b6e8a"/>
  <g fill="none" stroke="#fff" stroke-width="2.8" stroke-linecap="round">
    <path d="M4 20c5 0 6-9 12-9 4.5 0 6.5 3 6.5 6s-2 5-4.5 5-4-1.8-4-3.8"/>
    <path d="M22.5 17c1.2 2.7 3 3.6 5.5 3.8"/>
  </g>
</svg>
"""##,
        "filters.js": ##"""
// Filters apply while one types or chooses; the address keeps them, so that a filtered page can be sent to somebody.

import { refresh } from "./live.js";

export function startFilters() {
  startQuestions();
  const form = document.querySelector("form[data-live-form]");
  if (!form) return;
  let waiting = null;
  const apply = () => {
    clearTimeout(waiting);
    const address = new URL(location.pathname, location.href);
    for (const [name, value] of new FormData(form)) {
      if (value && value !== "all") address.searchParams.set(name, value);
    }
    history.replaceState(null, "", address);
    refresh();
  };
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, event.target.matches("select") ? 0 : 200);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
}

// A form that only asks for another view of the same page: its fields go into the address, and the page takes over the answer.
function startQuestions() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-in-place]")) return;
    event.preventDefault();
    const address = new URL(location.pathname, location.href);
    for (const [name, value] of new FormData(form)) address.searchParams.set(name, value);
    history.replaceState(null, "", address);
    refresh();
  });
}
"""##,
        "halcyon.css": ##"""
/* One style sheet. Colours are named by what they mean; the dark set answers the system's setting. */

:root {
  color-scheme: light dark;
  --ground: #f7f7f5;
  --sheet: #ffffff;
  --raised: #f1f1ee;
  --ink: #1b1e22;
  --quiet: #59616b;
  --line: #e2e2dd;
  --line-strong: #c9c9c2;
  --accent: #0b6e8a;
  --accent-ink: #ffffff;
  --accent-wash: #e3f1f5;
  --good: #1b7441;
  --good-wash: #e6f3ea;
  --attention: #8a5a00;
  --attention-wash: #fbf1dc;
  --bad: #b3261e;
  --bad-wash: #fbeae8;
  --shadow: 0 1px 2px rgb(0 0 0 / 5%);
  --c0: #0b6e8a; --c1: #b4571b; --c2: #5b4bb5; --c3: #2c7a39; --c4: #b02a6b; --c5: #7a6a00; --c6: #2b5fc0; --c7: #8d4a2f; --c8: #00786a; --c9: #7c3fa0;
  --radius: 8px;
  --text: "Inter", -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", system-ui, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", "Noto Sans Mono", "DejaVu Sans Mono", "Liberation Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101316;
    --sheet: #171b1f;
    --raised: #1f242a;
    --ink: #e7eaed;
    --quiet: #9ca6b1;
    --line: #2a3138;
    --line-strong: #414a54;
    --accent: #62c4df;
    --accent-ink: #06222b;
    --accent-wash: #12303a;
    --good: #62c98b;
    --good-wash: #13301f;
    --attention: #e6b450;
    --attention-wash: #362a10;
    --bad: #ff8a80;
    --bad-wash: #3c1a18;
    --shadow: none;
    --c0: #62c4df; --c1: #f0a063; --c2: #a79bf5; --c3: #7fcf8b; --c4: #f285b5; --c5: #d9c74f; --c6: #86aef7; --c7: #d69b80; --c8: #4fd0bd; --c9: #cf9bea;
  }
}

*, *::before, *::after { box-sizing: border-box; }

html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }

body {
  margin: 0;
  background: var(--ground);
  color: var(--ink);
  font: 14px/1.5 var(--text);
  font-variant-numeric: tabular-nums;
  -webkit-font-smoothing: antialiased;
}

h1, h2, h3, p, ol, ul, dl, dd, figure { margin: 0; padding: 0; }
ol, ul { list-style: none; }
h1 { font-size: 24px; font-weight: 600; line-height: 1.25; letter-spacing: -.015em; overflow-wrap: anywhere; }
h2 { font-size: 15px; font-weight: 600; letter-spacing: -.005em; }
h3 { font-size: 14px; font-weight: 600; }
strong { font-weight: 600; }
code { font: .88em/1.4 var(--mono); overflow-wrap: anywhere; }

a { color: var(--accent); text-decoration: none; text-underline-offset: 3px; }
a:hover { text-decoration: underline; }
h1 a { color: inherit; }

:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }

.muted { color: var(--quiet); }
.bad { color: var(--bad); }
.hidden {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
.sprite { display: none; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 16px; top: 10px; z-index: 3; padding: 6px 12px; background: var(--sheet); border-radius: 6px; }

/* Head, content, foot */

.top {
  display: flex; align-items: center; gap: 28px;
  min-height: 52px; padding: 0 32px;
  background: var(--sheet); border-bottom: 1px solid var(--line);
}
.brand { display: flex; align-items: center; gap: 9px; color: var(--ink); font-weight: 600; letter-spacing: -.01em; }
.brand:hover { text-decoration: none; }
.mark { fill: none; stroke: var(--accent); stroke-width: 3; stroke-linecap: round; }
.top nav { display: flex; align-self: stretch; gap: 4px; }
.top nav a { display: flex; align-items: center; padding: 2px 12px 0; color: var(--quiet); border-bottom: 2px solid transparent; }
.top nav a:hover { color: var(--ink); text-decoration: none; }
.top nav a[aria-current] { color: var(--ink); font-weight: 500; border-bottom-color: var(--accent); }
.top nav a:focus-visible { outline-offset: -3px; }
.person { display: flex; align-items: center; gap: 14px; margin-left: auto; }

main { max-width: 1280px; margin: 0 auto; padding: 32px 32px 56px; }
main > section, main > .columns { margin-top: 36px; }
.page-head { display: flex; flex-wrap: wrap; align-items: flex-start; justify-content: space-between; gap: 20px 32px; }
.page-head > div:first-child { flex: 1 1 420px; min-width: 0; }
.page-head > .numbers:nth-child(2) { flex: 0 1 auto; }
.crumbs { margin-bottom: 6px; color: var(--quiet); font-size: 13px; }
.summary { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; margin-top: 12px; font-size: 15px; }
.facts { display: flex; flex-wrap: wrap; gap: 2px 0; margin-top: 8px; font-size: 13px; }
.facts > span:not(:last-child)::after { content: "·"; margin: 0 8px; color: var(--line-strong); }
.page-head + .list { margin-top: 20px; }
.page-head h1 + .muted { margin-top: 6px; }
.section-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; margin-bottom: 10px; }
.section-head .muted { font-size: 13px; }
.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 36px 40px; }
.nothing { padding: 14px 16px; color: var(--quiet); border: 1px dashed var(--line-strong); border-radius: var(--radius); overflow-wrap: anywhere; }
.nothing + .list, .list + .nothing { margin-top: 12px; }

.numbers { display: flex; flex-wrap: wrap; gap: 8px 32px; }
.numbers dt { color: var(--quiet); font-size: 12px; }
.numbers dd { font-size: 17px; font-weight: 500; }

.foot { position: fixed; inset: auto 0 0; pointer-events: none; display: flex; justify-content: center; }
#connection:empty { display: none; }
#connection {
  margin: 0 12px 14px; padding: 7px 16px; max-width: 100%;
  background: var(--attention-wash); color: var(--attention); border: 1px solid currentcolor; border-radius: 999px;
  font-size: 13px; font-weight: 500; pointer-events: auto;
}

/* States: shape, word, colour */

.icon { flex: none; width: 14px; height: 14px; vertical-align: -2px; overflow: visible; color: inherit; }
.line, .bold { fill: none; stroke: currentcolor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.bold { stroke-width: 2.2; }
.solid { fill: currentcolor; }
.cut { fill: none; stroke: var(--sheet); stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.tone-idle { --tone: var(--quiet); --wash: var(--raised); }
.tone-busy { --tone: var(--accent); --wash: var(--accent-wash); }
.tone-good { --tone: var(--good); --wash: var(--good-wash); }
.tone-attention { --tone: var(--attention); --wash: var(--attention-wash); }
.tone-bad { --tone: var(--bad); --wash: var(--bad-wash); }
.sign { display: inline-flex; align-items: baseline; gap: 6px; color: var(--tone); white-space: nowrap; }
.sign .icon { position: relative; top: 2px; }
.sign.tone-idle { color: var(--quiet); }
.pill { padding: 2px 11px 2px 8px; background: var(--wash); border-radius: 999px; font-size: 13px; font-weight: 600; }

h1 .change { font-weight: 400; }
h1 .change code { padding: 1px 7px; background: var(--raised); border-radius: 6px; font-size: .72em; vertical-align: 2px; }
h1 > code { padding: 1px 7px; background: var(--raised); border-radius: 6px; font-size: .72em; font-weight: 400; vertical-align: 2px; }
.change { display: inline-block; max-width: 100%; }
.to { margin: 0 5px; color: var(--quiet); }
.tag { display: inline-block; margin-left: 6px; padding: 0 7px; background: var(--raised); border-radius: 4px; color: var(--quiet); font-size: 12px; white-space: nowrap; }
.labels .tag { margin-left: 0; }
.labels .tag + .tag { margin-left: 4px; }
.counts code { font-size: 12px; }

/* Buttons and forms */

.actions { display: flex; flex-wrap: wrap; gap: 8px; }
.button {
  display: inline-flex; align-items: center; min-height: 34px; padding: 0 14px;
  background: var(--sheet); color: var(--ink); border: 1px solid var(--line-strong); border-radius: 7px;
  font: 500 14px/1 var(--text); cursor: pointer; box-shadow: var(--shadow);
}
.button:hover { background: var(--raised); text-decoration: none; }
.button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
.button.primary:hover { filter: brightness(1.08); }
.button.danger { color: var(--bad); border-color: color-mix(in srgb, var(--bad) 40%, var(--line-strong)); }
.button.danger:hover { background: var(--bad-wash); }
.button.solid.danger { background: #b3261e; border-color: #b3261e; color: #ffffff; }
.button.solid.danger:hover { filter: brightness(1.1); }
.button.link, button.link { padding: 0; background: none; border: 0; color: var(--accent); font: inherit; cursor: pointer; }
button.link:hover { text-decoration: underline; text-underline-offset: 3px; }

label > span { display: block; margin-bottom: 4px; color: var(--quiet); font-size: 12px; }
input:not([type="hidden"]), select {
  width: 100%; min-height: 34px; padding: 0 10px;
  background: var(--sheet); color: inherit; border: 1px solid var(--line-strong); border-radius: 7px; font: inherit;
}
input::placeholder { color: var(--quiet); opacity: 1; }
.filters { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 10px 12px; margin: 20px 0 16px; }
.filters label:has(input) { flex: 0 1 320px; }
.filters select { width: auto; min-width: 140px; padding-right: 6px; }
.scripted .filters .button { display: none; }

.confirm { max-width: 560px; }
main > .confirm { margin: 24px auto 0; }
.confirm h1 { margin-bottom: 16px; font-size: 20px; }
.confirm p, .confirm .notice { margin-bottom: 12px; }
.confirm .subject { font-weight: 600; }
.confirm-form { display: grid; gap: 18px; margin-top: 20px; }
dialog {
  width: min(560px, calc(100vw - 32px)); max-height: calc(100dvh - 32px); padding: 28px; overflow: auto;
  background: var(--sheet); color: inherit; border: 1px solid var(--line-strong); border-radius: 12px;
  box-shadow: 0 20px 60px rgb(0 0 0 / 28%);
}
dialog::backdrop { background: rgb(10 14 18 / 45%); }

.flash { display: flex; align-items: center; gap: 8px; margin-bottom: 20px; padding: 9px 14px; background: var(--good-wash); color: var(--good); border-radius: var(--radius); }

/* Notices */

.notice {
  display: flex; align-items: flex-start; gap: 10px; margin-top: 16px; padding: 12px 16px;
  background: var(--wash); border-radius: var(--radius); overflow-wrap: anywhere;
}
.notice > .icon { margin-top: 3px; color: var(--tone); }
.notice .cut { stroke: var(--wash); }
.notice > div { flex: 1; min-width: 0; }
.notice > .muted { flex: none; font-size: 13px; }
.notice a:not(.button) { color: inherit; text-decoration: underline; }
.attention .notice { margin-top: 0; }
.notice > .button { flex: none; align-self: center; }
.frozen { margin: 0 0 12px; }
.attention { display: grid; gap: 8px; }
.attention:empty { display: none; }
.calm { display: flex; align-items: center; gap: 8px; color: var(--good); }

/* Tables */

.list { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }
.list + .list { margin-top: 14px; }
.list th { padding: 8px 12px; color: var(--quiet); font-size: 12px; font-weight: 500; text-align: left; white-space: nowrap; }
.list td { padding: 7px 12px; border-top: 1px solid var(--line); vertical-align: top; }
.list th:first-child, .list td:first-child { padding-left: 16px; }
.list th:last-child, .list td:last-child { padding-right: 16px; }
.list tr.failed td { background: color-mix(in srgb, var(--bad-wash) 55%, transparent); }
.list .wide { max-width: 460px; overflow-wrap: anywhere; }
.list .number { white-space: nowrap; }
.list tbody tr:not(.group):hover td { background: color-mix(in srgb, var(--raised) 55%, transparent); }
.list .group th { padding: 14px 16px 5px; color: var(--ink); font-size: 13px; font-weight: 600; border-top: 1px solid var(--line); }
.list .group .muted { font-weight: 400; }
.fleet td { padding-block: 5px; }
.fleet .services { width: 44%; max-width: 0; }
.fleet .labels { width: 15%; }
.name strong, .name code { overflow-wrap: anywhere; }
.counts, .figure, .warning { display: block; }
.counts { font-size: 12px; }
.counts.bad { overflow-wrap: anywhere; white-space: normal; max-width: 420px; }
.figure { font-size: 15px; font-weight: 500; }
.warning { color: var(--attention); font-size: 12px; }
.running { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 3fr) 112px; align-items: baseline; gap: 0 14px; }
.running > a, .running > code { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.running > code:first-child { grid-column: 1 / 3; }
.running .counts { grid-column: 1 / -1; }
.pages { display: flex; align-items: center; gap: 8px; margin-top: 16px; }

/* Rollouts at a glance */

.flights { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 12px; }
.flight { min-width: 0; padding: 16px 18px; background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }
.flight-head { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 12px; }
.flight-name { color: inherit; min-width: 0; overflow-wrap: anywhere; }
.flight .strip { margin: 12px 0; }
.flight-summary { overflow-wrap: anywhere; }
.flight > .muted { margin-top: 4px; font-size: 13px; }
.strip { display: flex; flex-wrap: wrap; gap: 4px; }
.step { display: inline-flex; align-items: center; gap: 5px; max-width: 100%; padding: 1px 8px 1px 6px; background: var(--wash); border-radius: 999px; color: var(--tone); font-size: 12px; }
.step .cut { stroke: var(--wash); }
.step span:not(.hidden) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

/* Waves */

.waves { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; }
.wave { position: relative; min-width: 0; padding: 14px 16px 16px; background: var(--sheet); border: 1px solid var(--line); border-top: 3px solid var(--line-strong); border-radius: var(--radius); box-shadow: var(--shadow); }
.wave.tone-busy, .wave.tone-good, .wave.tone-bad, .wave.tone-attention { border-top-color: var(--tone); }
.wave[aria-current] { border-color: var(--tone); }
.watch { border-style: dashed; border-top-style: solid; background: transparent; box-shadow: none; }
.wave-head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 2px 10px; }
.wave-head h3 { min-width: 0; overflow-wrap: anywhere; }
.wave-head .sign { font-size: 13px; }
.ordinal { margin-right: 4px; color: var(--quiet); font-weight: 400; }
.wave > .muted { font-size: 13px; }
.progress-line { margin-top: 10px; font-size: 13px; }
.progress-line span { display: block; margin-top: 3px; color: var(--quiet); }
progress { display: block; width: 100%; height: 5px; border: 0; border-radius: 3px; overflow: hidden; background: var(--raised); color: var(--accent); appearance: none; }
progress::-webkit-progress-bar { background: var(--raised); }
progress::-webkit-progress-value { background: var(--accent); transition: width .5s linear; }
progress::-moz-progress-bar { background: var(--accent); }
.cells { margin-top: 12px; }
.cells.named { display: grid; gap: 3px; }
.cells.many { display: flex; flex-wrap: wrap; gap: 4px; }
.cell { display: flex; align-items: center; gap: 7px; min-width: 0; font-size: 13px; }
.cell .icon { color: var(--tone); }
.cells.named .cell > span:not(.hidden) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
details { margin-top: 12px; }
summary { width: max-content; padding: 2px 4px; color: var(--accent); cursor: pointer; font-size: 13px; }
details[open] > summary { margin-bottom: 8px; }

/* Charts */

.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 12px; margin-top: 12px; }
.charts.glance { grid-template-columns: repeat(auto-fill, minmax(min(100%, 280px), 1fr)); margin-top: 0; }
.chart { position: relative; min-width: 0; padding: 14px 16px 8px; background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }
figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 16px; margin-bottom: 6px; }
figcaption a { color: inherit; }
figcaption .figure { font-size: 17px; font-weight: 500; }
.legend { display: inline-flex; flex-wrap: wrap; gap: 2px 14px; min-width: 0; color: var(--quiet); font-size: 12px; overflow-wrap: anywhere; }
.key { display: inline-flex; align-items: center; gap: 5px; }
.chart.small .legend { flex: 1 1 100%; }
.readout { color: var(--quiet); font-size: 12px; }
figcaption .readout { margin-left: auto; }
.chart.small .readout:not(:empty) { position: absolute; inset: auto 8px 100% 8px; z-index: 2; margin: 0 0 -6px; padding: 5px 9px; background: var(--sheet); border: 1px solid var(--line-strong); border-radius: 6px; box-shadow: 0 6px 20px rgb(0 0 0 / 16%); }
.readout > span { margin-right: 12px; }
.reading { display: inline-flex; align-items: baseline; gap: 5px; max-width: 100%; }
.reading-name { max-width: 34ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.reading-value { color: var(--ink); font-weight: 500; }
.time-of { font-variant-numeric: tabular-nums; }
.sign-of { flex: none; align-self: center; width: 9px; height: 9px; border-radius: 3px; background: var(--stroke, var(--quiet)); }
.frame { display: grid; grid-template-columns: 58px minmax(0, 1fr); grid-template-rows: auto 128px 20px; column-gap: 8px; }
.frame.small { grid-template-rows: auto 84px 20px; grid-template-columns: 50px minmax(0, 1fr); }
.frame.large { grid-template-rows: auto 300px 20px; }
.frame > svg { display: block; width: 100%; height: 100%; overflow: visible; }
.marks { grid-column: 2; grid-row: 1; min-height: 20px; max-height: 20px; }
.scale { grid-column: 1; grid-row: 2; }
.plot { grid-column: 2; grid-row: 2; touch-action: pan-y; }
.plot[data-zoom] { cursor: crosshair; }
.plot[data-zoom]:focus-visible { outline-offset: 4px; }
.times { grid-column: 2; grid-row: 3; }
.series { fill: none; stroke: var(--stroke); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.large .series { stroke-width: 1.75; }
.series[hidden], .selection[hidden] { display: none; }
.series.dashed { stroke-dasharray: 5 3; stroke-linecap: butt; }
.canary { --stroke: var(--accent); }
.baseline { --stroke: var(--quiet); }
.series.baseline { stroke-width: 1.5; }
.limit { --stroke: var(--bad); }
.series.limit { stroke-width: 1.5; stroke-dasharray: 5 4; stroke-linecap: butt; }
.proof { --stroke: var(--good); }
.proven { --stroke: var(--good); }
.series.proof { stroke-width: 1.5; }
.series.proven { stroke-width: 1.5; stroke-dasharray: 1.5 4; }
.c0 { --stroke: var(--c0); } .c1 { --stroke: var(--c1); } .c2 { --stroke: var(--c2); } .c3 { --stroke: var(--c3); } .c4 { --stroke: var(--c4); }
.c5 { --stroke: var(--c5); } .c6 { --stroke: var(--c6); } .c7 { --stroke: var(--c7); } .c8 { --stroke: var(--c8); } .c9 { --stroke: var(--c9); }
.grid { stroke: var(--line); stroke-width: 1; fill: none; vector-effect: non-scaling-stroke; }
.plot .mark { fill: none; stroke: var(--tone); stroke-width: 1; stroke-dasharray: 3 3; opacity: .75; vector-effect: non-scaling-stroke; }
.band { fill: var(--tone); opacity: .05; }
.selection { fill: var(--accent); opacity: .16; }
.flag { color: var(--tone); }
.flag .pennant { fill: var(--tone); }
.flag .tick { fill: var(--tone); }
a.flag { cursor: pointer; }
a.flag:hover .tick, a.flag:focus .tick { text-decoration: underline; }
.cursor { stroke: var(--quiet); stroke-width: 1; vector-effect: non-scaling-stroke; pointer-events: none; }
.cursor[hidden] { display: none; }
.tick { fill: var(--quiet); font: 11px var(--text); font-variant-numeric: tabular-nums; }
.last { fill: none; stroke: var(--stroke, var(--accent)); stroke-width: 7; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.last.over { stroke: var(--bad); }

/* Evidence */

.budget { display: grid; gap: 4px; margin-bottom: 12px; font-size: 13px; }
.budget progress { max-width: 420px; }
.budget p { overflow-wrap: anywhere; }
.checks .says td { padding-top: 0; border-top: 0; }
.checks .says p { max-width: 88ch; overflow-wrap: anywhere; }
.checks .says:hover td, .checks tbody tr:hover td { background: none; }
.list.checks tr.failed td, .list.checks tr.failed:hover td { background: color-mix(in srgb, var(--bad-wash) 55%, transparent); }
.allowances { margin-top: 3px; padding-left: 14px; list-style: disc outside; font-size: 12px; }
.effect { display: block; margin-top: 2px; }
.effect path { fill: none; stroke: var(--quiet); stroke-width: 1; }
.effect .grid { stroke: var(--line-strong); }
.effect .margin { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 3 2; }
.effect .interval { stroke-width: 4; stroke-linecap: round; }
.effect .point { stroke-width: 9; stroke-linecap: round; }
.effect.open .interval, .effect.open .point { stroke: var(--accent); }
.effect.worse .interval, .effect.worse .point { stroke: var(--bad); }
.effect.fine .interval, .effect.fine .point { stroke: var(--good); }
.effect .interval { opacity: .55; }

/* Explorer */

.explorer { display: grid; gap: 14px; margin-top: 18px; }
.expressions { display: grid; gap: 8px; }
.expression { position: relative; display: flex; align-items: flex-start; gap: 8px; }
.code-field { position: relative; flex: 1; min-width: 0; background: var(--sheet); border-radius: 7px; box-shadow: var(--shadow); }
.code-field textarea.code { position: relative; min-height: 42px; padding: 10px 12px; background: transparent; resize: none; overflow-wrap: anywhere; field-sizing: content; font: 14px/20px var(--mono); }
.code-field textarea.code[aria-invalid] { border-color: var(--bad); }
.underlay.code { position: absolute; inset: 0; padding: 11px 13px; overflow: hidden; color: transparent; white-space: pre-wrap; overflow-wrap: anywhere; pointer-events: none; font: 14px/20px var(--mono); }
.wrong { background: none; color: inherit; text-decoration: underline wavy var(--bad) 1.5px; text-underline-offset: 4px; text-decoration-skip-ink: none; }
.underlay .wrong { background: var(--bad-wash); border-radius: 3px; }
.notice pre.text { margin: 8px 0 4px; background: color-mix(in srgb, var(--sheet) 70%, transparent); white-space: pre-wrap; overflow-wrap: anywhere; }
.remove { min-height: 42px; padding: 0 14px; }
.ask { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; }
.typing { font-size: 12px; }
html:not(.scripted) .typing, html:not(.scripted) .keys, html:not(.scripted) .scripted-only, .scripted .plain-only { display: none; }
.knobs { display: flex; flex-wrap: wrap; align-items: flex-end; justify-content: space-between; gap: 10px 24px; }
.times-of { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; }
.between { position: relative; margin: 0; }
.between[open] > summary { margin: 0; }
.between-fields { position: absolute; z-index: 4; top: 100%; left: 0; display: grid; gap: 10px; width: 240px; margin-top: 6px; padding: 14px; background: var(--sheet); border: 1px solid var(--line-strong); border-radius: var(--radius); box-shadow: 0 12px 32px rgb(0 0 0 / 18%); }
.choices { display: flex; flex-wrap: wrap; gap: 8px 12px; }
.choices select { width: auto; min-width: 96px; padding-right: 6px; }
.bar { display: flex; flex-wrap: wrap; align-items: flex-end; justify-content: space-between; gap: 4px 16px; border-bottom: 1px solid var(--line); }
.bar .tabs { margin-top: 0; border-bottom: 0; margin-bottom: -1px; }
.steps { display: flex; gap: 4px; padding-bottom: 8px; }
.steps .button { min-height: 30px; padding: 0 11px; font-size: 13px; }
.panels { display: grid; gap: 20px; margin-top: 16px; min-width: 0; }
.panel { min-width: 0; }
.panel-title { margin-bottom: 8px; font-weight: 400; }
.panel .notice { margin-top: 0; }
.remark { display: flex; gap: 8px; margin-bottom: 8px; font-size: 13px; overflow-wrap: anywhere; }
.remark .icon { margin-top: 3px; color: var(--tone); }
.remark .cut { stroke: var(--ground); }
.remark > span { min-width: 0; }
.readout-line { display: flex; gap: 4px 12px; justify-content: space-between; height: 36px; margin-bottom: 4px; overflow: hidden; font-size: 12px; }
.readout-line .readout { min-width: 0; }
.readout-line > .muted { flex: none; }
.series-list { width: 100%; margin-top: 10px; border-collapse: collapse; font-size: 13px; }
.series-list th { padding: 4px 8px; color: var(--quiet); font-size: 12px; font-weight: 500; text-align: left; border-bottom: 1px solid var(--line); }
.series-list th:not(:first-child), .series-list .number { width: 96px; text-align: right; white-space: nowrap; }
.series-list caption { padding: 2px 8px 6px; color: var(--quiet); font-size: 12px; text-align: left; overflow-wrap: anywhere; }
.series-list td { padding: 3px 8px; vertical-align: top; }
.series-list tbody tr:hover td { background: var(--raised); }
.series-list a { display: flex; gap: 8px; color: inherit; }
.series-list .swatch { flex: none; margin-top: 6px; }
.series-list code { font-size: 12.5px; line-height: 20px; overflow-wrap: anywhere; }
.off td { opacity: .65; }
.off code { text-decoration: line-through; }
.off .swatch { opacity: .3; }
.highlighting .series:not(.chosen) { opacity: .18; }
.highlighting .series.chosen { stroke-width: 3; }
.highlighting .swatch .series { opacity: 1; stroke-width: 2; }
.keys { margin-top: 10px; font-size: 12px; }
.values .number { text-align: right; font-family: var(--mono); font-size: 13px; overflow-wrap: anywhere; white-space: normal; }
.values th:last-child { text-align: right; }
#main[aria-busy] .panels { opacity: .72; transition: opacity .3s .25s; }
.completion { position: absolute; z-index: 5; top: calc(100% + 4px); left: 0; right: 0; max-width: 760px; max-height: 300px; overflow: auto; padding: 4px; background: var(--sheet); border: 1px solid var(--line-strong); border-radius: var(--radius); box-shadow: 0 16px 40px rgb(0 0 0 / 22%); }
.completion li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 12px; padding: 5px 10px; border-radius: 5px; cursor: pointer; }
.completion li[aria-selected="true"] { background: var(--accent-wash); }
.option-name { font: 13px/1.5 var(--mono); overflow-wrap: anywhere; }
.option-kind { color: var(--quiet); font-size: 12px; }
.option-help { grid-column: 1 / -1; overflow: hidden; color: var(--quiet); font-size: 12px; text-overflow: ellipsis; white-space: nowrap; }
.completion li[aria-selected="true"] .option-help { white-space: normal; }

@media (min-width: 1100px) {
  .panels.several { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .panels.several .frame.large { grid-template-rows: auto 220px 20px; }
}

/* History and decisions */

.timeline > li { display: flex; align-items: baseline; gap: 10px; padding: 6px 2px; border-top: 1px solid var(--line); }
.timeline > li:first-child { border-top: 0; }
.timeline .cut { stroke: var(--ground); }
.sentence { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.by { color: var(--quiet); }
.when { flex: none; font-size: 13px; text-align: right; }
.subject { flex: none; overflow-wrap: anywhere; }
.timeline .subject { width: 210px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.decisions > li { padding: 10px 0 12px; border-top: 1px solid var(--line); }
.decisions > li:first-child { padding-top: 2px; border-top: 0; }
.decision-head { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px; }
.decision-head .muted { font-size: 13px; }
.decisions p { overflow-wrap: anywhere; }
.evidence { display: grid; gap: 3px; margin-top: 6px; padding-left: 12px; border-left: 2px solid var(--line); font-size: 13px; overflow-wrap: anywhere; }
.evidence .cut { stroke: var(--ground); }

/* Flags */

.tabs { display: flex; flex-wrap: wrap; gap: 2px 4px; margin-top: 18px; border-bottom: 1px solid var(--line); }
.tabs a { padding: 6px 12px; margin-bottom: -1px; color: var(--quiet); border-bottom: 2px solid transparent; }
.tabs a:hover { color: var(--ink); text-decoration: none; }
.tabs a[aria-current] { color: var(--ink); font-weight: 500; border-bottom-color: var(--accent); }
.tabs + .list, .tabs + .nothing, .tabs + .notice, .tabs + .timeline { margin-top: 20px; }
.switcher { display: flex; flex-wrap: wrap; gap: 3px; padding: 3px; background: var(--raised); border-radius: 9px; }
.switcher a { padding: 4px 14px; color: var(--quiet); border-radius: 7px; overflow-wrap: anywhere; }
.switcher a:hover { color: var(--ink); text-decoration: none; }
.switcher a[aria-current] { background: var(--sheet); color: var(--ink); font-weight: 500; box-shadow: var(--shadow); }
.list .switch { text-align: right; white-space: nowrap; }
.list .switch .button { min-height: 28px; padding: 0 11px; font-size: 13px; }
.list th:last-child:nth-child(n+7) { text-align: right; }
.flags .sign + .sign { display: flex; }
.flag-key { font-family: var(--mono); font-size: 21px; font-weight: 500; letter-spacing: 0; }
.description { margin-top: 10px; max-width: 720px; overflow-wrap: anywhere; }
.stack { display: grid; align-content: start; gap: 32px; min-width: 0; }
.stack > section { min-width: 0; }

.rules { background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); counter-reset: rule; }
.rules li { position: relative; padding: 8px 16px 8px 42px; border-top: 1px solid var(--line); overflow-wrap: anywhere; counter-increment: rule; }
.rules li:first-child { border-top: 0; }
.rules li::before { content: counter(rule); position: absolute; left: 16px; color: var(--quiet); }
.conditions { display: grid; gap: 4px; margin-bottom: 10px; }
.conditions:empty { display: none; }
.conditions li { padding-left: 12px; border-left: 2px solid var(--line-strong); overflow-wrap: anywhere; }
.variants .number { width: 34%; min-width: 126px; }
.variants code { white-space: pre-wrap; }
.variants .more td { padding-top: 0; border-top: 0; }
.counted { display: flex !important; justify-content: space-between; gap: 8px; }
.progress-line .counted span { margin-top: 0; }
.variants .progress-line { margin-top: 7px; }
.elsewhere .counts { overflow-wrap: anywhere; }

.editor { display: grid; gap: 12px; min-width: 0; }
textarea {
  display: block; width: 100%; padding: 10px 12px; resize: vertical;
  background: var(--sheet); color: inherit; border: 1px solid var(--line-strong); border-radius: 7px; font: inherit;
}
textarea.code { font: 13px/1.5 var(--mono); tab-size: 2; }
pre.text { padding: 10px 12px; overflow-x: auto; background: var(--sheet); border: 1px solid var(--line); border-radius: 7px; font: 13px/1.5 var(--mono); margin: 0; }
.check:empty { display: none; }
.check > * + *, .check .notice p { margin-top: 6px; }
.check .notice { margin-top: 0; }
.check .calm { gap: 8px; }
.places { display: grid; gap: 3px; margin-top: 4px; }
.save { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 10px; }
.save label { flex: 1 1 200px; }
.scripted form[data-check]:not(.touched) .save { display: none; }
.scripted form[data-check] button[name="check"] { display: none; }
.diff { display: grid; gap: 2px; margin-top: 6px; padding: 8px 12px; background: var(--raised); border-radius: 6px; }
.diff li { overflow-wrap: anywhere; }
.diff code { font-size: 12.5px; }
.diff.lines { gap: 0; padding: 6px 0; overflow-x: auto; }
.diff.lines li { padding: 0 12px; }
.diff.lines code { display: block; padding-left: 2ch; text-indent: -2ch; white-space: pre-wrap; }
.diff .removed { background: color-mix(in srgb, var(--bad) 14%, transparent); }
.diff .added { background: color-mix(in srgb, var(--good) 14%, transparent); }
.confirm .diff { margin-bottom: 12px; }

.shares { display: grid; gap: 8px; padding: 14px 16px; background: var(--sheet); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }
.share { display: grid; grid-template-columns: minmax(60px, 1fr) minmax(80px, 3fr) 112px; align-items: center; gap: 4px 14px; }
.share label { font-weight: 500; overflow-wrap: anywhere; }
.share .percent { display: flex; align-items: center; gap: 6px; }
.share input[type="number"] { text-align: right; }
input[type="range"]:not([type="hidden"]) { display: none; min-height: 24px; padding: 0; border: 0; background: none; accent-color: var(--accent); }
.scripted input[type="range"]:not([type="hidden"]) { display: block; }
.sum { padding-top: 8px; border-top: 1px solid var(--line); color: var(--quiet); font-size: 13px; text-align: right; }
.sum output { font-weight: 600; color: var(--ink); }
.sum output.bad { color: var(--bad); }

.answer { margin-top: 12px; }
.answer:empty { display: none; }
.verdict { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 8px; font-size: 15px; overflow-wrap: anywhere; }
.verdict .tag { margin-left: 0; }
.why { display: grid; gap: 3px; margin-top: 8px; padding-left: 12px; border-left: 2px solid var(--line-strong); }
.why li { display: flex; gap: 7px; color: var(--tone, inherit); overflow-wrap: anywhere; }
.why .tone-idle { color: var(--quiet); }
.why .tone-busy > span { color: var(--ink); }
.why .icon { margin-top: 4px; }
.why .cut { stroke: var(--ground); }
.why li > span:not(.hidden) { min-width: 0; }
.depth-2 { padding-left: 20px; }
.depth-3 { padding-left: 40px; }
.depth-4 { padding-left: 60px; }
.depth-5 { padding-left: 80px; }
.depth-6 { padding-left: 100px; }
.depth-7 { padding-left: 120px; }
.depth-8 { padding-left: 140px; }
.changes > li { display: grid; grid-template-columns: auto minmax(0, 1fr) auto auto; gap: 0 10px; padding-block: 10px; }
.changes .diff { grid-column: 2 / -1; }
.changes .now { font-size: 13px; }
.changes .button { justify-self: end; min-height: 28px; padding: 0 11px; font-size: 13px; }
.after { margin-top: 10px; }
.proposal .actions { align-items: center; margin-top: 10px; }
.proposal .diff { background: var(--sheet); }
.notice .diff { background: color-mix(in srgb, var(--sheet) 60%, transparent); }

/* Something changed while the page was open */

@keyframes changed { from { background-color: var(--accent-wash); } }
.changed { animation: changed 1.6s ease-out; border-radius: 4px; }

/* Narrower */

@media (max-width: 900px) {
  .checks .number .counts { max-width: 20ch; white-space: normal; }
  .columns { grid-template-columns: minmax(0, 1fr); }
}

@media (max-width: 760px) {
  .top { flex-wrap: wrap; gap: 0 16px; padding: 8px 16px 0; }
  .top nav { order: 3; width: 100%; min-height: 40px; margin-left: -10px; overflow-x: auto; scrollbar-width: none; }
  .top nav a { padding-inline: 10px; }
  main { padding: 20px 16px 56px; }
  main > section, main > .columns { margin-top: 28px; }
  h1 { font-size: 20px; }
  .numbers { gap: 6px 24px; }
  .actions .button { min-height: 40px; }
  .filters label, .filters select { flex: 1 1 140px; width: 100%; }
  .filters label:has(input) { flex: 1 1 100%; }
  dialog { padding: 20px; }

  /* Rows become small cards: each value with its column's heading before it. */
  .list, .list tbody, .list tr, .list td, .list .group th { display: block; }
  .list thead { display: none; }
  .list tr { padding: 10px 14px; border-top: 1px solid var(--line); }
  .list tbody:first-of-type > tr:first-child { border-top: 0; }
  .list td, .list .group th { padding: 2px 0; border: 0; }
  .list td:first-child, .list td:last-child { padding-right: 0; }
  .list td.name { padding-left: 0; }
  .list .group th:first-child { padding-inline: 0; }
  .list .wide, .list .services, .list .labels { width: auto; max-width: none; }
  .running { display: flex; flex-wrap: wrap; gap: 0 10px; }
  .running > a, .running .counts { flex: 1 0 100%; min-width: 0; }
  .running > code { white-space: normal; }
  .running + .running { margin-top: 4px; }
  .list td:not(.name) { position: relative; padding-left: 98px; min-height: 25px; }
  .list td:not(.name)::before { content: attr(data-label); position: absolute; left: 0; color: var(--quiet); font-size: 12px; line-height: 21px; }
  .list .name { font-size: 15px; }
  .list.fleet td.number { display: inline-block; margin-right: 16px; padding-left: 0; }
  .list.fleet td.number::before { position: static; margin-right: 6px; }
  .list tr.failed { background: color-mix(in srgb, var(--bad-wash) 55%, transparent); }
  .list tr.failed td { background: none; }
  .list .group { padding-bottom: 4px; background: var(--raised); }
  .checks .number { white-space: normal; }
  .list.checks tr.says { padding-top: 0; border-top: 0; }
  .list.checks .says td { padding-left: 0; min-height: 0; }
  .list.checks tr:has(+ .says) { padding-bottom: 4px; }
  .list.checks tr.failed td, .list.checks tr.failed:hover td { background: none; }

  .list .switch { text-align: left; }
  .list .switch .button { min-height: 36px; }
  .share { grid-template-columns: minmax(0, 1fr) 112px; }
  .share input[type="range"] { grid-row: 2; grid-column: 1 / -1; }
  .variants .number { width: auto; max-width: none; }
  .tabs { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; }
  .tabs a { flex: none; margin-bottom: 0; }
  .depth-5, .depth-6, .depth-7, .depth-8 { padding-left: 70px; }
  .changes > li { grid-template-columns: auto minmax(0, 1fr) auto; }
  .changes .sentence { grid-column: 2 / -1; }
  .changes .when { grid-column: 2; align-self: center; text-align: left; }
  .changes .now { grid-column: 3; }
  .list .more { padding-top: 0; border-top: 0; }
  .waves { grid-template-columns: minmax(0, 1fr); gap: 8px; }
  .timeline > li { flex-wrap: wrap; gap: 0 8px; }
  .timeline .subject { width: auto; max-width: 60%; }
  .timeline .of-rollout .sentence { order: 3; flex: 1 1 100%; }
  .timeline .of-rollout .when { margin-left: auto; }
  .notice { flex-wrap: wrap; }
  figcaption .readout { margin-left: 0; }
  .frame.large { grid-template-rows: auto 220px 20px; }
  .frame .times .tick:nth-child(even), .marks .tick { display: none; }
  .choices { flex: 1 1 100%; }
  .choices label { flex: 1 1 130px; }
  .choices select { width: 100%; }
  .typing { display: none; }
  .steps .button { min-height: 38px; padding: 0 12px; }
  .series-list th:nth-child(n+3), .series-list td:nth-child(n+3) { display: none; }
  .series-list th:nth-child(2) { width: 96px; }
  .readout-line { height: auto; min-height: 40px; max-height: 84px; }
  .readout-line > .muted { display: none; }
  .switcher a { padding: 6px 11px; }
  .between-fields { width: min(240px, calc(100vw - 32px)); }
  .values .number { text-align: left; }
}

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}

@media (forced-colors: active) {
  .series, .last { forced-color-adjust: none; }
}
"""##,
        "halcyon.js": ##"""
// The page is complete without this. With it, an open page keeps itself current and asks its questions in place.

import { startCharts } from "./charts.js";
import { startDialogs } from "./dialogs.js";
import { startEditors } from "./editors.js";
import { startExplorer } from "./explorer.js";
import { startFilters } from "./filters.js";
import { startLive } from "./live.js";
import { startMoments } from "./moments.js";
import { startShares } from "./shares.js";

document.documentElement.classList.add("scripted");
startMoments();
startCharts();
startDialogs();
startFilters();
startEditors();
startShares();
startExplorer();
startLive();

// What was just done has been said; a copied address should not say it again.
const address = new URL(location.href);
if (address.searchParams.has("done")) {
  address.searchParams.delete("done");
  address.searchParams.delete("flag");
  history.replaceState(null, "", address);
}
"""##,
        "live.js": ##"""
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
"""##,
        "moments.js": ##"""
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
"""##,
        "morph.js": ##"""
// Makes an element like another one by the fewest changes, so that focus, selection, scroll, open details and what is being
// typed survive. Children with an id keep it; the others are matched by their place and name.

export function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) {
      from.nodeValue = to.nodeValue;
      mark(from.parentElement);
    }
    return;
  }
  morphAttributes(from, to);
  // Whoever types here decides what is in it.
  if (from.matches("input, select, textarea") || from.hasAttribute("data-readout")) return;
  if (from.matches("time[data-moment]")) return;
  morphChildren(from, to);
}

const COMBOBOX = ["rows", "role", "aria-autocomplete", "aria-expanded", "aria-haspopup", "aria-controls", "aria-activedescendant"];

function morphAttributes(from, to) {
  const own = from.matches("details") ? ["open"]
    : from.matches("input") ? ["value", "class"]
    : from.matches(".cursor, .selection") ? ["hidden", "d"]
    : from.matches(".plot") ? ["data-at", "data-dragging"]
    : from.matches("textarea[data-expression]") ? COMBOBOX
    : from.matches("time") ? ["title"] : [];
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !own.includes(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (!own.includes(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
}

function morphChildren(from, to) {
  const keyed = new Map();
  for (const child of from.children) if (child.id) keyed.set(child.id, child);
  const wanted = new Set([...to.children].map((child) => child.id).filter(Boolean));

  let place = from.firstChild;
  for (const next of [...to.childNodes]) {
    // What has gone makes room, so that its successors are compared with their own kind.
    while (place?.id && !wanted.has(place.id)) place = remove(place);
    const same = next.id ? keyed.get(next.id) : alike(place, next) ? place : null;
    if (same) {
      if (same !== place) from.insertBefore(same, place);
      else place = place.nextSibling;
      morph(same, next);
    } else {
      from.insertBefore(next, place);
      if (next.nodeType === Node.ELEMENT_NODE) next.classList.add("changed");
    }
  }
  while (place) place = remove(place);
}

function alike(place, next) {
  return place && place.nodeType === next.nodeType && place.nodeName === next.nodeName && !place.id && !next.id;
}

function remove(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

// A short wash of colour where a word changed; none inside pictures.
function mark(element) {
  const target = element?.closest(".sign, td, .sentence");
  if (!target || element.closest("svg") || target.matches(".when")) return;
  target.classList.add("changed");
  target.addEventListener("animationend", () => target.classList.remove("changed"), { once: true });
}
"""##,
        "shares.js": ##"""
// Sliders of a rollout. Moving one takes from the others, or gives to them, so that everybody always gets something; the numbers
// beside them can be typed freely.

export function startShares() {
  document.addEventListener("input", (event) => {
    const shares = event.target.closest("[data-shares]");
    if (!shares) return;
    const row = event.target.closest(".share");
    if (event.target.matches("[data-slider]")) balance(shares, row, Number(event.target.value));
    else if (rows(shares).length === 2 && event.target.value !== "") {
      const other = rows(shares).find((entry) => entry !== row);
      set(other, 100 - clamp(Number(event.target.value)));
    }
    show(shares);
  }, true);
  document.addEventListener("halcyon:reset", (event) => {
    const shares = event.target.querySelector("[data-shares]");
    if (shares) show(shares);
  });
}

const rows = (shares) => [...shares.querySelectorAll(".share")];
const number = (row) => row.querySelector("input[type=number]");
const value = (row) => clamp(Number(number(row).value) || 0);
const clamp = (share) => Math.min(100, Math.max(0, share));
const rounded = (share) => Math.round(share * 1000) / 1000;

function set(row, share) {
  number(row).value = String(rounded(share));
}

// What the others have together is what is left; they keep their proportions.
function balance(shares, moved, share) {
  const others = rows(shares).filter((row) => row !== moved);
  const left = 100 - share;
  const had = others.reduce((sum, row) => sum + value(row), 0);
  set(moved, share);
  let given = 0;
  for (const [place, row] of others.entries()) {
    const part = place === others.length - 1 ? left - given
      : rounded(had > 0 ? value(row) / had * left : left / others.length);
    set(row, part);
    given += part;
  }
}

function show(shares) {
  for (const row of rows(shares)) row.querySelector("[data-slider]").value = String(value(row));
  const sum = rounded(rows(shares).reduce((all, row) => all + (Number(number(row).value) || 0), 0));
  const output = shares.querySelector("[data-sum]");
  output.textContent = `${sum}%`;
  output.classList.toggle("bad", sum !== 100);
}
"""##,
    ]
}
