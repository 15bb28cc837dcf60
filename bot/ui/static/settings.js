// The form in which a language model is chosen, and the panel around it. What comes from elsewhere goes in through textContent.

const form = element.querySelector("form");
const labels = props.labels;
const find = (name) => element.querySelector(`.setup-${name}`);
let keys = {}; // of each kind of server, the variable of the environment and whether it is set

const kind = () => form.elements.kind.value;

function arrange() {
  const now = kind();
  find("fields").hidden = !now || now === "none";
  find("reword").hidden = find("fields").hidden && !find("instead").textContent;
  find("address").hidden = now !== "url";
  find("model").querySelector("span").textContent = now === "gguf" ? labels.file : labels.model;
  element.querySelector('[data-action="list"]').hidden = now === "gguf";
  const key = keys[now];
  const about = key?.set ? labels.key_set : now === "openai" ? labels.key_needed : labels.key_unset;
  find("key").textContent = key ? about.replace("{variable}", key.variable) : "";
}

function offer(names) {
  find("models").replaceChildren(...names.map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    return button;
  }));
  find("models").hidden = !names.length;
}

function say(text, good = true) {
  find("said").textContent = text;
  find("said").classList.toggle("wrong", !good);
}

function rest(on) {
  for (const button of element.querySelectorAll("[data-action]")) button.disabled = !on;
}

function lay(news) {
  if (!news) return;
  keys = news.keys;
  find("instead").textContent = news.instead;
  if (news.fields) {
    const {reword, ...written} = news.fields;
    for (const [name, value] of Object.entries(written)) form.elements[name].value = value;
    form.elements.reword.checked = reword;
    offer([]);
  }
  if (news.models) offer(news.models);
  say(news.said ?? "", news.good);
  rest(true);
  arrange();
}

function ask(action) {
  const {model, address, shown, reword} = form.elements;
  say(action === "save" ? "" : labels.waiting);
  rest(false);
  const told = {model: model.value, address: address.value, shown: shown.value, reword: reword.checked};
  trigger("select", {action, kind: kind(), ...told});
}

form.addEventListener("change", ({target}) => {
  if (target.name !== "kind") return;
  form.elements.model.value = "";
  offer([]);
  say("");
  arrange();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!element.querySelector('[data-action="save"]').disabled) ask("save");
});
element.addEventListener("click", ({target}) => {
  if (target.matches('[type="button"][data-action]')) ask(target.dataset.action);
  else if (target.closest(".setup-models button")) form.elements.model.value = target.textContent;
});

// ---- the panel ----

const opener = () => document.querySelector(".open-settings");
const isOpen = () => document.body.dataset.panel === "settings";

function open() {
  document.body.dataset.panel = "settings";
  for (const name of ["shelf", "talks"]) document.querySelector(`.open-${name}`)?.setAttribute("aria-expanded", "false");
  opener().setAttribute("aria-expanded", "true");
  trigger("select", {action: "show"});
  document.querySelector("#settings .close-panel").focus();
}

function close() {
  if (isOpen()) delete document.body.dataset.panel;
  opener()?.setAttribute("aria-expanded", "false");
}

document.addEventListener("click", ({target}) => {
  if (!(target instanceof Element)) return;
  if (target.closest(".open-settings")) {
    if (isOpen()) close();
    else open();
  } else if (target.closest("#settings .close-panel")) {
    close();
    opener().focus();
  } else if (target.closest(".open-shelf, .open-talks, #chat a[href^='#cite-']")) {
    close();
  }
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !isOpen()) return;
  event.stopPropagation();
  close();
  opener().focus();
}, true);
document.addEventListener("focusin", ({target}) => {
  if (target.closest?.("#question")) close();
});

arrange();
watch("value", () => lay(props.value));
