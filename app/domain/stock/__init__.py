"""Stock: ledger and reservation."""
