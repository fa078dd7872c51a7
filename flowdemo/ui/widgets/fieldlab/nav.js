// The row of links above the sections: each brings its section into view and puts the focus there.

if (!document.getElementById("fd-fieldlab-style"))
  document.head.append(Object.assign(document.createElement("style"), { id: "fd-fieldlab-style", textContent: STYLE }));

for (const link of element.querySelectorAll(".fl-nav button"))
  link.addEventListener("click", () => {
    const section = document.getElementById(link.dataset.to);
    if (!section) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    section.scrollIntoView({ behavior: still ? "auto" : "smooth", block: "start" });
    section.querySelector("h2")?.focus({ preventScroll: true });
  });
