// What the conversations have beside their list: a new one, and the open one as a file. Runs after listing.js, in the same scope.

const box = () => document.querySelector("#question textarea");

document.addEventListener("click", ({target}) => {
  if (!(target instanceof Element)) return;
  if (target.closest(".open-talks") && isOpen()) trigger("select", {action: "list", id: ""});
  if (target.closest("#talks .new-talk")) {
    trigger("select", {action: "new", id: ""});
    box().focus(); // which closes the panel
  }
  const form = target.closest("#talks .keep-as")?.dataset.form;
  if (form) trigger("select", {action: "export", id: "", form});
});
document.addEventListener("footnote:opened", ({detail}) => {
  if (detail.panel === panel) box().focus();
});

const offerToKeep = () => { element.querySelector(".keep").hidden = !props.open; };
offerToKeep();
watch("open", offerToKeep);

// A file that the browser makes itself: nothing is left on the server.
watch("document", () => {
  if (!props.document) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([props.document.text], {type: props.document.type}));
  link.download = props.document.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
});
