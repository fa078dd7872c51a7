// One question at a time, answered by messages that carry its number.

let asked = 0;

const said = h("p", { class: "sh-said", role: "status", "aria-live": "polite" });

function say(text, warning = false) {
  setText(said, text);
  said.classList.toggle("sh-bad", warning);
}

function ask() {
  halt();
  if (!mask.data.some((level) => level > 0)) return say("Draw or choose a shape first.", true);
  state.job = { ask: ++asked, run: null, edition: state.edition };
  say("Working …");
  const question = { ask: asked, field: fieldUrl(), method: state.method, parts: state.parts, settings: settingsNow() };
  trigger("shape", isFlow() ? question : { ...question, soften: state.soften[state.method] });
  touch();
}

// What is on its way is no longer wanted; what has arrived of it stays.
function halt() {
  const { job } = state;
  if (!job) return;
  trigger("halt", { ask: job.ask });
  Object.assign(state, { job: null, coming: null });
  if (job.run && state.run === job.run) job.run.ended ??= "stopped";
  touch();
}

function receive(reply) {
  const { job } = state;
  if (!reply || reply.ask !== job?.ask) return;
  if (reply.run) {
    job.run ??= state.coming = new Run(reply.run, job.edition);
    job.run.setMeta(reply.meta);
    if (reply.frame) job.run.take(reply.frame);
  }
  if (reply.end) settle(reply.end);
  touch();
}

// Something of a run can be seen: the one before it makes room, and the frames play as they arrive.
function shown(run) {
  if ((run !== state.coming && run !== state.run) || !run.meta || !run.frames[0]) return;
  if (state.run !== run) {
    Object.assign(state, { run, index: 0, direction: 1, follow: calm.matches });
    if (!calm.matches) act.play(0);
  }
  if (state.follow) state.index = run.newest;
  if (state.job?.run === run) say(progressWords(run));
  touch();
}

function progressWords({ meta, frames, newest }) {
  const { t, progress } = frames[newest];
  return `${meta.symbol} ${t}, ${Math.round(100 * progress)} % of the way.`;
}

async function settle(end) {
  const { job } = state,
    { run } = job;
  state.job = null;
  if (run) Object.assign(run, { ended: end.status, end });
  if (end.status === "failed" || !run) {
    state.coming = null;
    return say(end.message ?? "It failed; try once more.", true);
  }
  await run.recover();
  shown(run);
  if (state.coming === run) state.coming = null;
  if (state.run !== run || state.job) return;
  say(endWords(run));
  touch();
}

function endWords({ meta, end, frames, newest }) {
  const { numbers: before } = frames[0],
    { numbers: after } = frames[newest];
  const how = end.status === "done" ? `${plural(end.iterations, meta.symbol)} in ${duration(end.seconds)}` : "Stopped";
  const what = isNumber(after.dice)
    ? `Dice ${decimal(before.dice, 3)} → ${decimal(after.dice, 3)}, residual ${decimal(before.residual)} → ${decimal(after.residual)}`
    : `solidity ${decimal(before.solidity, 3)} → ${decimal(after.solidity, 3)}`;
  return `${how}: ${what}.`;
}
