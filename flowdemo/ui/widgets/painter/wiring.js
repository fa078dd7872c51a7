// Last: connect the controls, then show what Python gave.

const chips = createChips(ui.chips, ui.search, chooseClass, (index) => { mixColours(index); drawSoon(); });
const help = createPopover(ui.help, ui.helpBox);
const saving = createPopover(ui.save, ui.saveMenu);
fillShortcuts(ui.keyList);

for (const button of toolButtons) button.addEventListener("click", () => chooseTool(button.dataset.tool));
ui.undo.addEventListener("click", () => travel("undo"));
ui.redo.addEventListener("click", () => travel("redo"));
ui.clear.addEventListener("click", clear);
ui.size.addEventListener("input", () => chooseSize(ui.size.value));
ui.numbersOn.addEventListener("change", drawSoon);
ui.opacity.addEventListener("input", blend);
ui.protect.addEventListener("change", () => { mask.protect = Number(ui.protect.value); });
ui.saveMenu.addEventListener("click", (event) => {
  const kind = event.target.dataset.save;
  if (!kind) return;
  saveAs(kind);
  saving.toggle(false);
});

ui.load.addEventListener("click", () => ui.file.click());
ui.file.addEventListener("change", () => { loadFile(ui.file.files[0]); ui.file.value = ""; });
ui.stage.addEventListener("dragover", (event) => { event.preventDefault(); ui.stage.classList.add("mp-drop"); });
ui.stage.addEventListener("dragleave", () => ui.stage.classList.remove("mp-drop"));
ui.stage.addEventListener("drop", (event) => {
  event.preventDefault();
  ui.stage.classList.remove("mp-drop");
  loadFile(event.dataTransfer.files[0]);
});

ui.canvas.addEventListener("pointerdown", onPointerDown);
ui.canvas.addEventListener("pointermove", onPointerMove);
ui.canvas.addEventListener("pointerup", onPointerUp);
ui.canvas.addEventListener("pointercancel", onPointerUp);
ui.canvas.addEventListener("pointerleave", () => { if (!stroke) showCursor(false); });
// The plain wheel scrolls the page and Ctrl + wheel zooms it; neither is ours to take.
ui.canvas.addEventListener("wheel", (event) => {
  if (!event.altKey) return;
  event.preventDefault();
  resize(event.deltaY < 0 ? 1 : -1);
}, { passive: false });
ui.canvas.addEventListener("focus", () => {
  if (ui.canvas.matches(":focus-visible")) showCursor(true);
});
ui.canvas.addEventListener("blur", () => { endKeyStroke(); showCursor(false); });
ui.root.addEventListener("keydown", onKeyDown);
ui.root.addEventListener("keyup", (event) => { if (event.key === "Shift") endKeyStroke(); });

watch(["value", "label"], adopt);
adopt();
