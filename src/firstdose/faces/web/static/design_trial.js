// The whole trial under the curve of design_curve.js: exact numbers while the hand moves, dates when it rests.
"use strict";

(() => {
  const form = document.getElementById("trial");
  if (!form) return;

  const ASKED = ["growth", "days", "sites", "opens", "seed"];
  const slider = document.getElementById("slider");
  const said = document.getElementById("said");
  let onItsWay = new AbortController();

  const curve = openCurve(form, {
    extend(asked) {
      for (const name of ASKED) asked.set(name, form.elements[name].value);
    },
    async show(response) {
      refresh(await response.text());
      const { marks, isNoneCorrect } = document.getElementById("exact").dataset;
      curve.mark(marks.split(","), isNoneCorrect === "1");
    },
    moved() {
      onItsWay.abort();
      setState("earlier");
    },
    rested() {
      said.textContent = document.getElementById("exact").dataset.said;
      askDates();
    },
  });

  // every part that the server wrote anew takes the place of the one before
  function refresh(text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const fresh of page.querySelectorAll("[data-fresh]")) {
      document.getElementById(fresh.id).replaceWith(document.adoptNode(fresh));
    }
  }

  function setState(state) {
    form.dataset.dates = state;
    document.getElementById("dates").setAttribute("aria-busy", String(state === "computing"));
    document.getElementById("state").textContent = form.dataset[state] || "";
  }

  async function askDates() {
    const mine = new AbortController();
    onItsWay = mine;
    setState("computing");
    try {
      const response = await fetch(`${form.dataset.calendar}?${curve.query()}`, { signal: mine.signal });
      if (!response.ok) return refuse((await response.json()).error);
      refresh(await response.text());
      setState("current");
    } catch {
      if (!mine.signal.aborted) refuse(form.dataset.unreached);
    }
  }

  function refuse(sentence) {
    setState("refused");
    document.getElementById("state").textContent = sentence;
  }

  slider.addEventListener("input", () => {
    form.elements.growth.value = slider.value;
    curve.ask();
  });
  form.elements.growth.addEventListener("input", () => {
    slider.value = form.elements.growth.value;
    curve.ask();
  });
  // only the dates depend on these
  for (const name of ["days", "sites", "opens", "seed"]) form.elements[name].addEventListener("input", curve.awaitRest);
  setState("current");
})();
