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
