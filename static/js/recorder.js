// SPDX-License-Identifier: Apache-2.0
// Camera and microphone of the device in a sheet of their own: one picture, one film, one sound
// recording. What is made here holds the limits from the beginning, carries no place and is
// smaller than what the telephone's own camera makes. window.jdRecorder.take(kind, limits).
(() => {
  "use strict";
  if (window.jdRecorder) return;

  const FILM = ["video/mp4;codecs=avc1.42E01F,mp4a.40.2", "video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus", "video/webm"];
  const SOUND = ["audio/webm;codecs=opus", "audio/mp4;codecs=mp4a.40.2", "audio/mp4", "audio/ogg;codecs=opus"];
  const EXTENSION = { "video/mp4": "mp4", "video/webm": "webm", "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" };
  const WORDS = {
    photo: { title: "拍照", start: "拍下", stop: "拍下", name: "照片" },
    video: { title: "录像", start: "开始录像", stop: "停止录像", name: "录像" },
    audio: { title: "录音", start: "开始录音", stop: "停止录音", name: "录音" },
  };
  const WHY = {
    NotAllowedError: "没有得到使用相机和话筒的许可。可以在浏览器的网站设置里打开，或选已有的文件。",
    NotFoundError: "这台设备没有相机或话筒，请选已有的文件。",
    NotReadableError: "相机或话筒正被别的程序占用，关掉它再试。",
  };

  const typeOf = (kind) => (kind === "audio" ? SOUND : FILM).find((each) => window.MediaRecorder?.isTypeSupported(each));
  const supported = (kind) =>
    Boolean(navigator.mediaDevices?.getUserMedia && window.HTMLDialogElement && (kind === "photo" || typeOf(kind)));

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  const stamp = () => {
    const two = (number) => String(number).padStart(2, "0");
    const day = new Date();
    return `${two(day.getMonth() + 1)}${two(day.getDate())}-${two(day.getHours())}${two(day.getMinutes())}${two(day.getSeconds())}`;
  };

  const wanted = (kind) => ({
    video:
      kind === "audio"
        ? false
        : {
            facingMode: "environment",
            width: { ideal: kind === "photo" ? 2560 : 1280 },
            height: { ideal: kind === "photo" ? 1440 : 720 },
          },
    audio: kind !== "photo",
  });

  async function picture(video) {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  }

  // A film or sound from a running stream; ends by hand, at the limit, or when the device is taken away.
  function record(kind, stream, limits, tick) {
    const type = typeOf(kind);
    const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: 2_400_000, audioBitsPerSecond: 48_000 });
    const parts = [];
    const begun = performance.now();
    const seconds = () => (performance.now() - begun) / 1000;
    let size = 0;
    let reason = "";
    const stop = (why) => {
      if (recorder.state === "inactive") return;
      reason = why ?? "";
      recorder.stop();
    };
    const timer = setInterval(() => {
      tick(seconds());
      if (seconds() >= limits.seconds) stop(`已到 ${Math.round(limits.seconds / 60)} 分钟，自动停止。`);
    }, 200);
    const whole = new Promise((resolve, reject) => {
      recorder.ondataavailable = (event) => {
        if (event.data.size) parts.push(event.data);
        size += event.data.size;
        if (size > limits.bytes * 0.97) stop("已到最大，自动停止。");
      };
      recorder.onstop = () => {
        clearInterval(timer);
        const plain = type.split(";")[0];
        resolve({ blob: new Blob(parts, { type: plain }), type: plain, seconds: seconds(), reason });
      };
      recorder.onerror = (event) => {
        clearInterval(timer);
        reject(event.error);
      };
    });
    // A telephone call takes the microphone: what was recorded until then is kept.
    for (const track of stream.getTracks()) track.addEventListener("ended", () => stop("录制被打断，已保存前面的部分。"));
    recorder.start(1000);
    return { whole, stop };
  }

  // → {blob, name, type, seconds, reason}, or null when the person thought better of it.
  function take(kind, limits) {
    const words = WORDS[kind];
    const dialog = make("dialog", "jd-dialog jd-recorder");
    const title = make("h2", "h3", words.title);
    title.id = "jd-recorder-title";
    dialog.setAttribute("aria-labelledby", title.id);
    const video = make("video", "jd-recorder__view");
    video.muted = true;
    video.playsInline = true;
    video.setAttribute("aria-label", "取景");
    const time = make("p", "jd-recorder__time jd-num", kind === "photo" ? "" : `0:00 / ${clock(limits.seconds)}`);
    const said = make("p", "jd-sub", "正在打开");
    said.setAttribute("role", "status");
    const main = make("button", "btn btn-primary", words.start);
    main.type = "button";
    main.disabled = true;
    const close = make("button", "btn btn-line", "取消");
    close.type = "button";
    const row = make("div", "jd-recorder__acts");
    row.append(close, main);
    dialog.append(title);
    if (kind !== "audio") dialog.append(video);
    dialog.append(time, said, row);
    document.body.append(dialog);
    dialog.showModal();

    return new Promise((resolve) => {
      let stream = null;
      let running = null;
      let over = false;
      const end = (answer) => {
        if (over) return;
        over = true;
        for (const track of stream?.getTracks() ?? []) track.stop();
        document.removeEventListener("visibilitychange", hidden);
        dialog.close();
        dialog.remove();
        resolve(answer);
      };
      const hidden = () => {
        if (document.visibilityState === "hidden") running?.stop("离开了页面，已保存前面的部分。");
      };
      document.addEventListener("visibilitychange", hidden);
      dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        // Esc while recording keeps what there is: nobody loses minutes by a slip.
        if (running) running.stop();
        else end(null);
      });
      close.addEventListener("click", () => {
        const was = running;
        running = null;
        was?.stop();
        end(null);
      });
      main.addEventListener("click", async () => {
        if (kind === "photo") {
          const blob = await picture(video);
          if (blob) end({ blob, name: `${words.name}-${stamp()}.jpg`, type: "image/jpeg", seconds: 0, reason: "" });
          return;
        }
        if (running) return running.stop();
        try {
          running = record(kind, stream, limits, (seconds) => {
            time.textContent = `${clock(seconds)} / ${clock(limits.seconds)}`;
          });
        } catch (error) {
          said.textContent = `${words.title}没有开始：${error.message}`;
          return;
        }
        main.textContent = words.stop;
        said.textContent = "正在录";
        dialog.dataset.running = "1";
        const made = await running.whole.catch(() => null);
        if (made) end({ ...made, name: `${words.name}-${stamp()}.${EXTENSION[made.type] ?? "webm"}` });
      });
      navigator.mediaDevices.getUserMedia(wanted(kind)).then(
        async (opened) => {
          stream = opened;
          if (over) return opened.getTracks().forEach((track) => track.stop());
          if (kind !== "audio") {
            video.srcObject = opened;
            await video.play().catch(() => {});
          }
          said.textContent = limits.words;
          main.disabled = false;
          main.focus();
        },
        (error) => {
          said.textContent = WHY[error.name] ?? "相机或话筒打不开，请选已有的文件。";
          said.classList.add("jd-err");
          said.setAttribute("role", "alert");
          close.textContent = "知道了";
          close.focus();
        },
      );
    });
  }

  window.jdRecorder = Object.freeze({ supported, take, clock });
})();
