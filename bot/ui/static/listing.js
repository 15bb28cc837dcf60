// A list of things to open, rename and remove, and the panel around it; articles and conversations are listed by it.
// Which panel that is, says the name in props.panel. What comes from elsewhere goes in through textContent.

const panel = props.panel;
const rows = element.querySelector(".list-rows");
const notice = element.querySelector(".list-notice");
const remark = element.querySelector(".list-remark");
const labels = props.labels;
const PATIENCE = 20000; // milliseconds that undo is offered, and longer while it is pointed at
let removing = false; // the next notice is about a removal of ours
let patience = 0;

function make(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function button(className, text, label = "") {
  const node = make("button", className, text);
  node.type = "button";
  if (label) node.setAttribute("aria-label", label);
  return node;
}

function row({id, title, about, ticked}) {
  const item = make("li", "row");
  item.dataset.id = id;
  if (ticked !== undefined) {
    const tick = make("input", "row-tick");
    tick.type = "checkbox";
    tick.checked = ticked;
    tick.setAttribute("aria-label", labels.tick.replace("{title}", () => title));
    item.append(tick);
  }
  const name = button("row-title", title);
  name.dir = "auto";
  const facts = make("p", "row-about");
  facts.append(...about.map((fact) => make("span", "", fact)));
  const actions = make("div", "row-actions");
  actions.append(
    button("row-rename", labels.rename, `${labels.rename}: ${title}`),
    button("row-remove", labels.remove, `${labels.remove}: ${title}`),
  );
  item.append(name, facts, actions);
  return item;
}

// Whoever works with the keyboard finds the focus where it was, or at the undo of what was just removed.
function place() {
  const active = document.activeElement;
  return element.contains(active) ? [active.closest(".row")?.dataset.id, active.className] : null;
}

function lay(list) {
  if (!list) return;
  const focused = place();
  rows.replaceChildren(...list.rows.map(row));
  markOpen();
  remark.textContent = list.remark;
  tell(list.notice);
  if (removing) notice.querySelector("button")?.focus();
  else if (focused) rowOf(focused[0])?.querySelector(`.${focused[1]}`)?.focus();
  removing = false;
}

// The one in view, which changes from elsewhere too: an answer or a citation may open another article.
function markOpen() {
  for (const item of rows.children) {
    const open = item.dataset.id === props.open;
    item.classList.toggle("is-open", open);
    item.querySelector(".row-title")?.setAttribute("aria-current", String(open));
  }
}

const rowOf = (id) => [...rows.children].find((item) => item.dataset.id === id);

function tell(said) {
  clearTimeout(patience);
  notice.replaceChildren();
  if (!said) return;
  notice.append(make("span", "", said.text));
  if (said.undo) notice.append(button("list-undo", labels.undo));
  patience = setTimeout(forget, PATIENCE);
}

function forget() {
  if (notice.matches(":hover, :focus-within")) {
    patience = setTimeout(forget, PATIENCE);
    return;
  }
  tell(null);
  trigger("select", {action: "forget", id: ""});
}

function rename(item) {
  const name = item.querySelector(".row-title");
  const form = make("form", "row-form");
  const field = make("input", "row-field");
  field.value = name.textContent;
  field.dir = "auto";
  field.maxLength = 300;
  field.setAttribute("aria-label", labels.renaming.replace("{title}", () => name.textContent));
  const save = button("row-save", labels.save);
  save.type = "submit";
  const cancel = button("row-cancel", labels.cancel);
  form.append(field, save, cancel);
  const leave = () => {
    form.replaceWith(name);
    item.querySelector(".row-rename").focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const title = field.value.trim();
    if (title && title !== name.textContent) trigger("select", {action: "rename", id: item.dataset.id, title});
    leave();
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") leave();
  });
  cancel.addEventListener("click", leave);
  name.replaceWith(form);
  field.select();
}

element.addEventListener("click", ({target}) => {
  const item = target.closest(".row");
  const id = item?.dataset.id ?? "";
  if (target.matches(".row-title")) {
    trigger("select", {action: "open", id});
    close();
    element.dispatchEvent(new CustomEvent("footnote:opened", {bubbles: true, detail: {panel}}));
  } else if (target.matches(".row-rename")) {
    rename(item);
  } else if (target.matches(".row-remove")) {
    removing = true;
    trigger("select", {action: "remove", id});
  } else if (target.matches(".list-undo")) {
    trigger("select", {action: "undo", id});
  }
});
element.addEventListener("change", ({target}) => {
  if (target.matches(".row-tick")) trigger("select", {action: "tick", id: target.closest(".row").dataset.id, on: target.checked});
});

// ---- the panel ----

const opener = () => document.querySelector(`.open-${panel}`);
const isOpen = () => document.body.dataset.panel === panel;

function tellOpener() {
  for (const name of ["shelf", "talks", "settings"]) {
    document.querySelector(`.open-${name}`)?.setAttribute("aria-expanded", String(document.body.dataset.panel === name));
  }
}

function open() {
  document.body.dataset.panel = panel;
  tellOpener();
}

function close() {
  if (!isOpen()) return;
  delete document.body.dataset.panel;
  tellOpener();
}

document.addEventListener("click", ({target}) => {
  if (!(target instanceof Element)) return;
  if (target.closest(`.open-${panel}`)) {
    if (isOpen()) close();
    else {
      open();
      document.querySelector(`#${panel} .bar-action`).focus();
    }
  } else if (target.closest(`#${panel} .close-panel`)) {
    close();
    opener().focus();
  } else if (target.closest("#chat a[href^='#cite-']")) {
    close(); // the sentence is in the article behind
  }
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isOpen() || event.target.closest?.(".row-form")) return;
  event.stopPropagation();
  close();
  opener().focus();
}, true);
document.addEventListener("focusin", ({target}) => {
  if (target.closest?.("#question")) close();
});

lay(props.value);
watch("value", () => lay(props.value));
watch("open", markOpen);
