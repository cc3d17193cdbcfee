/* Printing opens the PDF in a new tab and leaves the list with its ticks as it is. */
(function () {
  "use strict";
  var rows = document.getElementById("rows"), dialog = document.querySelector(".dialog-form[data-action=print]");
  if (!rows || !dialog) { return; }
  /* Capture: before the list's own handler submits the rows. */
  document.addEventListener("submit", function (event) {
    if (event.target !== dialog) { return; }
    rows.target = "_blank";
    setTimeout(function () { rows.target = ""; window.jQuery(dialog).closest(".modal").modal("hide"); }, 0);
  }, true);
})();
