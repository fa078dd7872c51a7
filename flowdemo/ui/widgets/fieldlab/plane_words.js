// What the state says, in sentences that hold for it and for no more.

// Where the term pulls harder than the squared error, as text; null where it does nowhere.
function strongerText() {
  const { radii, pulls } = sampleLaw();
  const stronger = radii.map((r, i) => pulls[i] > r / (1 - state.t));
  const [first, last] = [stronger.indexOf(true), stronger.lastIndexOf(true)];
  if (first < 0) return null;
  const from = first === 0 ? "below 10⁻⁴" : plainly(Number(radii[first].toPrecision(2)));
  const to = last === radii.length - 1 ? "1" : plainly(Number(radii[last].toPrecision(2)));
  const gaps = stronger.slice(first, last).includes(false) ? ", with gaps" : "";
  return `At these settings the term pulls harder than the squared error from r ${first === 0 ? "" : "= "}${from} up to ${to}${gaps}.`;
}

function logarithmText() {
  const { tau } = state;
  const power = fixed(2 / tau - 1);
  if (tau < 0.999) return `τ < 1: near the code the pull falls as r^${power}. It vanishes sooner than the squared error’s, not later.`;
  if (tau < 1.001) {
    const { stiffness } = sampleLaw();
    return `τ = 1: both pulls are linear in r near the code; the term’s is ${scaled(state.eta * stiffness)} times r.`;
  }
  if (tau < 1.999) return `1 < τ < 2: near the code the pull falls as r^${power}, more slowly than r.`;
  if (tau < 2.001) return "τ = 2: near the code the pull stays constant, down to √ε.";
  return `τ > 2: near the code the pull grows as r^${power} while r shrinks, down to √ε.`;
}

const OTHERS = {
  linear: "T = −d: the pull is (2/τ)‖Σ p_k μ_k − μ_y‖. It fades as p_y nears 1, however far x̂ still is.",
  root: "T = −√(d + ε): a cone. Down to √ε the pull stays near (1 − p_y)/τ, which is small where p_y is near 1.",
  inverse: "T = 1/(d + ε): strong where two codes compete, gone as soon as one of them is clearly the nearest.",
};

function lawText() {
  if (!state.eta) return "η = 0: plain flow matching, a pull in proportion to r and no knowledge of the other codes.";
  const own = state.transform === "log" ? `${logarithmText()} Closer than √ε it is linear for every τ.` : OTHERS[state.transform];
  return `${own} ${strongerText() ?? "At these settings the squared error pulls harder at every r."}`;
}

// What all pixels are predicted to be at t = 0, where the state says nothing of the class yet.
function startText0() {
  const shares = prior();
  const tell = (eta) => {
    const at = createPredictor(well(), shares, eta)(0, 0, 0);
    const { index } = nearest(state.codes, ...at);
    return `(${placeText(at)}), nearest to code ${index}, which has a share of ${percent(shares[index])}`;
  };
  const plain = `At t = 0 the prediction is the same everywhere. With η = 0 it is the mean code ${tell(0)}`;
  return state.eta ? `${plain}; with η = ${fixed(state.eta)} it is ${tell(state.eta)}.` : `${plain}.`;
}

function stateText() {
  return state.mode === POPULATION ? startText0() : lawText();
}
