// What ties the chat to the article: citations, the phone's panel, the keyboard.
() => {
  const viewer = () => document.querySelector("#viewer .reader")?.parentElement?.footnote;
  const box = () => document.querySelector("#question textarea");
  const chipOf = (cite) => document.querySelector(`#chat a[href="#cite-${cite}"]`);
  const narrow = matchMedia("(max-width: 799.98px)");
  let shown = 0; // number of the answer whose evidence is marked
  let pointed = null; // the citation, "<answer>-<n>", that is outlined

  const style = document.createElement("style"); // the chat's nodes are Gradio's: rules, unlike classes, outlive their redrawing
  document.head.append(style);
  const restyle = () => {
    style.textContent = `#chat .bot-row:has(a[href^="#cite-${shown}-"]) { --marker: var(--evidence-line); }`
      + (pointed ? `#chat .md a[href="#cite-${pointed}"] { background: var(--accent); color: var(--on-accent); }` : "");
  };

  const open = () => { document.body.dataset.article = "open"; };
  const close = () => { delete document.body.dataset.article; };

  function point(chip) {
    const cite = chip.hash.slice("#cite-".length);
    const [answer, n] = cite.split("-").map(Number);
    if (narrow.matches) {
      open();
      chip.scrollIntoView({block: "nearest"});
    }
    pointed = viewer()?.point(answer, n) ? cite : null;
    restyle();
  }

  function unpoint() {
    viewer()?.clear();
    pointed = null;
    restyle();
  }

  function leave() {
    const cite = pointed;
    unpoint();
    close();
    if (cite) chipOf(cite)?.focus();
  }

  document.addEventListener("footnote:shown", ({detail}) => {
    shown = Number(detail.answer);
    pointed = null;
    restyle();
  });

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const chip = event.target.closest('#chat a[href^="#cite-"]');
    if (chip) {
      event.preventDefault();
      point(chip);
      return;
    }
    if (event.target.closest('#chat a[href^="#odds-"]')) event.preventDefault();
    const number = event.target.closest("#viewer button.number");
    if (number) {
      const back = chipOf(number.dataset.cite);
      if (narrow.matches) close();
      back?.focus();
      back?.scrollIntoView({block: "nearest"});
      return;
    }
    if (event.target.closest(".open-article")) {
      open();
      document.querySelector("#viewer .reader-close").focus();
    } else if (event.target.closest(".reader-close")) {
      const cite = pointed;
      leave();
      if (!cite) document.querySelector(".open-article").focus();
    } else if (event.target.closest("#chat .example")) {
      if (matchMedia("(pointer: fine)").matches) box()?.focus();
    } else {
      const note = event.target.closest("#chat .bot-row")?.querySelector('a[href^="#cite-"]');
      if (note && !getSelection().toString()) {
        unpoint();
        viewer()?.show(Number(note.getAttribute("href").split("-")[1]));
      }
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (pointed || document.body.dataset.article)) {
      leave();
    } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey
               && !event.target.closest?.("input, textarea, [contenteditable]")) {
      event.preventDefault();
      if (narrow.matches) close();
      box()?.focus();
    }
  });

  if (matchMedia("(pointer: fine)").matches) box()?.focus(); // elsewhere it would call up the keyboard

  // Gradio labels each message with its Markdown source, which a screen reader would read in place of the message.
  const unlabel = () => document.querySelectorAll("#chat [data-testid][aria-label]").forEach((node) => node.removeAttribute("aria-label"));
  new MutationObserver(unlabel).observe(document.body, {subtree: true, childList: true, attributeFilter: ["aria-label"]});
};
