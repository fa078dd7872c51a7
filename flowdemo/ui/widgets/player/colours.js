// Colour tables: 256 packed ABGR words each, ready for a Uint32Array over ImageData.

const pack = (r, g, b, a = 255) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;

// Viridis at 17 equal distances.
const VIRIDIS_STOPS = (
  "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 " +
  "84d44b addc30 d8e219 fde725"
)
  .split(" ")
  .map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));

function viridis(share) {
  const place = clamp(share, 0, 1) * (VIRIDIS_STOPS.length - 1);
  const low = Math.min(Math.floor(place), VIRIDIS_STOPS.length - 2);
  const [a, b] = [VIRIDIS_STOPS[low], VIRIDIS_STOPS[low + 1]];
  return a.map((part, i) => Math.round(part + (b[i] - part) * (place - low)));
}

const VIRIDIS_CSS = `linear-gradient(90deg, ${VIRIDIS_STOPS.map((rgb) => `rgb(${rgb})`).join(", ")})`;
const VIRIDIS_WORDS = Uint32Array.from({ length: 1024 }, (_, i) => pack(...viridis(i / 1023)));

// table[grey] = viridis(grey · factor)
function viridisTable(table, factor) {
  for (let grey = 0; grey < 256; grey++)
    table[grey] = VIRIDIS_WORDS[clamp(Math.round(grey * factor * 1023), 0, 1023)];
  return table;
}

const cssColour = (rgb) => `rgb(${rgb.map((part) => clamp(Number(part) || 0, 0, 255)).join(" ")})`;

// Palette of a run as the player uses it: entries by class index, black where there is none.
function readPalette(palette) {
  const entries = [...(palette?.classes ?? []), ...(palette?.ignore ? [palette.ignore] : [])].map((entry) => ({
    index: Number(entry.index),
    name: String(entry.name),
    rgb: entry.color.map(Number),
    css: cssColour(entry.color),
  }));
  const byIndex = new Map(entries.map((entry) => [entry.index, entry]));
  const key = JSON.stringify(entries); // equal palettes keep their chips
  return { key, entries, classes: entries.slice(0, palette?.classes?.length ?? 0), byIndex };
}

// table[class] = its colour with an opacity of 0–255: `lit` for the highlighted class (or all), `rest` for others.
function classTable(table, palette, highlight, lit, rest) {
  for (let index = 0; index < 256; index++) {
    const rgb = palette.byIndex.get(index)?.rgb ?? [0, 0, 0];
    table[index] = pack(...rgb, highlight === null || highlight === index ? lit : rest);
  }
  return table;
}
