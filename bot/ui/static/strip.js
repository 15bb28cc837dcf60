// Between conversation and question box: what to ask next, and why an answer is wrong. And what is pressed in the notes.

const next = element.querySelector(".next");
const form = element.querySelector(".reason");
const field = form.querySelector("input");
const box = () => document.querySelector("#question textarea");
const ASKS = ["typed", "again"];
let judged = ""; // the id of the question whose answer is wrong

function lay() {
  const questions = props.value?.questions ?? [];
  next.replaceChildren(...questions.map((question) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = question;
    return button;
  }));
  form.hidden ||= !props.value; // a reason half typed stays until something else is asked
  next.hidden = !questions.length || !form.hidden;
}

function leave() {
  form.hidden = true;
  next.hidden = !next.children.length;
  document.querySelector(`#chat a[href="#do-down-${judged}"]`)?.focus();
}

next.addEventListener("click", ({target}) => {
  if (!target.matches("button")) return;
  trigger("submit", {action: "ask", id: "", question: target.textContent});
  lay();
  if (matchMedia("(pointer: fine)").matches) box().focus();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (field.value.trim()) trigger("select", {action: "reason", id: judged, reason: field.value});
  leave();
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  leave();
});
form.querySelector(".reason-skip").addEventListener("click", leave);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('#chat a[href^="#do-"]');
  if (!link) return;
  event.preventDefault();
  const [, action, id] = link.hash.slice(1).split("-");
  const chosen = Boolean(link.closest("strong"));
  trigger(ASKS.includes(action) ? "submit" : "select", {action, id, question: ""});
  if (action === "edit") box().focus();
  form.hidden = action !== "down" || chosen;
  next.hidden = !form.hidden || !next.children.length;
  if (form.hidden) return;
  judged = id;
  field.value = "";
  field.focus();
}, true);

lay();
watch("value", lay);
