// One picture of the row: a smooth canvas for pictures, a crisp one for maps above it, a heading and a line below.

function createPane(kind, name) {
  const base = h("canvas", { class: "cp-base", width: 4, height: 3 });
  const top = h("canvas", { class: "cp-top", width: 4, height: 3 });
  const mark = h("i", { class: "cp-mark", hidden: true });
  const nothing = h("p", { class: "cp-nothing" });
  const stack = h("div", { class: "cp-stack", tabindex: 0, role: "application" }, base, top, mark, nothing);
  const letter = h("b", { class: "cp-letter" }),
    title = h("span", { class: "cp-name" });
  const head = h("p", { class: "cp-title" }, letter, title);
  const line = h("p", { class: "cp-line" }),
    more = h("p", { class: "cp-line cp-soft" });
  const panel = h("figure", { class: `cp-pane cp-${kind}`, "data-pane": name }, head, stack, line, more);
  const maps = new MapCanvas(top);
  const context = base.getContext("2d");

  const placeOf = (event) => {
    const box = stack.getBoundingClientRect();
    const share = (at, from, length) => clamp((at - from) / length, 0, 0.999999);
    return { x: share(event.clientX, box.left, box.width), y: share(event.clientY, box.top, box.height) };
  };
  stack.addEventListener("pointermove", (event) => act.hover(placeOf(event)));
  stack.addEventListener("pointerdown", (event) => {
    state.cursor = null;
    act.hover(placeOf(event));
  });
  stack.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && act.hover(null));

  // A picture and what lies over it; either may be null. `fill(words)` colours a map of a size.
  function draw(picture, map, crisp) {
    base.style.visibility = picture ? "" : "hidden";
    top.style.visibility = map ? "" : "hidden";
    base.classList.toggle("cp-crisp", Boolean(crisp));
    if (picture) {
      if (base.width !== picture.width || base.height !== picture.height)
        Object.assign(base, { width: picture.width, height: picture.height });
      context.clearRect(0, 0, base.width, base.height);
      context.drawImage(picture, 0, 0);
    }
    if (map) maps.paint(map.width, map.height, map.fill);
  }

  function tell(parts) {
    setText(letter, parts.letter ?? "");
    letter.hidden = !parts.letter;
    setText(title, parts.title);
    title.title = parts.title;
    setText(line, parts.line ?? "");
    setText(more, parts.more ?? "");
    more.title = parts.more ?? "";
    setText(nothing, parts.nothing ?? "");
    stack.setAttribute("aria-label", `${parts.said ?? parts.title}. Arrow keys move a mark that names its classes.`);
  }

  function place(at) {
    mark.hidden = !at;
    if (!at) return;
    mark.style.setProperty("--x", `${100 * at.x}%`);
    mark.style.setProperty("--y", `${100 * at.y}%`);
  }

  return { root: panel, stack, head, top, draw, tell, place };
}
