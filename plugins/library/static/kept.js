// SPDX-License-Identifier: Apache-2.0
// The laws this phone keeps (sw.js put them there): listed, searched and taken away, with or
// without a line. The words come from the kept pages themselves, so what is found is what is read.
(() => {
  "use strict";
  const root = document.querySelector("[data-library-kept]");
  if (!root) return;
  const STORE = "jd-open";
  const LAW = /^\/library\/public\/\d+$/;
  const MOST = 100;
  const say = root.querySelector("[data-library-said]");
  const form = root.querySelector("[data-library-find]");
  const results = root.querySelector("[data-library-results]");
  const list = root.querySelector("[data-library-list]");
  let laws = [];

  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // As the server compares: half width, lower case, every character in its place.
  const fold = (text) => {
    const half = text.replace(/[０-９Ａ-Ｚａ-ｚ]/g, (it) => String.fromCharCode(it.charCodeAt(0) - 0xfee0));
    return half.replace(/[A-Z]/g, (it) => it.toLowerCase());
  };

  function read(path, at, text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const articles = [...page.querySelectorAll(".library-article")].map((each) => {
      const words = [...each.querySelectorAll("p:not(.jd-sub), td")].map((it) => it.textContent.trim()).join("\n");
      return { key: each.id, label: each.getAttribute("aria-label") || "前言", text: words, folded: fold(words) };
    });
    return { path, at, title: page.querySelector("h1")?.textContent ?? path, articles };
  }

  async function load() {
    const cache = await caches.open(STORE);
    const found = [];
    for (const each of await cache.keys()) {
      const path = new URL(each.url).pathname;
      if (!LAW.test(path)) continue;
      const answer = await cache.match(each, { ignoreVary: true });
      if (answer) found.push(read(path, new Date(answer.headers.get("Date") || 0), await answer.text()));
    }
    laws = found.sort((a, b) => a.title.localeCompare(b.title, "zh-CN"));
    show();
  }

  const day = (at) => `${at.getFullYear()}年${at.getMonth() + 1}月${at.getDate()}日`;

  function show() {
    form.hidden = list.hidden = !laws.length;
    say.textContent = laws.length ? "" : "这部手机上还没有存下法规。联网时打开要用的法规，就会存下。";
    say.hidden = !say.textContent;
    list.querySelector("h2").textContent = `${laws.length} 部法规`;
    list.querySelector("ul").replaceChildren(...laws.map(line));
  }

  function line(law) {
    const item = make("li", "library-kept");
    const link = make("a", "jd-grow");
    link.href = law.path;
    const words = make("span", "", law.title);
    words.append(make("span", "jd-sub d-block", `${day(law.at)}存下，${law.articles.length} 条`));
    link.append(words);
    const drop = make("button", "btn btn-text", "删除");
    drop.type = "button";
    drop.setAttribute("aria-label", `从手机上删除${law.title}`);
    drop.addEventListener("click", async () => {
      await (await caches.open(STORE)).delete(law.path, { ignoreVary: true });
      laws = laws.filter((each) => each !== law);
      show();
      results.hidden = true;
      say.hidden = false;
      say.textContent = `已从这部手机上删除${law.title}。`;
    });
    item.append(link, drop);
    return item;
  }

  function marked(text, folded, words) {
    const first = Math.min(...words.map((word) => folded.indexOf(word)).filter((at) => at >= 0));
    const begin = Math.max(0, first - 36);
    const end = Math.min(text.length, begin + 110);
    const out = make("p", "mb-0", begin ? "…" : "");
    for (let at = begin; at < end; ) {
      const word = words.find((each) => folded.startsWith(each, at));
      if (word) out.append(make("mark", "", text.slice(at, at + word.length)));
      else out.append(text[at]);
      at += word ? word.length : 1;
    }
    if (end < text.length) out.append("…");
    return out;
  }

  function find(typed) {
    const words = [...new Set(fold(typed).trim().split(/\s+/))].filter(Boolean);
    const head = results.querySelector("h2");
    const rows = results.querySelector("ol");
    rows.replaceChildren();
    results.hidden = false;
    if (!words.some((each) => each.length >= 2)) {
      head.textContent = "至少要有一个两个字的词。";
      return head.focus();
    }
    let total = 0;
    for (const law of laws)
      for (const each of law.articles) {
        if (!words.every((word) => each.folded.includes(word))) continue;
        if (++total > MOST) continue;
        const item = make("li");
        const link = make("a", "", `${law.title} ${each.label}`);
        link.href = `${law.path}#${each.key}`;
        item.append(link, marked(each.text, each.folded, words));
        rows.append(item);
      }
    head.textContent = !total ? "存下的法规里没有找到。" : total > MOST ? `找到 ${total} 条，列出前 ${MOST} 条` : `找到 ${total} 条`;
    head.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    find(form.elements.q.value);
  });
  // A law that was just being kept while this page was opened.
  navigator.serviceWorker?.addEventListener("message", ({ data }) => data?.kind === "kept" && load().catch(() => {}));
  if ("caches" in self)
    load().catch(() => {
      say.textContent = "这个浏览器不能把法规存在手机上。";
    });
  else say.textContent = "这个浏览器不能把法规存在手机上。";
})();
