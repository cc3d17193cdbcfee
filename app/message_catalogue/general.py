"""Codes of the installation itself, of tenancy, states and jobs: (English sentence, fix)."""


def _l(text):
    """Marks a sentence for the translators; it is translated when shown."""
    return text


ENTRIES = {
    "state.illegal_move": (_l("«%(move)s» is not possible while the state is «%(state)s»."), None),
    "tenant.foreign_row": (_l("This row does not exist, or is not yours."), None),
    "vault.wrong_key": (_l("Stored credentials cannot be read with the present key. Ask the administrator to restore CREDENTIAL_KEYS."), None),
    "app.field_missing": (_l("The installation's app settings lack «%(field)s». The provider's administrator fills them in."), "app"),
    "job.unknown_kind": (_l("This job belongs to a program part that no longer exists: %(kind)s."), None),
    "job.lost": (_l("The worker stopped in the middle; the job was taken up again %(attempts)s times and is parked now."), None),
    "job.crashed": (_l("An error inside Waybridge (%(kind)s). It was logged; ask the provider's service."), None),
}
