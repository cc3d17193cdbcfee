"""Codes of the installation itself, of tenancy, states and jobs: (English sentence, fix)."""


def _l(text):
    """Marks a sentence for the translators; it is translated when shown."""
    return text


ENTRIES = {
    "state.illegal_move": (_l("«%(move)s» is not possible while the state is «%(state)s»."), None),
    "tenant.foreign_row": (_l("This row does not exist, or is not yours."), None),
    "tenant.name_one": (_l("Choose the merchant first."), None),
    "action.too_many": (_l("At most %(limit)s rows can be selected one by one. Use «Select all that match the search»."), None),
    "action.one_row": (_l("This works on one row at a time."), None),
    "action.nothing_selected": (_l("None of the selected rows can be worked on like this."), None),
    "action.field_missing": (_l("«%(field)s» must be filled in."), None),
    "action.bad_choice": (_l("«%(field)s»: choose one of the list."), None),
    "action.bad_number": (_l("«%(field)s» must be a whole number."), None),
    "form.field_missing": (_l("«%(field)s» must be filled in."), None),
    "mapping.unknown_sku": (_l("There is no OMS SKU «%(sku)s». Add it under SKUs first, or correct the spelling."), "sku"),
    "pull.bad_period": (_l("The period ends before it begins. Correct the dates."), None),
    "run.no_result": (_l("The row was not worked on: it is gone, or not yours."), None),
    "run.still_running": (_l("This run has not ended yet."), None),
    "run.nothing_to_retry": (_l("This run has no failed rows."), None),
    "vault.wrong_key": (_l("Stored credentials cannot be read with the present key. Ask the administrator to restore CREDENTIAL_KEYS."), None),
    "app.field_missing": (_l("The installation's app settings lack «%(field)s». The provider's administrator fills them in."), "app"),
    "job.unknown_kind": (_l("This job belongs to a program part that no longer exists: %(kind)s."), None),
    "job.ended": (_l("This job has ended already."), None),
    "job.running": (_l("Only a job that failed, was cancelled or waits can be started again."), None),
    "job.lost": (_l("The worker stopped in the middle; the job was taken up again %(attempts)s times and is parked now."), None),
    "job.crashed": (_l("An error inside Waybridge (%(kind)s). It was logged; ask the provider's service."), None),
}
