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
