// Entry of every page but the label page's editor: htmx, theme, toasts, palette, keyboard help.
import "./app/index.ts";
