// SPDX-License-Identifier: Apache-2.0
// Puts the editor over textarea[data-jd-rich]. The text area stays the field that is posted; a
// second field says that it holds HTML. Without this script it is posted as plain lines.
(() => {
  "use strict";

  if (!window.Trix) return;
  Object.assign(window.Trix.config.lang, {
    bold: "加粗",
    bullets: "项目符号",
    code: "原样文字",
    heading1: "标题",
    indent: "右移一级",
    italic: "强调",
    link: "链接",
    numbers: "编号",
    outdent: "左移一级",
    quote: "引用",
    redo: "重做",
    remove: "移除",
    strike: "删除线",
    undo: "撤回",
    unlink: "取消链接",
    url: "网址",
    urlPlaceholder: "网址，例如 https://…",
  });

  const escaped = (text) => {
    const holder = document.createElement("div");
    holder.textContent = text;
    return holder.innerHTML.replace(/\n/g, "<br>");
  };

  for (const area of document.querySelectorAll("textarea[data-jd-rich]")) {
    // Trix reads and writes the value of the element its attribute "input" names.
    const words = area.value;
    area.value = area.dataset.html || (words ? `<div>${escaped(words)}</div>` : "");
    area.hidden = true;
    area.removeAttribute("aria-required");
    const said = document.createElement("input");
    said.type = "hidden";
    said.name = `${area.name}_rich`;
    said.value = "true";
    const editor = document.createElement("trix-editor");
    editor.setAttribute("input", area.id);
    editor.setAttribute("aria-labelledby", `l-${area.name}`);
    editor.setAttribute("aria-describedby", area.getAttribute("aria-describedby") || "");
    if (area.hasAttribute("aria-invalid")) editor.setAttribute("aria-invalid", "true");
    editor.className = "form-control jd-prose jd-rich";
    // The bar is drawn after this script has run, so it waits for the editor to say that it stands.
    editor.addEventListener("trix-initialize", () => {
      const bar = editor.toolbarElement;
      // Words nobody reads aloud twice: the bar of the editor names its buttons by their titles.
      bar.setAttribute("aria-label", "文字格式");
      bar.querySelector("[data-trix-button-group=file-tools]")?.remove();
    });
    area.after(said, editor);
    // Files belong to the form's own upload field, where they are checked and sealed.
    editor.addEventListener("trix-file-accept", (event) => event.preventDefault());
    editor.addEventListener("trix-change", () => area.dispatchEvent(new Event("input", { bubbles: true })));
    document.querySelector(`label[for="${area.id}"]`)?.addEventListener("click", () => editor.focus());
    // Links of the error box lead to the field.
    for (const link of document.querySelectorAll(`a[href="#${area.id}"]`)) {
      link.addEventListener("click", () => setTimeout(() => editor.focus()));
    }
  }
})();
