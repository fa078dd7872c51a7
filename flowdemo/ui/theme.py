"""The look: one accent, calm surfaces, both themes designed. Gradio's own components are dressed to match."""

from __future__ import annotations

import inspect
from pathlib import Path

import gradio as gr

STYLE = Path(__file__).resolve().parents[2] / "assets" / "theme.css"
FONTS = ["Inter", "system-ui", "-apple-system", "Segoe UI", "sans-serif"]


def theme() -> gr.themes.Base:
    """Gradio theme that points at the variables of ``assets/theme.css``."""
    base = gr.themes.Base(font=FONTS, font_mono=["ui-monospace", "SFMono-Regular", "monospace"])
    both = {
        "body_background_fill": "var(--fd-bg)",
        "body_text_color": "var(--fd-ink)",
        "body_text_color_subdued": "var(--fd-soft)",
        "background_fill_primary": "var(--fd-card)",
        "background_fill_secondary": "var(--fd-stage)",
        "block_background_fill": "transparent",
        "block_border_color": "var(--fd-line)",
        "block_label_background_fill": "transparent",
        "block_label_text_color": "var(--fd-soft)",
        "block_title_text_color": "var(--fd-soft)",
        "block_info_text_color": "var(--fd-soft)",
        "border_color_primary": "var(--fd-line)",
        "input_background_fill": "var(--fd-card)",
        "input_border_color": "var(--fd-line)",
        "color_accent": "var(--fd-accent)",
        "slider_color": "var(--fd-accent)",
        "button_primary_background_fill": "var(--fd-accent)",
        "button_primary_background_fill_hover": "var(--fd-accent)",
        "button_primary_text_color": "var(--fd-accent-ink)",
        "button_secondary_background_fill": "transparent",
        "button_secondary_background_fill_hover": "var(--fd-stage)",
        "button_secondary_border_color": "var(--fd-line)",
        "button_secondary_text_color": "var(--fd-ink)",
        "panel_background_fill": "transparent",
        "checkbox_background_color_selected": "var(--fd-accent)",
        "checkbox_border_color": "var(--fd-soft)",
        "input_border_color_focus": "var(--fd-accent)",
    }
    known = inspect.signature(base.set).parameters
    dark = {f"{name}_dark": value for name, value in both.items() if f"{name}_dark" in known}
    return base.set(
        **both,
        **dark,  # the same: the variables themselves change with the theme
        block_border_width="0px",
        block_padding="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_radius="10px",
        button_large_radius="10px",
        input_radius="9px",
        block_title_text_size="13px",
        block_label_text_size="13px",
        block_info_text_size="13px",
        layout_gap="18px",
    )
