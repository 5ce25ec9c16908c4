// A true DLT curve that moves with the hand, for every page that has one; the numbers come from the server.
"use strict";

/*
 * extend(asked)   adds to the question what the page asks beside the rates
 * show(response)  changes what the answer changes
 * moved()         is told of every change of the question
 * rested()        is told when the hand rests
 */
function openCurve(form, { extend, show, moved = () => {}, rested = () => {} }) {
  const STEP = 0.01;
  const LEAP = 0.05;
  const REST_MS = 350;
  const top_ = Number(form.dataset.top);
  const height = Number(form.dataset.plot);
  const area = document.getElementById("area");
  const handles = [...form.querySelectorAll(".handle")];
  const segments = [...form.querySelectorAll(".segment")];
  const fields = [...form.querySelectorAll("input[name=rates]")];
  const increasing = document.getElementById("increasing");
  const problem = document.getElementById("problem");
  const rates = fields.map((field) => Number(field.value));

  // --- the curve

  const place = (rate) => top_ + (1 - rate) * height;

  function write(rate) {
    const text = rate.toFixed(6).replace(/0+$/, "");
    return text + "0".repeat(Math.max(0, 2 - (text.length - text.indexOf(".") - 1)));
  }

  const listRates = () => rates.map(write).join(",");

  function draw() {
    handles.forEach((handle, level) => {
      const y = place(rates[level]);
      for (const circle of handle.querySelectorAll("circle")) circle.setAttribute("cy", y);
      const label = handle.querySelector("text");
      label.setAttribute("y", y);
      label.textContent = write(rates[level]);
      handle.setAttribute("aria-valuenow", rates[level]);
      handle.setAttribute("aria-valuetext", write(rates[level]));
      if (document.activeElement !== fields[level]) fields[level].value = write(rates[level]);
    });
    segments.forEach((segment, level) => {
      segment.setAttribute("y1", place(rates[level]));
      segment.setAttribute("y2", place(rates[level + 1]));
    });
  }

  function move(level, rate) {
    rates[level] = Math.min(1, Math.max(0, Number(rate.toFixed(6))));
    if (increasing.checked) {
      for (let above = level + 1; above < rates.length; above += 1) rates[above] = Math.max(rates[above], rates[above - 1]);
      for (let below = level - 1; below >= 0; below -= 1) rates[below] = Math.min(rates[below], rates[below + 1]);
    }
    draw();
    ask();
  }

  const snap = (rate) => Math.round(rate / STEP) * STEP;

  function mark(marks, isNoneCorrect) {
    for (const marked of document.querySelectorAll("[data-mark-of]")) {
      const level = Number(marked.dataset.markOf);
      marked.dataset.mark = level ? marks[level - 1] : isNoneCorrect ? "correct" : "";
    }
  }

  // --- asking the server: one question a frame at most, and none while one is on its way

  let isAsked = false;
  let isOnItsWay = false;
  let resting = 0;

  function query() {
    const asked = new URLSearchParams({ trial: form.elements.trial.value });
    if (form.elements.part) asked.set("part", form.elements.part.value);
    asked.set("rates", listRates());
    extend(asked);
    if (!increasing.checked) asked.set("increasing", "0");
    return asked.toString().replaceAll("%2C", ",");
  }

  function ask() {
    if (!isAsked) {
      isAsked = true;
      requestAnimationFrame(send);
    }
    awaitRest();
  }

  function awaitRest() {
    moved();
    clearTimeout(resting);
    resting = setTimeout(rest, REST_MS);
  }

  function rest() {
    history.replaceState(null, "", `${location.pathname}?${query()}`);
    rested();
  }

  async function send() {
    if (isOnItsWay) return; // the answer on its way asks again
    isAsked = false;
    isOnItsWay = true;
    const asked = listRates();
    try {
      const response = await fetch(`${form.dataset.answers}?${query()}`, { headers: { Accept: "application/json" } });
      if (response.ok) {
        await show(response);
        form.dataset.shown = asked;
      }
      complain(response.ok ? "" : (await response.json()).error);
    } catch {
      complain(form.dataset.unreached);
    }
    isOnItsWay = false;
    if (isAsked) requestAnimationFrame(send);
  }

  function complain(sentence) {
    problem.textContent = sentence;
    problem.hidden = !sentence;
  }

  function tell(response) {
    const computed = document.getElementById("computed");
    const took = /dur=([\d.]+)/.exec(response.headers.get("Server-Timing") || "");
    if (took) computed.textContent = computed.dataset.says.replace("{ms}", Number(took[1]).toFixed(1));
  }

  // --- hands and keys

  const KEYS = {
    ArrowUp: STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowLeft: -STEP, PageUp: LEAP, PageDown: -LEAP, Home: -1, End: 1,
  };

  handles.forEach((handle, level) => {
    handle.setAttribute("role", "slider");
    handle.setAttribute("tabindex", "0");
    handle.setAttribute("aria-label", handle.dataset.label);
    handle.setAttribute("aria-orientation", "vertical");
    handle.setAttribute("aria-valuemin", "0");
    handle.setAttribute("aria-valuemax", "1");
    let offset = 0;
    const under = (event) => 1 - (event.clientY - area.getBoundingClientRect().top - offset - top_) / height;
    // touch-action is not heeded inside a drawing: a finger on a point must not scroll the page
    handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      offset = 0;
      offset = (rates[level] - under(event)) * height;
      handle.setPointerCapture(event.pointerId);
      handle.classList.add("held");
      handle.focus({ preventScroll: true, focusVisible: false });
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const rate = Math.min(1, Math.max(0, snap(under(event))));
      if (rate !== rates[level]) move(level, rate);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      handle.addEventListener(end, () => handle.classList.remove("held"));
    }
    handle.addEventListener("keydown", (event) => {
      const by = KEYS[event.key];
      if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      move(level, rates[level] + by);
    });
  });

  fields.forEach((field, level) => {
    field.addEventListener("input", () => {
      const rate = field.valueAsNumber;
      if (rate >= 0 && rate <= 1) move(level, rate);
    });
    field.addEventListener("change", draw);
    field.addEventListener("blur", draw);
  });

  for (const preset of form.querySelectorAll(".preset")) {
    preset.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      preset.dataset.rates.split(",").forEach((rate, level) => { rates[level] = Number(rate); });
      draw();
      ask();
    });
  }

  increasing.addEventListener("change", () => {
    if (increasing.checked) move(0, rates[0]);
    else ask();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const hidden of form.querySelectorAll(".scripted")) hidden.hidden = false;
  for (const shown of form.querySelectorAll(".unscripted")) shown.hidden = true;
  document.querySelector(".subtabs [aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
  draw();
  form.dataset.shown = listRates();
  return { ask, awaitRest, query, complain, mark, tell, stopResting: () => clearTimeout(resting) };
}
