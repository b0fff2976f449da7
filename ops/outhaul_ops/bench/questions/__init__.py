"""One file a question; `QUESTIONS` in `all.py` lists them."""
