// Evidence that can be read: pictures and pages of documents grow, shrink and turn, by buttons and by keys.
// Without scripts they are shown whole, and each opens on its own.

const SIZES = ["1", "1.5", "2", "3", "4"];

const made = (tag, properties) => Object.assign(document.createElement(tag), properties);

const button = (label, act) => {
  const one = made("button", { type: "button", className: "button button--quiet button--small", textContent: label });
  one.addEventListener("click", act);
  return one;
};

for (const figure of document.querySelectorAll("[data-evidence]")) {
  const picture = figure.querySelector("img");
  if (!picture) continue;
  const list = figure.querySelector("[data-pages]");
  const pages = list ? [...list.querySelectorAll("a")].map((link) => link.href) : [picture.src];
  const name = figure.dataset.evidence;
  let place = 0;

  const frame = made("div", { className: "viewer", tabIndex: 0 });
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", `${name}，按加号放大，减号缩小，R 旋转，0 还原${list ? "，方括号翻页" : ""}`);
  const failed = made("p", { className: "quiet", hidden: true });
  failed.setAttribute("role", "status");
  const state = made("span", { className: "quiet" });
  state.setAttribute("role", "status");

  const tell = () => {
    const turned = frame.dataset.turn === "0" ? "" : `，转了 ${frame.dataset.turn} 度`;
    const page = list ? `第 ${place + 1} 页，共 ${pages.length} 页，` : "";
    state.textContent = `${page}${Number(frame.dataset.zoom) * 100}%${turned}`;
  };
  const set = (zoom, turn) => {
    Object.assign(frame.dataset, { zoom, turn });
    tell();
  };
  const grow = (by) => {
    const next = SIZES.indexOf(frame.dataset.zoom) + by;
    set(SIZES[Math.min(SIZES.length - 1, Math.max(0, next))], frame.dataset.turn);
  };
  const turn = () => set(frame.dataset.zoom, String((Number(frame.dataset.turn) + 90) % 360));
  const reset = () => {
    set("1", "0");
    frame.scrollTo(0, 0);
  };
  const leaf = (by) => {
    const next = Math.min(pages.length - 1, Math.max(0, place + by));
    if (next === place) return;
    place = next;
    picture.src = pages[place];
    picture.alt = `${name}，第 ${place + 1} 页`;
    frame.scrollTo(0, 0);
    tell();
  };

  picture.addEventListener("error", () => {
    failed.textContent = "这里无法显示，请稍后再试，或者用下面的链接打开文件。";
    failed.hidden = false;
    picture.hidden = true;
  });
  picture.addEventListener("load", () => {
    failed.hidden = true;
    picture.hidden = false;
  });

  const bar = made("div", { className: "viewer__bar" });
  if (list) bar.append(button("上一页", () => leaf(-1)), button("下一页", () => leaf(1)));
  bar.append(
    button("放大", () => grow(1)),
    button("缩小", () => grow(-1)),
    button("旋转", turn),
    button("还原", reset),
    state,
  );
  picture.closest("a").replaceWith(frame);
  frame.append(picture, failed);
  frame.after(bar);
  list?.remove();
  reset();
  // An error may be older than this script.
  if (picture.complete && !picture.naturalWidth) picture.dispatchEvent(new Event("error"));

  const keys = { "+": () => grow(1), "=": () => grow(1), "-": () => grow(-1), r: turn, R: turn, 0: reset, "[": () => leaf(-1), "]": () => leaf(1) };
  frame.addEventListener("keydown", (event) => {
    if (event.target !== frame || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  });
}
