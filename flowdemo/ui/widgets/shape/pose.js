// The template in its pose, as the server would use it: asked for when hand and slider rest.

const POSE_MS = 140;
let poseTimer = 0,
  poses = 0;

function refreshPose() {
  clearTimeout(poseTimer);
  poses++; // what is on its way is for another pose
  if (isFlow() && settings().follow) state.pose = null; // it goes where u lies
  else if (isFlow()) poseTimer = setTimeout(fetchPose, POSE_MS);
}

async function fetchPose() {
  const mine = ++poses;
  const found = await server.tangents(fieldUrl(), settingsNow()).catch(() => null);
  if (mine !== poses) return;
  const outline = found && !found.error ? await readMap(found.outline) : null;
  if (mine !== poses) return;
  const arrows = Array.isArray(found?.arrows) ? found.arrows : [];
  state.pose = outline && { outline: outlineOf(outline), strokes: strokesOf(arrows) };
  touch();
}
