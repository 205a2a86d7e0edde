"use strict";
(() => {
  document.documentElement.classList.add("has-script");
  const said = document.getElementById("said");
  const steps = [...document.querySelectorAll(".step")].filter((step) => step.querySelector("input"));

  // A browser may keep no storage for files: ticks are then forgotten with the page.
  const store = {
    get: (mark, otherwise) => {
      try { return localStorage.getItem(`trackform-${mark}`) === "done"; } catch { return otherwise; }
    },
    set: (mark, done) => {
      try {
        if (done) localStorage.setItem(`trackform-${mark}`, "done");
        else localStorage.removeItem(`trackform-${mark}`);
      } catch { /* see above */ }
    },
  };

  let clearing;
  const tell = (text) => {
    said.textContent = text;
    clearTimeout(clearing);
    clearing = setTimeout(() => { said.textContent = ""; }, 4000);
  };

  const copyOldWay = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "skip";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("the browser does not let this page copy");
  };

  const copy = async (button, text, label) => {
    try {
      try { await navigator.clipboard.writeText(text); } catch { copyOldWay(text); button.focus(); }
      for (const other of document.querySelectorAll("button.copied")) other.classList.remove("copied");
      button.classList.add("copied");
      tell(`Copied: ${label}`);
    } catch {
      tell("The browser does not let this page copy: mark the text and copy it yourself");
    }
  };

  const boxes = [...document.querySelectorAll(".command")];
  const ticked = (step) => step.querySelector("input").checked;
  const command = (stack) => {
    const words = new Set(steps.filter((step) => step.dataset.stack === stack && ticked(step)).map((step) => step.dataset.word));
    const box = boxes.find((each) => each.dataset.stack === stack);
    return words.size ? `${box.dataset.begin} ${[...words].join(" ")}` : "";
  };

  const refresh = () => {
    for (const step of steps) step.classList.toggle("is-done", ticked(step));
    for (const box of boxes) {
      const text = command(box.dataset.stack);
      box.querySelector("code").textContent = text || `Tick what is done in ${box.dataset.stack}: the command appears here`;
      box.querySelector("button").disabled = !text;
    }
    const progress = document.getElementById("progress");
    if (progress) progress.textContent = `${steps.filter(ticked).length} of ${steps.length} ticked`;
  };

  const read = () => {
    for (const step of steps) {
      const box = step.querySelector("input");
      box.checked = store.get(step.dataset.mark, box.checked);
      box.disabled = false;
    }
    refresh();
  };

  for (const step of steps) {
    const box = step.querySelector("input");
    box.disabled = true;
    box.addEventListener("change", () => { store.set(step.dataset.mark, box.checked); refresh(); });
  }
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const label = button.getAttribute("aria-label").replace("Copy ", "");
    button.addEventListener("click", () => copy(button, button.dataset.copy, label));
  }
  for (const button of document.querySelectorAll("button[data-command]")) {
    button.addEventListener("click", () => copy(button, command(button.dataset.command), "the command"));
  }
  // Chromium's main process has to know of the page before the page first touches its storage: else all that it stores
  // is silently lost on a busy machine (8 of 75 reloads; none of 90 with this). A lock is an answer of that process.
  const known = async () => { try { await navigator.locks.request("trackform", () => {}); } catch { /* no locks */ } };

  const begin = () => {
    read();
    // What another window ticked, and a page to which the browser went back, show what is stored as well.
    window.addEventListener("storage", read);
    window.addEventListener("pageshow", read);
  };
  refresh();
  known().then(begin);
})();
