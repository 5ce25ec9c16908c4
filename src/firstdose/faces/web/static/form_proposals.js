// What the typed values of a form propose, asked of the server while they are typed. Without it the form is a form.
"use strict";

(() => {
  const form = document.getElementById("entry");
  if (!form) return;

  const REST_MS = 250;
  const said = document.getElementById("proposals-problem");
  const fields = [...form.querySelectorAll("[data-item-of]")];
  let resting = 0;
  let onItsWay = null;

  function wait(event) {
    clear(event.target.closest("[data-item-of]"));
    form.dataset.proposed = "waits"; // what stands beside the values is of earlier ones
    clearTimeout(resting);
    if (onItsWay) onItsWay.abort();
    resting = setTimeout(ask, REST_MS);
  }

  // the word of the last refusal was about the value before
  function clear(field) {
    const problem = field && field.querySelector("p.problem[id]");
    if (!problem) return;
    problem.remove();
    for (const entry of field.querySelectorAll("[aria-invalid]")) {
      entry.removeAttribute("aria-invalid");
      entry.removeAttribute("aria-describedby");
    }
    field.classList.remove("bad");
  }

  async function ask() {
    const asked = new AbortController();
    onItsWay = asked;
    try {
      const response = await fetch(form.dataset.proposals, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        signal: asked.signal,
      });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (asked.signal.aborted) return;
      const wrong = page.querySelector("[data-wrong]");
      if (!response.ok || !wrong) throw new Error("no proposals"); // signed out meanwhile
      show(page);
      complain(wrong.textContent);
    } catch {
      if (asked.signal.aborted) return; // overtaken by a later question
      complain(form.dataset.unreached);
    }
    form.dataset.proposed = "shown";
  }

  function show(page) {
    for (const field of fields) {
      const fresh = page.querySelector(`[data-item="${field.dataset.itemOf}"]`);
      const place = field.querySelector(".proposals");
      const next = fresh ? fresh.innerHTML : "";
      if (place.innerHTML !== next) place.innerHTML = next; // what did not change is not read out again
      field.classList.toggle("bad", field.querySelector("p.problem") !== null);
    }
  }

  function complain(sentence) {
    said.textContent = sentence;
    said.hidden = !sentence;
  }

  form.addEventListener("input", wait);
})();
