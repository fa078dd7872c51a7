// The class chips: a radio group with swatch, name, number key and share of the mask. Names come from a model's
// files, so they only ever enter the page as text.

const SEARCH_FROM = 13; // classes; up to a dozen are found faster by eye

function shareText(count, total) {
  const percent = (100 * count) / total;
  if (count === 0) return "0 %";
  if (percent < 0.1) return "< 0.1 %";
  return `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`;
}

function createChip(entry, key) {
  const node = (tag, className, text = "") => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };
  const button = node("button", "mp-chip");
  button.type = "button";
  button.setAttribute("role", "radio");
  button.dataset.index = entry.index;
  button.title = `${entry.name} (${key})`;
  const swatch = node("i", "mp-swatch");
  swatch.style.backgroundColor = `rgb(${entry.color.join(",")})`;
  const share = node("span", "mp-share");
  button.append(swatch, node("span", "mp-name", entry.name), node("kbd", "mp-key", key), share);
  return { entry, button, share };
}

// `choose(index)` is called when the visitor picks a class; `peek(index | null)` while a chip is hovered.
function createChips(list, search, choose, peek) {
  let chips = [];
  let selected = null;

  const visible = () => chips.filter(({ button }) => !button.hidden);

  // One stop in the tab order: the chosen chip, or the first one the search left.
  function mark() {
    const shown = visible();
    const stop = shown.find(({ entry }) => entry.index === selected) || shown[0];
    for (const chip of chips) {
      chip.button.setAttribute("aria-checked", String(chip.entry.index === selected));
      chip.button.tabIndex = chip === stop ? 0 : -1;
    }
  }

  function step(from, by) {
    const shown = visible();
    const next = shown[(shown.indexOf(from) + by + shown.length) % shown.length];
    choose(next.entry.index);
    next.button.focus();
  }

  function wire(chip) {
    const { button, entry } = chip;
    let timer = 0;
    button.addEventListener("click", () => choose(entry.index));
    button.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      step(chip, by);
    });
    // A pause first: a pointer on its way to another chip should not make the mask flicker.
    button.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") timer = setTimeout(() => peek(entry.index), 350);
    });
    button.addEventListener("pointerleave", () => { clearTimeout(timer); peek(null); });
  }

  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const { entry, button } of chips) {
      button.hidden = !(entry.name.toLowerCase().includes(wanted) || String(entry.index) === wanted);
    }
    mark();
  });

  return {
    build(palette) {
      chips = palette.classes.map((entry) => createChip(entry, String(entry.index)));
      if (palette.ignore) chips.push(createChip(palette.ignore, "V"));
      chips.forEach(wire);
      list.replaceChildren(...chips.map(({ button }) => button));
      search.value = "";
      search.hidden = palette.classes.length < SEARCH_FROM;
    },
    select(index) {
      selected = index;
      mark();
      chips.find(({ entry }) => entry.index === index)?.button.scrollIntoView?.({ block: "nearest" });
    },
    shares(counts, total) {
      for (const { entry, share } of chips) share.textContent = shareText(counts[entry.index], total);
    },
  };
}
