// Evidence that can be read: pictures grow, shrink and turn. Without scripts they are shown whole and open on their own.

const SIZES = ["1", "1.5", "2", "3", "4"];

const button = (label, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button--quiet button--small";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
};

for (const picture of document.querySelectorAll(".evidence figure img")) {
  const frame = document.createElement("div");
  const link = picture.closest("a");
  frame.className = "viewer";
  frame.dataset.zoom = "1";
  frame.dataset.turn = "0";
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", picture.alt);
  link.replaceWith(frame);
  frame.append(picture);

  const zoom = (by) => {
    const place = SIZES.indexOf(frame.dataset.zoom) + by;
    frame.dataset.zoom = SIZES[Math.min(SIZES.length - 1, Math.max(0, place))];
  };
  const turn = () => {
    frame.dataset.turn = String((Number(frame.dataset.turn) + 90) % 360);
  };
  const bar = document.createElement("div");
  bar.className = "viewer__bar";
  bar.append(
    button("放大", () => zoom(1)),
    button("缩小", () => zoom(-1)),
    button("旋转", turn),
  );
  frame.after(bar);
  frame.addEventListener("keydown", (event) => {
    const keys = { "+": () => zoom(1), "=": () => zoom(1), "-": () => zoom(-1), r: turn };
    if (event.target !== frame || !keys[event.key]) return;
    event.preventDefault(); // on the page r would be another key
    keys[event.key]();
  });
}
