// SPDX-License-Identifier: Apache-2.0
// Evidence uploads with progress, drop and abort. fetch() cannot report progress, so this uses
// XMLHttpRequest. Without script the same form is posted plainly.
// form[data-jd-upload=NAME]; its inputs stand in #ev-NAME, joined by their form attribute.
(() => {
  "use strict";

  const megabytes = (bytes) => `${(bytes / 1048576).toFixed(1)} MB`;

  function put(html) {
    const answer = new DOMParser().parseFromString(html, "text/html");
    for (const part of answer.body.querySelectorAll("[id^='ev-'], [id^='evf-']")) {
      const old = document.getElementById(part.id);
      if (!old) continue;
      const fresh = document.importNode(part, true);
      // Lines still going, or saying why they failed, outlive the exchange.
      fresh.querySelector("[data-jd-going]")?.append(...(old.querySelector("[data-jd-going]")?.children ?? []));
      old.replaceWith(fresh);
      window.htmx?.process(fresh);
    }
    document.dispatchEvent(new CustomEvent("jd:evidence", { bubbles: true }));
  }

  function line(file) {
    const box = document.createElement("div");
    box.className = "jd-ev__line";
    const words = document.createElement("span");
    words.className = "jd-grow";
    words.textContent = file.name;
    const said = document.createElement("span");
    said.className = "jd-sub d-block";
    const bar = document.createElement("progress");
    bar.className = "jd-progress";
    bar.max = file.size || 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `${file.name} 上传进度`);
    const stop = document.createElement("button");
    stop.type = "button";
    stop.className = "btn btn-text btn-sm";
    stop.textContent = "停止";
    words.append(said, bar);
    box.append(words, stop);
    return { box, said, bar, stop };
  }

  function send(form, file, going) {
    return new Promise((resolve) => {
      const { box, said, bar, stop } = line(file);
      going.append(box);
      const data = new FormData();
      for (const hidden of form.querySelectorAll("input[type=hidden]")) data.append(hidden.name, hidden.value);
      data.append("file", file, file.name);
      const request = new XMLHttpRequest();
      const begun = Date.now();
      request.open("POST", form.action);
      request.setRequestHeader("HX-Request", "true");
      request.setRequestHeader("HX-Request-Type", "partial");
      request.upload.addEventListener("progress", (event) => {
        bar.value = event.loaded;
        const speed = event.loaded / Math.max(1, Date.now() - begun);
        const left = Math.round((event.total - event.loaded) / Math.max(speed, 1e-6) / 1000);
        said.textContent =
          event.loaded < event.total
            ? `已传 ${megabytes(event.loaded)}，共 ${megabytes(event.total)}，约剩 ${left} 秒`
            : "已传完，正在计算校验值";
      });
      const fail = (text) => {
        said.textContent = text;
        said.classList.add("jd-err");
        bar.remove();
        stop.textContent = "知道了";
        stop.onclick = () => box.remove();
        resolve(null);
      };
      request.addEventListener("load", () => {
        if (request.status >= 200 && request.status < 300) {
          box.remove();
          resolve(request.responseText);
          return;
        }
        const answer = new DOMParser().parseFromString(request.responseText, "text/html");
        const why = answer.querySelector(".jd-toast, .jd-errbox, .jd-error");
        fail(why?.textContent.trim().replace(/\s+/g, " ").replace(/关闭$/, "") || "没有传上，请重试。");
      });
      request.addEventListener("error", () => fail("没有传上，网络断了。文件还在你的设备上，可以重试。"));
      request.addEventListener("abort", () => fail("已停止，没有存上。"));
      stop.addEventListener("click", () => request.abort());
      request.send(data);
    });
  }

  async function upload(form, files) {
    const name = form.dataset.jdUpload;
    const limit = Number(form.dataset.jdMaxMb || 0) * 1048576;
    const going = document.querySelector(`#ev-${CSS.escape(name)} [data-jd-going]`);
    if (!going) return false;
    let answer = null;
    for (const file of files) {
      if (limit && file.size > limit) {
        window.jiandu?.toast(`${file.name} 超过 ${form.dataset.jdMaxMb} MB，请压缩或分开后再传。`, true);
        continue;
      }
      answer = (await send(form, file, going)) ?? answer; // one after the other: weak lines
    }
    if (answer !== null) put(answer);
    return true;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.jdUpload === undefined) return;
    const input = [...form.elements].find((field) => field.type === "file");
    if (!input?.files.length) return;
    event.preventDefault();
    const files = [...input.files];
    input.value = "";
    upload(form, files);
  });

  // With script, choosing is uploading; the button is for those without.
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.matches(".jd-file") || !input.files.length) return;
    const form =
      input.form?.dataset.jdUpload === undefined ? document.getElementById(input.dataset.jdInto ?? "") : input.form;
    if (!form) return;
    const files = [...input.files];
    input.value = "";
    upload(form, files);
  });

  const zoneOf = (event) => event.target instanceof Element && event.target.closest("[data-jd-drop]");
  document.addEventListener("dragover", (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => zoneOf(event)?.classList.remove("is-over"));
  document.addEventListener("drop", (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    const form = document.getElementById(zone.dataset.jdDrop);
    if (form && event.dataTransfer.files.length) upload(form, [...event.dataTransfer.files]);
  });
})();
