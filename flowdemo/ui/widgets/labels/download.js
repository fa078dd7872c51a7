// The grid as one PNG, with a line on how it was made.

const SAVED_SIDE = 192,
  SAVED_GAP = 12,
  SAVED_LINE = 30;

function createDownload() {
  const root = h("button", { type: "button", class: "lb-quiet", text: "Download PNG", onclick: save });

  async function save() {
    const { run } = state;
    const found = await Promise.all(run.made.map(({ picture }) => createImageBitmap(pictureBlob(picture))));
    const columns = Math.min(found.length, 4),
      rows = Math.ceil(found.length / 4);
    const width = columns * (SAVED_SIDE + SAVED_GAP) + SAVED_GAP;
    const height = rows * (SAVED_SIDE + SAVED_GAP) + SAVED_GAP + SAVED_LINE;
    const canvas = h("canvas", { width, height });
    const context = canvas.getContext("2d");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = !run.offer.digits;
    context.imageSmoothingQuality = "high";
    found.forEach((bitmap, k) => {
      const place = [k % 4, Math.floor(k / 4)].map((i) => SAVED_GAP + i * (SAVED_SIDE + SAVED_GAP));
      context.drawImage(bitmap, ...place, SAVED_SIDE, SAVED_SIDE);
      bitmap.close();
    });
    const { label, steps, seed, beta } = run.about;
    const name = run.offer.classes[label];
    context.fillStyle = "#444444";
    context.font = "14px system-ui, sans-serif";
    const line = `${run.about.model}, ${name}, ${stepsText(steps)}, seed ${seed}, β ${decimal(beta)}`;
    context.fillText(line, SAVED_GAP, height - SAVED_GAP, width - 2 * SAVED_GAP);
    const data = await new Promise((done) => canvas.toBlob(done, "image/png"));
    const file = `${run.about.model}_${name}_${steps}steps_seed${seed}.png`.replace(/[^\w.-]+/g, "_");
    const link = h("a", { href: URL.createObjectURL(data), download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say(`Saved ${file}.`);
  }

  function draw() {
    root.disabled = !state.run?.made;
  }
  return { root, draw };
}
