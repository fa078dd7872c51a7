// One question at a time, answered by messages that carry its number.

let asked = 0;

function ask(task, sent) {
  state.job = { ask: ++asked, task };
  state.again = false;
  say("Starting …");
  trigger(task === GENERATE ? "generate" : "classify", { ...sent, ask: asked, task, model: state.offer.name });
  touch();
}

// Messages of a question that was stopped, or of another model, may still be on their way.
function receive(reply) {
  if (!reply || reply.ask !== state.job?.ask) return;
  if (state.job.task === GENERATE) takeRun(reply);
  else if (!state.job.stale) takeReading(reply);
  if (reply.end) settle(reply.end, reply.message);
  touch();
}

function takeReading(reply) {
  if (reply.prepared) {
    const note = reply.prepared.note || state.source?.note || "";
    state.prepared = { picture: reply.prepared.picture, note };
    if (state.source?.kind === "file") Object.assign(state.source, { ready: reply.prepared.picture, note });
  }
  if (reply.columns) state.columns = reply.columns;
  if (reply.agreement) state.agreement = reply.agreement;
  if (state.job.task === READING && !reply.end) say(`${plural(state.columns.length, "run")} of ${LADDER.length} done.`);
}

function takeRun(reply) {
  if (reply.run && reply.run.id !== state.run?.about.id) {
    state.run?.close();
    Object.assign(state, { run: new MadeRun(reply.run, state.offer), index: 0, follow: true, playing: false });
  }
  const run = state.run;
  if (reply.frame && reply.run) {
    run.take(reply.frame);
    say(`Step ${run.newest} of ${run.about.steps}.`);
  }
  if (reply.made && reply.run) {
    run.made = reply.made;
    run.newest = run.about.steps; // its last frames may be among those that were lost
  }
  if (run) run.recover();
  if (run && state.follow && !state.playing) state.index = run.newest;
}

function settle(end, message) {
  const { task, stale } = state.job;
  state.job = null;
  if (task === GENERATE && state.run && !state.run.ended) state.run.ended = end;
  if (state.again && end !== "stopped" && state.mode === CLASSIFY) return act.classify();
  if (stale) say("The picture changed meanwhile; classify it again.");
  else if (end === "failed") say(message ?? "It failed; try once more.", true);
  else if (end === "stopped") say("Stopped.");
  else say(summary(task));
  touch();
}

function summary(task) {
  if (task === GENERATE) return `${plural(state.run?.about.samples ?? 0, "picture")} made.`;
  if (task === SEEDS) return "";
  const names = state.columns.map(({ nearest }) => className(nearest));
  if (new Set(names).size === 1) return `Read as ${names[0]} with every number of steps.`;
  return `Read as ${names.join(", ")} in ${LADDER.join(", ")} steps.`;
}
