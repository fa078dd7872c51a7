// Draws the axis between two neighbouring codes with the band that β spreads around each of them.
// Called with numbers only, so the markup it returns holds nothing a visitor wrote.
(beta, spacing) => {
  const b = Number(beta) || 0, s = Number(spacing) || 0;
  if (!s) return "";
  const bound = s / 2, left = 14, right = 306, x = (g) => left + ((g + bound) / (2 * s)) * (right - left);
  const band = (c) => `<rect class="band" x="${x(c - b).toFixed(1)}" y="14" width="${(x(c + b) - x(c - b)).toFixed(1)}" height="16" rx="3"/>`;
  const code = (c, name) => `<circle class="code" cx="${x(c)}" cy="22" r="5"/><text x="${x(c)}" y="46" text-anchor="middle">${name}</text>`;
  return `<figure class="fd-beta"><svg viewBox="0 0 320 52" role="img" aria-label="Perturbation ${b} grey levels of at most ${bound}">
    <line class="axis" x1="${left}" y1="22" x2="${right}" y2="22"/>${band(0)}${band(s)}
    <line class="bound" x1="${x(bound)}" y1="6" x2="${x(bound)}" y2="38"/><text x="${x(bound)}" y="50" text-anchor="middle">s/2 = ${bound}</text>
    ${code(0, "a code")}${code(s, "its neighbour")}</svg>
    <figcaption>β = ${b} grey levels, ${(b / 127.5).toFixed(3)} in [-1, 1]. While the two bands stay on their side of s/2, every pixel still says its class.</figcaption></figure>`;
}
