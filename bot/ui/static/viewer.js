// The article viewer. Gradio calls this with `element`, `props` and `watch` (js_on_load of gr.HTML).
// Everything that is not the interface's own goes in through textContent: Gradio evaluates what a template
// inserts as a JavaScript template literal, so an article's text must never pass through html_template.

const page = element.querySelector(".page");
const scroller = element.querySelector(".reader-scroll");
const heading = element.querySelector(".reader-question");
const labels = props.labels;
const tags = {headline: "h1", repeat: "p", caption: "p", aside: "p", text: "p"};
let paragraphs = [];
let shown = 0; // number of the answer whose evidence is marked, 0 for none

function make(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function lay(article) {
  paragraphs = article.paragraphs.map(({kind, text}) => {
    const node = make(tags[kind], kind, text);
    node.dir = "auto";
    return node;
  });
  const origin = make("p", "origin", article.origin);
  const first = article.title === null ? paragraphs.slice(0, 1) : [make("h1", "headline", article.title)];
  page.replaceChildren(...first, origin, ...paragraphs.filter((node) => !first.includes(node)));
  shown = 0;
}

function number(answer, n) {
  const button = make("button", "number", n);
  button.type = "button";
  button.dataset.cite = `${answer}-${n}`;
  button.setAttribute("aria-label", labels.back.replace("{n}", n));
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
    for (const n of ends) mark.append(number(answer, n));
  }
  return nodes;
}

// Marks what the given answer cites in place of what another one did.
function show(answer) {
  if (answer === shown) return;
  const before = props.evidence[shown - 1]?.paragraphs ?? [];
  for (const {index} of before) {
    paragraphs[index].textContent = props.value.paragraphs[index].text;
    paragraphs[index].classList.remove("has-cited");
  }
  const evidence = props.evidence[answer - 1];
  shown = evidence ? answer : 0;
  for (const {index, runs} of evidence?.paragraphs ?? []) {
    paragraphs[index].replaceChildren(...marked(answer, runs));
    paragraphs[index].classList.add("has-cited");
  }
  page.classList.toggle("offered", Boolean(evidence) && !evidence.answered);
  const named = evidence?.paragraphs.length;
  heading.replaceChildren();
  if (named) heading.append(make("span", "", `${evidence.answered ? labels.evidence : labels.nearest} `), make("q", "", evidence.question));
  element.dispatchEvent(new CustomEvent("footnote:shown", {bubbles: true, detail: {answer: shown}}));
}

function marksOf(cite) {
  return [...page.querySelectorAll("mark")].filter((mark) => mark.dataset.cites.split(" ").includes(cite));
}

// Brings a node to the upper third of the article unless it is in view already, in less than 200 ms.
function reveal(node) {
  const box = node.getBoundingClientRect();
  const view = scroller.getBoundingClientRect();
  if (box.top >= view.top + 24 && box.bottom <= view.bottom - 24) return;
  const from = scroller.scrollTop;
  const to = from + box.top - view.top - view.height * 0.3;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    scroller.scrollTop = to;
    return;
  }
  const began = performance.now();
  const step = (now) => {
    const t = Math.min(1, (now - began) / 180);
    scroller.scrollTop = from + (to - from) * (1 - (1 - t) ** 3);
    if (t < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

function clear() {
  for (const mark of page.querySelectorAll(".outlined")) mark.classList.remove("outlined");
}

// What app.js may ask of the viewer.
element.footnote = {
  show,
  clear,
  // Outlines one cited sentence and puts the focus on its number. False if the answer cites no such sentence here.
  point(answer, n) {
    show(answer);
    clear();
    const marks = marksOf(`${answer}-${n}`);
    if (!marks.length) return false;
    for (const mark of marks) mark.classList.add("outlined");
    reveal(marks[0]);
    page.querySelector(`button[data-cite="${answer}-${n}"]`)?.focus({preventScroll: true});
    return true;
  },
};

lay(props.value);
watch("value", () => lay(props.value));
watch("evidence", () => {
  const latest = props.evidence.length;
  if (latest === shown) return;
  show(latest);
  const [first] = marksOf(`${latest}-1`);
  if (first && props.evidence[latest - 1].answered) reveal(first);
});
