// The article viewer. Gradio calls this with `element`, `props`, `trigger` and `watch` (js_on_load of gr.HTML).
// Everything that is not the interface's own goes in through textContent: Gradio evaluates what a template
// inserts as a JavaScript template literal, so an article's text must never pass through html_template.

const $ = (selector) => element.querySelector(selector);
const reader = $(".reader");
const page = $(".page");
const scroller = $(".reader-scroll");
const labels = props.labels;
const HUES = 5; // as many as footnote.css names
const STRETCH = 16; // paragraphs that are laid out together, when they come near
const tags = {headline: "h1", repeat: "p", caption: "p", aside: "p", text: "p"};

let blocks = []; // {kind, text, node} of each paragraph; and of the title, last, where it is none of them
let shown = 0; // number of the answer whose evidence is marked, 0 for none
let touched = []; // indices of the paragraphs that are marked
let pointed = null; // the citation, "<answer>-<n>", that is outlined
let awaited = null; // the citation to point at once its article has been opened
let seen = 0; // how many answers there were

function make(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const hue = (answer) => String((answer - 1) % HUES);
const told = (name, detail = {}) => element.dispatchEvent(new CustomEvent(`footnote:${name}`, {bubbles: true, detail}));

// To who hears the page rather than sees it; the same words twice are said twice.
function say(text) {
  const status = $(".unseen");
  status.textContent = status.textContent === text ? `${text}\u00a0` : text;
}

// ---- the article ----

function lay(article) {
  blocks = article.paragraphs.map(({kind, text}) => ({kind, text, node: make(tags[kind], kind)}));
  blocks.forEach((_, index) => write(index));
  if (article.title !== null) blocks.push({kind: "headline", text: article.title, node: make("h1", "headline", article.title)});
  const head = make("header", "head");
  const stretches = [];
  for (const block of blocks) {
    block.node.dir = "auto";
    if (block.kind === "headline") {
      head.append(block.node, byline(article));
      continue;
    }
    let room = stretches.at(-1);
    if (!room || (block.kind === "text" && room.node.childElementCount >= STRETCH)) {
      stretches.push(room = {node: make("div", "stretch"), length: 0});
    }
    Object.assign(block, {room, before: room.length});
    room.node.append(block.node);
    room.length += block.text.length + 60; // and the space under it
  }
  for (const {node, length} of stretches) node.style.setProperty("--length", length); // to guess how tall it will be
  page.lang = article.language ?? "";
  page.replaceChildren(head, ...stretches.map(({node}) => node));
  scroller.scrollTop = began = 0;
  touched = [];
  find();
}

function byline(article) {
  const {author, site, origin, date, language, pages} = article;
  const facts = [author && fill(labels.by, {author}), site, origin, date, language && tongue(language),
                 pages > 1 && fill(labels.pages, {pages})].filter(Boolean);
  const node = make("p", "origin");
  // What another fact says already ("The Independent, 14 May 2024") is not said again.
  facts.filter((fact, index) => !facts.some((other, at) => at !== index && other.includes(fact) && (other !== fact || at < index)))
    .forEach((fact, index) => node.append(index ? " · " : "", make("span", "", fact)));
  return node;
}

function tongue(code) {
  try {
    return new Intl.DisplayNames(["en"], {type: "language"}).of(code);
  } catch {
    return code; // none that the browser knows, or no code at all
  }
}

// Fills a paragraph, with the runs of an answer's evidence or without.
function write(index, answer = 0, runs = null) {
  const {node} = blocks[index];
  const {text, leaves = []} = props.value.paragraphs[index];
  node.replaceChildren(...(runs ? marked(answer, runs) : [text]));
  node.classList.toggle("has-cited", Boolean(runs));
  for (const [offset, number] of leaves) {
    const [into, at] = spot(node, offset);
    const leaf = make("span", "leaf");
    leaf.setAttribute("role", "separator");
    leaf.setAttribute("aria-label", fill(labels.page, {page: number}));
    leaf.dataset.page = fill(labels.page, {page: number});
    into.splitText(at).before(leaf);
  }
}

// The text node and the place in it of a character of a paragraph. Footnote numbers are no part of the text.
function spot(node, offset) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (inner) =>
    inner.nodeName === "SUP" ? NodeFilter.FILTER_REJECT : inner.nodeType === 3 ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
  let last = null;
  while (walker.nextNode()) {
    last = walker.currentNode;
    if (offset <= last.length) return [last, offset];
    offset -= last.length;
  }
  return [last, last.length];
}

// ---- evidence ----

const evidenceOf = (answer) => props.evidence[answer - 1];
const citation = (cite) => {
  const [answer, n] = cite.split("-").map(Number);
  return evidenceOf(answer)?.citations.find((other) => other.n === n);
};
const marksOf = (cite) => [...page.querySelectorAll("mark")].filter((mark) => mark.dataset.cites.split(" ").includes(cite));
const numberOf = (cite) => page.querySelector(`button[data-cite="${cite}"]`);

function number(answer, n) {
  const button = make("button", "number", n);
  button.type = "button";
  button.dataset.cite = `${answer}-${n}`;
  button.setAttribute("aria-label", fill(labels.back, {n}));
  button.setAttribute("aria-describedby", `cited-${answer}-${n}`);
  const raised = document.createElement("sup");
  raised.append(button);
  return raised;
}

function marked(answer, runs) {
  const nodes = [];
  let mark = null;
  for (const {text, cites, answer: says, ends} of runs) {
    const piece = says ? make("strong", "says", text) : document.createTextNode(text);
    if (!cites.length) {
      mark = null;
      nodes.push(piece);
      continue;
    }
    const key = cites.map((n) => `${answer}-${n}`).join(" ");
    if (mark?.dataset.cites !== key) {
      mark = make("mark", "cited");
      mark.dataset.cites = key;
      nodes.push(mark);
    }
    mark.append(piece);
    for (const n of ends) {
      mark.id = `cited-${answer}-${n}`;
      mark.append(number(answer, n));
    }
  }
  return nodes;
}

// Marks what the given answer cites in place of what another one did.
function show(answer) {
  if (answer === shown) return;
  for (const index of touched) write(index);
  const evidence = evidenceOf(answer);
  shown = evidence ? answer : 0;
  touched = (evidence?.paragraphs ?? []).map(({index, runs}) => (write(index, answer, runs), index));
  page.dataset.hue = reader.dataset.hue = evidence ? hue(answer) : "";
  page.classList.toggle("offered", Boolean(evidence) && !evidence.answered);
  const heading = $(".reader-question");
  heading.replaceChildren();
  if (touched.length) {
    heading.append(make("span", "", `${evidence.answered ? labels.evidence : labels.nearest} `), make("q", "", evidence.question));
  }
  clear();
  told("shown", {answer: shown});
  tint();
  tick();
}

function clear() {
  for (const mark of page.querySelectorAll(".outlined")) mark.classList.remove("outlined");
  pointed = null;
  told("pointed", {cite: null});
  turn();
  if (carded) card(null);
}

// Outlines a cited sentence and puts the focus on its number, or has its article opened if it is in another one.
function point(cite, focus = true) {
  const [answer] = cite.split("-").map(Number);
  const about = citation(cite);
  if (!about || about.removed) return;
  show(answer);
  const marks = marksOf(cite);
  if (!marks.length) {
    awaited = cite;
    trigger("select", {article: about.article, cite});
    return;
  }
  clear();
  awaited = null;
  pointed = cite;
  for (const mark of marks) mark.classList.add("outlined");
  told("pointed", {cite});
  turn();
  card(cite);
  if (focus) numberOf(cite)?.focus({preventScroll: true});
  reveal(marks[0]);
}

// The citations that can be walked: those of the answer that is shown, or of the latest.
const walkable = () => {
  const answer = shown || props.evidence.length;
  return (evidenceOf(answer)?.citations ?? []).filter(({removed}) => !removed).map(({n}) => `${answer}-${n}`);
};

function walk(step, focus = true) {
  const cites = walkable();
  if (!cites.length) return;
  const at = cites.indexOf(pointed);
  const next = at < 0 ? (step > 0 ? 0 : cites.length - 1) : (at + step + cites.length) % cites.length;
  point(cites[next], focus);
  if (!focus) say(fill(labels.walked, {n: next + 1, count: cites.length, text: citation(cites[next]).text}));
}

// Where one is on that walk.
function turn() {
  const cites = walkable();
  const at = cites.indexOf(pointed);
  $(".walk").hidden = !cites.length;
  $(".tally").textContent = at < 0 ? String(cites.length) : fill(labels.place, {n: at + 1, count: cites.length});
}

// Brings a node or a range to the upper third of the article unless it is in view already, in less than 200 ms.
// The goal is looked up again at each step: what comes near is laid out only then, and may be taller than thought.
let travel = 0;
function reveal(target) {
  const view = scroller.getBoundingClientRect();
  const box = target.getBoundingClientRect();
  cancelAnimationFrame(travel);
  if (box.top >= view.top + 24 && box.bottom <= view.bottom - $(".card").offsetHeight - 24) return;
  const away = () => target.getBoundingClientRect().top - view.top - view.height * 0.3;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const far = still ? Math.abs(away()) : Math.max(0, Math.abs(away()) - view.height);
  scroller.scrollTop += Math.sign(away()) * far;
  const end = performance.now() + 160;
  const step = (now) => {
    const frames = Math.max(1, (end - now) / 16);
    scroller.scrollTop += away() * Math.min(1, 2 / frames);
    if (now < end + 100) travel = requestAnimationFrame(step); // the last steps mend what was guessed wrong
  };
  travel = requestAnimationFrame(step);
}

// ---- the citation card, at the foot of the article as a footnote is ----

let carded = null; // the citation that it is about
let carding = 0;
const sight = new IntersectionObserver((entries) => {
  $(".card").classList.toggle("away", !entries.at(-1).isIntersecting); // a sentence in view need not be read twice
}, {root: scroller});

function card(cite) {
  clearTimeout(carding);
  const about = cite ? citation(cite) : null;
  carded = about ? cite : null;
  sight.disconnect();
  $(".card").hidden = !about;
  if (!about) return;
  const dots = (parts) => parts.flatMap((part, index) => (index ? [" · ", part] : [part]));
  const odds = make("span", "", about.odds);
  odds.title = fill(labels.odds, {percent: about.percent});
  $(".card").dataset.hue = hue(Number(cite.split("-")[0]));
  $(".card-title").replaceChildren(make("b", "", about.n), ` ${about.title}`);
  $(".card-source").replaceChildren(...dots([...about.source, ...(about.removed ? [labels.removed] : []), odds]));
  const [mark] = marksOf(cite);
  const around = mark ? blocks.find(({node}) => node.contains(mark)).text : about.text;
  const at = Math.max(0, around.indexOf(about.text));
  const said = make("mark", "", around.slice(at, at + about.text.length));
  $(".card-text").replaceChildren(around.slice(0, at), said, around.slice(at + about.text.length));
  $(".card").classList.toggle("away", !mark);
  if (mark) sight.observe(mark);
}

// What is hovered or focused comes first, then what is pointed at.
function glance(cite) {
  clearTimeout(carding);
  if (cite) card(cite);
  else if (carded !== pointed) carding = setTimeout(() => $(".card").matches(":hover, :focus-within") || card(pointed), 300);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // not a secure address, or not allowed: the old way
    const {activeElement} = document;
    const box = make("textarea", "unseen", text);
    reader.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    activeElement?.focus();
    return done;
  }
}

// ---- the strip beside the scroll bar: where in the article the evidence lies ----

// Tells how far down the article, 0 to 1, a character of a paragraph lies. Nothing is laid out to know it.
function ruler() {
  const {top} = page.getBoundingClientRect();
  const whole = scroller.scrollHeight;
  const boxes = new Map();
  return (index, offset = 0) => {
    const {room, before} = blocks[index];
    if (!room) return 0;
    if (!boxes.has(room)) boxes.set(room, room.node.getBoundingClientRect());
    const box = boxes.get(room);
    return (box.top - top + box.height * (before + offset) / room.length) / whole;
  };
}

function tick() {
  const ticks = [];
  const depth = ruler();
  props.evidence.forEach(({paragraphs}, before) => {
    const answer = before + 1;
    for (const {index, runs} of paragraphs) {
      let offset = 0;
      for (const {text, ends} of runs) {
        for (const n of ends) ticks.push({cite: `${answer}-${n}`, answer, n, at: depth(index, offset)});
        offset += text.length;
      }
    }
  });
  const room = $(".strip").clientHeight;
  let edge = 0; // numbers must not lie on each other
  const nodes = ticks.sort((a, b) => a.at - b.at).map(({cite, answer, n, at}) => {
    const current = answer === shown;
    const button = make("button", current ? "tick current" : "tick", current ? n : "");
    button.type = "button";
    button.dataset.hue = hue(answer);
    button.dataset.to = cite;
    button.tabIndex = current ? 0 : -1; // for those of other answers there are the chips in the chat
    button.title = props.evidence[answer - 1].question;
    button.setAttribute("aria-label", fill(labels.tick, {n, percent: Math.round(100 * at)}));
    const top = current ? Math.min(Math.max(at * room, edge), room - 20) : at * room;
    if (current) edge = top + 20;
    button.style.top = `${top}px`;
    return button;
  });
  const before = document.activeElement?.dataset?.to;
  $(".strip").replaceChildren($(".strip canvas"), ...nodes);
  if (before) nodes.find((node) => node.dataset.to === before)?.focus({preventScroll: true});
  draw();
}

// The hits of the search, as fine lines.
function draw() {
  const canvas = $(".strip canvas");
  const {clientWidth: width, clientHeight: height} = canvas;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(canvas).color;
  const depth = ruler();
  const lines = new Set(hits.map(({index, start}) => Math.round(depth(index, start) * canvas.height)));
  for (const line of lines) pen.fillRect(0, line, canvas.width, Math.max(1, devicePixelRatio));
}

// ---- search in the article ----

let hits = []; // {index, start, end}: UTF-16 units of a paragraph
let hit = -1; // the one that is looked at
let cameFrom = null; // what had the focus before the search
let began = 0; // how far down the article it began, 0 to 1: what is typed on is looked for from there again
const ALIKE = ["'’‘ʼ", '"“”„', "-‐‑–—"];

// What is typed stands for itself, in capitals or not; typewriter quotes, dashes and spaces for the printer's.
const pattern = (query) => new RegExp([...query].map((ch) => {
  const alike = ALIKE.find((set) => set.includes(ch));
  if (alike) return `[${alike.replace("-", "\\-")}]`;
  return /\s/.test(ch) ? "\\s+" : ch.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}).join(""), "giu");

function find() {
  const query = $(".search").hidden ? "" : $(".search-box").value.trim().replace(/\s+/g, " ");
  hits = [];
  hit = -1;
  if (query) {
    const wanted = pattern(query);
    blocks.forEach(({kind, text, node}, index) => {
      if (kind === "repeat" && !node.matches(".has-cited")) return;
      for (const match of text.matchAll(wanted)) hits.push({index, start: match.index, end: match.index + match[0].length});
    });
  }
  tint();
  draw();
  $(".search").classList.toggle("none", Boolean(query) && !hits.length);
  $(".search-tally").textContent = query && !hits.length ? labels.no_hit : "";
  if (hits.length) {
    const depth = ruler();
    const next = hits.findIndex(({index, start}) => depth(index, start) >= began);
    look(Math.max(0, next));
  }
}

function rangeOf({index, start, end}) {
  const range = document.createRange();
  range.setStart(...spot(blocks[index].node, start));
  range.setEnd(...spot(blocks[index].node, end));
  return range;
}

// Static ranges, because every change of the page has to look after the other kind, and there may be thousands.
function tint() {
  if (!CSS.highlights) return;
  const found = new Highlight();
  for (const {index, start, end} of hits) {
    const {node} = blocks[index];
    const [[startContainer, startOffset], [endContainer, endOffset]] = node.childNodes.length === 1 && node.firstChild.length
      ? [[node.firstChild, start], [node.firstChild, end]] : [spot(node, start), spot(node, end)];
    found.add(new StaticRange({startContainer, startOffset, endContainer, endOffset}));
  }
  CSS.highlights.set("found", found);
  CSS.highlights.set("found-now", hit < 0 ? new Highlight() : new Highlight(rangeOf(hits[hit])));
}

function look(at) {
  if (!hits.length) return;
  hit = (at + hits.length) % hits.length;
  const range = rangeOf(hits[hit]);
  CSS.highlights?.set("found-now", Object.assign(new Highlight(range), {priority: 1}));
  $(".search-tally").textContent = fill(labels.place, {n: hit + 1, count: hits.length});
  reveal(range);
}

function search() {
  if ($(".search").hidden) cameFrom = document.activeElement;
  began = scroller.scrollTop / scroller.scrollHeight;
  $(".search").hidden = false;
  reader.classList.add("searching");
  $(".search-box").select();
  $(".search-box").focus();
  find();
}

// Leaves the search: the hit that was looked at stays selected, as browsers leave it.
function leaveSearch() {
  const found = hits[hit];
  $(".search").hidden = true;
  reader.classList.remove("searching");
  find();
  const back = cameFrom?.isConnected && cameFrom !== document.body && cameFrom.checkVisibility() ? cameFrom : scroller;
  back.focus({preventScroll: true});
  if (!found) return;
  const range = rangeOf(found);
  getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
}

// ---- ask about what is selected ----

function selected() {
  const selection = getSelection();
  const text = selection.isCollapsed || !page.contains(selection.getRangeAt(0).startContainer) ? "" : selection.toString();
  return text.trim() && {text, range: selection.getRangeAt(0)};
}

function offer() {
  const button = $(".about");
  const chosen = selected();
  button.hidden = !chosen;
  if (!chosen) return;
  const frame = $(".reader-body").getBoundingClientRect();
  const line = [...chosen.range.getClientRects()].at(-1) ?? chosen.range.getBoundingClientRect();
  const within = (value, most) => Math.max(4, Math.min(value, most));
  button.style.left = `${within(line.right - frame.left - button.offsetWidth, frame.width - button.offsetWidth - 28)}px`;
  button.style.top = `${within(line.bottom - frame.top + 8, frame.height - button.offsetHeight - 4)}px`;
}

// Puts the selection, or else the sentence that is pointed at, into the question box.
function about() {
  const text = selected()?.text ?? (pointed ? citation(pointed).text : "");
  if (!text) return;
  getSelection().removeAllRanges();
  told("about", {text});
}

// Closes the latest thing opened. False if nothing was.
function escape() {
  if (!$(".search").hidden) leaveSearch();
  else if (!$(".about").hidden) {
    if (document.activeElement === $(".about")) scroller.focus({preventScroll: true});
    getSelection().removeAllRanges();
  } else if (carded && carded !== pointed) card(pointed);
  else return false;
  return true;
}

// ---- what happens when ----

reader.addEventListener("click", ({target, clientY}) => {
  const {step, hit: by, to} = target.closest("button")?.dataset ?? {};
  if (step) walk(Number(step), false);
  else if (by === "-1") look(hit - 1);
  else if (to) point(to);
  else if (target.closest(".search-open")) search();
  else if (target.closest(".search-close")) leaveSearch();
  else if (target.closest(".about")) about();
  else if (target.closest(".card-copy")) {
    copy(citation(carded).quotation).then((done) => say(done ? labels.copied : labels.not_copied));
  } else if (target.closest(".strip")) {
    const frame = $(".strip").getBoundingClientRect();
    cancelAnimationFrame(travel);
    scroller.scrollTop = (clientY - frame.top) / frame.height * scroller.scrollHeight - scroller.clientHeight / 2;
  }
});
$(".search").addEventListener("submit", (event) => {
  event.preventDefault();
  look(hit + 1);
});
$(".search-box").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.shiftKey) return;
  event.preventDefault();
  look(hit - 1);
});
$(".search-box").addEventListener("input", find);
$(".about").addEventListener("pointerdown", (event) => event.preventDefault()); // the selection is to stay
reader.addEventListener("keydown", (event) => {
  if (event.key !== "Tab" || event.shiftKey || $(".about").hidden || event.target === $(".about")) return;
  event.preventDefault(); // after a selection comes what can be done with it
  $(".about").focus();
});
for (const name of ["pointerover", "focusin"]) {
  reader.addEventListener(name, ({target}) => glance(target.closest(".number")?.dataset.cite));
}
reader.addEventListener("pointerleave", () => glance(null));
$(".strip").addEventListener("wheel", (event) => { scroller.scrollTop += event.deltaY; }, {passive: true});
for (const name of ["wheel", "pointerdown", "keydown"]) { // who scrolls is not pulled back
  scroller.addEventListener(name, () => cancelAnimationFrame(travel), {passive: true});
}
scroller.addEventListener("scroll", () => $(".about").hidden || offer(), {passive: true});
document.addEventListener("selectionchange", offer);
let ticking = 0;
const sizes = new ResizeObserver(() => {
  reader.style.setProperty("--gutter", `${scroller.offsetWidth - scroller.clientWidth}px`);
  cancelAnimationFrame(ticking);
  ticking = requestAnimationFrame(tick);
});
sizes.observe(page);
sizes.observe(scroller);

// What app.js may ask of the viewer.
element.footnote = {
  labels, show, clear, point, walk, search, about, escape, glance,
  questions: () => props.evidence.map(({question}) => question),
};

// Brings what is shown in step with the props. A longer conversation has a new answer, whose evidence is shown.
let relay = true;
let asked = props.pointed;
function sync() {
  const latest = props.evidence.length;
  const fresh = latest > seen;
  const kept = pointed;
  const focused = document.activeElement?.dataset?.cite === kept;
  const here = (answer) => evidenceOf(answer)?.paragraphs.length;
  const goal = props.pointed !== asked && props.pointed ? props.pointed : relay && awaited;
  seen = latest;
  asked = props.pointed;
  const answer = fresh || !here(shown) ? (fresh ? latest : props.evidence.findLastIndex(({paragraphs}) => paragraphs.length) + 1) : shown;
  if (relay) lay(props.value);
  else for (const index of touched) write(index);
  touched = [];
  relay = false;
  awaited = null;
  shown = -1;
  show(answer);
  const [first] = marksOf(`${answer}-1`);
  if (goal && marksOf(goal).length) point(goal);
  else if (!fresh && kept && marksOf(kept).length) point(kept, focused);
  else if (fresh && first && evidenceOf(answer).answered) reveal(first);
}
watch("value", () => { relay = true; });
watch(["value", "evidence", "pointed"], sync);
sync();
