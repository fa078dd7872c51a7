// Files of a finished run; they hold the values themselves.

function createDownloads() {
  const buttons = FILES.map(([kind, text, title]) => quietButton(text, title, () => save(kind)));
  const node = h("div", { class: "sh-save", role: "group", "aria-label": "Save" }, h("span", { class: "fl-name", text: "Save" }), ...buttons);
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
function handOver({ name: given, mime, data }) {
  const type = /^(image\/(png|gif)|application\/(zip|json))$/.test(mime) ? mime : "application/octet-stream";
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const name = String(given)
    .replace(/[^\w.+=-]+/g, "_")
    .slice(-120);
  const link = h("a", { href: URL.createObjectURL(new Blob([bytes], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  return name;
}
