// What is known of the two runs, which pixel is followed, and everything a person can do about it.

if (!document.getElementById("fd-fieldmaps-style"))
  document.head.append(h("style", { id: "fd-fieldmaps-style", text: MAPS_STYLE }));

const root = element.querySelector(".fl-maps");
const UPRIGHT = { yaw: -0.62, pitch: 0.42 };
const ESTIMATE = "x̂₁";
const STATE = "x_t";
const KINDS = [
  ["dwell", "Time in wrong cells", "Share of the time in cells of classes other than the pixel’s own: 0 never, 1 always.", "dark: never", "bright: always", "time in wrong cells"],
  ["clearance", "Closest approach to a wrong code", "Smallest distance to the code of another class, in state units: the cube of codes has side 2.", "dark: close", "bright: far", "closest wrong code"],
]; // prettier-ignore
const CURVES = [
  ["estimate", ESTIMATE, "the prediction"],
  ["state", STATE, "the state on its way"],
];

const state = {
  stage: props.value.stage,
  palette: readPalette(props.value.stage.palette),
  progress: null,
  end: null,
  message: null,
  id: null, // of the result that is shown
  result: null,
  pictures: null, // decoded: picture, truth, and a model's end and maps
  pixel: null, // {x, y}
  found: null, // what the server said of the pixel
  trouble: "",
  near: false, // whether the cube is drawn around the paths
  ...UPRIGHT,
};

const touch = onceAFrame(() => paint());
const nameOf = (index) => state.palette.byIndex.get(index)?.name ?? NONE;
const measured = (value, kind) => fixed(value, kind === "dwell" ? 2 : 3);

const act = {
  turn: (yaw, pitch) => ((state.yaw += yaw), (state.pitch = clamp(state.pitch + pitch, -1.5, 1.5)), touch()),
  zoom: (near) => ((state.near = near), touch()),
  upright: () => (Object.assign(state, UPRIGHT), touch()),
  pick(x, y) {
    if (!state.result) return;
    const [width, height] = state.stage.size;
    const next = { x: clamp(x, 0, width - 1), y: clamp(y, 0, height - 1) };
    if (state.pixel?.x === next.x && state.pixel.y === next.y && state.found) return;
    state.pixel = next;
    touch();
    askForPixel();
  },
  move(dx, dy) {
    if (state.pixel) act.pick(state.pixel.x + dx, state.pixel.y + dy);
  },
};
