// What HTML cannot do for forms: focus on the error summary, character counters, no double submit.

// The error summary takes focus, and its links reach the control even where a browser only scrolls.
const summary = document.querySelector("[data-error-summary]");
if (summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    (field.closest(".field") ?? field).scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });
}

// Counters count code points as the server does, so that rare characters count as one.
for (const counter of document.querySelectorAll("[data-counter-for]")) {
  const control = document.getElementById(counter.dataset.counterFor);
  if (!control) continue;
  const max = Number(counter.dataset.max);
  const spoken = document.createElement("span");
  spoken.className = "hidden-visually";
  spoken.setAttribute("role", "status");
  counter.after(spoken);
  let timer;
  const show = () => {
    const left = max - [...control.value.trim()].length;
    counter.textContent = left < 0 ? `超出 ${-left} 字，请删减` : `还可以输入 ${left} 字（最多 ${max} 字）`;
    counter.classList.toggle("is-over", left < 0);
    clearTimeout(timer);
    timer = setTimeout(() => { spoken.textContent = left < max / 10 ? counter.textContent : ""; }, 1000);
  };
  control.addEventListener("input", show);
  show();
}

// A form that must go once: the second press does nothing. The server is safe without this too.
const BUSY = "data-busy";
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.hasAttribute(BUSY)) {
    event.preventDefault();
    return;
  }
  form.setAttribute(BUSY, "");
  event.submitter?.setAttribute("aria-busy", "true");
});
// Back to the page from the browser's memory: the form may go again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll(`[${BUSY}]`)) form.removeAttribute(BUSY);
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});
