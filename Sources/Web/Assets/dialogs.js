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
