// Pull towards the target code against the distance from it, both logarithmic: a power of r is a straight line.

const LAW = { left: 40, right: 12, top: 12, bottom: 34, low: -4, high: 3, near: -4, far: 0 }; // powers of ten
const SAMPLES = 101;

// The pull of the term for the radii of the chart: η times the mean inward part of −∇Φ.
function sampleLaw() {
  const { target, eta } = state;
  return remember("law", [law(), target, eta], () => {
    const radii = Array.from({ length: SAMPLES }, (_, i) => 10 ** (LAW.near + ((LAW.far - LAW.near) * i) / (SAMPLES - 1)));
    const found = well();
    const pulls = radii.map((r) => eta * pullAt(found, target, r));
    const stiffness = (2 / found.tau) * crowding(found, target);
    return { radii, pulls, stiffness, cap: (2 * eta) / (found.tau * Math.sqrt(found.epsilon)) };
  });
}

function createLawChart() {
  const path = (name) => svg("path", { class: name });
  const [grid, plain, guide, cap, corners, term] = ["grid", "plain", "guide", "cap", "corner", "term"].map((name) => path(`fl-${name}`));
  const texts = svg("g", {});
  const clip = svg("clipPath", { id: "fl-law-clip" }, svg("rect", { x: LAW.left, y: LAW.top }));
  const lines = svg("g", { "clip-path": "url(#fl-law-clip)" }, plain, guide, cap, term);
  const root = svg("svg", { class: "fl-law", role: "img" }, clip, grid, corners, lines, texts);
  let [width, height] = [560, 250];

  const x = (r) => LAW.left + ((width - LAW.left - LAW.right) * (Math.log10(r) - LAW.near)) / (LAW.far - LAW.near);
  const y = (pull) => LAW.top + ((height - LAW.top - LAW.bottom) * (LAW.high - Math.log10(pull))) / (LAW.high - LAW.low);
  const text = (words, px, py, anchor, name = "") => svg("text", { text: words, x: px, y: py, "text-anchor": anchor, class: name });

  function axes() {
    const parts = [];
    texts.replaceChildren(text("distance r to the code, in units of the plane", (LAW.left + width - LAW.right) / 2, height - 3, "middle"));
    for (let power = LAW.near; power <= LAW.far; power++) {
      parts.push(`M${x(10 ** power)} ${LAW.top}V${height - LAW.bottom}`);
      texts.append(text(`10${raised(power)}`.replace("10⁰", "1"), x(10 ** power), height - LAW.bottom + 14, power === LAW.far ? "end" : "middle"));
    }
    for (let power = LAW.low; power <= LAW.high; power++) {
      parts.push(`M${LAW.left} ${y(10 ** power)}H${width - LAW.right}`);
      if (power % 2 === 0 || power === LAW.high) continue;
      texts.append(text(`10${raised(power)}`, LAW.left - 6, y(10 ** power) + 4, "end"));
    }
    texts.append(text("1", LAW.left - 6, y(1) + 4, "end"), text("pull", 2, LAW.top + 2, "start"));
    grid.setAttribute("d", parts.join(""));
    const box = clip.firstChild;
    box.setAttribute("width", Math.max(width - LAW.left - LAW.right, 0));
    box.setAttribute("height", Math.max(height - LAW.top - LAW.bottom, 0));
  }

  // A line that breaks where the pull is not inwards.
  function curve(radii, pulls) {
    let [d, pen] = ["", "M"];
    radii.forEach((r, i) => {
      if (!(pulls[i] > 1e-12)) return (pen = "M");
      d += `${pen}${x(r).toFixed(1)} ${y(pulls[i]).toFixed(1)}`;
      pen = "L";
    });
    return d;
  }

  function draw() {
    axes();
    const { radii, pulls, stiffness, cap: most } = sampleLaw();
    const { eta, tau, exponent, t, transform, target } = state;
    const logarithmic = transform === "log" && eta > 0;
    const corner = 10 ** (exponent / 2);
    const half = nearest(state.codes, ...state.codes[target], target).distance / 2;
    plain.setAttribute("d", curve(radii, radii.map((r) => r / (1 - t))));
    term.setAttribute("d", eta ? curve(radii, pulls) : "");
    const power = 2 / tau - 1;
    const straight = (r) => eta * stiffness * r ** power;
    const until = Math.min(1, (tau * stiffness / 2) ** (-tau / 2)); // S_τ r^(2/τ) = 1
    guide.setAttribute("d", logarithmic ? curve([1e-4, until], [straight(1e-4), straight(until)]) : "");
    cap.setAttribute("d", logarithmic ? `M${LAW.left} ${y(most)}H${width - LAW.right}` : "");
    corners.setAttribute("d", [corner, half].map((r) => `M${x(clamp(r, 1e-4, 1))} ${LAW.top}V${height - LAW.bottom}`).join(""));
    texts.append(text("√ε", x(corner) - 4, LAW.top + 12, "end", "fl-strong"));
    if (half > 2e-3) texts.append(text("half way to the next code", x(Math.min(half, 1)) - 4, height - LAW.bottom - 6, "end"));
    root.setAttribute("aria-label", `Pull against distance. ${lawText()}`);
  }

  watchWidth(root, (box) => {
    ({ width, height } = box);
    root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    touch();
  });
  const entry = (name, words) =>
    h("span", {}, svg("svg", { viewBox: "0 0 18 8", "aria-hidden": "true" }, svg("path", { class: name, d: "M0 4H18" })), words);
  const slope = h("span", {});
  const key = h(
    "div",
    { class: "fl-key" },
    entry("fl-term", "the term, η⟨−∇Φ⟩"),
    entry("fl-plain", "squared error, r/(1 − t): slope 1"),
    entry("fl-guide", slope),
    entry("fl-cap", "cap 2η/(τ√ε)"),
  );
  return { root, key, draw: () => (draw(), setText(slope, `slope 2/τ − 1 = ${fixed(2 / state.tau - 1)}`)) };
}
