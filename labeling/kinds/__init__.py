"""Question kinds, the schema that uses them, and the project templates: pure Python, no Django."""
