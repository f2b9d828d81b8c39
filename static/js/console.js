// The reviewers' keys. In a list j and k walk through the queue, and Enter follows the link that has focus. On a case
// a and r lead to the button or the form: what decides is the Enter pressed on it, never a letter. ? shows them all.

const one = (selector) => document.querySelector(selector);
const links = () => [...document.querySelectorAll("[data-queue] tbody a[data-case]")];

const step = (by) => {
  const cases = links();
  if (!cases.length) return;
  const here = cases.indexOf(document.activeElement);
  const next = here < 0 ? (by > 0 ? 0 : cases.length - 1) : Math.min(cases.length - 1, Math.max(0, here + by));
  cases[next].focus();
};

const approve = () => {
  const button = one(".decision__bar > form button[name=move]");
  if (!button) return;
  document.querySelectorAll(".decision__bar > details[open]").forEach((each) => { each.open = false; }); // they hide it
  button.focus();
};

const refuse = () => {
  const form = one("#refusal");
  if (!form) return;
  form.closest("details").open = true;
  form.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
};

const dialog = one("[data-keys]");
const help = () => dialog?.showModal();

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => one("[data-search] input[type=search]")?.focus(),
  a: approve,
  r: refuse,
  n: () => one("a[data-next]")?.click(),
  u: () => one(".side-nav a[aria-current]")?.click(),
  "?": help,
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (typing && event.key === "Escape") typing.blur(); // the keys are the keys again
  if (event.defaultPrevented || typing || dialog?.open || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

document.querySelectorAll("[data-keys-open]").forEach((button) => {
  button.hidden = false; // without scripts there are no keys to explain
  button.addEventListener("click", help);
});
