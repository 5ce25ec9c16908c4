// The true DLT curve moves with the hand; every number comes from the server. Without this file the page is a form.
"use strict";

(() => {
  const form = document.getElementById("studio");
  if (!form) return;

  const STEP = 0.01;
  const LEAP = 0.05;
  const REST_MS = 350;
  const top_ = Number(form.dataset.top);
  const height = Number(form.dataset.plot);
  const area = document.getElementById("area");
  const handles = [...form.querySelectorAll(".handle")];
  const segments = [...form.querySelectorAll(".segment")];
  const fields = [...form.querySelectorAll("input[name=rates]")];
  const boxes = [...form.querySelectorAll("input[type=checkbox][name=designs]")];
  const increasing = document.getElementById("increasing");
  const computed = document.getElementById("computed");
  const problem = document.getElementById("problem");
  const said = document.getElementById("said");
  const rates = fields.map((field) => Number(field.value));

  // --- the curve

  const place = (rate) => top_ + (1 - rate) * height;

  function write(rate) {
    const text = rate.toFixed(6).replace(/0+$/, "");
    return text + "0".repeat(Math.max(0, 2 - (text.length - text.indexOf(".") - 1)));
  }

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

  // --- asking the server: one question a frame at most, and none while one is on its way

  let isAsked = false;
  let isOnItsWay = false;
  let resting = 0;

  function query() {
    const asked = new URLSearchParams({ trial: form.elements.trial.value, part: form.elements.part.value });
    asked.set("rates", rates.map(write).join(","));
    asked.set("designs", boxes.filter((box) => box.checked).map((box) => box.value).join(","));
    if (!increasing.checked) asked.set("increasing", "0");
    return asked.toString().replaceAll("%2C", ",");
  }

  function ask() {
    if (!isAsked) {
      isAsked = true;
      requestAnimationFrame(send);
    }
    clearTimeout(resting);
    resting = setTimeout(rest, REST_MS);
  }

  async function send() {
    if (isOnItsWay) return; // the answer on its way asks again
    isAsked = false;
    isOnItsWay = true;
    try {
      const response = await fetch(`${form.dataset.answers}?${query()}`, { headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (response.ok) show(answer, response.headers.get("Server-Timing"));
      complain(response.ok ? "" : answer.error);
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

  let latest = "";

  function rest() {
    history.replaceState(null, "", `${location.pathname}?${query()}`);
    said.textContent = latest;
  }

  // --- what the answer changes

  function show(answer, timing) {
    if (answer.designs.length !== document.querySelectorAll(".panel").length) return; // of other columns
    for (const [key, cells] of Object.entries(answer.rows)) {
      const row = document.querySelector(`[data-row="${key}"]`);
      cells.forEach((cell, column) => {
        row.cells[column + 1].textContent = cell.text;
        row.cells[column + 1].classList.toggle("best", cell.is_best);
      });
    }
    document.querySelectorAll(".panel").forEach((panel, column) => {
      const share = panel.querySelector(".share strong");
      share.textContent = answer.rows.p_correct[column].text;
      share.classList.toggle("best", answer.rows.p_correct[column].is_best);
      panel.querySelectorAll(".bar").forEach((bar, level) => {
        const { y, height: tall, above } = answer.bars[column][level];
        const rect = bar.querySelector("rect");
        rect.setAttribute("y", y);
        rect.setAttribute("height", tall);
        const value = bar.querySelector(".value");
        value.setAttribute("y", above);
        value.textContent = answer.rows[level ? `p_selected_${level}` : "p_none"][column].text;
      });
    });
    for (const marked of document.querySelectorAll("[data-mark-of]")) {
      const level = Number(marked.dataset.markOf);
      marked.dataset.mark = level ? answer.marks[level - 1] : answer.is_none_correct ? "correct" : "";
    }
    const took = /dur=([\d.]+)/.exec(timing || "");
    if (took) computed.textContent = computed.dataset.says.replace("{ms}", Number(took[1]).toFixed(1));
    latest = answer.said;
    form.dataset.shown = answer.rates.map(write).join(",");
  }

  // --- other columns: the server draws them

  const DRAWN = ".panels, [data-table], .tables";

  async function redraw() {
    limit();
    clearTimeout(resting);
    const address = `${location.pathname}?${query()}`;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
      const fresh = [...page.querySelectorAll(DRAWN)];
      if (!fresh.length) return location.assign(address);
      [...document.querySelectorAll(DRAWN)].forEach((old, i) => old.replaceWith(document.adoptNode(fresh[i])));
      ask();
    } catch {
      complain(form.dataset.unreached);
    }
  }

  function limit() {
    const isFull = boxes.filter((box) => box.checked).length >= Number(form.dataset.most);
    for (const box of boxes) box.disabled = isFull && !box.checked;
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
  for (const box of boxes) box.addEventListener("change", redraw);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const hidden of form.querySelectorAll(".scripted")) hidden.hidden = false;
  form.querySelector(".unscripted").hidden = true;
  limit();
  draw();
  form.dataset.shown = rates.map(write).join(",");
})();
