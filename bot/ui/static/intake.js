// How far adding has come, and what came of it. Names and reasons go in through textContent alone.

const find = (selector) => element.querySelector(selector);
const section = find(".intake");
const cancel = find(".intake-cancel");
const labels = props.labels;

function make(tag, className, text) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function line({outcome, said, name, reason, paste}) {
  const item = make("li", outcome, "");
  const title = make("span", "intake-name", name);
  title.dir = "auto";
  item.append(make("span", "intake-said", said), title);
  if (reason) item.append(make("p", "intake-reason", reason));
  if (paste) {
    const button = make("button", "intake-paste", labels.paste);
    button.type = "button";
    item.append(button);
  }
  return item;
}

function lay(report) {
  section.hidden = !report;
  document.body.dataset.intake = report ? (report.running ? "running" : "done") : "";
  if (!report) return;
  find(".intake-running").hidden = !report.running;
  find(".intake-done").hidden = report.running;
  if (report.running) {
    find(".intake-source").textContent = report.source;
    find(".intake-stage").textContent = cancel.disabled ? labels.cancelling : report.stage;
    find("progress").value = report.share;
    return;
  }
  cancel.disabled = false;
  find(".intake-summary").textContent = report.summary;
  find(".intake-results").replaceChildren(...report.results.map(line));
  find(".intake-ask").hidden = !report.results.some(({outcome}) => ["added", "present", "replaced"].includes(outcome));
  element.dispatchEvent(new CustomEvent("footnote:taken-in", {bubbles: true}));
}

section.addEventListener("click", ({target}) => {
  if (target === cancel) {
    cancel.disabled = true;
    find(".intake-stage").textContent = labels.cancelling;
    trigger("select", {action: "cancel"});
  } else if (target.matches(".intake-dismiss")) {
    lay(null);
  } else if (target.matches(".intake-paste")) {
    element.dispatchEvent(new CustomEvent("footnote:paste", {bubbles: true}));
  } else if (target.matches(".intake-ask")) {
    lay(null);
    document.querySelector("#question textarea").focus();
  }
});

lay(props.value);
watch("value", () => lay(props.value));
