// SPDX-License-Identifier: Apache-2.0
// What a card's code is worth, found out on this telephone. The same steps in the same order as
// rules/verdict.py; the tests run both over the same codes. Needs nacl (vendor/nacl-fast.min.js).
(() => {
  "use strict";

  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const EDDSA = -8;
  const CARD = -65537;
  const PAPER = -65539;
  const USE = -65538;
  const LIST_TYPE = "application/statuslist+cwt";
  const LISTED = { 2: "suspended", 3: "not_inspected" };
  const CANCELLED = 1;
  const LONGEST = 2000;
  // The order of the curve's group: a signature whose second half is not below it is a second
  // signature over the same thing, which no honest signer writes.
  const ORDER = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";

  class Damaged extends Error {}

  // --- text and bytes --------------------------------------------------------------------------

  function base32(text) {
    const out = new Uint8Array(Math.floor((text.length * 5) / 8));
    let kept = 0;
    let bits = 0;
    let at = 0;
    for (const letter of text) {
      const value = ALPHABET.indexOf(letter);
      if (value < 0) throw new Damaged("letter");
      kept = ((kept << 5) | value) & 0xfff;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        out[at++] = (kept >> bits) & 255;
      }
    }
    // Only the very text the office wrote: the unused bits of the last letter are nothing.
    if (bits >= 5 || kept & ((1 << bits) - 1)) throw new Damaged("rest");
    return out;
  }

  function base64url(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (each) => each.charCodeAt(0));
  }

  const hex = (bytes) => Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");

  // --- CBOR, as much of it as is signed here ---------------------------------------------------

  class Tagged {
    constructor(tag, value) {
      this.tag = tag;
      this.value = value;
    }
  }

  function decode(bytes) {
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

    function take(count) {
      if (at + count > bytes.length) throw new Damaged("end");
      at += count;
      return bytes.subarray(at - count, at);
    }
    function size(low) {
      if (low < 24) return low;
      if (low > 27) throw new Damaged("length");
      const width = 1 << (low - 24);
      take(width);
      const from = at - width;
      let found;
      if (width === 1) found = view.getUint8(from);
      else if (width === 2) found = view.getUint16(from);
      else if (width === 4) found = view.getUint32(from);
      else found = view.getUint32(from) * 2 ** 32 + view.getUint32(from + 4);
      const least = width === 1 ? 24 : 2 ** (4 * width);
      if (found < least || found > Number.MAX_SAFE_INTEGER) throw new Damaged("not the shortest form");
      return found;
    }
    function one(depth) {
      if (depth > 8) throw new Damaged("depth");
      const head = take(1)[0];
      const kind = head >> 5;
      if (kind === 7) throw new Damaged("kind");
      const count = size(head & 31);
      if (kind === 0) return count;
      if (kind === 1) return -1 - count;
      if (kind === 2) return take(count);
      if (kind === 3) return new TextDecoder("utf-8", { fatal: true }).decode(take(count));
      if (kind === 4) {
        const list = [];
        for (let n = 0; n < count; n++) list.push(one(depth + 1));
        return list;
      }
      if (kind === 5) {
        const map = new Map();
        for (let n = 0; n < count; n++) {
          const key = one(depth + 1);
          if (map.has(key)) throw new Damaged("twice");
          map.set(key, one(depth + 1));
        }
        return map;
      }
      return new Tagged(count, one(depth + 1));
    }
    try {
      const found = one(0);
      if (at !== bytes.length) throw new Damaged("more");
      return found;
    } catch (error) {
      throw error instanceof Damaged ? error : new Damaged(String(error));
    }
  }

  function length(kind, count) {
    if (count < 24) return [(kind << 5) | count];
    if (count < 256) return [(kind << 5) | 24, count];
    if (count < 65536) return [(kind << 5) | 25, count >> 8, count & 255];
    return [(kind << 5) | 26, (count >>> 24) & 255, (count >> 16) & 255, (count >> 8) & 255, count & 255];
  }

  function joined(...parts) {
    const out = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0));
    let at = 0;
    for (const each of parts) {
      out.set(each, at);
      at += each.length;
    }
    return out;
  }

  const bstr = (bytes) => joined(length(2, bytes.length), bytes);

  // --- signed messages -------------------------------------------------------------------------

  const isBytes = (what) => what instanceof Uint8Array;

  function unseal(bytes) {
    const found = decode(bytes);
    if (!(found instanceof Tagged) || found.tag !== 18 || !Array.isArray(found.value) || found.value.length !== 4)
      throw new Damaged("no message");
    const [head, unsigned, payload, signature] = found.value;
    if (!(unsigned instanceof Map) || unsigned.size || ![head, payload, signature].every(isBytes)) throw new Damaged("parts");
    const header = decode(head);
    if (!(header instanceof Map) || [...header.keys()].some((key) => ![1, 4, 16].includes(key))) throw new Damaged("header");
    const type = header.has(16) ? header.get(16) : "";
    if (typeof header.get(1) !== "number" || !isBytes(header.get(4)) || typeof type !== "string") throw new Damaged("header");
    const claims = decode(payload);
    if (!(claims instanceof Map)) throw new Damaged("claims");
    return {
      algorithm: header.get(1),
      kid: hex(header.get(4)),
      type,
      claims,
      signature,
      // The Sig_structure of RFC 9052: ["Signature1", protected, '', payload].
      signed: joined([0x84], length(3, 10), new TextEncoder().encode("Signature1"), bstr(head), [0x40], bstr(payload)),
    };
  }

  function holds(message, key) {
    if (message.algorithm !== EDDSA || key.algorithm !== EDDSA) return false;
    if (message.signature.length !== 64 || key.public.length !== 32) return false;
    if (hex(message.signature.slice(32).reverse()) >= ORDER) return false;
    return self.nacl.sign.detached.verify(message.signed, message.signature, key.public);
  }

  // --- whom to believe -------------------------------------------------------------------------

  function readTrust(file) {
    const roots = new Map();
    const keys = new Map();
    if (!file || file.format !== "jiandu-trust-1") return { roots, keys };
    for (const each of file.roots) {
      const found = { public: base64url(each.public), name: each.name, algorithm: each.algorithm };
      roots.set(each.kid, found);
    }
    for (const text of file.keys) {
      try {
        const message = unseal(base64url(text));
        const root = roots.get(message.kid);
        if (!root || !holds(message, root)) continue;
        const told = message.claims;
        const inner = told.get(8).get(1);
        const [use, name] = told.get(USE);
        keys.set(hex(inner.get(2)), {
          public: inner.get(-2),
          algorithm: inner.get(3),
          use: ["card", "list"][use],
          name,
          begins: told.get(5),
          expires: told.get(4),
          root: message.kid,
        });
      } catch {
        // What cannot be believed is left out, as if it were not there.
      }
    }
    return { roots, keys };
  }

  async function unpacked(bytes) {
    if (!self.DecompressionStream) throw new Damaged("this browser cannot unpack");
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  async function readList(bytes, trust) {
    try {
      const message = unseal(bytes);
      const key = trust.keys.get(message.kid);
      if (!key || key.use !== "list" || message.type !== LIST_TYPE || !holds(message, key)) return null;
      const inner = message.claims.get(65533);
      const issued = message.claims.get(6);
      if (inner.get("bits") !== 2 || !(key.begins <= issued && issued <= key.expires)) return null;
      return { root: key.root, issued, expires: message.claims.get(4), packed: await unpacked(inner.get("lst")) };
    } catch {
      return null;
    }
  }

  function stateOf(list, index) {
    const byte = Math.floor(index / 4);
    return byte >= list.packed.length ? 0 : (list.packed[byte] >> ((index % 4) * 2)) & 3;
  }

  // A card younger than the list is not in it; one signed anew keeps its place.
  function knows(list, card) {
    const byte = Math.floor(card.index / 4);
    const last = list.packed.length - 1;
    return byte < last || (byte === last && card.placed <= list.issued);
  }

  // --- the answer ------------------------------------------------------------------------------

  const isCount = (what) => typeof what === "number" && what >= 0 && what < 2 ** 48;

  // Who is no enforcement officer: a claim of its own, so that nobody takes the one for the other.
  function paperOf(claims) {
    const paper = claims.get(PAPER);
    const times = [6, 5, 4].map((key) => claims.get(key));
    if (claims.has(CARD) || !Array.isArray(paper) || paper.length !== 8 || typeof claims.get(2) !== "string") throw new Damaged("paper");
    if (!paper.slice(0, 4).every((each) => typeof each === "string") || !paper[0]) throw new Damaged("paper");
    if (![...times, ...paper.slice(4)].every(isCount) || paper[5] > 1) throw new Damaged("paper");
    const [title, name, unit, region, index, moving, last, placed] = paper;
    return { number: claims.get(2), name, unit, region, powers: "", title, moving: moving === 1, index, issued: times[0], begins: times[1], expires: times[2], last, placed };
  }

  function cardOf(claims) {
    if (claims.has(PAPER)) return paperOf(claims);
    const card = claims.get(CARD);
    const times = [6, 5, 4].map((key) => claims.get(key));
    if (!Array.isArray(card) || card.length !== 6 || typeof claims.get(2) !== "string") throw new Damaged("card");
    if (![...times, card[4], card[5]].every(isCount) || !card.slice(0, 4).every((each) => typeof each === "string"))
      throw new Damaged("card");
    const [name, unit, region, powers, kind, index] = card;
    return { number: claims.get(2), name, unit, region, powers, kind: kind === 1 ? "ministry" : "local", title: "", moving: false, index, issued: times[0], begins: times[1], expires: times[2], last: times[2], placed: times[0] };
  }

  // lists: Map from root to the newest good list; moment in seconds.
  function judge(text, trust, lists, moment) {
    let message;
    let card;
    try {
      const code = text.trim().split("#").pop();
      if (!code || code.length > LONGEST) throw new Damaged("length");
      message = unseal(base32(code));
      card = cardOf(message.claims);
    } catch {
      return { code: "damaged" };
    }
    const key = trust.keys.get(message.kid);
    if (!key || key.use !== "card") return { code: "unknown_issuer", card };
    if (message.algorithm !== key.algorithm || !holds(message, key)) return { code: "bad_signature", card, key };
    if (!(key.begins <= card.issued && card.issued <= key.expires)) return { code: "bad_signature", card, key };
    const list = lists.get(key.root);
    const behind = Boolean(list && moment < list.issued);
    const now = behind ? list.issued : moment;
    const answer = (code) => ({ code, card, key, listed: list ? list.issued : 0, behind });
    const state = list ? stateOf(list, card.index) : 0;
    if (state === CANCELLED) return answer("cancelled");
    if (now > card.last) return answer("expired");
    if (card.moving && !(card.begins <= now && now <= card.expires)) return answer("moved_on");
    if (now < card.begins) return answer("not_yet");
    if (!list || now > list.expires || !knows(list, card)) return answer("list_stale");
    return answer(LISTED[state] || "valid");
  }

  self.JDCard = { judge, readTrust, readList, bytes: base64url, genuine: (code) => !["bad_signature", "unknown_issuer", "damaged"].includes(code) };
})();
