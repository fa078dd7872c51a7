// The picture to classify: the pad, or a file laid over it; and the same as the model sees it.

function createSource() {
  const pad = createPad();
  const file = h("input", { type: "file", accept: "image/*", class: "lb-file", tabindex: "-1", "aria-hidden": "true", onchange: chosen });
  const upload = h("button", { type: "button", class: "lb-plain", text: "Choose a picture", onclick: () => file.click() });
  const back = h("button", { type: "button", class: "lb-quiet", text: "Draw instead", onclick: drawInstead });
  const picture = h("img", { alt: "" });
  const name = h("span");
  const over = h("div", { class: "lb-over", hidden: true }, picture);
  const about = h("div", { class: "lb-line lb-about", hidden: true }, name, back);
  const drop = h("p", { class: "lb-padhint lb-drop", text: "Drop a picture here, or choose one below" });
  const place = h("div", { class: "lb-place" }, pad.place, drop, over);
  const sent = h("div", { class: "lb-line" }, upload, file);
  const root = h("div", { class: "lb-source" }, place, about, pad.tools, pad.samples, sent);
  let address = null;

  function chosen() {
    if (file.files[0]) take(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  }

  async function take(found) {
    if (found.size > MAX_FILE) return say("A file above 12 MB is too large; choose a smaller one.", true);
    pad.wait();
    const data = await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result);
      reader.onerror = () => done(null);
      reader.readAsDataURL(found);
    });
    if (!data) return say("The file could not be read; choose it again.", true);
    show(URL.createObjectURL(found));
    act.give({ kind: "file", data, name: found.name });
    act.classify();
  }

  function drawInstead() {
    pad.again();
    upload.focus();
  }

  function show(url) {
    if (address) URL.revokeObjectURL(address);
    address = url;
  }

  for (const event of ["dragenter", "dragover"])
    place.addEventListener(event, (moved) => {
      if (moved.dataTransfer?.types.includes("Files")) moved.preventDefault();
    });
  place.addEventListener("drop", (dropped) => {
    if (!dropped.dataTransfer?.files.length) return;
    dropped.preventDefault();
    take(dropped.dataTransfer.files[0]);
  });

  function draw() {
    const { source: given, offer } = state;
    const shown = given && given.kind !== "drawing";
    const url = !shown ? "" : given.kind === "file" ? address : given.data;
    over.hidden = about.hidden = !shown;
    if (shown && picture.getAttribute("src") !== url) picture.src = url;
    picture.classList.toggle("lb-crisp", shown && given.kind === "ready" && offer.digits);
    setText(name, shown ? given.name : "");
    for (const part of [pad.tools, pad.samples]) part.hidden = !offer.digits || Boolean(shown);
    pad.place.hidden = back.hidden = !offer.digits;
    drop.hidden = offer.digits || Boolean(shown);
    setText(upload, offer.digits ? "Choose a picture instead" : "Choose a picture");
    pad.draw();
  }

  function reset() {
    pad.reset();
    show(null);
  }

  return { root, draw, reset, focus: () => place.scrollIntoView({ block: "nearest" }) };
}

// 32 × 32 as it goes into the network, and what was done to get there.
function createSeen() {
  const picture = h("img", { class: "lb-seen", alt: "The picture as the model sees it", hidden: true });
  const note = h("p");
  const root = h(
    "div",
    { class: "lb-seenbox" },
    h("div", { class: "lb-seenplace" }, picture),
    h("div", {}, h("h2", { text: "What the model sees" }), note),
  );
  function draw() {
    const { prepared, offer, source: given } = state;
    picture.hidden = !prepared;
    if (prepared && picture.getAttribute("src") !== prepared.picture) picture.src = prepared.picture;
    picture.classList.toggle("lb-crisp", offer.digits);
    const [width, height] = offer.size;
    const first = offer.digits ? "Draw a digit on the pad, or take one." : "Choose a picture, or generate one and press it.";
    const before = `${first} It is brought to ${width} × ${height} pixels; what is done to it is said here.`;
    setText(note, prepared ? prepared.note || given?.note || "" : before);
  }
  return { root, draw };
}
