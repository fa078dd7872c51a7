// Which network: the shipped ones, or one that is trained while a person looks on. The server sends its weights.

const WAITING = "waiting",
  RUNNING = "running";

function createTraining() {
  const kind = h("span");
  const own = h("button", {
    type: "button",
    text: "Yours",
    title: "The network trained here",
    disabled: true,
    onclick: () => act.use(NEW),
  });
  const choices = h("div", { class: "sp-seg sp-small", role: "group", "aria-label": "Weights" }, own);
  const train = h("button", {
    type: "button",
    class: "sp-train",
    text: "Train a new one (15 s)",
    disabled: true,
    onclick: begin,
  });
  const stop = h("button", { type: "button", class: "sp-stop", text: "Stop", disabled: true, onclick: halt });
  const status = h("p", { class: "sp-status", role: "status" });
  const curve = svg("path", { class: "sp-curve" });
  const chart = svg(
    "svg",
    { class: "sp-loss", viewBox: "0 0 240 44", preserveAspectRatio: "none", "aria-hidden": "true" },
    curve,
  );
  const root = h(
    "div",
    { class: "sp-training" },
    h("div", { class: "sp-line sp-weights" }, h("h3", { text: "Weights" }), kind),
    choices,
    h("div", { class: "sp-buttons" }, train, stop),
    status,
    chart,
  );
  const idle = () => ({ phase: "", seen: false, losses: [], step: 0, loss: null, seconds: 0, message: "" });
  const job = { run: 0, ...idle() };
  const busy = () => job.phase === WAITING || job.phase === RUNNING;

  const buttons = new Map([[NEW, own]]);
  function offer(seeds) {
    for (const seed of seeds) {
      const title = `Shipped weights, trained with seed ${seed}`;
      const button = h("button", { type: "button", text: `Seed ${seed}`, title, onclick: () => act.use(seed) });
      buttons.set(seed, button);
      own.before(button);
    }
  }

  function begin() {
    if (busy()) return;
    Object.assign(job, idle(), { run: job.run + 1, phase: WAITING });
    trigger("train", { run: job.run });
    stop.disabled = false;
    stop.focus({ preventScroll: true }); // the button that was pressed is about to be disabled
    touch();
  }

  function halt() {
    if (!busy()) return;
    trigger("halt", { run: job.run });
    settle(job.step ? "stopped" : "");
    touch();
  }

  function settle(phase) {
    job.phase = phase;
    say(
      job.message || (phase ? `Training ${phase} after ${plural(job.step, "step")}.` : "Not waiting any more."),
      phase === "failed",
    );
  }

  // Messages of a training that was stopped may still be on their way.
  function receive(update) {
    if (!update || update.run !== job.run || !busy()) return;
    const first = job.phase === WAITING;
    const { step, loss, seconds, message } = update;
    Object.assign(job, { phase: RUNNING, step, loss, seconds, message: message ?? "" });
    if (isNumber(loss)) job.losses.push(loss);
    if (update.weights) {
      state.fields.set(NEW, createField(update.weights));
      if (!job.seen || state.shown === NEW) act.use(NEW);
      job.seen = true; // from now on a person may look at others meanwhile
    }
    if (first) say("Training started.");
    if (update.end) settle(update.end);
    touch();
  }

  // No message will come: nobody took the training in.
  function lost() {
    if (!busy()) return;
    job.message = NOT_TAKEN;
    settle("failed");
    touch();
  }

  function text() {
    const numbers = [
      `${job.step.toLocaleString("en")} steps`,
      isNumber(job.loss) ? `loss ${job.loss.toFixed(3)}` : "",
      `${job.seconds.toFixed(1)} s`,
    ].filter(Boolean);
    if (job.phase === WAITING) return "Waiting: one training at a time runs here; yours starts by itself.";
    if (job.phase === "failed") return job.message;
    if (!job.phase) return "1,576 parameters, fresh points at every step.";
    return `${job.phase === RUNNING ? "" : `${job.phase}: `}${numbers.join(" · ")}`;
  }

  function drawCurve() {
    const { losses } = job;
    const [low, high] = [0.54, 0.9]; // it ends near 0.57, and what is above 0.9 is over in a second
    const across = (i) => ((240 * i) / Math.max(losses.length - 1, 29)).toFixed(1);
    const down = (loss) => (42 - (40 * (clamp(loss, low, high) - low)) / (high - low)).toFixed(1);
    const at = (loss, i) => `${across(i)} ${down(loss)}`;
    curve.setAttribute("d", losses.length > 1 ? `M${losses.map(at).join("L")}` : "");
  }

  function draw() {
    const focused = document.activeElement === stop;
    train.disabled = busy() || !state.cloud;
    if (focused && !busy()) train.focus({ preventScroll: true });
    stop.disabled = !busy();
    own.disabled = !state.fields.has(NEW);
    for (const [key, button] of buttons) button.setAttribute("aria-pressed", String(key === state.shown));
    setText(kind, state.shown === NEW ? "trained here" : "shipped");
    status.classList.toggle("sp-bad", job.phase === "failed");
    setText(status, text());
    chart.classList.toggle("sp-away", job.losses.length < 2);
    drawCurve();
  }

  return { root, draw, offer, receive, lost, job };
}
