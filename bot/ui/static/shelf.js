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

// A folder that is dropped on the box cannot be uploaded: the drop is made again with the files in it, however deep, in its
// place, the same as the button for folders takes. An empty folder, or a file that cannot be read, goes along as an empty file,
// to be refused by its name.
const ask = (entry, how) => new Promise((done) => entry[how](done, () => done(null)));
const unread = ({name}) => new File([], name);

async function filesIn(entry) {
  if (entry.isFile) return [await ask(entry, "file") ?? unread(entry)];
  const reader = entry.createReader();
  const found = [];
  for (let some; (some = await ask(reader, "readEntries"))?.length;) found.push(...some); // a part of the folder at a time
  return (await Promise.all(found.map(filesIn))).flat();
}

document.addEventListener("drop", async (event) => {
  const box = event.target.closest?.("#add-files button");
  const entries = [...(event.dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  if (!box || !entries.some((entry) => entry.isDirectory)) return;
  event.preventDefault();
  event.stopPropagation();
  const dataTransfer = new DataTransfer();
  const found = (await Promise.all(entries.map(filesIn))).flat();
  for (const file of found.length ? found : entries.map(unread)) dataTransfer.items.add(file);
  box.dispatchEvent(new DragEvent("drop", {dataTransfer}));
}, true);

const offerToAdd = () => {
  if (props.value?.empty && !document.querySelector("#search input, #search textarea")?.value) add(true);
};
offerToAdd();
watch("value", offerToAdd);
