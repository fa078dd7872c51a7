// Undo and redo. A level holds runs of pixels with one class before and one after, which for a stroke is some
// hundred bytes where a copy of the mask would be a quarter of a megabyte.

const UNDO_LEVELS = 200;
const UNDO_RUNS = 2000000; // all levels together, about 20 MB

function diffRuns(before, after) {
  const starts = [], lengths = [], olds = [], news = [];
  for (let at = 0; at < after.length; ) {
    if (before[at] === after[at]) { at++; continue; }
    const start = at, was = before[at], is = after[at];
    while (at < after.length && before[at] === was && after[at] === is) at++;
    starts.push(start);
    lengths.push(at - start);
    olds.push(was);
    news.push(is);
  }
  return {
    starts: Uint32Array.from(starts), lengths: Uint32Array.from(lengths),
    olds: Uint8Array.from(olds), news: Uint8Array.from(news),
  };
}

function createHistory() {
  let levels = [], position = 0;

  const write = (data, level, values) => {
    level.starts.forEach((start, i) => data.fill(values[i], start, start + level.lengths[i]));
  };
  const runs = () => levels.reduce((sum, level) => sum + level.starts.length, 0);

  return {
    reset() { levels = []; position = 0; },
    // Records the step from `before` to `after`; false where nothing changed.
    record(before, after) {
      const level = diffRuns(before, after);
      if (!level.starts.length) return false;
      levels = [...levels.slice(0, position), level];
      while (levels.length > UNDO_LEVELS || (levels.length > 1 && runs() > UNDO_RUNS)) levels.shift();
      position = levels.length;
      return true;
    },
    undo(data) {
      if (!position) return false;
      const level = levels[--position];
      write(data, level, level.olds);
      return true;
    },
    redo(data) {
      if (position === levels.length) return false;
      const level = levels[position++];
      write(data, level, level.news);
      return true;
    },
    get canUndo() { return position > 0; },
    get canRedo() { return position < levels.length; },
  };
}
