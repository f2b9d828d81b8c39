// The region cascade without reloading: each choice fills the next select. Without this, or when the
// network fails, the button 显示下一级 does the same through the server.

for (const cascade of document.querySelectorAll("[data-region-cascade]")) {
  const selects = [...cascade.querySelectorAll("select")];
  const button = cascade.querySelector("button");
  const output = cascade.querySelector("output");
  let running = null;
  // A hidden submit button would still be what Enter presses: the first of its form.
  const offer = (shown) => {
    if (!button) return;
    button.hidden = !shown;
    button.type = shown ? "submit" : "button";
  };
  offer(false);

  const close = (select) => {
    select.length = 1;
    select.disabled = true;
    select.closest("p").hidden = true;
  };

  const open = async (select, code) => {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    try {
      const response = await fetch(cascade.dataset.url.replace("CODE", encodeURIComponent(code)), { signal });
      if (!response.ok) throw new Error(String(response.status));
      const region = await response.json();
      if (!region.children.length) return;
      select.options[0].textContent = region.blank;
      select.closest("p").querySelector("label").textContent = region.label;
      for (const child of region.children) {
        const option = new Option(child.name, child.code);
        if (child.leaf) option.dataset.leaf = "";
        select.add(option);
      }
      select.disabled = false;
      select.closest("p").hidden = false;
    } catch (error) {
      if (error.name === "AbortError") return;
      offer(true);
    }
  };

  selects.forEach((select, index) => select.addEventListener("change", () => {
    running?.abort();
    selects.slice(index + 1).forEach(close);
    const chosen = select.selectedOptions[0];
    const next = selects[index + 1];
    output.textContent = selects.filter((s) => s.value).map((s) => s.selectedOptions[0].textContent).join(" ");
    if (select.value && next && !("leaf" in chosen.dataset)) open(next, select.value);
  }));
}
