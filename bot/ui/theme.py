"""The Gradio theme: it hands Gradio's own variables to the custom properties of static/footnote.css."""

from __future__ import annotations

import gradio as gr

SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace"]
PAPER, NIGHT = "#f6f4ef", "#131415"  # the ground before the style sheet arrives; --desk in footnote.css


def theme() -> gr.themes.Base:
    """Flat and square, in the colours of the style sheet; the fonts are the system's."""
    return gr.themes.Base(
        font=SANS, font_mono=MONO, radius_size=gr.themes.sizes.radius_none, spacing_size=gr.themes.sizes.spacing_sm
    ).set(
        body_background_fill=PAPER,
        body_background_fill_dark=NIGHT,
        body_text_color="#1c1b19",
        body_text_color_dark="#e7e4dd",
        background_fill_primary="transparent",
        background_fill_primary_dark="transparent",
        background_fill_secondary="transparent",
        background_fill_secondary_dark="transparent",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_shadow_dark="none",
        border_color_primary="var(--rule)",
        border_color_primary_dark="var(--rule)",
        border_color_accent="var(--accent)",
        color_accent="var(--accent)",
        color_accent_soft="transparent",
        color_accent_soft_dark="transparent",
        link_text_color="var(--accent)",
        link_text_color_dark="var(--accent)",
        link_text_color_hover="var(--accent)",
        link_text_color_hover_dark="var(--accent)",
        link_text_color_visited="var(--accent)",
        link_text_color_visited_dark="var(--accent)",
        link_text_color_active="var(--accent)",
        link_text_color_active_dark="var(--accent)",
        input_background_fill="var(--paper)",
        input_background_fill_dark="var(--paper)",
        input_border_color="var(--rule-strong)",
        input_border_color_dark="var(--rule-strong)",
        input_border_color_focus="var(--accent)",
        input_border_color_focus_dark="var(--accent)",
        input_placeholder_color="var(--ink-soft)",
        input_placeholder_color_dark="var(--ink-soft)",
        input_shadow="none",
        input_shadow_focus="none",
        button_primary_background_fill="var(--accent)",
        button_primary_background_fill_dark="var(--accent)",
        button_primary_text_color="var(--on-accent)",
        button_primary_text_color_dark="var(--on-accent)",
    )
