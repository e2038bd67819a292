"""From entry points to providers in their seams."""
