// What ties the chat to the article: citations, the phone's panel, the keyboard.
() => {
  const viewer = () => document.querySelector("#viewer .reader")?.parentElement?.footnote;
  const box = () => document.querySelector("#question textarea");
  const chipOf = (cite) => document.querySelector(`#chat a[href="#cite-${cite}"]`);
  const citeOf = (node) => node.closest?.('#chat a[href^="#cite-"]')?.hash.slice("#cite-".length);
  const narrow = matchMedia("(max-width: 799.98px)");
  let shown = 0; // number of the answer whose evidence is marked
  let pointed = null; // the citation, "<answer>-<n>", that is outlined

  const style = document.createElement("style"); // the chat's nodes are Gradio's: rules, unlike classes, outlive their redrawing
  document.head.append(style);
  const restyle = () => {
    style.textContent = `#chat .bot-row:has(a[href^="#cite-${shown}-"]) { --marker: var(--evidence-line); }`
      + (pointed ? `#chat .md a[href="#cite-${pointed}"] { background: var(--accent); color: var(--on-accent); }` : "");
  };

  const isOpen = () => !narrow.matches || document.body.dataset.article === "open";
  const open = () => { document.body.dataset.article = "open"; };
  const close = () => { delete document.body.dataset.article; };

  function leave() {
    const cite = pointed;
    viewer().clear();
    close();
    if (cite) chipOf(cite)?.focus();
    else if (narrow.matches) document.querySelector(".open-article").focus();
  }

  document.addEventListener("footnote:shown", ({detail}) => {
    shown = detail.answer;
    restyle();
  });
  document.addEventListener("footnote:pointed", ({detail}) => {
    pointed = detail.cite;
    restyle();
  });
  document.addEventListener("footnote:about", ({detail}) => about(detail.text));

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const cite = citeOf(event.target);
    if (cite) {
      event.preventDefault();
      if (narrow.matches) {
        open();
        event.target.scrollIntoView({block: "nearest"});
      }
      viewer()?.point(cite);
      return;
    }
    if (event.target.closest('#chat a:is([href^="#odds-"], [href^="#flag-"])')) event.preventDefault();
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
      leave();
    } else if (event.target.closest("#chat .example")) {
      if (matchMedia("(pointer: fine)").matches) box()?.focus();
    } else {
      const note = event.target.closest("#chat .bot-row")?.querySelector('a[href^="#cite-"]');
      if (note && !getSelection().toString()) {
        viewer()?.clear();
        viewer()?.show(Number(note.getAttribute("href").split("-")[1]));
      }
    }
  }, true);

  for (const name of ["pointerover", "focusin"]) {
    document.addEventListener(name, ({target}) => {
      if (!target.closest?.("#viewer")) viewer()?.glance(citeOf(target));
    });
  }

  // ---- the question box ----

  const put = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set; // Gradio listens to what is typed

  function type(text) {
    put.call(box(), text);
    box().dispatchEvent(new Event("input", {bubbles: true}));
    box().setSelectionRange(text.length, text.length);
  }

  const LONGEST_QUOTATION = 160; // characters

  function about(text) {
    const words = text.replace(/\s+/g, " ").trim().replace(/[“„«]/g, "‘").replace(/[”»"]/g, "’");
    const short = words.length > LONGEST_QUOTATION ? `${words.slice(0, LONGEST_QUOTATION).replace(/\s\S*$/, "")}…` : words;
    close();
    box().focus();
    type(viewer().labels.about_this.replace("{text}", () => short));
  }

  // Earlier questions, as a shell brings them back: from an empty box upwards, and down again to an empty one.
  let recalled = 0; // how far back
  function recall(step) {
    const questions = viewer()?.questions() ?? [];
    const at = (back) => questions[questions.length - back] ?? "";
    if (box().value !== at(recalled)) recalled = 0;
    if (box().value !== at(recalled)) return false;
    const next = Math.max(0, Math.min(recalled + step, questions.length));
    if (next === recalled) return false;
    recalled = next;
    type(at(recalled));
    return true;
  }

  // ---- the keyboard ----

  const keys = {
    "/": () => { close(); box()?.focus(); },
    "n": () => walk(1),
    "p": () => walk(-1),
    "f": () => { if (narrow.matches) open(); viewer()?.search(); },
    "a": () => viewer()?.about(),
    "?": help,
  };

  function walk(step) {
    if (narrow.matches) open();
    viewer()?.walk(step);
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const covered = Boolean(document.body.dataset.panel); // a panel lies over the article and has its own Escape
    if (covered && !"/?".includes(event.key)) return;
    if (event.key === "Escape") {
      if (isOpen() && viewer()?.escape()) event.preventDefault();
      else if (pointed || document.body.dataset.article) leave();
    } else if (event.target === box()) {
      const step = {ArrowUp: 1, ArrowDown: -1}[event.key];
      if (step && !event.shiftKey && recall(step)) event.preventDefault();
    } else if (Object.hasOwn(keys, event.key) && !event.target.closest?.("input, textarea, select, [contenteditable]")) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  // ---- the help sheet ----

  function make(tag, className, text = "") {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  }

  const sheet = document.createElement("dialog");
  sheet.className = "help";
  document.body.append(sheet);
  sheet.addEventListener("click", ({target}) => {
    if (target === sheet || target.closest("button")) sheet.close(); // the ground around it closes it too
  });

  function help() {
    const {help: title, help_close, keys: rows} = viewer().labels;
    const list = document.createElement("dl");
    for (const [names, does] of rows) {
      const term = document.createElement("dt");
      names.split(" ").forEach((name) => term.append(make("kbd", "", name)));
      list.append(term, make("dd", "", does));
    }
    const heading = make("h2", "", title);
    heading.id = "help-title";
    sheet.setAttribute("aria-labelledby", heading.id);
    const done = make("button", "", help_close);
    done.type = "button";
    sheet.replaceChildren(heading, list, done);
    sheet.showModal();
  }

  function offerHelp() {
    const bar = document.querySelector("#masthead .masthead");
    if (!bar || bar.querySelector(".open-help") || !viewer()) return;
    const button = make("button", "open-help", "?");
    button.type = "button";
    button.title = viewer().labels.help;
    button.setAttribute("aria-label", viewer().labels.help);
    button.setAttribute("aria-haspopup", "dialog");
    button.addEventListener("click", help);
    bar.append(button);
  }

  // The box opens when the article has been laid. Elsewhere than with a mouse, focus would call up the keyboard.
  const welcome = () => {
    if (!box() || box().disabled) return false;
    if (document.activeElement === document.body && matchMedia("(pointer: fine)").matches) box().focus();
    return true;
  };
  if (!welcome()) {
    const waiting = new MutationObserver(() => welcome() && waiting.disconnect());
    waiting.observe(document.body, {subtree: true, childList: true, attributeFilter: ["disabled"]});
  }

  // Gradio labels each message with its Markdown source, which a screen reader would read in place of the message, and
  // calls the examples a list without items.
  const mend = () => {
    document.querySelectorAll("#chat [data-testid][aria-label]").forEach((node) => node.removeAttribute("aria-label"));
    document.querySelector("#chat .examples[role=list]")?.setAttribute("role", "group");
    offerHelp();
  };
  mend();
  new MutationObserver(mend).observe(document.body, {subtree: true, childList: true, attributeFilter: ["aria-label"]});
};
