// The random numbers of numpy.random.default_rng(seed).uniform(−1, 1): PCG64, seeded by SeedSequence. So the random
// codes seen here are the very ones that the library makes from the same seed.

const MASK_32 = 0xffffffffn;
const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = (2549297995355413924n << 64n) + 4865540595714422341n;

const times32 = (a, b) => Math.imul(a, b) >>> 0;

// Eight 32-bit words from a seed below 2³².
function seedWords(seed) {
  let constant = 0x43b0d7e5;
  const hash = (value) => {
    let word = (value ^ constant) >>> 0;
    constant = times32(constant, 0x931e8875);
    word = times32(word, constant);
    return (word ^ (word >>> 16)) >>> 0;
  };
  const mix = (a, b) => {
    const word = (times32(a, 0xca01f9dd) - times32(b, 0x4973f715)) >>> 0;
    return (word ^ (word >>> 16)) >>> 0;
  };
  const pool = [seed, 0, 0, 0].map(hash);
  for (let from = 0; from < 4; from++)
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  constant = 0x8b51f9dd;
  return Array.from({ length: 8 }, (_, i) => {
    let word = (pool[i % 4] ^ constant) >>> 0;
    constant = times32(constant, 0x58f38ded);
    word = times32(word, constant);
    return (word ^ (word >>> 16)) >>> 0;
  });
}

// A function that gives the next number in [0, 1).
function createRandom(seed) {
  const words = seedWords(seed).map(BigInt);
  const wide = (i) => words[2 * i] | (words[2 * i + 1] << 32n);
  const increment = ((((wide(2) << 64n) | wide(3)) << 1n) | 1n) & MASK_128;
  let state = 0n;
  const step = () => (state = (state * MULTIPLIER + increment) & MASK_128);
  step();
  state = (state + ((wide(0) << 64n) | wide(1))) & MASK_128;
  step();
  return () => {
    step();
    const turn = state >> 122n;
    const folded = ((state >> 64n) ^ state) & MASK_64;
    const found = ((folded >> turn) | (folded << (64n - turn))) & MASK_64;
    return Number(found >> 11n) / 9007199254740992;
  };
}
