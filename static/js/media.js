// SPDX-License-Identifier: Apache-2.0
// Photos, recordings and films of a form: taken or chosen, shown, removed, sent in pieces ahead of
// the form. Markup and limits: templates/components/media.html. In a form that is kept as a draft
// the files are kept with it (drafts.js); else they live as long as the page. Without this script
// the plain inputs of the component do the same.
(() => {
  "use strict";
  if (window.jdMedia) return;
  window.jdMedia = true;

  const MB = 1048576;
  const NAMES = { photo: "照片", audio: "录音", video: "录像" };
  const SMALL = 320;
  const HEIC = "是苹果手机的 HEIC 照片，请在手机“设置 › 相机 › 格式”里选“兼容性最佳”，或转成 JPG 后再选。";
  const boxes = new Map(); // element → its state

  const words = (bytes) => (bytes < MB ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MB).toFixed(1)} MB`);

  function kindOf(file) {
    const top = file.type.split("/")[0];
    if (top === "image") return "photo";
    if (top === "audio" || top === "video") return top;
    if (/\.(jpe?g|png|webp|gif|bmp|heic|heif)$/i.test(file.name)) return "photo";
    if (/\.(mp3|m4a|aac|wav|ogg|amr|flac|opus)$/i.test(file.name)) return "audio";
    if (/\.(mp4|mov|m4v|webm|3gp|avi|mkv)$/i.test(file.name)) return "video";
    return "";
  }

  class Box {
    constructor(element, draft) {
      this.element = element;
      this.form = element.closest("form");
      this.draft = draft; // null: not kept beyond the page
      this.field = element.dataset.jdMedia;
      this.kinds = element.dataset.kinds.split(" ");
      this.most = Number(element.dataset.max);
      this.items = [];
      this.running = null;
      this.held = false;
      this.tiles = element.querySelector("[data-jd-tiles]");
      this.sounds = element.querySelector("[data-jd-sounds]");
      this.said = element.querySelector("[data-jd-said]");
      this.first = this.tiles.querySelector("[data-jd-take]");
      this.pattern = element.querySelector("template").content;
      for (const each of this.form.querySelectorAll("input[name=upload_ticket]:not(:first-of-type)")) each.remove();
    }

    limits(kind) {
      const data = this.element.dataset;
      return {
        bytes: Number(data[`${kind}Mb`] || 0) * MB,
        seconds: Number(data[`${kind}Minutes`] || 0) * 60,
        words: data[`${kind}Words`] ?? "",
      };
    }

    async begin() {
      const plain = this.element.querySelector("[data-jd-plain]");
      plain.hidden = true;
      for (const input of plain.querySelectorAll("input")) input.disabled = true;
      this.element.querySelector("[data-jd-tools]").hidden = false;
      for (const taker of this.element.querySelectorAll("[data-jd-take]"))
        taker.addEventListener("click", () => this.take(taker.dataset.jdTake));
      for (const input of this.element.querySelectorAll("[data-jd-choose]"))
        input.addEventListener("change", async () => {
          const files = [...input.files];
          input.value = "";
          for (const file of files) await this.add(file, file.name, kindOf(file), 0);
        });
      this.element.addEventListener("jd:hold", () => {
        this.held = true;
        this.running?.abort();
      });
      this.element.addEventListener("jd:release", async () => {
        // What went out with the form meanwhile is not sent a second time.
        for (const kept of this.draft ? await window.jdOutbox.filesOf(this.draft.id).catch(() => []) : []) {
          const item = this.items.find((each) => each.id === kept.id);
          if (item) item.upload = kept.upload;
        }
        this.held = false;
        this.run();
      });
      if (this.draft) {
        const kept = await window.jdOutbox.filesOf(this.draft.id).catch(() => []);
        for (const item of kept.filter((each) => each.field === this.field).sort((a, b) => a.at - b.at)) {
          this.items.push(item);
          await this.draw(item);
        }
      }
      // What the server lists after a refusal and we show ourselves is not listed twice.
      const own = new Set(this.items.map((each) => each.upload?.id));
      for (const input of this.form.querySelectorAll(`input[type=hidden][name="${this.field}__uploads"]`))
        if (own.has(input.value)) (input.closest("p, li") ?? input).remove();
      this.tell();
      this.run();
    }

    async take(kind) {
      if (!this.room()) return;
      if (!window.jdRecorder?.supported(kind)) return this.element.querySelector(`[data-jd-native="${kind}"]`)?.click();
      const made = await window.jdRecorder.take(kind, this.limits(kind));
      this.element.querySelector(`[data-jd-take="${kind}"]`)?.focus();
      if (!made) return;
      await this.add(made.blob, made.name, kind, made.seconds);
      if (made.reason) this.say(made.reason);
    }

    room() {
      if (this.items.length < this.most) return true;
      this.say(`最多 ${this.most} 个，先移除一个再加。`, true);
      return false;
    }

    problem(file, name, kind) {
      if (/\.hei[cf]$/i.test(name) || /hei[cf]/.test(file.type)) return `“${name}”${HEIC}`;
      if (!this.kinds.includes(kind)) return `“${name}”不能用，这里收${this.kinds.map((each) => NAMES[each]).join("、")}。`;
      if (!file.size) return `“${name}”是空的，请重新选。`;
      const { bytes } = this.limits(kind);
      if (bytes && file.size > bytes)
        return `“${name}”有 ${words(file.size)}，${NAMES[kind]}最大 ${bytes / MB} MB，请压缩或分开。`;
      return "";
    }

    async add(file, name, kind, seconds) {
      if (!this.room()) return;
      const wrong = this.problem(file, name, kind);
      if (wrong) return this.say(wrong, true);
      const item = {
        id: window.jdOutbox.newId(),
        draft: this.draft?.id ?? "",
        field: this.field,
        kind,
        kinds: this.kinds.join(" "),
        label: NAMES[kind],
        name,
        type: file.type,
        size: file.size,
        seconds,
        purpose: this.element.dataset.purpose,
        blob: file.slice(0, file.size, file.type),
        upload: null,
        at: Date.now(),
      };
      this.items.push(item);
      await this.store(item);
      await this.draw(item);
      this.say(`已加${NAMES[kind]} ${words(file.size)}`);
      this.tell();
      this.form.dispatchEvent(new CustomEvent("jd:files", { bubbles: true }));
      this.run();
    }

    async store(item) {
      if (!this.draft || !this.items.includes(item)) return;
      const { view, url, done, problem, ...plain } = item;
      try {
        await window.jdOutbox.put("files", plain);
      } catch (error) {
        console.warn(error);
        this.say("手机存满了，这个文件没有存成草稿。请留在这一页直到提交完。", true);
      }
    }

    async remove(item) {
      this.items = this.items.filter((each) => each !== item);
      if (item === this.current) this.running?.abort();
      const next = item.view.nextElementSibling?.querySelector("button") ?? this.first;
      item.view.remove();
      URL.revokeObjectURL(item.url);
      if (this.draft) await window.jdOutbox.remove("files", item.id);
      if (item.upload) fetch(item.upload.url, { method: "DELETE", headers: this.headers() }).catch(() => {});
      this.say(`已移除${NAMES[item.kind]}`);
      this.tell();
      next?.focus();
      this.form.dispatchEvent(new CustomEvent("jd:files", { bubbles: true }));
    }

    // --- what is seen ------------------------------------------------------------------------

    async draw(item) {
      const view = this.pattern.querySelector(item.kind === "audio" ? ".jd-audio" : "figure").cloneNode(true);
      item.view = view;
      item.url = URL.createObjectURL(item.blob);
      const number = this.items.filter((each) => each.kind === item.kind).indexOf(item) + 1;
      const name = `第 ${number} ${item.kind === "photo" ? "张照片" : `段${NAMES[item.kind]}`}`;
      const off = view.querySelector(".jd-x");
      off.setAttribute("aria-label", `移除${name}`);
      off.addEventListener("click", () => this.remove(item));
      if (item.kind === "audio") {
        const player = view.querySelector("audio");
        player.src = item.url;
        player.setAttribute("aria-label", name);
        view.querySelector(".jd-num").textContent = item.seconds
          ? (window.jdRecorder?.clock(item.seconds) ?? "")
          : words(item.size);
        this.sounds.append(view);
      } else {
        const open = view.querySelector("[data-jd-open]");
        open.setAttribute("aria-label", item.kind === "photo" ? `放大${name}` : `播放${name}`);
        open.addEventListener("click", () => this.open(item, name));
        const film = view.querySelector("video");
        const image = view.querySelector("img");
        if (item.kind === "video") {
          image.remove();
          film.src = item.url;
        } else {
          film.remove();
          view.querySelector(".jd-media__play")?.remove();
          image.alt = "";
          image.src = await small(item.blob, item.url);
        }
        this.tiles.insertBefore(view, this.first);
      }
      this.mark(item);
    }

    mark(item, text) {
      const place = item.view?.querySelector("[data-jd-state]");
      if (!place) return;
      const length = item.kind === "video" && item.seconds ? `${window.jdRecorder?.clock(item.seconds)} · ` : "";
      place.textContent = text ?? `${length}${item.done ? "已上传" : words(item.size)}`;
      item.view.dataset.state = item.problem ? "bad" : item.done ? "done" : "";
    }

    open(item, name) {
      const dialog = document.createElement("dialog");
      dialog.className = "jd-dialog jd-viewer";
      dialog.setAttribute("aria-label", name);
      const shown = document.createElement(item.kind === "photo" ? "img" : "video");
      shown.src = item.url;
      if (item.kind === "photo") shown.alt = name;
      else {
        shown.controls = true;
        shown.playsInline = true;
        shown.autoplay = true;
      }
      const close = document.createElement("button");
      close.type = "button";
      close.className = "btn btn-line";
      close.textContent = "关闭";
      close.addEventListener("click", () => dialog.close());
      dialog.addEventListener("close", () => {
        dialog.remove();
        item.view.querySelector("[data-jd-open]")?.focus();
      });
      dialog.append(shown, close);
      document.body.append(dialog);
      dialog.showModal();
    }

    say(text, bad) {
      this.said.textContent = text;
      this.said.classList.toggle("jd-err", Boolean(bad));
    }

    // Whether the form may go: a file the server refused must be taken out first.
    tell() {
      const bad = this.items.find((each) => each.problem);
      this.element.dataset.jdProblem = bad ? `${bad.problem}移除它再提交。` : "";
      if (bad) this.say(bad.problem, true);
      this.element.dataset.count = String(this.items.length);
    }

    // --- sending ahead -------------------------------------------------------------------------

    tokens() {
      const ticket = this.form.querySelector("input[name=upload_ticket]")?.value ?? "";
      return { csrf: this.form.querySelector("input[name=_csrf]")?.value ?? "", ticket: ticket && (this.draft?.ticket || ticket) };
    }

    headers() {
      const { csrf, ticket } = this.tokens();
      return ticket ? { "X-CSRF-Token": csrf, "X-Upload-Ticket": ticket } : { "X-CSRF-Token": csrf };
    }

    async run() {
      if (this.running || this.held || !this.form.isConnected) return;
      if (!navigator.onLine) return this.waiting?.();
      const item = this.items.find((each) => !each.done && !each.problem);
      if (!item) return this.waiting?.();
      if (this.draft && this.tokens().ticket && !this.draft.ticket) {
        this.draft.ticket = this.tokens().ticket;
        this.draft.ticketAt = Date.now();
      }
      this.running = new AbortController();
      this.current = item;
      try {
        await window.jdOutbox.upload(item, this.tokens(), {
          signal: this.running.signal,
          keep: () => this.store(item),
          progress: (sent, size) => this.mark(item, `上传 ${Math.floor((100 * sent) / size)}%`),
        });
        item.done = true;
        this.mark(item);
        await this.store(item);
      } catch (error) {
        if (error instanceof window.jdOutbox.Refused) {
          item.problem = error.message;
          this.mark(item, "没有收下");
          this.tell();
        } else if (this.items.includes(item)) {
          this.mark(item, this.held ? undefined : "等信号");
          this.paused = true;
        }
      }
      this.running = null;
      this.current = null;
      if (this.paused) {
        this.paused = false;
        this.waiting?.();
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => this.run(), 8000);
        return;
      }
      this.run();
    }
  }

  async function small(blob, whole) {
    try {
      const bitmap = await createImageBitmap(blob);
      const scale = Math.min(1, SMALL / Math.min(bitmap.width, bitmap.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      bitmap.close();
      const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
      return made ? URL.createObjectURL(made) : whole;
    } catch {
      return whole;
    }
  }

  function start(element, draft) {
    if (boxes.has(element) || !window.jdOutbox) return;
    const made = new Box(element, draft);
    boxes.set(element, made);
    made.begin().catch((error) => console.warn(error));
  }

  // A kept form says which draft it is; the others begin when every script is there.
  document.addEventListener("jd:draft", (event) => {
    for (const element of event.target.querySelectorAll("[data-jd-media]")) start(element, event.detail);
  });
  const plainly = () => {
    for (const element of document.querySelectorAll("[data-jd-media]"))
      if (!window.jdDrafts || !element.closest("form[data-jd-draft]")) start(element, null);
  };
  if (document.readyState === "complete") plainly();
  else document.addEventListener("DOMContentLoaded", plainly);
  document.addEventListener("jd:page", plainly);
  window.addEventListener("online", () => boxes.forEach((each) => each.run()));

  // A form that is not kept waits for its files, then goes its ordinary way.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const mine = [...boxes.values()].filter((each) => each.form === form && !each.draft && each.form.isConnected);
      if (!mine.length || form.dataset.jdMediaReady) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const wrong = mine.map((each) => each.element.dataset.jdProblem).find(Boolean);
      if (wrong) return;
      const submitter = event.submitter;
      submitter?.setAttribute("aria-busy", "true");
      Promise.all(
        mine.map(
          (each) =>
            new Promise((resolve) => {
              each.waiting = resolve;
              each.run();
            }),
        ),
      ).then(() => {
        submitter?.removeAttribute("aria-busy");
        if (mine.some((each) => each.items.some((item) => !item.done))) {
          for (const each of mine) if (!each.element.dataset.jdProblem) each.say("文件还没有传完，等信号好了再提交。", true);
          return;
        }
        for (const each of mine) {
          for (const old of form.querySelectorAll("input[data-jd-own]")) old.remove();
          for (const item of each.items) {
            const input = document.createElement("input");
            input.type = "hidden";
            input.name = `${each.field}__uploads`;
            input.value = item.upload.id;
            input.dataset.jdOwn = "";
            form.append(input);
          }
        }
        form.dataset.jdMediaReady = "1";
        form.requestSubmit(submitter);
        window.setTimeout(() => delete form.dataset.jdMediaReady, 2000);
      });
    },
    true,
  );
})();
