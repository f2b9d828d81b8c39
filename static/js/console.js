// The reviewers' keys: j and k walk through the queue, / leads to the search. Enter follows the link that has focus.

const links = () => [...document.querySelectorAll("[data-queue] tbody a[data-case]")];

const step = (by) => {
  const cases = links();
  if (!cases.length) return;
  const here = cases.indexOf(document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : cases.length - 1) : Math.min(cases.length - 1, Math.max(0, here + by));
  cases[next].focus();
};

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => document.querySelector("[data-search] input")?.focus(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});
