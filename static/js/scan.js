// SPDX-License-Identifier: Apache-2.0
// Reads codes with the camera and hands them to the field of the form: [data-jd-camera].
// Where the browser cannot read codes itself, a detector in WebAssembly is loaded, and only then.
// Refused or absent camera: the picture input and the text field beside it do the same.
(() => {
  "use strict";

  const FORMATS = ["qr_code", "data_matrix", "code_128", "pdf417"];
  const PAUSE = 120;
  const WHY = {
    NotAllowedError: "没有得到使用相机的许可。可以在浏览器的网站设置里打开，或拍一张照片、手工输入。",
    NotFoundError: "这台设备没有相机，请拍照上传或手工输入。",
    NotReadableError: "相机正被别的程序占用，关掉它再试。",
  };

  function load(address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = () => reject(new Error("detector"));
      document.head.append(script);
    });
  }

  async function detector(box) {
    const own = window.BarcodeDetector;
    const known = own ? await own.getSupportedFormats().catch(() => []) : [];
    if (known.includes("qr_code")) return new own({ formats: FORMATS.filter((each) => known.includes(each)) });
    if (!window.BarcodeDetectionAPI) await load(box.dataset.detector);
    const api = window.BarcodeDetectionAPI;
    // By itself it would ask another site for the module.
    api.prepareZXingModule({ overrides: { locateFile: () => box.dataset.wasm } });
    return new api.BarcodeDetector({ formats: FORMATS });
  }

  function begin(box) {
    const video = box.querySelector("video");
    const said = box.querySelector("[data-jd-said]");
    const start = box.querySelector("[data-jd-start]");
    const stop = box.querySelector("[data-jd-stop]");
    const torch = box.querySelector("[data-jd-torch]");
    const form = box.closest("form");
    let stream = null;
    let lit = false;

    const say = (text, bad) => {
      said.textContent = text;
      said.classList.toggle("jd-err", Boolean(bad));
    };

    function end(text) {
      for (const track of stream?.getTracks() ?? []) track.stop();
      stream = null;
      video.srcObject = null;
      box.dataset.on = "";
      video.hidden = stop.hidden = torch.hidden = true;
      start.hidden = false;
      say(text ?? "");
    }

    function found(code) {
      const field = form.elements[box.dataset.field];
      field.value = code.slice(0, field.maxLength > 0 ? field.maxLength : 2000);
      navigator.vibrate?.(60);
      end("读到了，正在核对");
      form.requestSubmit();
    }

    async function look(reader) {
      while (stream) {
        if (video.readyState >= 2) {
          try {
            const codes = await reader.detect(video);
            if (!stream) return;
            const code = codes.find((each) => each.rawValue);
            if (code) return found(code.rawValue);
          } catch (error) {
            console.warn(error);
            return end("这台设备认不出画面里的码，请拍照上传或手工输入。");
          }
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }

    async function open() {
      start.hidden = true;
      say("正在打开相机");
      try {
        const [opened, reader] = await Promise.all([
          navigator.mediaDevices.getUserMedia({
            audio: false,
            video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
          }),
          detector(box),
        ]);
        stream = opened;
        video.srcObject = opened;
        video.hidden = stop.hidden = false;
        await video.play();
        const track = opened.getVideoTracks()[0];
        torch.hidden = !track.getCapabilities?.().torch;
        say("把二维码放进框里");
        box.dataset.on = "1";
        await look(reader);
      } catch (error) {
        end();
        say(WHY[error.name] ?? "相机打不开，请拍照上传或手工输入。", true);
      }
    }

    start.addEventListener("click", open);
    stop.addEventListener("click", () => {
      end();
      start.focus();
    });
    torch.addEventListener("click", async () => {
      lit = !lit;
      await stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: lit }] }).catch(() => {});
      torch.setAttribute("aria-pressed", String(lit));
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && stream) end();
    });
    window.addEventListener("pagehide", () => stream && end());

    box.hidden = false;
    if (box.dataset.autostart !== undefined && window.matchMedia("(pointer: coarse)").matches) open();
  }

  // Browsers give the camera to trusted connections only; elsewhere the other two ways remain.
  if (navigator.mediaDevices?.getUserMedia) document.querySelectorAll("[data-jd-camera]").forEach(begin);
})();
