/* Lists: picking rows, "all that match", confirmations, action dialogs, run progress. No inline handlers (strict CSP). */
(function () {
  "use strict";
  var form = document.getElementById("rows");

  function boxes() { return form ? Array.prototype.slice.call(form.querySelectorAll("input[name=rowid]")) : []; }
  function picked() { return boxes().filter(function (b) { return b.checked; }); }
  function show(element, on) { if (element) { element.hidden = !on; } }

  function refresh() {
    var all = boxes(), some = picked(), bar = form.querySelector(".everything"), head = form.querySelector(".pick-all");
    all.forEach(function (b) { b.closest("tr").classList.toggle("picked-row", b.checked); });
    if (head) { head.checked = all.length > 0 && some.length === all.length; head.indeterminate = some.length > 0 && some.length < all.length; }
    if (bar) {
      bar.querySelector(".picked").textContent = some.length;
      show(bar, all.length > 0 && some.length === all.length);
      if (some.length !== all.length) { everything(false); }
    }
  }

  function everything(on) {
    form.elements.scope.value = on ? "all" : "";
    show(form.querySelector(".take-all"), !on);
    show(form.querySelector(".all-taken"), on);
  }

  function submit(action, values) {
    form.elements.action.value = action;
    Array.prototype.slice.call(form.querySelectorAll(".from-dialog")).forEach(function (e) { e.remove(); });
    (values || []).forEach(function (pair) {
      var input = document.createElement("input");
      input.type = "hidden"; input.className = "from-dialog"; input.name = pair[0]; input.value = pair[1];
      form.appendChild(input);
    });
    form.submit();
  }

  function ask(question, then) {
    if (!question) { then(); return; }
    var box = document.getElementById("confirm-box");
    box.querySelector(".question").textContent = question;
    var yes = box.querySelector(".yes"), fresh = yes.cloneNode(true);
    yes.replaceWith(fresh);
    fresh.addEventListener("click", function () { window.jQuery(box).modal("hide"); then(); });
    window.jQuery(box).modal("show");
    window.jQuery(box).one("shown.bs.modal", function () { fresh.focus(); });
  }

  function start(button) {
    if (button.dataset.fields) { window.jQuery(button.dataset.fields).modal("show"); return; }
    ask(button.dataset.confirm, function () { submit(button.dataset.action); });
  }

  if (form) {
    form.addEventListener("change", function (event) {
      if (event.target.classList.contains("pick-all")) { boxes().forEach(function (b) { b.checked = event.target.checked; }); }
      refresh();
    });
    form.addEventListener("click", function (event) {
      if (event.target.classList.contains("take-all")) { everything(true); }
      if (event.target.classList.contains("take-page")) { everything(false); }
      var link = event.target.closest(".act-row");
      if (link) {
        everything(false);
        boxes().forEach(function (b) { b.checked = b.value === link.dataset.row; });
        if (!boxes().length) { var hidden = document.createElement("input"); hidden.type = "hidden"; hidden.name = "rowid"; hidden.value = link.dataset.row; form.appendChild(hidden); }
        var dialog = document.getElementById("dialog-" + link.dataset.action);
        if (dialog) { window.jQuery(dialog).modal("show"); } else { ask(link.dataset.confirm, function () { submit(link.dataset.action); }); }
      }
    });
    Array.prototype.slice.call(document.querySelectorAll(".act")).forEach(function (button) {
      button.addEventListener("click", function () {
        if (!picked().length && !button.dataset.always) { window.jQuery("#nothing-box").modal("show"); return; }
        start(button);
      });
    });
    Array.prototype.slice.call(document.querySelectorAll(".dialog-form")).forEach(function (dialog) {
      dialog.addEventListener("submit", function (event) {
        event.preventDefault();
        submit(dialog.dataset.action, Array.from(new FormData(dialog).entries()));
      });
    });
    refresh();
  }

  Array.prototype.slice.call(document.querySelectorAll("form[data-confirm]")).forEach(function (element) {
    element.addEventListener("submit", function (event) {
      if (element.dataset.sure) { return; }
      event.preventDefault();
      ask(element.dataset.confirm, function () { element.dataset.sure = "1"; element.submit(); });
    });
  });

  /* Copy buttons of the guides. */
  Array.prototype.slice.call(document.querySelectorAll("[data-copy]")).forEach(function (button) {
    button.addEventListener("click", function () {
      var done = function () { button.textContent = button.dataset.done; };
      if (navigator.clipboard) { navigator.clipboard.writeText(button.dataset.copy).then(done); return; }
      var box = document.createElement("textarea");     /* plain http: the clipboard API is not there */
      box.value = button.dataset.copy;
      document.body.appendChild(box);
      box.select();
      document.execCommand("copy");
      box.remove();
      done();
    });
  });

  /* Lines of an edit table: add one by copying the last. */
  Array.prototype.slice.call(document.querySelectorAll("[data-add-line]")).forEach(function (button) {
    button.addEventListener("click", function () {
      var body = document.querySelector(button.dataset.addLine), last = body.rows[body.rows.length - 1], copy = last.cloneNode(true);
      Array.prototype.slice.call(copy.querySelectorAll("input, select")).forEach(function (e) { e.value = e.classList.contains("qty") ? "1" : ""; });
      body.appendChild(copy);
    });
  });

  /* A run's page: poll until it ends, then load the result rows. */
  var run = document.getElementById("run-progress");
  if (run && run.dataset.open === "1") {
    var poll = function () {
      fetch(run.dataset.url, { headers: { Accept: "application/json" } }).then(function (r) { return r.json(); }).then(function (state) {
        var total = Math.max(state.total, state.done + state.failed + state.skipped, 1);
        ["done", "failed", "skipped"].forEach(function (key) {
          run.querySelector("[data-bar=" + key + "]").style.width = (100 * state[key] / total) + "%";
          run.querySelector("[data-number=" + key + "]").textContent = state[key];
        });
        run.querySelector("[data-number=total]").textContent = state.total;
        if (state.open) { setTimeout(poll, 1000); } else { window.location.reload(); }
      }).catch(function () { setTimeout(poll, 3000); });
    };
    setTimeout(poll, 500);
  }

  if (window.jQuery && window.jQuery.fn.select2) {
    window.jQuery(".my_select2, select.searchable").select2({ placeholder: "", allowClear: true });
  }
})();
