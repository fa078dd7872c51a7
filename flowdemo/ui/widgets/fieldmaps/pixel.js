// One question to the server for each picked pixel; answers are kept, and while one is on its way only the newest waits.

const KEEP = 400; // answers of about 3 kB
const answers = new Map();
let asking = false;

async function askForPixel() {
  if (asking) return;
  asking = true;
  try {
    while (state.pixel && !isShown()) {
      const { id, pixel } = state;
      const told = await answerFor(id, pixel);
      if (state.id !== id) continue;
      Object.assign(state, { found: told, trouble: "" });
      touch();
    }
  } catch (error) {
    Object.assign(state, { found: null, trouble: error.message });
    touch();
  } finally {
    asking = false;
  }
}

const isShown = () => state.found?.id === state.id && state.found.x === state.pixel.x && state.found.y === state.pixel.y;

async function answerFor(id, { x, y }) {
  const key = [id, x, y].join();
  if (answers.has(key)) return answers.get(key);
  let told;
  try {
    told = await server.pixel(id, x, y);
  } catch {
    throw new Error("The server cannot be reached; check the connection and try once more.");
  }
  if (!told || typeof told.error === "string") throw new Error(told?.error ?? NOT_TAKEN);
  if (answers.size >= KEEP) answers.delete(answers.keys().next().value);
  answers.set(key, { ...told, id });
  return answers.get(key);
}
