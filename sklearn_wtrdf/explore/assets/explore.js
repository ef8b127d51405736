// Work of the browser: it reads files, collects changes of controls, and sends requests to the server.
(() => {
  const MAX_BYTES = 2_000_000, REST = 180; // ms
  const windowName = Array.from(crypto.getRandomValues(new Uint8Array(12)), (x) => x.toString(16)).join("");
  let serial = 0; // of the newest request; the first one is sent without a delay
  const timers = {};

  // From a change of the inputs until its solution arrives, results are grey, because they belong to earlier inputs.
  let changed = false; // since the last request
  function computing(samples) {
    changed = true;
    document.body.classList.toggle("outdated", samples.length > 0);
    document.body.classList.toggle("without-samples", samples.length === 0);
    document.getElementById("busy").textContent = `Computing g(r) of ${samples.map(({ name }) => name).join(", ")} …`;
  }
  function compare() {
    const solved = document.getElementById("solved");
    if (solved && !changed && solved.dataset.serial === document.body.dataset.requested) {
      document.body.classList.remove("outdated");
    }
  }

  function later(store, data) {
    clearTimeout(timers[store]);
    timers[store] = setTimeout(() => {
      serial += 1;
      if (store === "request") changed = false;
      document.body.dataset[store === "request" ? "requested" : "waveRequested"] = serial;
      window.dash_clientside.set_props(store, { data: { window: windowName, serial, ...data } });
    }, serial ? REST : 0);
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    explore: {
      request(samples, densities, formulas, masses, lines, axes, scales, radiations, q, r_max, prior, bond_low, bond_high, reference, systematic, noise, opened, q_low, q_high) {
        // The fields of a sample are created shortly after it.
        const typed = densities.length === samples.length;
        const full = samples.map((sample, i) => typed
          ? { ...sample, number_density: densities[i], composition: formulas[i], mass_density: masses[i],
              wavelength: lines[i], axis: axes[i], background_scale: scales[i], radiation: radiations[i] }
          : sample);
        const settings = {
          q_min: q[0] > q_low ? q[0] : null, q_max: q[1] < q_high ? q[1] : null,
          r_max, prior, bond_low, bond_high, reference, systematic_errors: systematic.length > 0, noise,
          opened: opened && opened.values,
        };
        computing(full);
        later("request", { samples: full, settings });
        return window.dash_clientside.no_update;
      },
      wave(tab, sample, a, b, K_f, C, Lambda) {
        if (tab === "wavelets") later("wave-request", { sample, params: { a, b, K_f, C, Lambda } });
        return window.dash_clientside.no_update;
      },
    },
  });

  function showMessage(text) {
    const line = document.getElementById("server-message") || document.body.appendChild(document.createElement("div"));
    line.id = "server-message";
    line.setAttribute("role", "alert");
    line.textContent = text;
    line.hidden = !text;
  }

  // Show on the page when the server refuses a request or does not answer.
  const plainFetch = window.fetch;
  window.fetch = async (...request) => {
    try {
      const response = await plainFetch(...request);
      const text = response.status >= 400 ? await response.clone().text() : "";
      showMessage(text.startsWith("Refused") ? text : response.status >= 400 ? `The server failed (${response.status}).` : "");
      return response;
    } catch (error) {
      showMessage("The server does not answer. Start wtrdf explore again, then move a control.");
      throw error;
    }
  };

  // One panel is shown; arrows go from tab to tab.
  function show(tab) {
    for (const button of document.querySelectorAll("[role=tab]")) {
      button.setAttribute("aria-selected", button === tab);
      button.tabIndex = button === tab ? 0 : -1;
      document.getElementById(button.getAttribute("aria-controls")).hidden = button !== tab;
    }
    tab.focus();
    window.dispatchEvent(new Event("resize")); // figures adapt to the new size
    window.dash_clientside.set_props("tab", { data: tab.id.replace("tab-", "") });
  }

  async function copy(button) {
    const text = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch { // without permission to copy, the text is selected
      getSelection().selectAllChildren(text);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }

  function contentsOf(file) {
    return new Promise((resolve) => {
      if (file.size > MAX_BYTES) {
        const error = `${file.name}: ${(file.size / 1e6).toFixed(1)} MB; a file of at most ${MAX_BYTES / 1e6} MB was expected.`;
        return resolve({ name: file.name, error });
      }
      const reader = new FileReader();
      reader.onload = () => resolve({ name: file.name, contents: reader.result.replace(/^.*?(,|$)/, "") });
      reader.onerror = () => resolve({ name: file.name, error: `${file.name}: it cannot be read.` });
      reader.readAsDataURL(file);
    });
  }

  async function take(files, background_of) {
    const read = await Promise.all(Array.from(files).slice(0, background_of ? 1 : 12).map(contentsOf));
    const dropped = background_of ? read.map((file) => ({ ...file, background_of })) : read;
    if (dropped.length) window.dash_clientside.set_props("dropped", { data: dropped });
  }

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(compare).observe(document.body, { childList: true, subtree: true });
    const input = document.body.appendChild(document.createElement("input"));
    Object.assign(input, { type: "file", id: "file", multiple: true, hidden: true });
    input.setAttribute("aria-label", "Files of S(q), g(r) or settings");
    input.addEventListener("change", () => { take(input.files, input.dataset.of); input.value = ""; });
    const rowOf = (element) => element.closest("[data-background-of]")?.dataset.backgroundOf || "";
    document.addEventListener("click", ({ target }) => {
      if (target.id === "choose" || target.matches("button[data-background-of]")) {
        input.dataset.of = rowOf(target);
        input.click();
      }
      if (target.getAttribute("role") === "tab") show(target);
      if (target.dataset && target.dataset.copies) copy(target);
    });
    document.addEventListener("keydown", (event) => {
      if (event.target.getAttribute("role") !== "tab" || !event.key.startsWith("Arrow")) return;
      show(event.target.nextElementSibling || event.target.previousElementSibling);
    });
    document.addEventListener("focusin", ({ target }) => { // name a slider for screen readers
      const label = target.getAttribute("role") === "slider" && target.closest(".slider")?.querySelector("label");
      if (label) target.setAttribute("aria-label", label.textContent);
    });
    for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
      document.addEventListener(kind, (event) => {
        event.preventDefault();
        document.body.classList.toggle("dragging", kind === "dragenter" || kind === "dragover");
        if (kind === "drop" && event.dataTransfer) take(event.dataTransfer.files, rowOf(event.target));
      });
    }
  });
})();
