// Whoever is in another time zone finds it chosen already, and the choice open. Nothing is sent.
"use strict";

(() => {
  const choice = document.getElementById("zoni");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const theirs = choice && [...choice.options].find((option) => option.value === zone);
  if (!theirs || choice.value) return;
  choice.value = zone;
  choice.closest("details").open = true;
})();
