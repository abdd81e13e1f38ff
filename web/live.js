// Tells the page when what it shows has changed, and asks the library to fetch those parts again.
(() => {
  "use strict";
  const main = document.getElementById("main");
  const address = main && main.dataset.live;
  if (!address || !window.EventSource) return;
  /** What happens faster than this is shown together. */
  const PAUSE_MS = 500;
  let waiting = false;
  const changed = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      document.body.dispatchEvent(new Event("changed"));
    }, PAUSE_MS);
  };
  const source = new EventSource(address);
  source.addEventListener("changed", changed);
  source.addEventListener("error", () => {
    // Refused, not just broken off: the page asks by itself, and is led to the sign-in where that is why.
    if (source.readyState === EventSource.CLOSED) changed();
  });
  window.addEventListener("pagehide", () => source.close());

  // What somebody has opened stays open.
  let opened = [];
  document.body.addEventListener("htmx:beforeSwap", () => {
    opened = [...document.querySelectorAll("details[id][open]")].map((one) => one.id);
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) {
      const one = document.getElementById(id);
      if (one) one.open = true;
    }
  });
})();
