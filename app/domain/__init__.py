"""The book of the business: plain functions, no Flask request, no HTTP, no commit."""
