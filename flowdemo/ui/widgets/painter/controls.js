// Small parts around the canvas: popovers, downloads, file reading, the list of keys.

const MAX_FILE_BYTES = 4000000; // the server refuses more

const SHORTCUTS = [
  ["B E F R I", "brush, erase, fill, box, pick"],
  ["0 – 9", "class; type two digits above 9"],
  ["V", "ignore label, if any"],
  ["[ ]  or Alt + wheel", "brush size"],
  ["Alt + click", "pick a class"],
  ["Shift + fill", "replace a class everywhere"],
  ["Ctrl + Z, Ctrl + Shift + Z", "undo, redo"],
  ["arrows", "move the cursor (Ctrl: by 10)"],
  ["Space", "paint at the cursor"],
  ["Shift + arrows", "paint along"],
  ["Esc", "drop the stroke or box"],
];

function fillShortcuts(list) {
  for (const [keys, meaning] of SHORTCUTS) {
    const key = document.createElement("kbd");
    const text = document.createElement("span");
    key.textContent = keys;
    text.textContent = meaning;
    list.append(key, text);
  }
}

function createPopover(button, box) {
  const toggle = (open) => {
    box.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  const outside = (event) => {
    if (!box.isConnected) document.removeEventListener("pointerdown", outside);
    else if (!box.contains(event.target) && !button.contains(event.target)) toggle(false);
  };
  document.addEventListener("pointerdown", outside);
  button.addEventListener("click", () => toggle(box.hidden));
  box.parentElement.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    event.stopPropagation();
    toggle(false);
    button.focus();
  });
  return { toggle };
}

function download(name, parts, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function paletteBytes(entries) {
  const bytes = new Uint8Array(768);
  for (const { index, color } of entries) bytes.set(color, 3 * index);
  return bytes;
}

function readAsUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

// Digits typed within `pause` ms make one number, so that classes above 9 have a key too.
function createDigits(isClass, choose, pause = 600) {
  let typed = "", last = 0;
  return (digit, now) => {
    const joined = now - last <= pause ? typed + digit : digit;
    typed = isClass(Number(joined)) ? joined : digit;
    last = now;
    if (isClass(Number(typed))) choose(Number(typed));
  };
}
