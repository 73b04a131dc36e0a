// SPDX-License-Identifier: Apache-2.0
// The checking page: looks at what stands after the # and says what it is worth. With a network
// the page itself already tells how the card stands today; without one this is all there is.
(() => {
  "use strict";

  const NOTHING = { title: "不能核验", sentence: "这部手机没有连上过平台，还没有核验要用的密钥。请到有网络的地方再扫一次。", tone: "unsure" };
  // What to say to each answer; comes and is kept with the keys. Papers of who is no enforcement
  // officer have words of their own, as far as their signature holds.
  let words = {};
  let paperWords = {};
  const wordsOf = (code, card) => (card && card.title && self.JDCard.genuine(code) && paperWords[code]) || words[code] || NOTHING;
  const HERE = "/certificates/check/";
  const proof = document.getElementById("proof");
  const live = document.getElementById("live");
  const ask = document.getElementById("ask");

  const day = (seconds) =>
    new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric" }).format(new Date(seconds * 1000));
  const minute = (seconds) =>
    new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false }).format(new Date(seconds * 1000));

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  }

  const SHAPES = {
    ok: ["M12 2.8 4.5 5.6v5.6c0 4.7 3.1 8 7.5 10 4.4-2 7.5-5.3 7.5-10V5.6z", "m8.4 12 2.5 2.6 4.7-5.2"],
    no: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "m6 6 12 12"],
    unsure: ["M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18", "M12 7.2v6M12 16.6v.1"],
  };
  function mark(tone) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const told = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2.2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
    for (const [name, value] of Object.entries(told)) svg.setAttribute(name, value);
    for (const shape of SHAPES[tone]) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", shape);
      svg.append(path);
    }
    return svg;
  }

  function verdict(code, under, card) {
    const told = wordsOf(code, card);
    const box = element("div", `ck-verdict ck-verdict--${told.tone}`, mark(told.tone), element("div", "", element("strong", "", told.title), element("p", "", under)));
    box.setAttribute("role", "status");
    box.dataset.code = code;
    return box;
  }

  function pairs(list) {
    const made = element("dl", "ck-pairs");
    for (const [title, text, extra] of list) if (text) made.append(element("dt", "", title), element("dd", extra || "", text));
    return made;
  }

  const listed = (found) => ["状态名单", found.listed ? `${minute(found.listed)}的名单` : "手机里没有"];

  function paperOf(found) {
    const { card, key } = found;
    return element(
      "section",
      "ck-sheet",
      element("div", "ck-name", card.name),
      element("p", "", `${card.title}，不是执法人员`),
      pairs([
        ["聘任单位", card.unit],
        ["证书号", card.number, "ck-num"],
        ["地区", card.region],
        ["聘期至", day(card.last)],
        ["二维码", card.moving ? "手机上的动态码，两分钟一换" : "证书上印的"],
        ["签发", `${key.name}，${day(card.issued)}`],
        listed(found),
      ]),
    );
  }

  function cardOf(found) {
    const { card, key } = found;
    if (card.title) return paperOf(found);
    return element(
      "section",
      "ck-sheet",
      element("div", "ck-name", card.name),
      pairs([
        ["执法单位", card.unit],
        ["证件编号", card.number, "ck-num"],
        ["权力范围", card.powers],
        ["执法区域", card.region],
        ["有效期", `${day(card.begins)}至${day(card.expires)}`],
        ["签发", `${key.name}，${day(card.issued)}`],
        listed(found),
      ]),
    );
  }

  async function kept(path, read) {
    try {
      const answer = await fetch(path, { credentials: "omit" });
      return answer.ok ? await read(answer) : null;
    } catch {
      return null;
    }
  }

  async function check(code) {
    const file = await kept(`${HERE}trust.json`, (answer) => answer.json());
    words = (file && file.words) || {};
    paperWords = (file && file.paper_words) || {};
    const trust = self.JDCard.readTrust(file);
    const lists = new Map();
    const body = await kept(`${HERE}list`, (answer) => answer.arrayBuffer());
    const offered = (file && file.lists ? file.lists : []).map(self.JDCard.bytes);
    if (body) offered.push(new Uint8Array(body));
    for (const each of offered) {
      const list = await self.JDCard.readList(each, trust);
      if (list && (!lists.has(list.root) || lists.get(list.root).issued < list.issued)) lists.set(list.root, list);
    }
    const began = performance.now();
    const found = self.JDCard.judge(code, trust, lists, Math.floor(Date.now() / 1000));
    return { ...found, took: performance.now() - began };
  }

  // What the code says beside what the office says today.
  function beside(found) {
    const same = found.card && found.card.number === live.dataset.number;
    proof.hidden = false;
    if (found.code === "moved_on" && same) {
      proof.className = "ck-sheet";
      proof.append(verdict(found.code, wordsOf(found.code, found.card).sentence, found.card), element("p", "ck-soft", "下面是按网址查到的证书。请核对照片与对方本人是否一致。"));
      return;
    }
    if (self.JDCard.genuine(found.code) && same) {
      proof.className = "ck-note ck-note--ok";
      live.after(proof);
      const when = found.card.moving ? "刚才为持有人的手机签发" : `${day(found.card.issued)}签发`;
      proof.append(element("p", "", `二维码签名真实：${found.key.name}，${when}。`));
      if (!found.card.title && found.card.unit !== live.dataset.unit)
        proof.append(element("p", "", `制证时的单位名称是“${found.card.unit}”，单位已更名或人员已调动，旧证在有效期内以本页查询结果为准。`));
      return;
    }
    const code = self.JDCard.genuine(found.code) ? "bad_signature" : found.code;
    const why = self.JDCard.genuine(found.code) ? "二维码里的证件与网址里的不是同一张。" : "";
    proof.append(verdict(code, `${why}${wordsOf(code, null).sentence}`), element("p", "ck-soft", "下面是按网址查到的证件。请核对持证人、证号是否与对方出示的一致。"));
    proof.className = "ck-sheet";
  }

  function alone(found) {
    proof.hidden = false;
    proof.className = "ck-proof";
    const now = Math.floor(Date.now() / 1000);
    const under = found.behind ? `手机日期不对，按名单的日期 ${day(found.listed)} 判断` : `按手机时间 ${minute(now)} 判断`;
    proof.append(verdict(found.code, under, found.card), element("p", "", wordsOf(found.code, found.card).sentence));
    if (found.card && self.JDCard.genuine(found.code)) proof.append(cardOf(found));
  }

  async function today(number) {
    const told = await kept(`${HERE}live?number=${encodeURIComponent(number)}`, (answer) => answer.json());
    if (!told) {
      proof.append(element("p", "ck-soft", "没有连上平台，以上只凭二维码和手机里的名单。有网络时请再扫一次。"));
      return;
    }
    const note = element("p", "", `联网查询：${told.title}${told.reason ? `。${told.reason}` : ""}（${told.checked_at}）`);
    proof.append(element("div", `ck-note ck-note--${told.tone === "ok" ? "ok" : "red"}`, note));
  }

  async function show(code) {
    proof.replaceChildren();
    const found = await check(code);
    proof.dataset.code = found.code;
    proof.dataset.took = found.took.toFixed(1);
    if (live) beside(found);
    else {
      alone(found);
      // Kept for a code that was scanned: the questions need a network and only stand in the way.
      if (ask && location.pathname !== HERE) ask.hidden = true;
      if (ask) for (const each of ask.querySelectorAll(".ck-verdict")) each.remove();
      if (found.card && self.JDCard.genuine(found.code)) await today(found.card.number);
    }
  }

  function start() {
    const code = location.hash.slice(1);
    if (code && code !== "main") show(code);
    const paste = document.getElementById("paste-form");
    if (!paste) return;
    document.getElementById("paste").hidden = false;
    paste.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = document.getElementById("text").value.trim();
      if (text) show(text).then(() => proof.scrollIntoView());
    });
  }

  // The page of a code is kept by the browser as it was; back online it should be the live one.
  if (!live && location.pathname !== HERE && location.hash) self.addEventListener("online", () => location.reload());
  self.addEventListener("hashchange", () => location.reload());
  if ("serviceWorker" in navigator) navigator.serviceWorker.register(`${HERE}worker.js`, { scope: HERE }).catch(() => {});
  start();
})();
