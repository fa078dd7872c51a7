"""The page: gradio lives here and in ``app.py`` only."""
