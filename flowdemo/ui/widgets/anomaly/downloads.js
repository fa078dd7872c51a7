// Files of a finished detection; they hold the values themselves.

const FILES = [
  ["map-png16", "Map, 16-bit PNG", "The accumulated map as 16-bit grey PNG"],
  ["map-npz", "Maps, NPZ", "The maps as floats for NumPy"],
  ["recipe", "Recipe", "Settings that reproduce this map, as JSON"],
];

function createDownloads() {
  const buttons = FILES.map(([kind, text, title]) =>
    h("button", { type: "button", class: "an-quiet", text, title, disabled: true, onclick: () => save(kind) }),
  );
  const node = h("div", { class: "an-line an-save", role: "group", "aria-label": "Save" }, h("span", { text: "Save" }), ...buttons);
  let busy = false;

  async function save(kind) {
    if (busy) return;
    busy = true;
    const found = await server.download(state.run.id, kind).catch(() => null);
    busy = false;
    if (!found || found.error) return say(found?.error ?? NOT_TAKEN, true);
    say(`Saved ${handOver(found)}.`);
  }

  function draw() {
    const ready = Boolean(state.run?.ended && state.run.ended !== "failed");
    for (const button of buttons) button.disabled = !ready;
  }
  return { root: node, draw };
}

// The type is a plain one whatever the server says, and the file is saved, never opened.
function handOver(file) {
  const type = /^(image\/png|application\/(zip|json))$/.test(file.mime) ? file.mime : "application/octet-stream";
  const name = String(file.name)
    .replace(/[^\w.+=-]+/g, "_")
    .slice(-120);
  const link = h("a", { href: URL.createObjectURL(new Blob([base64Bytes(file.data)], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return name;
}
