// Designs side by side under the curve of design_curve.js. Without these files the page is a form.
"use strict";

(() => {
  const form = document.getElementById("studio");
  if (!form) return;

  const boxes = [...form.querySelectorAll("input[type=checkbox][name=designs]")];
  const said = document.getElementById("said");
  let latest = "";

  const curve = openCurve(form, {
    extend(asked) {
      asked.set("designs", boxes.filter((box) => box.checked).map((box) => box.value).join(","));
    },
    async show(response) {
      show(await response.json());
      curve.tell(response);
    },
    rested() {
      said.textContent = latest;
    },
  });

  // --- what the answer changes

  function show(answer) {
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
    curve.mark(answer.marks, answer.is_none_correct);
    latest = answer.said;
  }

  // --- other columns: the server draws them

  const DRAWN = ".panels, [data-table], .tables";

  async function redraw() {
    limit();
    curve.stopResting();
    const address = `${location.pathname}?${curve.query()}`;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
      const fresh = [...page.querySelectorAll(DRAWN)];
      if (!fresh.length) return location.assign(address);
      [...document.querySelectorAll(DRAWN)].forEach((old, i) => old.replaceWith(document.adoptNode(fresh[i])));
      curve.ask();
    } catch {
      curve.complain(form.dataset.unreached);
    }
  }

  function limit() {
    const isFull = boxes.filter((box) => box.checked).length >= Number(form.dataset.most);
    for (const box of boxes) box.disabled = isFull && !box.checked;
  }

  for (const box of boxes) box.addEventListener("change", redraw);
  limit();
})();
