// The style sheet of these sections, added to the page once.

if (!document.getElementById("fd-mismatch-style"))
  document.head.append(h("style", { id: "fd-mismatch-style", text: MISMATCH_STYLE }));
