// Choosing rows for a batch: a stretch with Shift, the whole page, and x for the row that has focus.

const bar = document.querySelector("[data-batch]");
const picks = [...document.querySelectorAll("[data-pick]")];

if (bar && picks.length) {
  const all = bar.querySelector("[data-pick-all]");
  const whole = all.querySelector("input");
  const picked = bar.querySelector("[data-picked]");
  let last = -1;

  const tell = () => {
    const chosen = picks.filter((each) => each.checked).length;
    picked.textContent = chosen ? `所选 ${chosen} 件` : "";
    whole.checked = chosen === picks.length;
    whole.indeterminate = chosen > 0 && chosen < picks.length;
  };
  const stretch = (from, to, checked) => {
    for (let place = Math.min(from, to); place <= Math.max(from, to); place += 1) picks[place].checked = checked;
  };

  all.hidden = false;
  bar.querySelector("[data-whole]").hidden = true;
  whole.addEventListener("change", () => {
    stretch(0, picks.length - 1, whole.checked);
    tell();
  });
  for (const [place, pick] of picks.entries()) {
    pick.addEventListener("click", (event) => {
      if (event.shiftKey && last >= 0) stretch(last, place, pick.checked);
      last = place;
      tell();
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    const pick = document.activeElement?.closest("tr")?.querySelector("[data-pick]");
    if (!pick || document.activeElement.matches("input:not([data-pick]), select, textarea")) return;
    event.preventDefault();
    const place = picks.indexOf(pick);
    pick.checked = !pick.checked;
    if (event.shiftKey && last >= 0) stretch(last, place, pick.checked);
    last = place;
    tell();
  });
  addEventListener("pageshow", tell); // a browser that comes back keeps what was ticked
  tell();
} else if (bar) {
  for (const button of bar.querySelectorAll("button")) button.hidden = true;
}
