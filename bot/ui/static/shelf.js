// What the shelf of articles has beside its list: ways to add some. Runs after listing.js, in the same scope.

function add(on) {
  if (on) document.body.dataset.adding = "open";
  else delete document.body.dataset.adding;
  document.querySelector(".open-adding")?.setAttribute("aria-expanded", String(on));
}

document.addEventListener("click", ({target}) => {
  if (target.closest?.(".open-adding")) add(!document.body.dataset.adding);
}, true);
document.addEventListener("footnote:opened", ({detail}) => {
  if (detail.panel === panel && matchMedia("(max-width: 799.98px)").matches) document.body.dataset.article = "open";
});
document.addEventListener("footnote:taken-in", () => add(false));
document.addEventListener("footnote:paste", () => {
  open();
  add(true);
  [...document.querySelectorAll("#ways [role=tab]")].at(-1)?.click();
  requestAnimationFrame(() => document.querySelector("#add-text textarea")?.focus());
});
document.addEventListener("dragenter", ({dataTransfer}) => {
  if (!dataTransfer?.types.includes("Files")) return;
  open();
  add(true);
});

const offerToAdd = () => {
  if (props.value?.empty && !document.querySelector("#search input, #search textarea")?.value) add(true);
};
offerToAdd();
watch("value", offerToAdd);
