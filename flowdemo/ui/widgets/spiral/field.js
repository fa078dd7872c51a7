// The velocity field, evaluated here in float64: eleven inputs, ten residual blocks, three velocities.

const WIDTH = 11;
const BLOCKS = 10;
const SIZE = 3; // of a state: x, y, label
const BLOCK_NUMBERS = WIDTH * (WIDTH + 1); // of a block after folding: matrix and bias
const PARAMETERS = BLOCKS * (BLOCK_NUMBERS + 2 * WIDTH) + SIZE * (WIDTH + 1);

function unpack(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Float64Array(bytes.buffer);
}

// Scale and shift go into the matrix and the bias: W (s ⊙ h + c) + b = (W diag s) h + (W c + b).
function foldBlock(raw, from, into, to) {
  const [scale, shift, matrix] = [from, from + WIDTH, from + 2 * WIDTH];
  const bias = matrix + WIDTH * WIDTH;
  for (let i = 0; i < WIDTH; i++) {
    let sum = raw[bias + i];
    for (let j = 0; j < WIDTH; j++) {
      const weight = raw[matrix + WIDTH * i + j];
      into[to + WIDTH * i + j] = weight * raw[scale + j];
      sum += weight * raw[shift + j];
    }
    into[to + WIDTH * WIDTH + i] = sum;
  }
}

// sin and cos of πt, 2πt, 3πt, 4πt: one per instant, shared by all states.
function waves(t) {
  const found = new Float64Array(WIDTH - SIZE);
  for (let m = 1; 2 * m <= found.length; m++) {
    found[2 * m - 2] = Math.sin(Math.PI * m * t);
    found[2 * m - 1] = Math.cos(Math.PI * m * t);
  }
  return found;
}

// field(x, y, label, waves(t), out) writes the velocity, in the direction of growing t, into out[0 … 2].
function createField(packed) {
  const raw = unpack(packed);
  if (raw.length !== PARAMETERS || !raw.every(Number.isFinite)) throw new Error("These weights do not fit.");
  const numbers = new Float64Array(BLOCKS * BLOCK_NUMBERS);
  for (let block = 0; block < BLOCKS; block++)
    foldBlock(raw, block * (BLOCK_NUMBERS + 2 * WIDTH), numbers, block * BLOCK_NUMBERS);
  const head = raw.slice(BLOCKS * (BLOCK_NUMBERS + 2 * WIDTH));
  const hidden = new Float64Array(WIDTH),
    added = new Float64Array(WIDTH);

  return function field(x, y, label, wave, out) {
    hidden[0] = x;
    hidden[1] = y;
    hidden[2] = label;
    for (let k = SIZE; k < WIDTH; k++) hidden[k] = wave[k - SIZE];
    for (let at = 0; at < numbers.length; at += BLOCK_NUMBERS) {
      const bias = at + WIDTH * WIDTH;
      for (let i = 0; i < WIDTH; i++) {
        let sum = numbers[bias + i];
        const row = at + WIDTH * i;
        for (let j = 0; j < WIDTH; j++) sum += numbers[row + j] * hidden[j];
        added[i] = sum > 0 ? sum : 0;
      }
      for (let i = 0; i < WIDTH; i++) hidden[i] += added[i];
    }
    for (let i = 0; i < SIZE; i++) {
      let sum = head[SIZE * WIDTH + i];
      for (let j = 0; j < WIDTH; j++) sum += head[WIDTH * i + j] * hidden[j];
      out[i] = sum;
    }
    return out;
  };
}
