// Two buttons for the run in the player, and after a run back one line: given, result, and what came back.
const bar = element.querySelector(".fd-back-bar");
const line = element.querySelector(".fd-back-line");
const told = element.querySelector(".fd-back-told");

function shownRun() {
  const player = document.querySelector("#player .fd-player")?.fdPlayer;
  return { run: player?.run ?? null, sample: player?.sample ?? 0 };
}

const [turn, back] = bar.querySelectorAll("button");
turn.addEventListener("click", () => trigger("turn", shownRun()));
back.addEventListener("click", () => trigger("back", shownRun()));

function figure({ title, note, picture, text }) {
  const box = document.createElement("figure");
  const frame = document.createElement("div");
  if (picture) {
    const image = document.createElement("img");
    image.src = picture;
    image.alt = title;
    frame.append(image);
  } else {
    const word = document.createElement("b");
    word.textContent = text;
    frame.append(word);
  }
  const caption = document.createElement("figcaption");
  const name = document.createElement("span");
  name.textContent = title;
  caption.append(name, note ?? "");
  box.append(frame, caption);
  return box;
}

function draw() {
  const value = props.value;
  line.hidden = told.hidden = !value;
  line.replaceChildren(...(value?.line ?? []).map(figure));
  line.style.setProperty("--ratio", value?.ratio ?? 1);
  line.classList.toggle("fd-crisp", Boolean(value?.small));
  told.textContent = value?.text ?? "";
}

watch("value", draw);
draw();
