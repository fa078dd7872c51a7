// How far the last mean is from the level of each class: shorter is nearer.

function createBars() {
  const title = h("h2"),
    list = h("ol", { class: "lb-bars" });
  const root = h("div", { class: "lb-panel" }, title, list, h("p", { class: "lb-hint", text: "In level spacings; shorter is nearer." }));
  let rows = [],
    shown = null;

  function build() {
    shown = state.offer;
    rows = shown.classes.map((name) => {
      const bar = h("i"),
        value = h("span", { class: "lb-value" }),
        node = h("li", {}, h("span", { text: name }), h("div", {}, bar), value);
      return { node, bar, value };
    });
    list.replaceChildren(...rows.map(({ node }) => node));
    list.style.setProperty("--name", `${Math.max(...shown.classes.map((name) => name.length))}ch`);
  }

  function draw() {
    if (shown !== state.offer) build();
    const chosen = shownColumn();
    setText(title, chosen ? `Distance after ${stepsText(chosen.steps)}` : "Distance to each class");
    rows.forEach(({ node, bar, value }, i) => {
      const distance = chosen?.distances[i];
      bar.style.width = `${isNumber(distance) ? clamp((100 * distance) / (rows.length - 1), 0.5, 100) : 0}%`;
      setText(value, decimal(distance));
      node.classList.toggle("lb-on", chosen?.nearest === i);
    });
  }
  return { root, draw };
}
