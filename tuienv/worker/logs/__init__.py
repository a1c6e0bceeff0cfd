"""Logs on their way from the backends: followed over cuts, kept live, and sent no faster than they are drawn."""
