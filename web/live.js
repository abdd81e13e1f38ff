// Tells the page when what it shows has changed, and asks the library to fetch those parts again.
(() => {
  "use strict";
  const main = document.getElementById("main");
  const address = main && main.dataset.live;
  if (!address || !window.EventSource) return;
  const source = new EventSource(address);
  source.addEventListener("changed", () => {
    document.body.dispatchEvent(new Event("changed"));
  });
  window.addEventListener("pagehide", () => source.close());
})();
