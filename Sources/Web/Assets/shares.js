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
