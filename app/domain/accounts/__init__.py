"""Shop accounts: authorise, tokens, pull, listings, stock push, webhooks."""
