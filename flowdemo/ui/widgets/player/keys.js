// Keys of the player; they work only while the focus is inside it.

const SHORTCUTS = [
  ["Space", "play, pause"],
  ["← →", "one step"],
  ["Home End", "first, newest step"],
  ["< >", "slower, faster"],
  ["1 – 5", "view"],
  ["arrows on the picture", "move the crosshair (Shift: by 10)"],
  ["Enter on the picture", "path of this pixel"],
  ["Esc", "let go of class or crosshair"],
  ["?", "this list"],
];

function createHelp(state) {
  const list = h(
    "dl",
    {},
    ...SHORTCUTS.flatMap(([keys, meaning]) => [h("dt", { text: keys }), h("dd", { text: meaning })]),
  );
  const on = h("input", { type: "checkbox", checked: true, onchange: () => (state.keys = on.checked) });
  const box = h(
    "div",
    { class: "fd-help", hidden: true },
    h("h4", { text: "Keys" }),
    list,
    h("label", {}, on, h("span", { text: "Keys on" })),
  );
  const button = h("button", {
    type: "button",
    class: "fd-quiet",
    text: "?",
    title: "Keys",
    "aria-label": "Keys",
    "aria-expanded": "false",
    onclick: () => toggle(),
  });
  function toggle(open = box.hidden) {
    box.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  }
  return { button, box, toggle };
}

function listenToKeys(state, act, help, stacks, range) {
  // A button that was clicked keeps the focus; Space should then play. One reached by Tab keeps its own Space.
  let byTab = false;
  const root = state.root;
  root.addEventListener("pointerdown", () => (byTab = false));
  root.addEventListener("keyup", (event) => event.key === "Tab" && (byTab = true));

  function moveCursor(event) {
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    act.cursor(dx * (event.shiftKey ? 10 : 1), dy * (event.shiftKey ? 10 : 1));
  }

  const actions = {
    " ": act.toggle,
    ArrowLeft: () => act.step(-1),
    ArrowRight: () => act.step(1),
    Home: () => act.scrub(0),
    End: () => act.scrub(Infinity),
    "<": () => act.faster(-1),
    ">": () => act.faster(1),
    "?": () => help.toggle(),
    Escape: () => (help.box.hidden ? act.release() : help.toggle(false)),
  };
  VIEWS.forEach(([view], i) => (actions[i + 1] = () => act.view(view)));

  root.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!state.keys && key !== "?" && key !== "Escape") return;
    const onControl = target.closest("button, input, a") && target !== range;
    if (onControl && (key === "Enter" || (key === " " && (byTab || target.type === "checkbox")))) return;
    if (target.classList.contains("fd-opacity") && !["?", "Escape"].includes(key) && !/^[1-5 ]$/.test(key)) return;
    const onPicture = stacks.includes(target) && !state.run?.global;
    if (onPicture && key.startsWith("Arrow")) moveCursor(event);
    else if (onPicture && key === "Enter") act.pickCursor();
    else if (target === range && /^(Arrow|Home|End|Page)/.test(key))
      return; // the native range does it
    else if (actions[key]) actions[key]();
    else return;
    event.preventDefault();
  });
}
