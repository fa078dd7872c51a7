// Before, after and difference at one crisp scale, what changed in numbers, and the mask to take home.

const ADDED = "#d55e00",
  TAKEN = "#0072b2"; // as the pictures have them
const FRAME = 2, // pixels of both edges of a picture's frame
  GAP = 12, // between pictures
  NARROW = 560; // pixels below which there is no room for three

function createResult() {
  const pictures = ["Before", "After", "Difference"].map((title) => {
    const image = h("img", { alt: "" });
    return { title, image, figure: h("figure", {}, h("div", {}, image), h("figcaption", { text: title })) };
  });
  const added = h("span", { class: "fd-prior-number" }),
    taken = h("span", { class: "fd-prior-number" });
  const legend = h(
    "div",
    { class: "fd-prior-legend" },
    h("span", {}, h("i", { style: `background:${ADDED}` }), "Added ", added),
    h("span", {}, h("i", { style: `background:${TAKEN}` }), "Taken from a shape around it ", taken),
  );
  const line = h("div", { class: "fd-prior-line" }, ...pictures.map(({ figure }) => figure), legend);
  const rows = h("tbody");
  const table = h(
    "table",
    { class: "fd-prior-table" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col", text: "Shape" }),
        h("th", { scope: "col", text: "Area, pixels" }),
        h("th", { scope: "col", text: "Solidity" }),
      ),
    ),
    rows,
  );
  const told = h("p", { class: "fd-prior-told", role: "status" });
  const save = h("a", { class: "fd-prior-button", text: "Save mask", title: "The mask after, class indices as PNG" });
  const note = h("p", {
    class: "fd-prior-note",
    text: "Solidity is the share of its convex hull that the largest part of a shape fills; 1 is convex.",
  });
  const root = h("div", { class: "fd-prior-result", hidden: true }, told, line, table, note, save);

  let size = [1, 1];

  // Whole device pixels for every pixel of the mask; two in a row where three would be small. On a fine screen a pixel
  // of the mask may be uneven by one of the screen, which nobody sees, where that makes the picture much larger.
  function fit() {
    if (root.hidden) return;
    const ratio = window.devicePixelRatio || 1;
    const room = (columns) => (line.clientWidth - GAP * (columns - 1)) / columns - FRAME;
    const scale = (columns) => (room(columns) * ratio) / size[0];
    const columns = line.clientWidth < NARROW || scale(3) < 2 ? 2 : 3;
    const fine = ratio >= 2 && scale(columns) < 3;
    const width = fine || scale(columns) < 1 ? room(columns) : (Math.floor(scale(columns)) * size[0]) / ratio;
    line.classList.toggle("fd-prior-two", columns === 2);
    line.style.setProperty("--width", `${FRAME + width}px`);
  }
  new ResizeObserver(fit).observe(line);

  function cells(entry) {
    const swatch = h("i");
    swatch.style.background = `rgb(${entry.color.join()})`;
    const changed = (values, digits) => values.map((value) => value.toFixed(digits)).join(" → ");
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, h("span", {}, swatch, entry.name)),
      h("td", { text: changed(entry.area, 0) }),
      h("td", { text: changed(entry.solidity, 3) }),
    );
  }

  function show(found, shape) {
    size = shape;
    for (const [i, url] of [found.before, found.after, found.difference].entries()) {
      pictures[i].image.src = url;
      pictures[i].image.alt = `${pictures[i].title} the shape prior`.replace("Difference the", "Difference by the");
    }
    line.style.setProperty("--ratio", size[0] / size[1]);
    setText(added, plural(found.added, "pixel"));
    setText(taken, plural(found.taken, "pixel"));
    rows.replaceChildren(...found.rows.map(cells));
    setText(told, found.text);
    save.href = found.after;
    save.download = found.name;
    root.hidden = false;
    fit();
  }

  function clear() {
    root.hidden = true;
    save.removeAttribute("href");
  }

  return { root, show, clear };
}
