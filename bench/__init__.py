"""Every peer and this library, side by side: `python -m bench`. README.md tells how a case is written."""
