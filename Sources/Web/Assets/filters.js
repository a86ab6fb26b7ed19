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
