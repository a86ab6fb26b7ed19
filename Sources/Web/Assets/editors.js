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
