// SPDX-License-Identifier: Apache-2.0
// The attempt is over: nothing of it stays on this computer for the next candidate. Answers that
// the line kept back until it was too late first go into a sealed file.
(() => {
  "use strict";
  const form = document.querySelector("[data-exam-done]");
  if (!form) return;
  const { attempt, key, name } = form.dataset;
  const STORE = `jiandu-exam-${attempt}`;
  const rescue = document.querySelector("[data-exam-rescue]");

  let left = [];
  let epoch = 0;
  try {
    const stored = JSON.parse(localStorage.getItem(STORE));
    left = (stored?.queue ?? []).filter((act) => act.kind === "answer");
    epoch = stored?.epoch ?? 0;
  } catch {
    left = [];
  }

  function clear() {
    localStorage.removeItem(STORE);
    if ("caches" in window) caches.delete("jiandu-exam");
    navigator.serviceWorker?.getRegistration("/exams/sit/").then((found) => found?.unregister());
  }

  if (!left.length || !key || !rescue) {
    clear();
    return;
  }
  let warned = false;
  const said = document.querySelector("[data-exam-said]");
  document.querySelector("[data-exam-waiting]").textContent = String(left.length);
  rescue.hidden = false;
  document.querySelector("[data-exam-file]").addEventListener("click", () => {
    if (!window.crypto?.subtle) {
      said.textContent = "这个浏览器不能做密封文件（需要 HTTPS）。请不要关闭页面，举手。";
      return;
    }
    warned = true;
    window.jianduSeal(attempt, epoch, key, name, left);
    said.textContent = "文件已保存到这台电脑的下载里，请交给监考员。";
  });
  form.addEventListener("submit", (event) => {
    if (warned) {
      clear();
      return;
    }
    event.preventDefault();
    warned = true;
    said.textContent = "没有送到的答案还没有存成文件，离开就没有了。不要了，再点一次“下一名考生”。";
  });
})();
