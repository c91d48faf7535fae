"""The scenarios: one module for each area, with a twin in JavaScript beside it."""
