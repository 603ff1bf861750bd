// Test of camera and microphone on the page of a teleconference. Picture and sound stay in the
// browser: nothing is sent and nothing is kept. All words stand in the page (data attributes).
"use strict";

(() => {
  const tool = document.getElementById("dokimi-ergaleio");
  if (!tool) return;
  const part = (name) => tool.querySelector(`[data-part="${name}"]`);
  const HEARD = 0.02; // loudness (0 to 1) above the noise of a quiet room
  const devices = { camera: { video: true }, microphone: { audio: true } };
  let streams = [];
  let sound = null;
  let frame = 0;

  const say = (device, outcome) => {
    part(`${device}-says`).textContent = `${tool.dataset[device]}: ${tool.dataset[outcome]}`;
  };

  const outcomeOf = (error) => {
    if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
    if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return "none";
    return "busy";
  };

  const open = async (wanted) => {
    const stream = await navigator.mediaDevices.getUserMedia(wanted);
    streams.push(stream);
    return stream;
  };

  const showPicture = async (stream) => {
    const video = part("video");
    video.srcObject = stream;
    part("picture").hidden = false;
    await video.play();
    say("camera", "works");
  };

  const showSound = async (stream) => {
    sound = new AudioContext();
    await sound.resume();
    const analyser = sound.createAnalyser();
    sound.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const meter = part("meter");
    part("sound").hidden = false;
    say("microphone", "speak");
    let heard = false;
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      const loudness = Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
      meter.value = Math.min(1, loudness * 4);
      if (!heard && loudness > HEARD) {
        heard = true;
        say("microphone", "works");
      }
      frame = requestAnimationFrame(look);
    };
    look();
  };

  const show = (device, stream) => (device === "camera" ? showPicture(stream) : showSound(stream));

  const stop = () => {
    cancelAnimationFrame(frame);
    streams.forEach((stream) => stream.getTracks().forEach((track) => track.stop()));
    streams = [];
    if (sound) sound.close();
    sound = null;
    for (const name of ["picture", "sound", "stop"]) part(name).hidden = true;
    part("start").hidden = false;
  };

  const start = async () => {
    part("start").hidden = true;
    part("stop").hidden = false;
    part("stop").querySelector("button").focus();
    let both = null;
    try {
      both = await open({ video: true, audio: true }); // one question of the browser for both
    } catch {
      both = null; // one of them is missing: ask for each, so that the other is tested
    }
    for (const [device, wanted] of Object.entries(devices)) {
      try {
        await show(device, both || (await open(wanted)));
      } catch (error) {
        say(device, outcomeOf(error));
      }
    }
  };

  part("start").querySelector("button").addEventListener("click", () => {
    stop();
    if (navigator.mediaDevices) start();
    else for (const device of Object.keys(devices)) say(device, "impossible");
  });
  part("stop").querySelector("button").addEventListener("click", () => {
    stop();
    part("start").querySelector("button").focus();
  });
  addEventListener("pagehide", stop);
  document.getElementById("dokimi-xoris").hidden = true;
  tool.hidden = false;
})();
