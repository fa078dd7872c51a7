// One question at a time, answered by messages that carry its number.

let asked = 0;

const said = h("p", { class: "an-said", role: "status", "aria-live": "polite" });

function say(text, warning = false) {
  setText(said, text);
  said.classList.toggle("an-bad", warning);
}

function ask() {
  halt();
  state.job = { ask: ++asked, run: null };
  say("Analysing …");
  const { settings, offer, example, seed } = state;
  trigger("analyse", { ask: asked, model: offer.name, example, picture: surface.picture(), seed, ...settings });
  touch();
}

// What is on its way is no longer wanted; what has arrived of it stays.
function halt() {
  const { job } = state;
  if (!job) return;
  trigger("halt", { ask: job.ask });
  state.job = null;
  state.coming = null;
  if (job.run && state.run === job.run) job.run.ended ??= "stopped";
  touch();
}

function receive(reply) {
  const { job } = state;
  if (!reply || reply.ask !== job?.ask) return;
  if (reply.run) {
    job.run ??= state.coming = new Run(reply.run);
    if (reply.meta) job.run.setMeta(reply.meta);
    if (reply.frame) job.run.take(reply.frame);
  }
  if (reply.end) settle(reply.end);
  touch();
}

// Something of a run can be seen: the one before it makes room, and its score stays for comparison.
function shown(run) {
  if ((run !== state.coming && run !== state.run) || !run.ready) return;
  if (state.run !== run) {
    const { run: old } = state;
    if (old?.ended === "done" && sameTerms(old, run)) state.before = old.score;
    else if (old) state.before = null;
    if (knownMeta()?.scale !== run.meta.scale) state.level = null;
    Object.assign(state, { run, path: null });
  }
  if (state.follow || !state.index) state.index = run.newest;
  if (!run.ended) say(`${run.newest} of ${plural(run.last, "time")}.`);
  touch();
}

// Whether two scores may be compared.
function sameTerms(a, b) {
  return ["model", "weight", "aggregation", "share", "paths", "seed"].every((name) => a.meta[name] === b.meta[name]) && a.last === b.last;
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
  if (state.coming === run) state.coming = null;
  if (state.run !== run || state.job) return;
  say(end.status === "done" ? scoreSentence(run) : "Stopped.");
  touch();
}
