// Files of a finished or stopped run: one click, one question, one file.

const FILES = [
  ["picture", "Picture", "Result as PNG"],
  ["frame", "This frame", "The frame on the stage as PNG"],
  ["mask", "Mask", "Class indices as PNG"],
  ["sheet", "Sheet", "All frames on one PNG"],
  ["webp", "WebP", "Animation as WebP"],
  ["gif", "GIF", "Animation as GIF"],
  ["zip", "Frames", "All frames in a ZIP"],
  ["recipe", "Recipe", "Settings that reproduce this run, as JSON"],
];

function createDownloads(state, act) {
  const buttons = FILES.map(([kind, text, title]) =>
    h("button", {
      type: "button",
      class: "fd-quiet",
      text,
      title,
      "aria-label": `Save: ${title}`,
      disabled: true,
      onclick: () => save(kind),
    }),
  );
  const root = h(
    "div",
    { class: "fd-save", role: "group", "aria-label": "Save" },
    h("span", { text: "Save" }),
    ...buttons,
  );
  const busy = new Set();

  async function save(kind) {
    const { run, index, sample } = state;
    if (busy.has(kind)) return;
    busy.add(kind);
    act.touch();
    try {
      const file = await answer(server.download(run.id, kind, index, sample));
      const name = handOver(file);
      act.message(`Saved ${name}.`, "said");
    } catch (error) {
      act.message(error.message);
    }
    busy.delete(kind);
    act.touch();
  }

  function draw() {
    const ready = Boolean(state.run?.end && state.run.end.status !== "failed" && state.run.newest >= 0);
    buttons.forEach((button, i) => {
      button.disabled = !ready;
      button.hidden = FILES[i][0] === "mask" && Boolean(state.run?.global);
      button.setAttribute("aria-busy", String(busy.has(FILES[i][0])));
    });
  }

  return { root, draw };
}

// The type is a plain one whatever the server says, and the file is saved, never opened.
function handOver(file) {
  const type = /^(image\/(png|gif|webp)|application\/(zip|json))$/.test(file.mime)
    ? file.mime
    : "application/octet-stream";
  const name = String(file.name)
    .replace(/[^\w.+=-]+/g, "_")
    .slice(-120);
  const link = h("a", { href: URL.createObjectURL(new Blob([base64Bytes(file.data)], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return name;
}
