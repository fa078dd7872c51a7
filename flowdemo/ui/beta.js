// Draws the axis between two neighbouring codes with the band that β spreads around each of them.
// It is fed numbers only, so the markup it writes holds nothing a visitor wrote.
const holder = element.querySelector(".fd-beta");
const WIDTH = 320, LEFT = 8, RIGHT = 312, MIDDLE = 20;

function draw() {
  const beta = Number(props.value?.beta) || 0, spacing = Number(props.value?.spacing) || 0;
  holder.innerHTML = spacing > 0 ? figure(beta, spacing, props.value?.unit === "level spacings") : "";
}

function figure(beta, spacing, levels) {
  const bound = spacing / 2;
  const x = (grey) => LEFT + ((grey + bound) / (2 * spacing)) * (RIGHT - LEFT);
  const reach = Math.min(Math.max(beta, 0), spacing);
  const band = (code) => `<rect class="band${reach < bound ? "" : " over"}" x="${x(code - reach).toFixed(1)}" y="13" rx="3"
    width="${(x(code + reach) - x(code - reach)).toFixed(1)}" height="14"/>`;
  const dot = (code, name) => `<circle class="code" cx="${x(code)}" cy="${MIDDLE}" r="4.5"/>
    <text x="${x(code)}" y="43" text-anchor="middle">${name}</text>`;
  const units = levels ? "level spacings" : "grey levels";
  const said = levels
    ? `±${beta} level spacings of noise on the class level. Below half a spacing every pixel still says its class.`
    : `±${beta} grey levels of noise on the mask (${(beta / 127.5).toFixed(3)} in −1…1). It makes one mask many pictures;
      below s/2 every pixel still says its class.`;
  return `<svg viewBox="0 0 ${WIDTH} 48" role="img" aria-label="Perturbation ${beta} ${units}, bound ${bound}">
    <line class="axis" x1="${LEFT}" y1="${MIDDLE}" x2="${RIGHT}" y2="${MIDDLE}"/>${band(0)}${band(spacing)}
    <line class="bound" x1="${x(bound)}" y1="5" x2="${x(bound)}" y2="32"/>
    <text x="${x(bound)}" y="43" text-anchor="middle">${levels ? "half a spacing" : `s/2 = ${bound}`}</text>
    ${dot(0, levels ? "a class level" : "a class code")}${dot(spacing, "its neighbour")}</svg>
    <p>${said}</p>`;
}

watch("value", draw);
draw();
